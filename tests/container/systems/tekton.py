"""Tekton, by `pkg/pod` and `pkg/termination`: the step's own command in its image, results in a folder, all of them together in a
message of 4,096 bytes."""

import json
import os
import re

from .job import load, secret

RESULTS = "/tekton/results"


def run(text, job):
    """A pipeline with its tasks in it, as `taskSpec`."""
    pipeline = load(text)["spec"]
    results, outputs = {}, None
    known = {"context.pipelineRun.uid": "uid-7", "context.pipelineRun.name": "deploy-7"}
    code = 0
    for task in [*pipeline["tasks"], *pipeline.get("finally", [])]:
        if code and task in pipeline["tasks"]:
            continue
        spec = task["taskSpec"]
        folder = job.folder / task["name"]
        folder.mkdir()
        params = {param["name"]: replaced(param["value"], {**results, **known}) for param in task.get("params", [])}
        for step in spec["steps"]:
            environment = {}
            for each in step.get("env", []):
                by_key = each.get("valueFrom", {}).get("secretKeyRef")
                values = {f"params.{name}": value for name, value in params.items()} | known
                environment[each["name"]] = secret(by_key["key"]) if by_key else replaced(each["value"], values)
            if job.envs is not None and step["name"] == "run":
                environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
            entry, *command = step["command"]
            ended = job.container(step["image"], environment, *command, *step.get("args", []), entrypoint=entry,
                                  volumes=[f"{folder}:{RESULTS}"], workdir="/workspace")  # fmt: skip
        declared = [each["name"] for each in spec.get("results", [])]
        found = {name: (folder / name).read_text() for name in declared if (folder / name).exists()}
        # Every result is a member of one list, as Go writes JSON; the entrypoint's own entry comes to it.
        written = {name: (folder / name).read_text() for name in os.listdir(folder)}
        message = json.dumps([{"key": name, "value": value, "type": 1} for name, value in written.items()])
        assert len(message) + 80 <= 4096, len(message)
        results |= {f"tasks.{task['name']}.results.{name}": value for name, value in found.items()}
        outputs = outputs or found
        code = code or ended.returncode
    return job.ended(code, outputs)


def replaced(text, values):
    """What is not known stays as it is."""
    return re.sub(r"\$\(([\w.-]+)\)", lambda found: values.get(found[1], found[0]), str(text))
