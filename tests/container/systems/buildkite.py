"""Buildkite, by its agent and docker-buildkite-plugin's `lib/plugin.sh`: a container with a terminal and an init process."""

import json

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


def run(text, job):
    code = 0
    # `buildkite-agent pipeline upload` puts variables in.
    for step in load(expanded(text, ENVIRONMENT))["steps"]:
        if not isinstance(step, dict):  # wait
            continue
        environment = {**ENVIRONMENT, **{name: str(value) for name, value in step.get("env", {}).items()}}
        if job.envs is not None:
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        ((_, plugin),) = step["plugins"][0].items() if step.get("plugins") else [(None, None)]
        if plugin:
            agents = {"YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}  # of the agent's environment hook
            propagated = environment if plugin.get("propagate-environment") else {}
            propagated |= {name: agents[name] for name in plugin.get("environment", []) if name in agents}
            command = ["/bin/sh", "-e", "-c", step["command"]] if "command" in step else []
            ended = job.container(plugin["image"], propagated, *command, volumes=[f"{job.folder}:/workdir"],
                                  workdir="/workdir", options=["--tty", "--init"])  # fmt: skip
        else:
            ended = job.script(step["command"], environment)
        code = ended.returncode
        if code:
            break
    return job.ended(code)
