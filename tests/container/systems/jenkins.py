"""Jenkins: the shell steps of a declarative pipeline, as workflow-cps and durable-task run them, and docker-workflow's `inside`. Groovy
is read only as far as the page has it."""

import json
import re

from .job import expanded, secret

ENVIRONMENT = {
    "JENKINS_URL": "https://ci.example.com/",
    "BUILD_NUMBER": "7",
    "BUILD_TAG": "jenkins-shop-7",
    "BUILD_URL": "https://ci.example.com/job/shop/7/",
    "JOB_NAME": "shop",
    "GIT_URL": "https://git.example.com/example/shop.git",
    "GIT_BRANCH": "origin/master",
    "GIT_COMMIT": "1a2b3c",
}
ORIGIN = ENVIRONMENT["BUILD_URL"]
VARIABLE = re.compile(r"^ +(\w+) = (credentials\()?['\"](.*?)['\"]\)?$", re.MULTILINE)
SHELL = re.compile(
    r"(?:env\.(?P<kept>\w+) = )?\bsh(?:\(returnStdout: true, script: | )(?:'''\n(?P<block>.*?)'''|(?P<quote>['\"])(?P<line>.*?)(?P=quote))",
    re.DOTALL,
)
STAGE = re.compile(r"stage\('(.*?)'\)")
INSIDE = re.compile(r"docker\.image\('(.*?)'\)\.inside")


def run(text, job, cancelled=False):
    """All shell steps in order; `post { aborted }` alone if the build was cancelled."""
    environment = {**ENVIRONMENT, "STAGE_NAME": STAGE.search(text)[1], "WORKSPACE": str(job.folder)}
    for name, credentials, value in VARIABLE.findall(text):
        environment[name] = secret(value) if credentials else expanded(value.replace("${env.", "${"), environment)
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    body, _, post = text.partition("post {")
    part = post if cancelled else body
    if cancelled:
        environment["STAGE_NAME"] = "Declarative: Post Actions"
    inside = INSIDE.search(part)
    for step in SHELL.finditer(part):
        script = step["block"] or step["line"]
        if inside:
            # `docker run -t -d -u UID:GID … cat`, then `docker exec`: that image has a shell.
            ended = job.container(inside[1], environment, "-c", script, entrypoint="/bin/sh", options=["--user=1000:1000"])
        else:
            ended = job.script(script, environment, shell=("sh", "-xe"))
        if step["kept"]:
            environment[step["kept"]] = ended.stdout.strip()
        if ended.returncode:
            return job.ended(ended.returncode)
    return job.ended(0)
