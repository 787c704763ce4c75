"""Zadig: a custom task, by `job_plugin.go` and `buildPlainJob` of `kubernetes.go`; and the script of a general job, by the job executor,
whose Docker is on another machine."""

import json
import re

from .job import load, secret

ENVIRONMENT = {
    "CI": "true",
    "ZADIG": "true",
    "PROJECT": "shop",
    "WORKFLOW": "deploy",
    "TASK_ID": "7",
    "TASK_URL": "https://zadig.example.com/v1/projects/detail/shop/pipelines/custom/deploy/7",
    "WORKSPACE": "/workspace",
}
ORIGIN = ENVIRONMENT["TASK_URL"]
RESULTS = "/zadig/results"
PARAMETERS = {
    "project": ENVIRONMENT["PROJECT"],
    "workflow.name": ENVIRONMENT["WORKFLOW"],
    "workflow.task.id": ENVIRONMENT["TASK_ID"],
    "workflow.task.url": ENVIRONMENT["TASK_URL"],
}


def run(text, job):
    results = job.folder / "results"
    results.mkdir()
    ended, declared = (custom_task if "image:" in text else script)(text, job, results)
    # Of a job that failed nothing is read.
    outputs = {file.name: file.read_text().rstrip("\n") for file in results.iterdir()}
    if not ended.returncode:
        collect({name: outputs[name] for name in declared})  # waits for each file
        job.printed += f"run {outputs['pipelineRunId']}\n"  # as a later job would with {{.job.yunxiao.output.pipelineRunId}}
    return job.ended(ended.returncode, outputs)


def custom_task(text, job, results):
    """A container that has the variables of the task's own file and no others."""
    task = load(text)
    inputs = {each["name"]: each["default"] for each in task["inputs"]}
    environment = {each["name"]: rendered(each["value"], inputs) for each in task["envs"]}
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    entry, *command = task["cmds"]
    ended = job.container(task["image"], environment, *command, entrypoint=entry, volumes=[f"{results}:{RESULTS}"])
    return ended, [each["name"] for each in task["outputs"]]


def rendered(value, inputs):
    """`workflow.go` puts the workflow's parameters in, then `renderPlugin` those of the task."""
    parameter = re.compile(r"\{\{\.([\w.]+)\}\}")
    value = parameter.sub(lambda found: secret(found[1]) if ".params." in found[1] else PARAMETERS[found[1]], value)
    return re.sub(r"\$\(inputs\.(\w+)\)", lambda found: inputs[found[1]], value)


def script(text, job, results):
    environment = {**ENVIRONMENT, "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    # A folder that a container mounts is not the job's own.
    assert "-v " not in text and "--volume" not in text
    return job.script(text.replace(RESULTS, str(results)), environment, shell=("bash",)), ["pipelineRunId"]


def collect(outputs):
    """`collectorScript` writes JSON with a stream editor, which never sees the quotes of a single line."""
    assert not any('"' in value or "\\" in value for value in outputs.values()), outputs
