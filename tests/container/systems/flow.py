"""Yunxiao Flow, by Alibaba Cloud's documents: a step `Command` has the built-in variables and those of the pipeline."""

import json

from .job import load, secret

ENVIRONMENT = {
    "PIPELINE_ID": "777",
    "PIPELINE_NAME": "build",
    "BUILD_NUMBER": "7",
    "BUILD_EXECUTOR": "li",
    "BUILD_REMARK": "",
    "BUILD_MESSAGE": "li",
    "DATETIME": "2026-11-25-10-00-00",
    "TIMESTAMP": "1790000000",
    "CI_SOURCE_NAME": "shop",
    "CI_COMMIT_REF_NAME": "master",
    "CI_COMMIT_TITLE": "Ship it",
    "CI_COMMIT_SHA": "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d",
    "CI_COMMIT_ID": "1a2b3c4d",
}
ORIGIN = "https://flow.aliyun.com/pipelines/777/builds/7"


def run(text, job):
    pipeline = load(text)
    # What the pipeline's own settings, or its variable group, hold as a secret.
    environment = {**ENVIRONMENT, "PROJECT_DIR": str(job.folder), "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    environment |= {each["key"]: str(each["value"]) for each in pipeline.get("variables", [])}
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    for stage in pipeline["stages"].values():
        for task in stage["jobs"].values():
            for step in task["steps"].values():
                ended = job.script(step["with"]["run"], environment)
                if ended.returncode:
                    return job.ended(ended.returncode)
    return job.ended(0)
