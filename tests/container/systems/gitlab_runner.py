"""GitLab's runner, for what gitlab-ci-local does not do: a job that is cancelled, whose `after_script` runs in a new shell and is told
so (gitlab-runner, `common/build.go`)."""

from .job import expanded, load, secret

ENVIRONMENT = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_SERVER_URL": "https://gitlab.com",
    "CI_PROJECT_PATH": "example/shop",
    "CI_PROJECT_URL": "https://gitlab.com/example/shop",
    "CI_PROJECT_VISIBILITY": "private",
    "CI_PIPELINE_ID": "7",
    "CI_JOB_NAME": "deploy",
    "CI_COMMIT_REF_NAME": "master",
    "CI_PROJECT_DIR": "/builds",
}


def run(text, job, cancelled=False):
    of_job = next(value for value in load(text).values() if "after_script" in value)
    environment = {**ENVIRONMENT, "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    environment |= {name: expanded(str(value), environment) for name, value in of_job["variables"].items()}
    environment["CI_JOB_STATUS"] = "canceled" if cancelled else "running"
    script = "\n".join(["set -eo pipefail", *of_job["after_script" if cancelled else "script"]])
    ended = job.container(of_job["image"], environment, "sh", "-c", script, volumes=[f"{job.folder}:/builds"], workdir="/builds")
    return job.ended(ended.returncode)
