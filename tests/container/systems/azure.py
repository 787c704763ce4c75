"""Azure Pipelines: script steps as azure-pipelines-agent runs them; what they print is parsed by Azure's own library for tasks."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from .job import load, secret

ENVIRONMENT = {
    "TF_BUILD": "True",
    "BUILD_REPOSITORY_NAME": "shop",
    "BUILD_REPOSITORY_URI": "https://dev.azure.com/example/shop/_git/shop",
    "BUILD_SOURCEBRANCH": "refs/heads/master",
    "BUILD_SOURCEVERSION": "1a2b3c",
    "BUILD_REQUESTEDFOR": "li",
    "BUILD_BUILDID": "7",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/example/",
    "SYSTEM_TEAMPROJECT": "shop",
    "SYSTEM_STAGENAME": "__default",
    "SYSTEM_JOBNAME": "Job",
    "SYSTEM_JOBATTEMPT": "1",
}
ORIGIN = "https://dev.azure.com/example/shop/_build/results"
READER = pathlib.Path(__file__).parents[2] / "official/azure.cjs"


def orders(printed):
    """What the library makes of every line with an order in it."""
    lines = [line[line.lower().index("##vso[") :] for line in printed.splitlines() if "##vso[" in line.lower()]
    if not lines:
        return []
    modules = pathlib.Path(shutil.which("gitlab-ci-local")).parent.parent
    read = subprocess.run(["node", READER], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
                          env={**os.environ, "NODE_PATH": str(modules)})  # fmt: skip
    return [json.loads(line) for line in read.stdout.splitlines()]


def run(text, job):
    outputs = {}
    variables = {"yunxiaoAccessToken": secret("ACCESS_TOKEN")}
    for step in load(text)["steps"]:
        replaced = lambda value: re.sub(  # noqa: E731
            r"\$\(([\w.]+)\)", lambda found: variables.get(found[1], found[0]), str(value)
        )
        environment = {**ENVIRONMENT, **{name: replaced(value) for name, value in step.get("env", {}).items()}}
        if job.envs is not None:
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        ended = job.script(replaced(step["bash"]), environment, shell=("bash", "--noprofile", "--norc"))
        for order in orders(ended.stdout + ended.stderr):
            if order["command"] == "task.setvariable":
                outputs[order["properties"]["variable"]] = order["message"]
                variables[f"{step.get('name')}.{order['properties']['variable']}"] = order["message"]
        if ended.returncode:
            return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
