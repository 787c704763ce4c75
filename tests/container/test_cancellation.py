"""Cancelling a step as GitHub's runner and `docker stop` do, at every moment of a start and while it follows the run."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import SCRATCH, docker, started, with_pipeline
from pipelines import LASTS

# The runner's own sequence (actions/runner, ProcessInvoker.cs): SIGINT, SIGTERM 7.5 seconds later, and 2.5 seconds after
# that the docker client is killed.
PATIENCE = (7.5, 2.5)


@contextlib.contextmanager
def silent_server():
    """An address that accepts connections and never says a word: TLS never comes about."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


# What goes wrong; how long after the service saw the start, or, where it never does, after the container was there, the
# step is cancelled; what becomes of the run; and what is said.
MOMENTS = {
    "before the connection": (None, 1.0, "nothing", "No run was started."),
    "during the request": ({"acts": "now", "reply": "usual", "delay": 3000}, 1.0, "stopped", "The request to stop run 1 was accepted"),
    "response lost": ({"acts": "now", "reply": "closed", "delay": 900}, 0.8, "stopped", "The request to stop run 1 was accepted"),
    "searching for it": ({"acts": {"after": 3000}, "reply": "closed"}, 1.5, "stopped", "The request to stop run 1 was accepted"),
    "looking in vain": ({"acts": "never", "reply": "closed"}, 1.0, "unknown", "could not be identified"),
    "just answered": ({"acts": "now", "reply": "usual", "delay": 1000}, 0.8, "stopped", "The request to stop run 1 was accepted"),
}

HOSTS = ["github", "docker stop"]

# How scripts start the client, and whom they send SIGTERM to: Azure's agent the shell alone (task-lib, `toolrunner.js`), Jenkins
# every process of the step (core, `ProcessTree.java`), Buildkite's agent too, while its plugin's script ignores it and the container
# has a terminal (docker-buildkite-plugin, `commands/run.sh`). BlueKing's worker sends them SIGKILL (`BkProcessTree.java`).
SCRIPTS = {
    "azure": 'exec "$@"',
    "azure without exec": '"$@"; exit',
    "jenkins": '"$@"; exit',
    "blueking": '"$@"; exit',
    "buildkite": "trap '' TERM; (trap '' TERM && \"$@\"); exit",
}


def cancel_as_github(client):
    """Cancels through the docker client; yields its exit code."""
    client.send_signal(signal.SIGINT)
    for patience, next_signal in zip(PATIENCE, (signal.SIGTERM, signal.SIGKILL), strict=True):
        try:
            return client.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            client.send_signal(next_signal)
    return client.wait()


def cancel_as_docker_stop(client, name):
    docker("stop", name, check=True)
    return client.wait(timeout=5)


def cancel(host, moment, variables, is_there, after):
    """Starts a step, waits until something is there and a little more, and cancels it; yields what it said."""
    name = f"yunxiao-run-ci-{moment}-{host}".replace(" ", "-")
    command = ["docker", "run", "--rm", "--name", name, "--network=host"]
    command += [f"--env={variable}={value}" for variable, value in variables.items()] + [SCRATCH]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = []
    reader = threading.Thread(target=lambda: output.append(client.stderr.read()))
    reader.start()
    wait_for(lambda: is_there(name))
    time.sleep(after)
    begin = time.monotonic()
    code = cancel_as_github(client) if host == "github" else cancel_as_docker_stop(client, name)
    took = time.monotonic() - begin
    reader.join()
    assert code == (130 if host == "github" else 143), output
    assert took < 9.5
    left = docker("ps", "--all", "--quiet", "--filter", f"name={name}", check=True).stdout
    assert left == ""
    return output[0]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_cancelled_step_leaves_nothing_running_unsaid(simulator, moment, host):
    fault, after, outcome, expected = MOMENTS[moment]
    variables = simulator.variables()
    if fault is None:
        with silent_server() as silent:
            said = cancel(host, moment, {**variables, "YUNXIAO_ENDPOINT": silent}, is_running, after)
    else:
        simulator.plan(fault)
        said = cancel(host, moment, variables, lambda _: simulator.seen(), after)
    assert expected in said
    if outcome == "stopped":
        assert started(simulator)["stopped"] is not None
    else:
        assert simulator.runs() == []


@pytest.mark.parametrize("host", HOSTS)
def test_a_cancelled_step_stops_the_run_that_it_follows(simulator, host):
    variables = simulator.variables(YUNXIAO_WAIT="true")
    said = cancel(host, "following", variables, lambda _: simulator.runs(), 5.0)
    assert "构建 > Java 构建: running" in said
    assert "The request to stop run 1 was accepted" in said
    assert started(simulator)["stopped"] is not None


@with_pipeline(LASTS)
@pytest.mark.parametrize("host", SCRIPTS)
def test_a_script_hands_the_signal_on_if_it_is_the_client_or_all_processes_are_sent_it(simulator, host):
    name = f"yunxiao-run-ci-script-{host}".replace(" ", "-")
    variables = simulator.variables(YUNXIAO_WAIT="true")
    command = ["docker", "run", "--rm", "--name", name, "--network=host"]
    command += ["-t", "-i", "--init"] if host == "buildkite" else []
    command += [f"--env={variable}={value}" for variable, value in variables.items()] + [SCRATCH]
    log = terminal() if host == "buildkite" else subprocess.DEVNULL
    script = subprocess.Popen(["bash", "-c", SCRIPTS[host], "bash", *command], start_new_session=True,
                              stdin=log, stdout=log, stderr=log)  # fmt: skip
    try:
        wait_for(simulator.runs)
        if host.startswith("azure"):
            script.send_signal(signal.SIGTERM)
        else:
            os.killpg(script.pid, signal.SIGKILL if host == "blueking" else signal.SIGTERM)
        if host in ("azure without exec", "blueking"):
            time.sleep(3)
            assert is_running(name)
            assert started(simulator)["stopped"] is None
        else:
            wait_for(lambda: not is_running(name))
            assert started(simulator)["stopped"] is not None
    finally:
        docker("rm", "--force", name)
        script.wait()


def terminal():
    """A terminal that is read."""
    reader, writer = os.openpty()
    threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reader, 4096), b"")], daemon=True).start()
    return writer


def is_running(name):
    """Whether there is a container of this name."""
    return docker("ps", "--quiet", "--filter", f"name={name}", check=True).stdout


def wait_for(condition):
    """Waits until something is so; a busy machine may take its time."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
