"""The shell image as a job's image under GitLab's rules, as gitlab-ci-local knows them."""

import json
import re
import shutil
import subprocess

import ruamel.yaml
from conftest import (
    ACCESS_TOKEN,
    BY_ACCESS_KEY,
    BY_ACCESS_TOKEN,
    REPOSITORY,
    ROOT,
    RUNNER,
    commit,
    security_token,
    started,
    variables_of,
    with_pipeline,
)
from pipelines import FAILS, FAILS_ONCE, LAST_LINE, PASSES, PROGRESS

# How gitlab-ci-local shows the two ends of a section of GitLab's; a marker of any other form stays as it is.
SECTION = re.compile(r"^follow (\w+)_started\n(.*?)^follow \1 took \d+ms\n", re.MULTILINE | re.DOTALL)


def gitlab(folder, variables, manual=None):
    """Runs a repository's .gitlab-ci.yml, and one of its manual jobs; the variables are those of the project's settings."""
    variables = {**variables, "GITLAB_CI": "true"}  # as GitLab has it; gitlab-ci-local says false, to be told apart
    command = ["gitlab-ci-local", "--pull-policy=if-not-present", f"--helper-image={RUNNER}", "--network=host",
               "--no-shell-executor-no-image", f"--default-image={RUNNER}", "--no-color",
               *(f"--variable={name}={value}" for name, value in variables.items()),
               *([f"--manual={manual}"] if manual else [])]  # fmt: skip
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def gitlab_here(folder, file, simulator, caller=BY_ACCESS_KEY, **more):
    """Runs a file of this folder as a project's, against a simulator."""
    folder.mkdir()
    shutil.copy(ROOT / "tests/container" / file, folder / ".gitlab-ci.yml")
    commit(folder, remote="https://gitlab.com/example/example.git")
    return gitlab_again(folder, simulator, caller, **more)


def gitlab_again(folder, simulator, caller=BY_ACCESS_KEY, **more):
    """The same in a folder that is a project already."""
    variables = simulator.variables(caller, **more)
    del variables["YUNXIAO_PIPELINE_ID"]  # it is in the file
    return gitlab(folder, variables)


def test_a_later_job_reads_the_report(tmp_path, simulator):
    ended = gitlab_here(tmp_path / "project", "gitlab.yml", simulator)
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"> run {run['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    # As in the file.
    assert variables_of(run) == {"PLAIN": "value", "EQUALS": "a=b==c", "CHINESE": "部署到生产环境"}


def test_a_job_needs_no_stored_secret(tmp_path, simulator):
    token = simulator.identity_token()
    caller = {"YUNXIAO_OIDC_TOKEN": token, "YUNXIAO_STS_ENDPOINT": simulator.http}
    ended = gitlab_here(tmp_path / "project", "gitlab-keyless.yml", simulator, caller)
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"> run {run['id']}\n" in ended.stdout, ended.stdout
    # As in the file, where the branch has its name.
    assert run["params"]["runningBranchs"] == {REPOSITORY: "main"}
    _, exchange, reading, start = simulator.seen()
    actions = [seen["action"] for seen in (exchange, reading, start)]
    assert actions == ["AssumeRoleWithOIDC", "GetPipeline", "StartPipelineRun"]
    assert start["verified"].startswith("STS."), start
    # GitLab can't be told of a secret, so nobody may say it.
    for secret in (token, start["verified"], security_token(start)):
        assert secret not in ended.stdout, ended.stdout


def test_a_job_calls_by_an_access_token(tmp_path, simulator):
    ended = gitlab_here(tmp_path / "project", "gitlab.yml", simulator, BY_ACCESS_TOKEN)
    assert ended.returncode == 0, ended.stdout
    assert f"> run {started(simulator)['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    (start,) = simulator.seen()
    assert (start["action"], start["verified"]) == ("StartPipelineRun", "token")
    assert ACCESS_TOKEN not in ended.stdout, ended.stdout


@with_pipeline(PASSES)
def test_a_job_waits_for_a_run_that_succeeds(tmp_path, simulator):
    ended = gitlab_here(tmp_path / "project", "gitlab-following.yml", simulator)
    assert ended.returncode == 0, ended.stdout
    assert f"> run {started(simulator)['id']} is success\n" in ended.stdout, ended.stdout
    assert "> failed jobs: []\n" in ended.stdout, ended.stdout


