"""Jobs of strangers, under act, that use what was released."""

import json
import subprocess

import pytest
from conftest import ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, RUNNER, started, variables_of, with_pipeline
from pipelines import PASSES
from story import ARCHIVE, TAG, served


def job(world, folder, simulator, uses, at=TAG, **more):
    """Runs a step of a fresh repository's workflow, and one that reads its outputs."""
    action = world.folder / f"action-{at}"
    if not uses.startswith("docker:") and not action.exists():
        world.git(world.folder, "clone", "--quiet", "--branch", at, world.folder / "origin.git", action)
    inputs = {"organization-id": ORGANIZATION, "pipeline-id": "123", "access-key-id": ACCESS_KEY_ID,
              "access-key-secret": ACCESS_KEY_SECRET, "endpoint": simulator.http, "wait": "true",
              "envs": '{"LINES": "one\\n two", "SIGNS": "$HOME \\"%\\""}', **more}  # fmt: skip
    step = {"id": "yunxiao", "uses": f"{uses}@{at}", "with": inputs}
    then = {"run": 'echo "run $ID is $STATUS"', "env": {"ID": "${{ steps.yunxiao.outputs.pipelineRunId }}",
                                                        "STATUS": "${{ steps.yunxiao.outputs.status }}"}}  # fmt: skip
    project = folder / "stranger"
    project.mkdir()
    workflow = {"on": "push", "jobs": {"deploy": {"runs-on": "ubuntu-latest", "steps": [step, then]}}}
    (project / "workflow.yml").write_text(json.dumps(workflow))
    world.git(project, "init", "--quiet", "--initial-branch=main")
    world.git(project, "add", "--all")
    world.git(project, "commit", "--quiet", "--message=Start")
    return world.run(
        "act", "push", "--workflows=workflow.yml", f"--platform=ubuntu-latest={RUNNER}", "--pull=false", "--rm",
        f"--action-cache-path={folder}/act", "--no-cache-server", "--container-daemon-socket=-",
        f"--local-repository=yunxiao-run/yunxiao-run@{at}={action}", cwd=project, check=False)  # fmt: skip


@with_pipeline(PASSES)
def test_a_job_pulls_the_image_that_the_tag_names_and_follows_its_run(world, tmp_path, simulator):
    reference = f"{world.image}@{world.digest}"
    subprocess.run(["docker", "image", "rm", "--force", reference], capture_output=True)
    ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run")
    assert ended.returncode == 0, ended.stdout
    assert f"docker pull image={reference}" in ended.stdout, ended.stdout
    assert f"run {started(simulator)['id']} is success" in ended.stdout, ended.stdout


@with_pipeline(PASSES)
def test_a_job_takes_the_image_from_a_mirror(world, tmp_path, simulator):
    ended = job(world, tmp_path, simulator, f"docker://{world.mirror}", at=world.digest)
    assert ended.returncode == 0, ended.stdout
    assert f"run {started(simulator)['id']} is success" in ended.stdout, ended.stdout


@with_pipeline(PASSES)
def test_a_job_without_docker_runs_the_binary_that_the_tag_names(world, tmp_path, simulator):
    with served(world.folder / "releases") as address:
        ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run/binary", **{"download-from": address})
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"run {run['id']} is success" in ended.stdout, ended.stdout
    assert variables_of(run) == {"LINES": "one\n two", "SIGNS": '$HOME "%"'}


@pytest.mark.parametrize("what", ["another archive", "nothing", "main"])
def test_a_job_runs_no_other_binary(world, tmp_path, simulator, what):
    folder = tmp_path / "releases" / TAG
    folder.mkdir(parents=True)
    if what == "another archive":
        archive = (world.folder / "releases" / TAG / ARCHIVE).read_bytes()
        (folder / ARCHIVE).write_bytes(archive[:-1] + bytes([archive[-1] ^ 1]))
    with served(tmp_path / "releases") as address:
        at = "main" if what == "main" else TAG
        ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run/binary", at, **{"download-from": address})
    said = {"another archive": "is not what this version of the action names", "nothing": "can't be downloaded",
            "main": "only released versions name a program"}[what]  # fmt: skip
    assert ended.returncode == 1 and said in ended.stdout, ended.stdout
    assert simulator.seen() == []
