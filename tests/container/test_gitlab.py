"""The shell image as a job's image under GitLab's rules, as gitlab-ci-local knows them."""

import shutil
import subprocess

from conftest import ROOT, RUNNER, commit, started, variables_of


def gitlab(folder, variables):
    """Runs a repository's .gitlab-ci.yml; the variables are those of the project's settings."""
    variables = {**variables, "GITLAB_CI": "true"}  # as GitLab has it; gitlab-ci-local says false, to be told apart
    command = ["gitlab-ci-local", "--pull-policy=if-not-present", f"--helper-image={RUNNER}", "--network=host",
               "--no-shell-executor-no-image", f"--default-image={RUNNER}", "--no-color",
               *(f"--variable={name}={value}" for name, value in variables.items())]  # fmt: skip
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_later_job_reads_the_report(tmp_path, simulator):
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "tests/container/gitlab.yml", folder / ".gitlab-ci.yml")
    commit(folder, remote="https://gitlab.com/example/example.git")
    variables = simulator.variables()
    del variables["YUNXIAO_PIPELINE_ID"]  # it is in the file
    ended = gitlab(folder, variables)
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"> run {run['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    # As in the file.
    assert variables_of(run) == {"PLAIN": "value", "EQUALS": "a=b==c", "CHINESE": "部署到生产环境"}
