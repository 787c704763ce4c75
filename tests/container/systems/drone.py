"""Drone, by drone-runner-docker's `engine/compiler/step.go` and runner-go's `environ`."""

import json

from .job import expanded, load, secret

ENVIRONMENT = {
    "CI": "true",
    "DRONE": "true",
    "DRONE_REPO": "example/shop",
    "DRONE_REPO_LINK": "https://git.example.com/example/shop",
    "DRONE_REPO_VISIBILITY": "private",
    "DRONE_BRANCH": "master",
    "DRONE_SOURCE_BRANCH": "master",
    "DRONE_COMMIT_SHA": "1a2b3c",
    "DRONE_BUILD_NUMBER": "7",
    "DRONE_BUILD_PARENT": "7",
    "DRONE_BUILD_TRIGGER": "li",
    "DRONE_BUILD_LINK": "https://drone.example.com/example/shop/7",
    "DRONE_STAGE_NAME": "deploy",
}
ORIGIN = "https://drone.example.com/example/shop/7"


def setting(value):
    """How drone's `yaml/converter` writes a setting as text."""
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
    pipeline = load(expanded(text, ENVIRONMENT, braces_only=True))
    code = 0
    for step in pipeline["steps"]:
        environment = {**ENVIRONMENT, "DRONE_STEP_NAME": step["name"]}
        environment |= {name: setting(value) for name, value in step.get("environment", {}).items()}
        settings = step.get("settings", {})
        if job.envs is not None and settings:
            settings = {**settings, "envs": job.envs}
        # In upper case, and else as it stands.
        environment |= {f"PLUGIN_{name.upper()}": setting(value) for name, value in settings.items() if value is not None}
        places = {"volumes": [f"{job.folder}:/drone/src"], "workdir": "/drone/src"}
        if "commands" in step:
            script = "set -e\n" + "\n".join(step["commands"])
            ended = job.container(step["image"], {**environment, "DRONE_SCRIPT": script}, "-c", 'echo "$DRONE_SCRIPT" | /bin/sh',
                                  entrypoint="/bin/sh", **places)  # fmt: skip
        else:
            ended = job.container(step["image"], environment, **places)
        code = code or ended.returncode
        if code:
            break
    return job.ended(code)
