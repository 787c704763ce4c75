"""What is done to a run's jobs: the same request from an official program and from the project's own, each to a simulator of
its own in which the same run is at the same point.
"""

from simulator import ORGANIZATION, PIPELINE, Simulator, check, check_headers

# The action, the mode of the project's own program, and the job it is done to.
DEEDS = [
    ("PassPipelineValidate", "approve", {"gate": True}),
    ("RefusePipelineValidate", "reject", {"gate": True}),
    ("RetryPipelineJobRun", "retry", {"result": "FAIL"}),
    (
        "ResumeVMDeployOrder",
        "approve",
        {"deployment": {"pauses": True, "batches": [[{"sn": "sn-1"}], [{"sn": "sn-2", "duration": 60_000}]]}},
    ),
]
# The AccessKey API has no call for this one.
BY_HAND = ("ExecutePipelineJobRun", "approve", {"manual": True, "duration": 60_000})


def compare(service, program, deeds, caller, official, same_headers, **setup):
    """Compares the requests field by field. `official` does an action to a job of a simulator's run 1, by their ids."""
    for action, mode, job in deeds:
        stages = [{"name": "阶段", "jobs": [{"name": "任务", **job}]}]
        requests = []
        for is_official in (True, False):
            with Simulator(service, pipelines={PIPELINE: {"queue": 0, "stages": stages}}, **setup) as simulator:
                check("run", simulator.execute(program, **caller), 1)
                if is_official:
                    official(simulator, action)
                else:
                    about = {"YUNXIAO_MODE": mode, "YUNXIAO_PIPELINE_RUN_ID": f"{PIPELINE}/1"}
                    gate = {} if mode == "retry" else {"YUNXIAO_GATE": "阶段/任务"}
                    check(f"run of mode {mode}", simulator.execute(program, **caller, **about, **gate), 1)
                seen = [seen for seen in simulator.ask("seen") if seen["action"] == action]
                check(f"{action}: acts, once", [seen["acts"] for seen in seen], ["now"])
                requests.append(simulator.request(action))
        theirs, ours = requests
        for part in ("method", "path", "query", "body"):
            check(f"{part} of {action}: {theirs[part]}", ours[part], theirs[part])
        check("organisation and pipeline in the path", PIPELINE in ours["path"], True)
        check("organisation in the path", ORGANIZATION in ours["path"], setup.get("edition") != "region")
        check_headers("the official", dict(theirs["headers"]), dict(ours["headers"]), same_headers)
