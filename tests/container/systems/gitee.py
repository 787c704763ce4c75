"""Gitee Go, by its documents: a shell step on a host of one's own, and the file `GITEE_PARAMS` in the folder that it runs in."""

import json

from .job import load, secret

ENVIRONMENT = {
    "GITEE_PIPELINE_NAME": "deploy",
    "GITEE_PIPELINE_BUILD_NUMBER": "7",
    "GITEE_PIPELINE_TRIGGER_USER": "li",
    "GITEE_REPO": "shop",
    "GITEE_BRANCH": "master",
    "GITEE_COMMIT": "1a2b3c",
    "GITEE_STAGE_NAME": "deploy",
}
ORIGIN = "shop"


def run(text, job):
    pipeline = load(text)
    variables = {**pipeline.get("variables", {}), "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    outputs = {}
    for stage in pipeline["stages"]:
        for step in stage["steps"]:
            environment = {**ENVIRONMENT, **{name: str(value) for name, value in variables.items()}}
            if job.envs is not None:
                environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
            ended = job.script("\n".join(step["script"]), environment)
            params = job.folder / "GITEE_PARAMS"
            if params.exists():
                outputs = dict(line.split("=", 1) for line in params.read_text().splitlines())
                assert all(len(name) <= 32 for name in outputs)
                variables |= outputs
            if ended.returncode:
                return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