@with_pipeline(FAILS)
def test_a_run_that_fails_fails_the_job_and_a_later_one_reads_why(tmp_path, simulator):
    ended = gitlab_here(tmp_path / "project", "gitlab-following.yml", simulator)
    assert ended.returncode == 1, ended.stdout
    shown = [line.partition(" > ")[2] for line in ended.stdout.splitlines()]
    assert [line for line in shown if line in PROGRESS] == PROGRESS, ended.stdout
    assert f"run {started(simulator)['id']} is failed" in shown, ended.stdout
    (failed_jobs,) = (line.removeprefix("failed jobs: ") for line in shown if line.startswith("failed jobs: "))
    (failed,) = json.loads(failed_jobs)
    assert (failed["stage"], failed["job"], failed["status"]) == ("测试", "单元测试", "failed")


@with_pipeline(FAILS)
def test_the_lines_of_a_failed_job_are_one_section(tmp_path, simulator):
    ended = gitlab_here(tmp_path / "project", "gitlab-following.yml", simulator)
    (section,) = SECTION.finditer(ended.stdout)
    # The last of them; and one that would be a section of its own.
    assert section[2].endswith(f"> {LAST_LINE}\n"), ended.stdout
    assert "> section_start:1700000000:forged\n" in section[2], ended.stdout


@with_pipeline(FAILS)
def test_a_job_shows_a_link_to_the_run(tmp_path, simulator):
    folder = tmp_path / "project"
    ended = gitlab_here(folder, "gitlab-following.yml", simulator)
    run = started(simulator)["id"]
    link = {"label": f"Yunxiao run {run}", "url": f"https://flow.aliyun.com/pipelines/123/builds/{run}"}
    report = folder / ".gitlab-ci-local/artifacts/follow/yunxiao-links.json"
    assert json.loads(report.read_text()) == {"Yunxiao": [{"external_link": link}]}, ended.stdout


@with_pipeline(PASSES)
def test_a_job_that_is_run_again_takes_over_the_result(tmp_path, simulator):
    folder = tmp_path / "project"
    # gitlab-ci-local has no button "Retry": each time the pipeline is said to be the same.
    ended = gitlab_here(folder, "gitlab-key.yml", simulator, CI_PIPELINE_ID="7")
    assert ended.returncode == 0, ended.stdout
    assert "> reused false\n" in ended.stdout, ended.stdout
    again = gitlab_again(folder, simulator, CI_PIPELINE_ID="7")
    assert again.returncode == 0, again.stdout
    assert "> reused true\n" in again.stdout, again.stdout
    assert started(simulator)["id"] == 1
    # Another pipeline is other work.
    other = gitlab_again(folder, simulator, CI_PIPELINE_ID="8")
    assert "> reused false\n" in other.stdout, other.stdout
    assert len(simulator.runs()) == 2


@with_pipeline(FAILS_ONCE)
def test_a_job_that_failed_and_is_run_again_starts_another_run(tmp_path, simulator):
    folder = tmp_path / "project"
    assert gitlab_here(folder, "gitlab-key.yml", simulator, CI_PIPELINE_ID="7").returncode == 1
    again = gitlab_again(folder, simulator, CI_PIPELINE_ID="7")
    assert again.returncode == 1, again.stdout
    assert len(simulator.runs()) == 2


def test_the_component_has_what_the_catalog_asks_for():
    header, job = ruamel.yaml.YAML(typ="safe").load_all((ROOT / "templates/run.yml").read_text())
    inputs = header["spec"]["inputs"]
    assert all(set(definition) <= {"description", "default", "type"} for definition in inputs.values())
    assert all(definition["description"] for definition in inputs.values())
    used = re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", json.dumps(job))
    assert sorted(used) == sorted(inputs)
    assert [name for name, definition in inputs.items() if "default" not in definition] == ["pipeline-id"]
    # A project is published by a release that its pipeline makes of a tag that is a version, and has a README and a licence.
    release = ruamel.yaml.YAML(typ="safe").load((ROOT / ".gitlab-ci.yml").read_text())["release"]
    assert release["release"]["tag_name"] == "$CI_COMMIT_TAG"
    assert (ROOT / "README.md").exists() and (ROOT / "LICENSE").exists()
