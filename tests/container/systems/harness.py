"""Harness CI, by lite-engine: settings as Drone's, outputs in a file that godotenv reads and base64 of which is decoded."""

import base64
import re

from .drone import setting
from .job import load, secret

ENVIRONMENT = {
    "CI": "true",
    "DRONE": "true",
    "DRONE_REPO": "example/shop",
    "DRONE_REPO_LINK": "https://git.example.com/example/shop",
    "DRONE_BRANCH": "master",
    "DRONE_COMMIT_SHA": "1a2b3c",
    "DRONE_BUILD_NUMBER": "7",
    "DRONE_BUILD_LINK": "https://app.harness.io/build/7",
    "HARNESS_EXECUTION_ID": "aBcD",
    "HARNESS_STAGE_ID": "deploy",
}
ORIGIN = ENVIRONMENT["DRONE_BUILD_LINK"]


def outputs_of(text):
    """`pipeline/runtime/outputs.go`: joho/godotenv, which quotes, `$`, `#` and `\\` would mean something to."""
    found = {}
    for line in text.splitlines():
        name, value = re.fullmatch(r"(\w+)=([\w+/=]*)", line).groups()
        found[name] = base64.b64decode(value.removeprefix("__B64__")).decode() if value.startswith("__B64__") else value
    return found


def run(text, job):
    outputs = {}
    secrets = re.compile(r'<\+secrets\.getValue\("([\w-]+)"\)>')
    of_step = re.compile(r"<\+steps\.\w+\.output\.outputVariables\.(\w+)>")
    known = {"<+pipeline.identifier>": "deploy", "<+pipeline.sequenceId>": "7", "<+codebase.branch>": "master"}
    for step in (each["step"] for each in load(text)):
        spec = step["spec"]
        environment = {**ENVIRONMENT, "HARNESS_STEP_ID": step["identifier"]}
        replaced = lambda value: of_step.sub(  # noqa: E731
            lambda found: outputs[found[1]], secrets.sub(lambda found: secret(found[1]), str(value))
        )
        file = job.folder / f"{step['identifier']}.out"
        file.touch()
        environment |= {"HARNESS_OUTPUT_FILE": "/tmp/engine/out", "DRONE_OUTPUT": "/tmp/engine/out"}
        places = {"volumes": [f"{job.folder}:/harness", f"{file}:/tmp/engine/out"], "workdir": "/harness"}
        if step["type"] == "Plugin":
            settings = {**spec["settings"], **({"envs": job.envs} if job.envs is not None else {})}
            for name, value in settings.items():
                value = setting(value)
                for expression, meaning in known.items():
                    value = value.replace(expression, meaning)
                environment[f"PLUGIN_{name.upper()}"] = replaced(value)
            ended = job.container(spec["image"], environment, **places)
            outputs |= outputs_of(file.read_text())
        else:
            ended = job.container(spec["image"], environment, "-c", replaced(spec["command"]), entrypoint="/bin/sh", **places)
        if ended.returncode:
            return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
