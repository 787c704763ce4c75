"""The action under GitHub's rules, as act knows them."""

import subprocess

from conftest import ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, RUNNER, commit, started, variables_of

WORKFLOW = "tests/container/github.yml"


def act(folder, workflow, *options, event="push"):
    """Runs a workflow of a repository."""
    cache = folder.parent / "act"
    command = ["act", event, f"--directory={folder}", f"--workflows={workflow}", f"--platform=ubuntu-latest={RUNNER}",
               "--pull=false", f"--action-cache-path={cache}", "--no-cache-server", "--container-daemon-socket=-",
               *options]  # fmt: skip
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_later_step_reads_the_outputs(checkout, simulator):
    commit(checkout)
    ended = act(checkout, WORKFLOW, f"--secret=ACCESS_KEY_ID={ACCESS_KEY_ID}",
                f"--secret=ACCESS_KEY_SECRET={ACCESS_KEY_SECRET}", f"--var=ORGANIZATION_ID={ORGANIZATION}",
                f"--var=ENDPOINT={simulator.http}")  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"| run {run['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    assert run["comment"].startswith("from a workflow [yunxiao-run:")
    # As in the workflow.
    assert variables_of(run) == {
        "PLAIN": "value",
        "EQUALS": "a=b==c",
        "QUOTES": "\"double\" 'single' `back`",
        "SIGNS": r"100% & more + less; $HOME $(id) \n #",
        "CHINESE": "部署到生产环境",
        "EMOJI": "🚀👩‍💻",
        "LINES": 'one\n two = 2\n\n"four" & %0A',
    }
