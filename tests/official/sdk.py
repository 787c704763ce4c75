"""Runs the official SDK, unchanged, against the simulator: whoever passes here is a Yunxiao to it. Then compares what the
project's own program does to a run's jobs with what the SDK does.

    python sdk.py PATH/TO/yunxiao-simulator PATH/TO/yunxiao-run
"""

import json
import random
import sys
import time

from alibabacloud_devops20210625 import models
from alibabacloud_devops20210625.client import Client
from alibabacloud_tea_openapi.models import Config
from deeds import DEEDS, compare
from signatures import text
from simulator import ORGANIZATION, PIPELINE, Simulator, check, summary

QUEUE_SECONDS = 1
ACCESS_KEY = ("testAccessKeyId", "testAccessKeySecret", None)
TEMPORARY_KEY = ("STS.testAccessKeyId", "testStsAccessKeySecret", "CAISiAJ1q6Ft5B2yfSjIr5bSEsj4+/Token==")
PARAMS = {
    "envs": {"k1": "v1", "k2": "a b&c=d+e/中文 🚀 %41"},
    "runningBranchs": {"https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git": "release/1.0"},
    "comment": "[yunxiao-run:0123456789abcdef0123456789abcdef] 由 CI 触发",
}
SETUP = {"pipelines": {PIPELINE: {"queue": QUEUE_SECONDS * 1000}}}


def sdk(address, key, algorithm):
    """The SDK's client, as its documentation makes it."""
    access_key_id, access_key_secret, security_token = key
    config = Config(endpoint=address, protocol="HTTP", signature_algorithm=algorithm)
    config.access_key_id = access_key_id
    config.access_key_secret = access_key_secret
    config.security_token = security_token
    return Client(config)


def refusal(call):
    """The status and code with which a call is refused."""
    try:
        call()
    except Exception as error:  # the SDK raises several types
        return getattr(error, "status_code", None), getattr(error, "code", None)
    return None


def one_run(simulator, key, algorithm):
    """Starts a run, follows it a little, stops it."""
    client = sdk(simulator.address, key, algorithm)
    before = len(simulator.ask("runs"))
    request = models.StartPipelineRunRequest(params=json.dumps(PARAMS, ensure_ascii=False))
    started = client.start_pipeline_run(ORGANIZATION, PIPELINE, request).body
    check("success of the start", started.success, True)
    run_id = started.pipeline_run_id
    check("run id", run_id, before + 1)

    run = simulator.ask("runs")[-1]
    check("run parameters", run["params"], PARAMS)
    check("remark", run["comment"], PARAMS["comment"])
    seen = simulator.ask("seen")[-1]
    check("verified signature", seen["verified"], key[0])
    check("action", seen["action"], "StartPipelineRun")
    headers = dict(seen["request"]["headers"])
    scheme = "acs" if algorithm == "v2" else "ACS3-HMAC-SHA256"
    check("signature's algorithm", headers["authorization"].split(" ")[0], scheme)
    check("security token", headers.get("x-acs-security-token"), key[2])

    started = client.start_pipeline_run(ORGANIZATION, PIPELINE, models.StartPipelineRunRequest()).body
    check("run id without parameters", started.pipeline_run_id, run_id + 1)
    check("no parameters", simulator.ask("runs")[-1]["params"], None)

    rows = client.list_pipeline_runs(ORGANIZATION, PIPELINE, models.ListPipelineRunsRequest(max_results=1)).body
    check("newest run in the list", rows.pipeline_runs[0].pipeline_run_id, run_id + 1)
    rows = client.list_pipeline_runs(
        ORGANIZATION, PIPELINE, models.ListPipelineRunsRequest(max_results=1, next_token=rows.next_token)
    ).body
    check("next page of the list", rows.pipeline_runs[0].pipeline_run_id, run_id)
    odd = models.ListPipelineRunsRequest(status="a+b/c=d &e*f~g中文")
    check("odd query value", client.list_pipeline_runs(ORGANIZATION, PIPELINE, odd).body.total_count, 0)

    time.sleep(QUEUE_SECONDS)  # until then there are no jobs
    run = client.get_pipeline_run(ORGANIZATION, PIPELINE, str(run_id)).body.pipeline_run
    check("status", run.status, "RUNNING")
    job = run.stages[0].stage_info.jobs[0]
    check("remark in the job's parameters", json.loads(job.params)["BUILD_REMARK"], PARAMS["comment"])
    check("branch of the source", run.sources[0].data.branch, "release/1.0")
    log = client.log_pipeline_job_run(ORGANIZATION, PIPELINE, str(job.id), str(run_id)).body.log
    check("log", (log.content, log.more), ("mvn package\n", True))

    check("stop", client.stop_pipeline_run(ORGANIZATION, PIPELINE, str(run_id)).body.success, True)
    run = client.get_pipeline_run(ORGANIZATION, PIPELINE, str(run_id)).body.pipeline_run
    check("status after the stop", run.status, "CANCELED")
    pipeline = client.get_pipeline(ORGANIZATION, PIPELINE).body.pipeline
    check("sources", [source.data.branch for source in pipeline.pipeline_config.sources], ["master"])


