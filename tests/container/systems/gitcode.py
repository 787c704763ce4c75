"""GitCode Actions, by its documents: GitHub's syntax with variables of its own names. What its runner is made of is not known, so only
shell steps are run."""

import json
import re

from .job import load, secret

ENVIRONMENT = {
    "CI": "true",
    "ATOMGIT_REPOSITORY": "example/shop",
    "ATOMGIT_SERVER_URL": "https://gitcode.com",
    "ATOMGIT_REF": "refs/heads/master",
    "ATOMGIT_REF_NAME": "master",
    "ATOMGIT_SHA": "1a2b3c",
    "ATOMGIT_ACTOR": "li",
    "ATOMGIT_RUN_ID": "7",
    "ATOMGIT_JOB": "deploy",
}
ORIGIN = "example/shop"


def outputs_of(text):
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if "<<" in line:
            name, delimiter = line.split("<<", 1)
            found[name] = "\n".join(iter(lambda: next(lines), delimiter))
    return found


def run(text, job):
    outputs = {}
    ((name, of_job),) = load(text)["jobs"].items()
    for number, step in enumerate(of_job["steps"]):
        file, summary = job.folder / f"output-{number}", job.folder / f"summary-{number}"
        file.touch(), summary.touch()
        environment = {**ENVIRONMENT, "ATOMGIT_OUTPUT": str(file), "ATOMGIT_STEP_SUMMARY": str(summary)}
        for variable, value in step.get("env", {}).items():
            found = re.fullmatch(r"\$\{\{ *(secrets|steps\.\w+\.outputs)\.(\w+) *\}\}", str(value))
            known = str(value) if not found else secret(found[2]) if found[1] == "secrets" else outputs[found[2]]
            environment[variable] = known
        if job.envs is not None:
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        ended = job.script(step["run"], environment)
        outputs |= outputs_of(file.read_text())
        if ended.returncode:
            return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
