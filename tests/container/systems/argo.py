"""Argo Workflows, by `workflow/controller/workflowpod.go` and its executor: outputs are files that the workflow names, read after the
container has ended, also badly."""

import json
import re

from .job import load, secret


def run(text, job):
    workflow = load(text)["spec"]
    templates = {template["name"]: template for template in workflow["templates"]}
    (emissary,) = (job.folder / "emissary",)
    emissary.mkdir()
    values, outputs, code = {"workflow.uid": "uid-7", "workflow.name": "deploy-7"}, None, 0
    steps = [step for (step,) in templates[workflow["entrypoint"]]["steps"]]
    exit_handler = {"name": "onExit", "template": workflow["onExit"]} if "onExit" in workflow else None
    for step in [*steps, *filter(None, [exit_handler])]:
        if code and step is not exit_handler:
            continue
        template = templates[step["template"]]
        container = template["container"]
        arguments = {each["name"]: replaced(each["value"], values) for each in step.get("arguments", {}).get("parameters", [])}
        inputs = {f"inputs.parameters.{name}": value for name, value in arguments.items()} | values
        environment = {"ARGO_CONTAINER_NAME": "main", "ARGO_TEMPLATE": json.dumps(template), "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
        for each in container.get("env", []):
            by_key = each.get("valueFrom", {}).get("secretKeyRef")
            environment[each["name"]] = secret(by_key["key"]) if by_key else replaced(each["value"], inputs)
        if job.envs is not None and step["name"] == "yunxiao":
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        folder = job.folder / step["name"]
        folder.mkdir()
        entry, *command = container["command"]
        ended = job.container(container["image"], environment, *command,
                              *(replaced(argument, inputs) for argument in container.get("args", [])), entrypoint=entry,
                              volumes=[f"{emissary}:/var/run/argo", f"{folder}:/tmp"])  # fmt: skip
        found = {}
        for each in template.get("outputs", {}).get("parameters", []):
            path = each["valueFrom"]["path"]
            found[each["name"]] = (folder / path.removeprefix("/tmp/")).read_text()
        values |= {f"steps.{step['name']}.outputs.parameters.{name}": value for name, value in found.items()}
        outputs = outputs or found
        code = code or ended.returncode
    return job.ended(code, outputs)


def replaced(text, values):
    return re.sub(r"\{\{ *([\w.-]+) *\}\}", lambda found: values.get(found[1], found[0]), str(text))
