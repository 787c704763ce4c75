"""Buildkite, by its agent and docker-buildkite-plugin's `commands/run.sh`: a container with a terminal and an init process, and
artifacts, which are all that another step's agent has of it."""

import json
import shutil

from .job import expanded, load, secret

ENVIRONMENT = {
    "CI": "true",
    "BUILDKITE": "true",
    "BUILDKITE_BUILD_ID": "b-7",
    "BUILDKITE_BUILD_NUMBER": "7",
    "BUILDKITE_BUILD_URL": "https://buildkite.com/example/shop/builds/7",
    "BUILDKITE_BRANCH": "master",
    "BUILDKITE_COMMIT": "1a2b3c",
    "BUILDKITE_REPO": "https://git.example.com/example/shop.git",
    "BUILDKITE_PIPELINE_SLUG": "shop",
    "BUILDKITE_BUILD_CREATOR": "li",
    "BUILDKITE_STEP_ID": "s-1",
    "BUILDKITE_RETRY_COUNT": "0",
}
ORIGIN = ENVIRONMENT["BUILDKITE_BUILD_URL"]


# `buildkite-agent artifact download PATTERN FOLDER`
AGENT = """#!/bin/sh
[ "$1 $2" = "artifact download" ] && cd "$(dirname "$0")/artifacts" && cp --parents $3 "$OLDPWD/$4"
"""


def run(text, job):
    code = 0
    agent = job.tools / "buildkite-agent"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    # `buildkite-agent pipeline upload` puts variables in.
    for step in load(expanded(text, ENVIRONMENT))["steps"]:
        if not isinstance(step, dict):  # wait
            continue
        environment = {**ENVIRONMENT, **{name: str(value) for name, value in step.get("env", {}).items()}}
        if job.envs is not None:
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        shutil.rmtree(job.folder)
        job.folder.mkdir()
        ((_, plugin),) = step["plugins"][0].items() if step.get("plugins") else [(None, None)]
        if plugin:
            agents = {"YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}  # of the agent's environment hook
            propagated = environment if plugin.get("propagate-environment") else {}
            propagated |= {name: agents[name] for name in plugin.get("environment", []) if name in agents}
            command = ["/bin/sh", "-e", "-c", step["command"]] if "command" in step else []
            ended = job.container(plugin["image"], propagated, *command, volumes=[f"{job.folder}:/workdir"],
                                  workdir="/workdir", options=["--tty", "--init"])  # fmt: skip
        else:
            ended = job.script("\n".join(step["commands"]), environment)
        if "artifact_paths" in step:
            for file in job.folder.glob(step["artifact_paths"]):
                kept = job.tools / "artifacts" / file.relative_to(job.folder)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, kept)
        code = ended.returncode
        if code:
            break
    return job.ended(code)
