"""The action under GitHub's rules, as act knows them."""

import html
import json
import re
import subprocess
import urllib.parse

from conftest import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    ID_TOKEN_REQUEST_TOKEN,
    ORGANIZATION,
    REPOSITORY,
    RUNNER,
    commit,
    security_token,
    started,
    variables_of,
    with_pipeline,
)
from pipelines import ATTACKS, FAILS, LAST_LINE, PASSES, PROGRESS

# A part of a page that is closed until somebody opens it.
FOLD = re.compile(
    r"\n<details><summary>(?P<title>.*)</summary>\n\n<pre>\n(?P<lines>.*?)\n</pre>\n\n</details>\n", re.DOTALL
)


def act(folder, workflow, *options, event="push"):
    """Runs a workflow of a repository."""
    cache = folder.parent / "act"
    command = ["act", event, f"--directory={folder}", f"--workflows={workflow}", f"--platform=ubuntu-latest={RUNNER}",
               "--pull=false", f"--action-cache-path={cache}", "--no-cache-server", "--container-daemon-socket=-",
               "--rm", *options]  # fmt: skip
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def act_here(checkout, workflow, simulator, *options):
    """Runs a workflow of this folder in a checkout, against a simulator."""
    commit(checkout)
    return act_again(checkout, workflow, simulator, *options)


def act_again(checkout, workflow, simulator, *options):
    """The same in a checkout that is a repository already."""
    return act(checkout, f"tests/container/{workflow}", f"--secret=ACCESS_KEY_ID={ACCESS_KEY_ID}",
               f"--secret=ACCESS_KEY_SECRET={ACCESS_KEY_SECRET}", f"--var=ORGANIZATION_ID={ORGANIZATION}",
               f"--var=ENDPOINT={simulator.http}", *options)  # fmt: skip


def act_keyless(checkout, simulator, *options):
    """Runs the workflow that needs no secret, with what a runner would give the job: act issues no identity tokens."""
    commit(checkout)
    variables = {**simulator.issuer(), "YUNXIAO_STS_ENDPOINT": simulator.http}
    return act(checkout, "tests/container/github-keyless.yml", f"--var=ORGANIZATION_ID={ORGANIZATION}",
               f"--var=ENDPOINT={simulator.http}", *(f"--env={name}={value}" for name, value in variables.items()),
               *options)  # fmt: skip


def events(ended):
    """What act says with --json."""
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def log(told):
    """The lines that steps print and that are no commands."""
    return [event["msg"].rstrip("\n") for event in told if event.get("raw_output")]


def commands(told, *names):
    """The commands that the runner obeys, and what it reads in the files of a step."""
    return [event for event in told if event.get("command") in names]


def oidc_token(exchange):
    """The identity token of a request that exchanges it."""
    return dict(urllib.parse.parse_qsl(exchange["request"]["body"]))["OIDCToken"]


def test_a_workflow_that_is_run_again_does_its_work_once(checkout, simulator):
    for reused, run in [("false", act_here), ("true", act_again)]:
        ended = run(checkout, "github-key.yml", simulator)
        assert ended.returncode == 0, ended.stdout
        assert f"| staging 1 {reused}, production 2 {reused}" in ended.stdout, ended.stdout
        assert [variables_of(run) for run in simulator.runs()] == [{"TO": "staging"}, {"TO": "production"}]


def test_a_later_step_reads_the_outputs(checkout, simulator):
    ended = act_here(checkout, "github.yml", simulator)
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"| run {run['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    assert re.fullmatch(r"\[yunxiao-run:[0-9a-f]{32}\] from a workflow", run["comment"])
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


def test_a_step_needs_no_stored_secret(checkout, simulator):
    ended = act_keyless(checkout, simulator)
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"| run {run['id']} is started, see https://flow.aliyun.com/" in ended.stdout, ended.stdout
    # `github.ref` is refs/heads/main.
    assert run["params"]["runningBranchs"] == {REPOSITORY: "main"}
    seen = simulator.seen()
    actions = [request["action"] for request in seen]
    assert actions == ["IdToken", "AssumeRoleWithOIDC", "GetPipeline", "StartPipelineRun"]
    _, exchange, _, start = seen
    assert start["verified"].startswith("STS."), start
    for secret in (oidc_token(exchange), start["verified"], security_token(start), ID_TOKEN_REQUEST_TOKEN):
        assert secret not in ended.stdout, ended.stdout


