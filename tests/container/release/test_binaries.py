"""Both binaries, natively or emulated."""

import json
import os
import re
import subprocess

import pytest
from conftest import BY_ACCESS_KEY, BY_ACCESS_TOKEN, started, variables_of, with_pipeline
from pipelines import FAILS, LAST_LINE, PASSES
from story import BINARIES

ARCHITECTURES = pytest.mark.parametrize("architecture", ["amd64", "arm64"])


def program(architecture):
    native = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    emulator = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}[architecture]
    return [*([] if architecture == native else [emulator]), BINARIES / architecture]


def run(architecture, variables, *arguments):
    return subprocess.run([*program(architecture), *arguments], env=variables, capture_output=True, text=True)


@ARCHITECTURES
def test_no_folder_of_the_machine_that_built_it_is_in_a_binary(architecture):
    found = re.findall(rb"/(?:root|home|build|tmp)/[ -~]+", (BINARIES / architecture).read_bytes())
    assert found == []


@ARCHITECTURES
@pytest.mark.parametrize("caller", [BY_ACCESS_KEY, BY_ACCESS_TOKEN], ids=["AccessKey", "access token"])
@with_pipeline(PASSES)
def test_the_binary_starts_and_follows(simulator, caller, architecture):
    ended = run(architecture, simulator.variables(caller, YUNXIAO_WAIT="true"))
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


@ARCHITECTURES
@with_pipeline(FAILS)
def test_the_binary_fails_as_the_run_does(simulator, architecture):
    ended = run(architecture, simulator.variables(YUNXIAO_WAIT="true", YUNXIAO_LOGS="all"))
    assert ended.returncode == 1 and LAST_LINE in ended.stderr, ended.stderr


@ARCHITECTURES
def test_the_binary_trusts_a_ca_that_it_is_given_and_no_other(simulator, architecture):
    variables = simulator.variables(YUNXIAO_ENDPOINT=simulator.https, YUNXIAO_RETRY_TIMEOUT="1s")
    assert run(architecture, variables).returncode == 4
    assert simulator.runs() == []
    ended = run(architecture, {**variables, "YUNXIAO_CA_CERTIFICATES": simulator.ca})
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


@ARCHITECTURES
def test_the_binary_passes_on_what_it_is_given(simulator, architecture):
    given = {"QUOTES": "\"double\" 'single'", "SIGNS": "100% & more + $HOME", "中文": "部署 🚀", "LINES": "one\n\nfour"}
    ended = run(architecture, simulator.variables(YUNXIAO_ENVS=json.dumps(given)))
    assert ended.returncode == 0, ended.stderr
    assert variables_of(started(simulator)) == given


@ARCHITECTURES
def test_the_binary_complains_of_bad_inputs_and_starts_nothing(simulator, architecture):
    for variables, arguments in [(simulator.variables(YUNXIAO_WAIT="perhaps"), []), (simulator.variables(), ["cat"])]:
        assert run(architecture, variables, *arguments).returncode == 2
    dry = run(architecture, simulator.variables(YUNXIAO_DRY_RUN="true"))
    assert (dry.returncode, dry.stdout, simulator.runs()) == (0, "", [])


@ARCHITECTURES
@with_pipeline({"queue": 600_000, "stages": []})
def test_the_binary_stops_what_it_started(simulator, architecture):
    with subprocess.Popen(program(architecture), env=simulator.variables(YUNXIAO_WAIT="true"), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout.readline() == "1\n"
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert process.returncode == 143, said
    assert simulator.status() == "CANCELED", said