def refusals(simulator, algorithm):
    """What the SDK makes of refusals."""
    client = sdk(simulator.address, ACCESS_KEY, algorithm)

    def start(client, organization=ORGANIZATION, pipeline=PIPELINE, params=None):
        return refusal(
            lambda: client.start_pipeline_run(organization, pipeline, models.StartPipelineRunRequest(params=params))
        )

    check("unknown organisation", start(client, organization="企业/é x"), (404, "InvalidOrganization.NotFound"))
    check("unknown pipeline", start(client, pipeline="124"), (404, "InvalidPipeline.NotFound"))
    check("wrong parameters", start(client, params="[]"), (400, "InvalidParam.ParamNotPresent"))
    key = ("testAccessKeyId", "wrong", None)
    check("wrong secret", start(sdk(simulator.address, key, algorithm)), (400, "SignatureDoesNotMatch"))
    key = ("other", "secret", None)
    check("unknown AccessKey", start(sdk(simulator.address, key, algorithm)), (404, "InvalidAccessKeyId.NotFound"))
    key = TEMPORARY_KEY[:2] + (None,)
    check("missing token", start(sdk(simulator.address, key, algorithm)), (400, "MissingSecurityToken"))

    refused = {"status": 400, "code": "Throttling.User", "message": "slow"}
    for shape in ["gateway", "lower-case"] if algorithm == "v2" else ["gateway", "lower-case", "xml"]:
        simulator.tell("faults", {"fault": {"reply": {"refusal": [refused, shape]}}})
        check(f"throttling as {shape}", start(client), (400, "Throttling.User"))


def odd_values(simulator, algorithm, seed, count):
    """Any text in the path, in the query and in the body arrives as it was sent, and is verified."""
    client, source = sdk(simulator.address, ACCESS_KEY, algorithm), random.Random(seed)
    not_found, found, same = 0, 0, 0
    for _ in range(count):
        organization = text(source, 12, 1).replace(".", "x")  # "." and ".." mean something else in a path
        code = refusal(lambda organization=organization: client.get_pipeline(organization, PIPELINE))
        not_found += code == (404, "InvalidOrganization.NotFound")
        query = models.ListPipelineRunsRequest(status=text(source, 20), next_token=str(source.randrange(10**6)))
        found += client.list_pipeline_runs(ORGANIZATION, PIPELINE, query).body.success
        params = {"comment": text(source, 40), "envs": {"k": text(source, 40)}}
        request = models.StartPipelineRunRequest(params=json.dumps(params, ensure_ascii=source.random() < 0.5))
        client.start_pipeline_run(ORGANIZATION, PIPELINE, request)
        same += simulator.ask("runs")[-1]["params"] == params
    check(f"verified paths, queries and run parameters (seed {seed})", (not_found, found, same), (count,) * 3)


def deed(simulator, action):
    """Does something to the one job of the one run."""
    client = sdk(simulator.address, ACCESS_KEY, None)
    job = client.get_pipeline_run(ORGANIZATION, PIPELINE, "1").body.pipeline_run.stages[0].stage_info.jobs[0]
    about = (ORGANIZATION, PIPELINE, "1", str(job.id))
    calls = {
        "PassPipelineValidate": lambda: client.pass_pipeline_validate(*about),
        "RefusePipelineValidate": lambda: client.refuse_pipeline_validate(*about),
        "RetryPipelineJobRun": lambda: client.retry_pipeline_job_run(*about),
        "ResumeVMDeployOrder": lambda: client.resume_vmdeploy_order(ORGANIZATION, PIPELINE, order_of(job)),
    }
    check(f"success of {action}", calls[action]().body.success, True)


def order_of(job):
    """The order of a job that is a deployment."""
    (action,) = [action for action in job.actions if action.type == "GetVMDeployOrder"]
    return str(action.params["deployOrderId"])


def main():
    """Every signing of the SDK, with lasting and temporary keys."""
    for algorithm in (None, "v2"):
        for key in (ACCESS_KEY, TEMPORARY_KEY):
            with Simulator(sys.argv[1], **SETUP) as simulator:
                print(f"{algorithm or 'default signing'}, {'with' if key[2] else 'without'} a security token")
                one_run(simulator, key, algorithm)
        with Simulator(sys.argv[1], **SETUP) as simulator:
            print(f"{algorithm or 'default signing'}, refusals")
            refusals(simulator, algorithm)
            odd_values(simulator, algorithm, random.randrange(2**32), 50)
    caller = {"YUNXIAO_ACCESS_KEY_ID": ACCESS_KEY[0], "YUNXIAO_ACCESS_KEY_SECRET": ACCESS_KEY[1]}
    same = ["x-acs-action", "x-acs-version", "x-acs-content-sha256", "accept", "content-type"]
    print("what is done to jobs")
    compare(*sys.argv[1:], DEEDS, caller, deed, same)
    summary()


if __name__ == "__main__":
    main()
