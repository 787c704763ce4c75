"""Runs the official MCP server, unchanged, against the simulator's token API: whoever passes here is a Yunxiao to it.
Then compares the start that the project's own program sends, and what it does to a run's jobs, with the server's.

    python mcp.py PATH/TO/yunxiao-simulator PATH/TO/yunxiao-run

The server, `alibabacloud-devops-mcp-server` from npm, has to be in PATH. It checks every answer's shape itself.
"""

import json
import os
import subprocess
import sys

from deeds import BY_HAND, DEEDS, compare
from simulator import ORGANIZATION, PIPELINE, Simulator, check, check_headers, summary

TOKEN = "pt-0fh3abcd0fbG_35afabcd-7b1c-4e2d-9a8f-0123abcd0484"
REPOSITORY = "https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git"
COMMENT = "[yunxiao-run:0123456789abcdef0123456789abcdef] 由 CI 触发"
VARIABLES = {"k1": "v1", "k2": "a b&c=d+e/中文 🚀 %41"}
SOURCES = [{}, {"sign": "upstream", "type": "flowPipeline", "repository": ""}]
STAGES = [
    {"name": "构建", "jobs": [{"name": "Java 构建", "duration": 0, "log": [{"text": "mvn package"}]}]},
    {"name": "卡点", "jobs": [{"name": "审批", "gate": True}]},
]


