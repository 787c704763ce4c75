"""BlueKing CI, by bk-ci's `CommandLineUtils.kt` and its YAML: outputs are whole lines of what a script prints."""

import json
import re

from .job import load, secret

ENVIRONMENT = {
    "BK_CI_PIPELINE_ID": "p-1a2b",
    "BK_CI_BUILD_ID": "b-7",
    "BK_CI_BUILD_JOB_ID": "1",
    "BK_CI_BUILD_TASK_ID": "e-1",
    "BK_CI_PROJECT_NAME": "shop",
    "BK_CI_BUILD_URL": "https://devops.example.com/console/pipeline/shop/p-1a2b/detail/b-7",
    "BK_CI_START_USER_ID": "li",
    "BK_CI_HOOK_BRANCH": "master",
    "BK_CI_HOOK_REVISION": "1a2b3c",
}
ORIGIN = ENVIRONMENT["BK_CI_BUILD_URL"]
ORDER = re.compile(r'"?::set-output name=([^:]*)::(.*)')


def run(text, job):
    outputs = {}
    for step in load(text)["steps"]:
        environment = {**ENVIRONMENT}
        for name, value in step.get("env", {}).items():
            found = re.fullmatch(r"\$\{\{ *(settings\.\w+|steps\.\w+\.outputs)\.(\w+) *\}\}", str(value))
            known = str(value) if not found else secret(found[1]) if found[1].startswith("settings") else outputs[found[2]]
            environment[name] = known
        if job.envs is not None:
            environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
        ended = job.script(step["run"], environment)
        for line in re.split(r"[\r\n]", ended.stdout):
            if order := ORDER.fullmatch(line):
                outputs[order[1]] = order[2].removesuffix('"') if line.startswith('"') else order[2]
        if ended.returncode:
            return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
