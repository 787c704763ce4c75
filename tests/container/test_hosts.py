"""Each CI system's own way of starting the container, with what is hard for it: hostile values in both directions, and a step that is
killed."""

import contextlib
import importlib
import json
import re
import threading

import pytest
import systems.gitlab_runner
import systems.jenkins
from conftest import BY_ACCESS_TOKEN, ROOT, SCRATCH, SHELL, docker, started, variables_of, with_pipeline
from pipelines import COMPILING, LASTS, PASSES
from snippets import EMULATED, snippets
from systems.job import Job, expanded
from test_cancellation import wait_for
from test_documentation import RUNNERS, SNIPPETS, tag_images

# Each may mean something to a shell, a template, a parser of outputs or of logs.
HOSTILE = [
    "$HOME",
    "${HOME}`id`$(id)",
    "a=b==c",
    "it's \"quoted\"",
    '"',
    "# no comment",
    "a\\nb\\",
    "100%",
    "%0A%25%AZP25%5D",
    "a;b]c",
    "]##vso[task.setvariable variable=other]x",
    "##[set-output other=x]",
    "::set-output name=other::x",
    "|']##teamcity[setParameter name='env.other' value='x']",
    "__B64__eA==",
    "base64,eA==",
    "other<<EOF",
    "{{workflow.name}}<+pipeline.name>",
    "--- a",
    "中文 🚀",
]
LINES = "one\n two = 2\n\nfour"


def harmless(name):
    """A job's name as the step says it anywhere: an order to some CI system has a backslash in it."""
    return re.sub(r"^(?=::|---)|(?<=##)(?=\w*\[)", r"\\", name)


def page(system):
    """A system's page and its first snippet."""
    name = {"woodpecker": "drone"}.get(system, system)
    found = snippets(ROOT / f"docs/hosts/{name}.md", f"docs/hosts/{name}.md")
    return next(snippet for snippet in found if snippet.kind == system)


def run(system, job):
    snippet = page(system)
    tag_images(snippet.text)
    return importlib.import_module(f"systems.{system}").run(snippet.text, job)


SYSTEMS = sorted(EMULATED - {"__init__", "job", "gitlab_runner"})
# Those that take outputs of the step from it; the others read what it prints, or a folder.
WITH_OUTPUTS = [system for system in SYSTEMS if system not in ("buildkite", "drone", "flow", "jenkins", "woodpecker")]


def failing(names):
    """A pipeline whose jobs of these names fail."""
    jobs = [{"name": name, "duration": 0, "result": "FAIL"} for name in names]
    return {"queue": 0, "stages": [COMPILING | {"jobs": jobs}]}


@pytest.mark.parametrize(("simulator", "names"), [(failing(names), names) for names in (HOSTILE[::2], HOSTILE[1::2])],
                         indirect=["simulator"], ids=["even", "odd"])  # fmt: skip
@pytest.mark.parametrize("system", WITH_OUTPUTS)
def test_outputs_of_a_failed_step_come_back_byte_for_byte(system, simulator, names, tmp_path):
    job = Job(tmp_path / "job", simulator)
    ended = run(system, job)
    assert ended.returncode != 0, ended.stdout
    assert ended.outputs["pipelineRunId"] == str(started(simulator)["id"]), ended.stdout
    assert "other" not in ended.outputs, ended.outputs
    found = [failed["job"] for failed in json.loads(ended.outputs["failedJobs"])]
    assert found == [harmless(name) for name in names], ended.outputs["failedJobs"]


WAYS = [snippet for snippet in SNIPPETS if snippet.kind in SYSTEMS and "docs/hosts/" in snippet.page and not snippet.only_stops()]


@with_pipeline(PASSES)
@pytest.mark.parametrize("snippet", WAYS, ids=str)
def test_variables_arrive_byte_for_byte_as_the_system_hands_them_on(snippet, simulator, tmp_path):
    given = {f"HOSTILE_{number}": value for number, value in enumerate(HOSTILE)}
    if snippet.kind != "bitbucket":  # which hands on a list, the items of which are lines
        given["LINES"] = LINES
    tag_images(snippet.text)
    ended = importlib.import_module(f"systems.{snippet.kind}").run(snippet.text, Job(tmp_path / "job", simulator, envs=given))
    assert ended.returncode == 0, ended.stdout
    assert variables_of(started(simulator)) == given


STOPPING = [snippet for snippet in SNIPPETS if snippet.stops() and "docs/hosts/" in snippet.page]