def test_what_a_step_fetches_is_masked(checkout, simulator):
    ended = act_keyless(checkout, simulator, "--json")
    assert ended.returncode == 0, ended.stdout
    told = events(ended)
    masked = [order["arg"] for order in commands(told, "add-mask")]
    token, access_key_id, access_key_secret, sts_token = masked
    _, exchange, _, start = simulator.seen()
    assert token == oidc_token(exchange)
    assert (access_key_id, sts_token) == (start["verified"], security_token(start))
    assert len(access_key_secret) == 44 and access_key_secret in sts_token  # the simulator's have it within
    # With --json act repeats its orders as well; what it shows is in `msg`.
    shown = "\n".join(event["msg"] for event in told)
    assert not [secret for secret in masked if secret in shown]
    assert [event["msg"] for event in told if "***" in event["msg"]] == ["  ⚙  ***"] * len(masked)


@with_pipeline(PASSES)
def test_a_step_waits_for_a_run_that_succeeds(checkout, simulator):
    ended = act_here(checkout, "github-following.yml", simulator, "--json")
    assert ended.returncode == 0, ended.stdout
    told = events(ended)
    assert "构建 > 编译: success (1s) / 成功" in log(told), ended.stdout
    assert f"run {started(simulator)['id']} is success" in log(told), ended.stdout
    assert "failed jobs: []" in log(told), ended.stdout
    assert not commands(told, "error", "warning"), ended.stdout
    (page,) = commands(told, "summary")
    assert page["content"].startswith("### ✅ "), page["content"]


@with_pipeline(FAILS)
def test_a_run_that_fails_fails_the_step_and_later_ones_read_why(checkout, simulator):
    ended = act_here(checkout, "github-following.yml", simulator, "--json")
    assert ended.returncode == 1, ended.stdout
    told = events(ended)
    shown = log(told)
    assert [line for line in shown if line in PROGRESS] == PROGRESS, ended.stdout
    assert f"run {started(simulator)['id']} is failed" in shown, ended.stdout
    (failed_jobs,) = (line.removeprefix("failed jobs: ") for line in shown if line.startswith("failed jobs: "))
    (failed,) = json.loads(failed_jobs)
    assert (failed["stage"], failed["job"], failed["status"]) == ("测试", "单元测试", "failed")
    assert "the first that failed is 单元测试" in shown, ended.stdout


@with_pipeline(FAILS)
def test_a_run_that_fails_leaves_a_page_and_an_annotation(checkout, simulator):
    ended = act_here(checkout, "github-following.yml", simulator, "--json")
    told = events(ended)
    url = f"https://flow.aliyun.com/pipelines/123/builds/{started(simulator)['id']}"
    (page,) = commands(told, "summary")
    page = page["content"]
    assert page.startswith("### ❌ "), page
    assert f"]({url})" in page
    assert "\n| 测试 | 单元测试 | ❌ failed 失败 | 2s |\n" in page
    (fold,) = FOLD.finditer(page)
    assert "<b>测试 › 单元测试</b>" in fold["title"]
    assert "<" not in fold["lines"]
    assert html.unescape(fold["lines"]).endswith(f"\n{LAST_LINE}")
    annotation, _ = commands(told, "error")
    assert annotation["kvPairs"] == {"title": "测试 > 单元测试 failed / 失败"}
    assert annotation["arg"].endswith(f"{LAST_LINE}\n{url}")


@with_pipeline(FAILS)
def test_a_hostile_log_commands_nothing(checkout, simulator):
    ended = act_here(checkout, "github-following.yml", simulator, "--json")
    told = events(ended)
    obeyed = [event["command"] for event in told if "raw" in event]
    word = commands(told, "stop-commands")[0]["arg"]
    assert obeyed == ["group", "stop-commands", word, "endgroup", "error", "error"], ended.stdout
    outputs = [(event["name"], event["arg"]) for event in commands(told, "set-output")]
    assert len(outputs) == len(dict(outputs))
    assert {"pipelineRunId": str(started(simulator)["id"]), "status": "failed"}.items() <= dict(outputs).items()
    assert "***" not in ended.stdout, "something is masked"


def test_the_hostile_log_is_obeyed_where_nobody_breaks_it(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "hostile.log").write_text("".join(f"{line}\n" for line in [*ATTACKS, LAST_LINE]))
    job = "{runs-on: ubuntu-latest, steps: [uses: actions/checkout@v7, run: cat hostile.log]}"
    (folder / "workflow.yml").write_text(f"on: push\njobs:\n  hostile: {job}\n")
    commit(folder)
    told = events(act(folder, "workflow.yml", "--json"))
    obeyed = [event["command"] for event in told if "command" in event]
    assert obeyed == ["set-output", "set-output", "error", "error", "add-mask"]
    assert LAST_LINE.replace("failed", "***") in log(told)
