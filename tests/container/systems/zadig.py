"""Zadig, by its `kubernetes.go` and job executor: a script, and a file for every declared output."""

import json

from .job import secret

ENVIRONMENT = {
    "CI": "true",
    "ZADIG": "true",
    "PROJECT": "shop",
    "WORKFLOW": "deploy",
    "TASK_ID": "7",
    "JOB_NAME": "yunxiao",
    "TASK_URL": "https://zadig.example.com/v1/projects/detail/shop/pipelines/custom/deploy/7",
}
ORIGIN = ENVIRONMENT["TASK_URL"]


def run(text, job):
    results = job.folder / "results"
    results.mkdir()
    environment = {**ENVIRONMENT, "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    ended = job.script(text, environment, more_mounts={"/zadig/results": str(results)})
    # A file that is missing would be waited for. Of a job that failed nothing is read.
    outputs = {file.name: file.read_text().rstrip("\n") for file in results.iterdir()}
    if not ended.returncode:
        job.printed += f"run {outputs['pipelineRunId']}\n"  # as a later job would with {{.job.yunxiao.output.pipelineRunId}}
    return job.ended(ended.returncode, outputs)