class Server:
    """The MCP server over its standard input and output, for as long as a with statement lasts."""

    def __init__(self, simulator, edition, token=TOKEN):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("YUNXIAO_", "MCP_"))}
        environment["YUNXIAO_ACCESS_TOKEN"] = token
        environment["YUNXIAO_API_BASE_URL"] = f"http://{simulator.address}"
        environment["YUNXIAO_EDITION"] = edition
        # It reads a .env of the folder it is started in: there is none in this one.
        self.process = subprocess.Popen(
            ["alibabacloud-devops-mcp-server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=simulator.folder.name,
        )
        self.count = 0

    def __enter__(self):
        client = {"name": "yunxiao-simulator", "version": "0"}
        self.ask("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client})
        self.send({"method": "notifications/initialized"})
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    def send(self, message):
        """Sends one message, which is one line."""
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        """Asks and waits for the answer to that."""
        self.count += 1
        self.send({"id": self.count, "method": method, "params": params})
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.count:
                return message
        sys.exit("the MCP server ended")

    def call(self, tool, **arguments):
        """What a tool answers: the JSON it shows, or the words of its error."""
        arguments = {"organizationId": ORGANIZATION, "pipelineId": PIPELINE, **arguments}
        message = self.ask("tools/call", {"name": tool, "arguments": arguments})
        if "error" in message:
            return message["error"]["message"]
        text = message["result"]["content"][0]["text"]
        return text if message["result"].get("isError") else json.loads(text)


def one_run(simulator, server):
    """Starts a run, follows it to its gate, passes that."""
    before = len(simulator.ask("runs"))
    run_id = before + 1
    shown = server.call("get_pipeline")
    sources = [source["data"].get("repo") for source in shown["pipelineConfig"]["sources"]]
    check("sources of the pipeline", sources, [REPOSITORY, None])

    asked = {"branch": "release/1.0", "comment": COMMENT, "environmentVariables": VARIABLES}
    check("run id", server.call("create_pipeline_run", **asked), run_id)
    run = simulator.ask("runs")[-1]
    expected = {"envs": VARIABLES, "runningBranchs": {REPOSITORY: "release/1.0"}, "comment": COMMENT}
    check("run parameters", run["params"], expected)
    seen = simulator.ask("seen")[-1]
    check("action and sender", (seen["action"], seen["verified"]), ("StartPipelineRun", "token"))
    check("run id without parameters", server.call("create_pipeline_run"), run_id + 1)
    check("no parameters", simulator.ask("runs")[-1]["params"], None)
    check("run with raw parameters", server.call("create_pipeline_run", params='{"comment":"raw"}'), run_id + 2)
    check("its remark", simulator.ask("runs")[-1]["comment"], "raw")

    rows = server.call("list_pipeline_runs", perPage=2)["items"]
    check("runs in the list", [row["pipelineRunId"] for row in rows], [run_id + 2, run_id + 1])
    rows = server.call("list_pipeline_runs", perPage=2, page=2)["items"]
    check("next page of the list", rows[0]["pipelineRunId"], run_id)
    moment = 1_600_000_000_000  # long before anything started
    check("runs that started before", server.call("list_pipeline_runs", endTime=moment)["items"], [])
    latest = server.call("get_latest_pipeline_run")
    check("latest run", latest["pipelineRunId"], run_id + 2)

    run = server.call("get_pipeline_run", pipelineRunId=str(run_id))
    parameters = {parameter["key"]: parameter["value"] for parameter in run["globalParams"]}
    check("remark in the run's parameters", parameters["FLOW_INST_RUNNING_COMMENT"], COMMENT)
    check("variables in the run's parameters", {key: parameters[key] for key in VARIABLES}, VARIABLES)
    check("branch of the source", run["sources"][0]["data"]["branch"], "release/1.0")
    built, gate = (stage["stageInfo"]["jobs"][0] for stage in run["stages"])
    check("statuses", (run["status"], built["status"], gate["status"]), ("RUNNING", "SUCCESS", "WAITING"))
    log = server.call("get_pipeline_job_run_log", pipelineRunId=str(run_id), jobId=str(built["id"]))
    check("log", log, {"content": "mvn package\n", "last": 1, "more": False})
    actions = [action["type"] for action in gate["actions"]]
    check("what can be done at the gate", actions, ["PassPipelineValidate", "RefusePipelineValidate"])
    passed = server.call("pass_pipeline_validate", pipelineRunId=str(run_id), jobId=str(gate["id"]))
    check("gate", passed, {"success": True})
    check("status in the end", server.call("get_pipeline_run", pipelineRunId=str(run_id))["status"], "SUCCESS")


def own_program(simulator, server, program, edition):
    """The project's own program starts a run as the server does."""
    server.call("create_pipeline_run", branch="release/1.0", comment=COMMENT, environmentVariables=VARIABLES)
    official = simulator.request("StartPipelineRun")
    run_id = simulator.execute(
        program,
        YUNXIAO_ACCESS_TOKEN=TOKEN,
        YUNXIAO_EDITION=edition,
        YUNXIAO_BRANCH="release/1.0",
        YUNXIAO_COMMENT="started by the own program",
        YUNXIAO_ENVS=json.dumps(VARIABLES, ensure_ascii=False),
    )
    check("run of the own program", run_id, len(simulator.ask("runs")))
    own = simulator.request("StartPipelineRun")
    for part in ("method", "host", "path", "query"):
        check(f"{part}: {official[part]}", own[part], official[part])
    theirs, ours = dict(official["headers"]), dict(own["headers"])
    check_headers("the server", theirs, ours, ["x-yunxiao-token", "content-type", "authorization"])

    theirs, ours = json.loads(official["body"]), json.loads(own["body"])
    check(f"keys of the body: {', '.join(theirs)}", list(ours), list(theirs))
    check("type of the parameters: text", (type(ours["params"]), type(theirs["params"])), (str, str))
    theirs, ours = json.loads(theirs["params"]), json.loads(ours["params"])
    check(f"keys of the parameters: {', '.join(sorted(theirs))}", sorted(ours), sorted(theirs))
    for name in sorted(theirs):
        if name != "comment":
            check(f"{name}: {theirs[name]}", ours[name], theirs[name])


def deed(edition):
    """Does something to the one job of the one run, as a function of the simulator and the action."""
    tools = {
        "PassPipelineValidate": "pass_pipeline_validate",
        "RefusePipelineValidate": "refuse_pipeline_validate",
        "RetryPipelineJobRun": "retry_pipeline_job_run",
        "ExecutePipelineJobRun": "execute_pipeline_job_run",
        "ResumeVMDeployOrder": "resume_vm_deploy_order",
    }

    def act(simulator, action):
        with Server(simulator, edition) as server:
            run = server.call("get_pipeline_run", pipelineRunId="1")
            job = run["stages"][0]["stageInfo"]["jobs"][0]
            about = {"pipelineRunId": "1", "jobId": str(job["id"])}
            if action == "ResumeVMDeployOrder":
                about = {"deployOrderId": str(job["actions"][0]["params"]["deployOrderId"])}
            check(f"answer to {tools[action]}", server.call(tools[action], **about) in ({"success": True}, True), True)

    return act


def refusals(simulator, server):
    """What the server makes of refusals."""
    def status(server, **arguments):
        return server.call("get_pipeline", **arguments).split(":")[0]

    check("unknown pipeline", status(server, pipelineId="124"), "Yunxiao API error (404)")
    check("unknown organisation", status(server, organizationId="x"), "Yunxiao API error (403)")
    refused = {"status": 429, "code": "Throttling.User"}
    simulator.tell("faults", {"fault": {"reply": {"refusal": [refused, "gateway"]}}})
    check("throttling", status(server), "Yunxiao API error (429)")
    with Server(simulator, "central", "pt-other") as stranger:
        check("unknown token", status(stranger), "Yunxiao API error (401)")


def main():
    """Both editions."""
    service, program = sys.argv[1:]
    pipeline = {"queue": 0, "stages": STAGES, "sources": SOURCES}
    for edition in ("central", "region"):
        with Simulator(service, edition=edition, pipelines={PIPELINE: pipeline}) as simulator:
            print(f"{edition} edition")
            with Server(simulator, edition) as server:
                one_run(simulator, server)
                own_program(simulator, server, program, edition)
                if edition == "central":
                    refusals(simulator, server)
        caller = {"YUNXIAO_ACCESS_TOKEN": TOKEN, "YUNXIAO_EDITION": edition}
        print(f"{edition} edition, what is done to jobs")
        same = ["x-yunxiao-token", "authorization"]
        compare(service, program, [*DEEDS, BY_HAND], caller, deed(edition), same, edition=edition)
    summary()


if __name__ == "__main__":
    main()
