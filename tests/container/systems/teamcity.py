"""TeamCity, by its documents: a command line step in a container, whose service messages set parameters of the build."""

import json
import re

from .job import secret

ENVIRONMENT = {
    "TEAMCITY_VERSION": "2025.07",
    "TEAMCITY_PROJECT_NAME": "Shop",
    "TEAMCITY_BUILDCONF_NAME": "Deploy",
    "BUILD_NUMBER": "7",
    "BUILD_VCS_NUMBER": "1a2b3c",
}
ORIGIN = "Shop"
STEP = re.compile(r"^ +script \{\n(.*?)^ +\}\n", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r'^ +(\w+) = (?:"((?:\\.|[^"\\])*)"|([\w.]+))$', re.MULTILINE)
PARAMETER = re.compile(r'(?:param|password)\("env\.(\w+)", "(.*?)"\)')
REFERENCE = re.compile(r"%([\w.]+)%")
MESSAGE = re.compile(r"##teamcity\[setParameter name='([^']*)' value='((?:\|.|[^|'\]])*)'\]")


def unescaped(value):
    plain = {"n": "\n", "r": "\r"}
    text = re.sub(r"\|0x([0-9a-f]{4})|\|(.)", lambda found: chr(int(found[1], 16)) if found[1] else plain.get(found[2], found[2]), value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def run(text, job):
    environment = {**ENVIRONMENT}
    known = {"teamcity.build.id": "1234"}
    for name, value in PARAMETER.findall(text):
        value = REFERENCE.sub(lambda found: known[found[1]], value)
        environment[name] = secret(name) if value.startswith("credentialsJSON:") else value
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    outputs, code = {}, 0
    for step in STEP.findall(text):
        fields = {name: quoted or plain for name, quoted, plain in FIELD.findall(step)}
        if code and fields.get("executionMode") != "BuildStep.ExecutionMode.ALWAYS":
            continue
        # The Docker wrapper: `docker run --rm -w … --env-file … --entrypoint /bin/sh image script`.
        script = fields["scriptContent"].replace('\\"', '"').replace("\\$", "$")
        ended = job.container(fields["dockerImage"], environment, "-c", script, entrypoint="/bin/sh",
                              volumes=[f"{job.folder}:/work"], workdir="/work")  # fmt: skip
        for name, value in MESSAGE.findall(ended.stdout):
            outputs[name.removeprefix("env.")] = environment[name.removeprefix("env.")] = unescaped(value)
        code = code or ended.returncode
    return job.ended(code, outputs)
