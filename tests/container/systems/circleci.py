"""CircleCI, by its documents: steps of a machine executor, each of which reads the file `BASH_ENV` first."""

import json

from .job import load, secret

ENVIRONMENT = {
    "CI": "true",
    "CIRCLECI": "true",
    "CIRCLE_PROJECT_REPONAME": "shop",
    "CIRCLE_REPOSITORY_URL": "git@github.com:example/shop.git",
    "CIRCLE_BRANCH": "master",
    "CIRCLE_SHA1": "1a2b3c",
    "CIRCLE_USERNAME": "li",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/example/shop/7",
    "CIRCLE_WORKFLOW_ID": "w-7",
    "CIRCLE_JOB": "deploy",
    "CIRCLE_NODE_INDEX": "0",
}
ORIGIN = ENVIRONMENT["CIRCLE_BUILD_URL"]


def run(text, job):
    file = job.folder / "bash.env"
    file.touch()
    ((_, of_job),) = load(text)["jobs"].items()
    environment = {**ENVIRONMENT, "BASH_ENV": str(file), "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    code = 0
    for step in of_job["steps"]:
        step = step["run"]
        command, when = (step, "on_success") if isinstance(step, str) else (step["command"], step.get("when", "on_success"))
        if code == 0 or when == "always":
            code = job.script(command, environment, shell=("bash", "-eo", "pipefail")).returncode or code
    read = job.script(r'printf "%s\0" "$pipelineRunId" "$failedJobs"', environment).stdout.split("\0")
    return job.ended(code, {"pipelineRunId": read[0], "failedJobs": read[1]})
