"""Every snippet of the documentation, run as it stands: only the example ids and the service's address are others."""

import dataclasses
import importlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import REGION, ROOT, RUNNER, SCRATCH, SHELL, commit, docker, started
from pipelines import FAILS_ONCE, GATED, PASSES
from snippets import EMULATED, as_workflow, manual_jobs, names, snippets, value_for, with_ids
from systems.job import VALUES, Job
from test_github import act
from test_gitlab import gitlab

ACTION = re.compile(r"\buses: (?:https://github.com/)?(yunxiao-run/yunxiao-run@\S+)")
IMAGE = re.compile(r"\bghcr\.io/yunxiao-run/yunxiao-run:[\w.-]+")

# The pages of CI systems have the same snippets in both languages (tests/it/documents_agree.rs).
PAGES = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/hosts/*[!N].md")])
PAGES = [page for page in PAGES if not page.stem.startswith("chaining")]  # test_chaining.py
SNIPPETS = [snippet for page in PAGES for snippet in snippets(page, str(page.relative_to(ROOT)))]

# Those that start a run. What pages say in the same words is run once.
STARTING = list({(snippet.kind, snippet.text): snippet for snippet in SNIPPETS if not snippet.only_stops()}.values())

# By the page: what the runner of another CI system sets, of whose kind act is.
ACTS_LIKE = {"gitea": ["GITEA_ACTIONS"], "forgejo": ["GITEA_ACTIONS", "FORGEJO_ACTIONS"]}


def test_the_readmes_have_snippets():
    found = {snippet.page for snippet in SNIPPETS}
    assert {"README.md", "README.zh-CN.md"} <= found


def tag_images(text):
    """Gives the images the names that a snippet uses, so that nothing is pulled."""
    for name in set(IMAGE.findall(text)):
        docker("tag", SHELL if name.endswith("-shell") or name.endswith(":shell") else SCRATCH, name, check=True)


def run_workflow(snippet, simulator, folder):
    # The published action is this one, its image the one that was built before.
    action = folder / "action"
    action.mkdir()
    manifest = re.sub(r"^  image: .*", f"  image: docker://{SCRATCH}", (ROOT / "action.yml").read_text(), flags=re.M)
    (action / "action.yml").write_text(manifest)
    project = folder / "project"
    project.mkdir(exist_ok=True)
    text = with_ids(as_workflow(snippet), {**VALUES, "ENDPOINT": simulator.http}).replace("https://github.com/yunxiao-run", "yunxiao-run")
    like = ACTS_LIKE.get(pathlib.PurePath(snippet.page).stem, [])
    (project / "workflow.yml").write_text(text)
    if not (project / ".git").exists():
        commit(project)
    return act(
        project,
        "workflow.yml",
        "--detect-event",
        *(f"--secret={name}={value_for(name, VALUES)}" for name in names(text, "secrets")),
        *(f"--var={name}={value_for(name, VALUES)}" for name in names(text, "vars")),
        *(f"--local-repository={name}={action}" for name in set(ACTION.findall(text))),
        *(f"--env={name}=true" for name in like),
        f"--platform=docker={RUNNER}",
        f"--env=YUNXIAO_ENDPOINT={simulator.http}",
        # Another address than the service's own means a Region edition, as in a snippet that names one.
        *([] if "endpoint:" in text else ["--env=YUNXIAO_EDITION=central"]),
    )


COMPONENT = "https://gitlab.com:443/yunxiao-run/yunxiao-run.git"


def publish_component(folder, monkeypatch):
    """Has git find a release of this repository's component where GitLab would."""
    component = folder.parent / "component"
    shutil.copytree(ROOT / "templates", component / "templates")
    commit(component)
    subprocess.run(["git", "tag", "0.1.0"], cwd=component, check=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{component}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", COMPONENT)


def run_gitlab(snippet, simulator, folder):
    tag_images(snippet.text)
    if "component:" in snippet.text:
        tag_images((ROOT / "templates/run.yml").read_text())
        with pytest.MonkeyPatch.context() as monkeypatch:
            publish_component(folder, monkeypatch)
            return run_gitlab_here(snippet, simulator, folder)
    return run_gitlab_here(snippet, simulator, folder)


def run_gitlab_here(snippet, simulator, folder):
    (folder / ".gitlab-ci.yml").write_text(with_ids(snippet.text, {**VALUES, "ENDPOINT": simulator.http}))
    commit(folder, remote="https://gitlab.com/example/example.git")
    # As in the project's settings; those take precedence over the file's. Of manual jobs somebody starts the first.
    variables = {name: value for name, value in simulator.variables().items() if name not in snippet.text}
    return gitlab(folder, variables, *manual_jobs(snippet.text)[:1])


def run_docker(snippet, simulator, folder):
    tag_images(snippet.text)
    # Its `docker run` reaches the simulator, which is on the host's loopback and takes an access token for the central edition.
    wrapper = folder / "docker"
    wrapper.write_text(
        '#!/bin/sh\nif [ "$1" = run ]; then shift; set -- run --network=host --env=YUNXIAO_ENDPOINT --env=YUNXIAO_EDITION=central "$@"; fi\n'
        f'exec {shutil.which("docker")} "$@"\n'
    )
    wrapper.chmod(0o755)
    variables = simulator.variables()
    for name, value in VALUES.items():
        variables[name] = variables[f"ALIBABA_CLOUD_{name}"] = variables[f"YUNXIAO_{name}"] = value
    values = {**VALUES, "ENDPOINT": simulator.http}
    environment = {**os.environ, **variables, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-euo", "pipefail", "-c", with_ids(snippet.text, values)], cwd=folder,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip


def system(snippet):
    """The CI system that a snippet is for, which is emulated."""
    return importlib.import_module(f"systems.{snippet.kind}")


def run_emulated(snippet, simulator, folder):
    tag_images(snippet.text)
    return system(snippet).run(snippet.text, Job(folder / "job", simulator))


RUNNERS = {name: run_emulated for name in EMULATED} | {"workflow": run_workflow, "steps": run_workflow, "gitlab": run_gitlab, "docker": run_docker}


# What a snippet has done to the run's jobs, by a word of it, and how the run stands then.
DEEDS = [
    ("mode: approve", "PassPipelineValidate", "SUCCESS"),
    ("mode: reject", "RefusePipelineValidate", "FAIL"),
    ("mode: retry", "RetryPipelineJobRun", "SUCCESS"),
]

# A snippet that starts nothing until its reader takes this line out.
REHEARSES = re.compile(r"^ *dry-run: true.*\n", re.MULTILINE)


def pipeline_of(snippet):
    """The pipeline that a snippet is about, unless it is the usual one."""
    if "mode: retry" in snippet.text:
        return FAILS_ONCE
    if "endpoint:" in snippet.text:
        return REGION
    if "on-gate" in snippet.text or "YUNXIAO_ON_GATE" in snippet.text:
        return GATED
    return PASSES if "hosts/" in snippet.page else None


def run_in(folder, snippet, simulator):
    folder.mkdir()
    ended = RUNNERS[snippet.kind](snippet, simulator, folder)
    assert ended.returncode == 0, ended.stdout
    return ended


@pytest.mark.parametrize(
    ("snippet", "simulator"),
    [pytest.param(snippet, pipeline_of(snippet), id=str(snippet)) for snippet in STARTING],
    indirect=["simulator"],
)
def test_a_snippet_starts_a_run(snippet, simulator, tmp_path):
    if snippet.reason:
        pytest.skip(snippet.reason)
    assert snippet.kind in RUNNERS, "what runs this? (put <!-- not run: why --> above it where nothing here can)"
    ended = run_in(tmp_path / "snippet", snippet, simulator)
    if REHEARSES.search(snippet.text):
        assert simulator.runs() == [], ended.stdout
        snippet = dataclasses.replace(snippet, text=REHEARSES.sub("", snippet.text))
        ended = run_in(tmp_path / "without", snippet, simulator)
    run = started(simulator)
    if 'echo "run ' in snippet.text:  # by a later step, which got the id as an output
        assert re.search(rf"^(.*[|>] )?run {run['id']}\b", ended.stdout, re.MULTILINE), ended.stdout
    done = [(action, status) for word, action, status in DEEDS if word in snippet.text.replace("YUNXIAO_MODE", "mode")]
    for action, status in done[:1]:  # of GitLab's manual jobs, the first
        seen = [seen for seen in simulator.seen() if seen["action"] == action]
        assert [seen["acts"] for seen in seen] == ["now"], ended.stdout
        assert simulator.status() == status, ended.stdout
    if snippet.kind in EMULATED and (origin := getattr(system(snippet), "ORIGIN", None)):
        assert origin in run["params"]["comment"], run["params"]
    if "YUNXIAO_MODE=stop" in snippet.text and "hosts/" not in snippet.page:
        assert run["stopped"] is not None, ended.stdout
