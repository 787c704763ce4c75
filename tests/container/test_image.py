"""What is in the images, and what their containers do under Docker."""

import io
import json
import re
import subprocess
import tarfile

import pytest
from conftest import BY_ACCESS_KEY, BY_ACCESS_TOKEN, SCRATCH, SHELL, docker, started, variables_of
from test_cancellation import wait_for

# What Docker itself puts into every container.
MADE_BY_DOCKER = {".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc", "etc/hostname", "etc/hosts",
                  "etc/mtab", "etc/resolv.conf", "proc", "sys"}  # fmt: skip


def host_run(image, variables, *arguments, options=()):
    """A container that reaches the host's loopback, where alone plain http is allowed."""
    return docker("run", "--rm", "--network=host", *options, image, *arguments, variables=variables)


@pytest.fixture(scope="module")
def files():
    """The files of the scratch image by name; folders have none."""
    container = docker("create", SCRATCH, check=True).stdout.strip()
    try:
        exported = subprocess.run(["docker", "export", container], check=True, capture_output=True).stdout
    finally:
        docker("rm", container, check=True)
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        found = {member.name.rstrip("/"): member for member in archive if member.name.rstrip("/") not in MADE_BY_DOCKER}
        return {name: archive.extractfile(member).read() for name, member in found.items()}


def configuration(image):
    return json.loads(docker("inspect", image, check=True).stdout)[0]["Config"]


def test_the_scratch_image_is_one_static_file(files, tmp_path):
    assert list(files) == ["yunxiao-run"]
    binary = tmp_path / "yunxiao-run"
    binary.write_bytes(files["yunxiao-run"])
    headers = subprocess.run(["readelf", "--program-headers", "--dynamic", "--wide", binary],
                             check=True, capture_output=True, text=True).stdout  # fmt: skip
    assert "LOAD" in headers
    assert "INTERP" not in headers
    assert "NEEDED" not in headers


def test_no_path_of_the_machine_that_built_it_is_in_the_binary(files):
    # A panic names the source it came from. What the standard library was built from is not ours to say.
    assert re.findall(rb"/[ -~]*/(?:hyper|reqwest|rustls|tokio|url)-[0-9][ -~]*", files["yunxiao-run"]) == []


def test_the_scratch_image_needs_no_shell_and_runs_as_root():
    found = configuration(SCRATCH)
    assert found["Entrypoint"] == ["/yunxiao-run"]
    assert not found["Cmd"]
    assert found["User"] == ""


def test_the_shell_image_leaves_the_entry_to_the_host():
    found = configuration(SHELL)
    assert not found["Entrypoint"]
    assert found["Cmd"] == ["yunxiao-run"]


@pytest.mark.parametrize("image", [SCRATCH, SHELL])
def test_stdout_holds_the_run_id_alone(simulator, image):
    ended = host_run(image, simulator.variables())
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


def test_it_does_so_with_an_access_token(simulator):
    ended = host_run(SCRATCH, simulator.variables(BY_ACCESS_TOKEN))
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr
    (start,) = simulator.seen()
    assert (start["action"], start["verified"]) == ("StartPipelineRun", "token")


@pytest.mark.parametrize("caller", [BY_ACCESS_KEY, BY_ACCESS_TOKEN], ids=["AccessKey", "access token"])
def test_a_dry_run_starts_nothing(simulator, caller):
    ended = host_run(SCRATCH, simulator.variables(caller, YUNXIAO_DRY_RUN="true"))
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert [seen["action"] for seen in simulator.seen()] == ["GetPipeline", "ListPipelineRuns"]
    assert simulator.runs() == []


def test_variables_arrive_as_they_were_given(simulator):
    given = {"EQUALS": "a=b==c", "QUOTES": "\"double\" 'single'", "SIGNS": "100% & more + $HOME", "中文": "部署 🚀",
             "LINES": "one\ntwo\n\nfour"}  # fmt: skip
    ended = host_run(SCRATCH, simulator.variables(YUNXIAO_ENVS=json.dumps(given, ensure_ascii=False)))
    assert ended.returncode == 0, ended.stderr
    assert variables_of(started(simulator)) == given


def test_the_shell_image_works_as_any_user(simulator):
    script = 'id=$(yunxiao-run) && echo "run $id as $(id -u):$(id -g)"'
    ended = host_run(SHELL, simulator.variables(), "sh", "-c", script, options=["--user=12345:12345"])
    assert (ended.returncode, ended.stdout) == (0, f"run {started(simulator)['id']} as 12345:12345\n"), ended.stderr


def test_https_with_a_ca_of_ones_own(simulator):
    variables = simulator.variables(YUNXIAO_ENDPOINT=simulator.https, YUNXIAO_CA_CERTIFICATES=simulator.ca)
    ended = host_run(SCRATCH, variables)
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


def test_https_with_an_unknown_ca_starts_nothing(simulator):
    variables = simulator.variables(YUNXIAO_ENDPOINT=simulator.https, YUNXIAO_RETRY_TIMEOUT="1s")
    ended = host_run(SCRATCH, variables)
    assert (ended.returncode, ended.stdout) == (4, ""), ended.stderr
    assert simulator.runs() == []


def test_arguments_start_nothing(simulator):
    # What Jenkins runs when it merely opens a container.
    ended = host_run(SCRATCH, simulator.variables(), "cat")
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert simulator.runs() == []


@pytest.mark.parametrize(("signal", "code"), [("INT", 130), ("TERM", 143)])
def test_a_signal_ends_the_container_while_github_waits(simulator, signal, code):
    simulator.plan({"acts": "never", "reply": "silence"})
    container = docker("run", "--detach", "--network=host", SCRATCH, variables=simulator.variables(), check=True)
    container = container.stdout.strip()
    try:
        wait_for(simulator.seen)
        docker("kill", f"--signal={signal}", container, check=True)
        assert docker("wait", container, check=True, timeout=9.5).stdout == f"{code}\n"
    finally:
        docker("rm", "--force", container, check=True)
