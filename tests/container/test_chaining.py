"""docs/chaining.md: each of its snippets, and what it promises of it."""

import json
import subprocess

import pytest
import systems.flow
from conftest import ORGANIZATION, PIPELINE, REPOSITORY, ROOT, commit, simulate, started, variables_of, with_pipeline
from pipelines import PASSES
from snippets import snippets
from test_documentation import RUNNERS

FLOW, GITHUB_MATRIX, GITLAB_MATRIX, BETWEEN, MIRROR = snippets(ROOT / "docs/chaining.md", "docs/chaining.md")
OTHER = "60c1abb32c5969c370c5fcd0"


def run(snippet, simulator, folder):
    folder.mkdir(exist_ok=True)
    return RUNNERS[snippet.kind](snippet, simulator, folder)


def pipeline_that_builds(commits):
    """One that passes, of a repository in which the branches have these commits."""
    return PASSES | {"sources": [{"commits": commits}]}


def test_flow_passes_on_its_branch_version_and_artifacts(tmp_path):
    # As in the environment of the step.
    with simulate(tmp_path, {"pipelines": {PIPELINE: pipeline_that_builds({"master": systems.flow.ENVIRONMENT["CI_COMMIT_SHA"]})}}) as simulator:
        ended = run(FLOW, simulator, tmp_path / "snippet")
        assert ended.returncode == 0, ended.stdout
        found = started(simulator)
        assert found["params"]["runningBranchs"] == {REPOSITORY: "master"}
        assert found["params"]["runningPipelineArtifacts"] == {"777": "7"}
        assert variables_of(found) == {"VERSION": "1.4.7"}


@pytest.mark.parametrize("snippet", [GITHUB_MATRIX, GITLAB_MATRIX], ids=str)
def test_a_matrix_starts_one_run_for_each_organisation(snippet, tmp_path):
    setup = {"organizations": [ORGANIZATION, OTHER], "pipelines": {PIPELINE: PASSES, "456": PASSES | {"organization": OTHER}}}
    with simulate(tmp_path, setup) as simulator:
        ended = run(snippet, simulator, tmp_path / "snippet")
        assert ended.returncode == 0, ended.stdout
        paths = [json.dumps(seen["request"]) for seen in simulator.seen() if seen["action"] == "StartPipelineRun"]
        assert len(paths) == len(simulator.runs()) == 2
        for organization, pipeline in ((ORGANIZATION, "123"), (OTHER, "456")):
            assert sum(organization in path and pipeline in path for path in paths) == 1, paths


@with_pipeline(PASSES)
def test_a_job_between_two_hands_on_what_the_run_was(simulator, tmp_path):
    ended = run(BETWEEN, simulator, tmp_path / "snippet")
    assert ended.returncode == 0, ended.stdout
    assert f"run {started(simulator)['id']} is at https://flow.aliyun.com/" in ended.stdout, ended.stdout


@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "stale"])
def test_a_stale_mirror_fails_the_step_and_stops_the_run(is_fresh, tmp_path):
    project = tmp_path / "snippet/project"
    project.mkdir(parents=True)
    (project / "README.md").write_text("Shop\n")
    commit(project)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True).stdout.strip()
    pipeline = pipeline_that_builds({"main": head if is_fresh else "0" * 40})
    with simulate(tmp_path, {"pipelines": {PIPELINE: pipeline}}) as simulator:
        ended = run(MIRROR, simulator, tmp_path / "snippet")
        assert (ended.returncode == 0) == is_fresh, ended.stdout
        assert (started(simulator)["stopped"] is None) == is_fresh, ended.stdout