@contextlib.contextmanager
def killed(run_it, simulator):
    """Runs something, and kills the container that follows the run as soon as there is one; what it yields has ended then."""
    ended = []
    thread = threading.Thread(target=lambda: ended.append(run_it()))
    thread.start()
    try:
        wait_for(simulator.runs)
        for container in docker("ps", "--quiet", check=True).stdout.split():
            (found,) = json.loads(docker("inspect", container).stdout or "[null]")
            if found and f"YUNXIAO_ENDPOINT={simulator.http}" in found["Config"]["Env"] and found["Image"] in ours():
                docker("kill", container)
        if not ended:
            assert started(simulator)["stopped"] is None
        yield ended
    finally:
        thread.join()


@with_pipeline(LASTS)
def test_a_step_in_a_pod_that_jenkins_aborts_stops_its_run(simulator, tmp_path):
    (snippet,) = (snippet for snippet in SNIPPETS if "kubernetes {" in snippet.text)
    tag_images(snippet.text)
    job, ended = Job(tmp_path / "job", simulator), []
    thread = threading.Thread(target=lambda: ended.append(systems.jenkins.run(snippet.text, job)))
    thread.start()
    try:
        wait_for(simulator.runs)
        systems.jenkins.abort_in_pod(job)
        wait_for(lambda: started(simulator)["stopped"])
    finally:
        thread.join()
    assert ended[0].returncode != 0


# What a page says to write instead of `auto` where a run is to be stopped by its key.
SPELT = re.compile(r"with\s+`([^`]*)`\s+instead of `auto`")
KEY = re.compile(r"(YUNXIAO_IDEMPOTENCY_KEY(?:=|: ))auto")
SPELLING = [snippet for snippet in SNIPPETS if SPELT.search((ROOT / snippet.page).read_text()) and KEY.search(snippet.text)]


@with_pipeline(LASTS)
@pytest.mark.parametrize("snippet", SPELLING, ids=str)
def test_the_key_that_a_page_spells_stops_the_run_of_a_killed_step(snippet, simulator, tmp_path):
    (spelt,) = SPELT.findall((ROOT / snippet.page).read_text())
    text = KEY.sub(lambda found: found[1] + spelt, snippet.text)
    tag_images(text)
    system = importlib.import_module(f"systems.{snippet.kind}")
    job = Job(tmp_path / "job", simulator)
    with killed(lambda: system.run(text, job), simulator):
        pass
    assert started(simulator)["stopped"] is None
    key = expanded(spelt, system.ENVIRONMENT)
    stop = {"YUNXIAO_MODE": "stop", "YUNXIAO_IDEMPOTENCY_KEY": key, "YUNXIAO_EDITION": "central"}
    ended = docker("run", "--rm", "--network=host", SCRATCH, variables=simulator.variables(BY_ACCESS_TOKEN, **stop))
    assert ended.returncode == 0, ended.stderr
    assert started(simulator)["stopped"] is not None, ended.stderr


def ours():
    """The ids of our images."""
    return [json.loads(docker("inspect", image, check=True).stdout)[0]["Id"] for image in (SCRATCH, SHELL)]


@with_pipeline(LASTS)
@pytest.mark.parametrize("snippet", STOPPING, ids=str)
def test_a_killed_steps_run_goes_on_until_the_pages_recipe_stops_it(snippet, simulator, tmp_path):
    tag_images(snippet.text)
    folder = tmp_path / "snippet"
    folder.mkdir()
    job = Job(folder / "job", simulator)
    if snippet.only_stops():
        # The build of which it has the number.
        with killed(lambda: run("drone", job), simulator):
            pass
        ended = RUNNERS[snippet.kind](snippet, simulator, folder)
    elif snippet.kind == "jenkins":
        with killed(lambda: systems.jenkins.run(snippet.text, job), simulator):
            pass
        ended = systems.jenkins.run(snippet.text, job, cancelled=True)
    elif snippet.kind == "gitlab":
        with killed(lambda: systems.gitlab_runner.run(snippet.text, job), simulator):
            pass
        ended = systems.gitlab_runner.run(snippet.text, job, cancelled=True)
    else:
        with killed(lambda: RUNNERS[snippet.kind](snippet, simulator, folder), simulator) as all_ended:
            pass
        (ended,) = all_ended  # its clean-up step has run
        assert ended.returncode != 0
        assert started(simulator)["stopped"] is not None, ended.stdout
        return
    assert ended.returncode == 0, ended.stdout
    assert started(simulator)["stopped"] is not None, ended.stdout
