"""Woodpecker, by its `pipeline/frontend/yaml/compiler` and `pipeline/frontend/metadata`."""

import base64
import json

from .job import expanded, load, secret

ENVIRONMENT = {
    "CI": "woodpecker",
    "CI_SYSTEM_NAME": "woodpecker",
    "CI_REPO": "example/shop",
    "CI_REPO_URL": "https://git.example.com/example/shop",
    "CI_REPO_PRIVATE": "true",
    "CI_COMMIT_BRANCH": "master",
    "CI_COMMIT_SOURCE_BRANCH": "",
    "CI_COMMIT_SHA": "1a2b3c",
    "CI_PIPELINE_NUMBER": "7",
    "CI_PIPELINE_AUTHOR": "li",
    "CI_STEP_URL": "https://ci.example.com/repos/1/pipeline/7/3",
    "CI_WORKFLOW_NAME": "deploy",
}
ORIGIN = ENVIRONMENT["CI_STEP_URL"]
# `drone_compatibility.go`, for plugins alone.
DRONES = {"DRONE_REPO": "example/shop", "DRONE_BUILD_NUMBER": "7", "DRONE_COMMIT_SHA": "1a2b3c"}


def setting(value):
    """`settings/params.go`."""
    if isinstance(value, dict) and set(value) == {"from_secret"}:
        return secret(value["from_secret"])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, (str, int, float, bool)) for item in value):
        return ",".join(setting(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def run(text, job):
    workflow = load(expanded(text, ENVIRONMENT, braces_only=True))
    for step in workflow["steps"]:
        environment = {**ENVIRONMENT, "CI_STEP_NAME": step["name"]}
        is_plugin = not step.get("commands") and not step.get("environment")
        places = {"volumes": [f"{job.folder}:/woodpecker/src"], "workdir": "/woodpecker/src"}
        if is_plugin:
            settings = {**step.get("settings", {}), **({"envs": job.envs} if job.envs is not None else {})}
            name_of = lambda name: "PLUGIN_" + name.upper().replace("-", "_").replace(".", "_")  # noqa: E731
            environment |= DRONES | {name_of(name): setting(value) for name, value in settings.items()}
            ended = job.container(step["image"], environment, **places)
        else:
            environment |= {name: setting(value) for name, value in step.get("environment", {}).items()}
            script = base64.b64encode("\n".join(["set -e", *step["commands"]]).encode()).decode()
            ended = job.container(step["image"], {**environment, "CI_SCRIPT": script}, "-c",
                                  "echo $CI_SCRIPT | base64 -d | /bin/sh -e", entrypoint="/bin/sh", **places)  # fmt: skip
        if ended.returncode:
            return job.ended(ended.returncode)
    return job.ended(0)
