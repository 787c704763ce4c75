"""CNB, by its documents: `settings` become `PLUGIN_*` with the key in upper case, `env` and `imports` don't reach a plugin, and
lines of standard output are orders."""

import base64
import json
import re

from .job import VALUES, expanded, load

ENVIRONMENT = {
    "CI": "true",
    "CNB": "true",
    "CNB_EVENT": "push",
    "CNB_REPO_SLUG": "example/shop",
    "CNB_REPO_URL_HTTPS": "https://cnb.cool/example/shop",
    "CNB_BRANCH": "master",
    "CNB_COMMIT": "1a2b3c",
    "CNB_BUILD_ID": "cnb-7",
    "CNB_BUILD_USER": "li",
    "CNB_BUILD_WEB_URL": "https://cnb.cool/example/shop/-/build/logs/cnb-7",
    "CNB_PIPELINE_KEY": "pipeline-1",
}
ORIGIN = ENVIRONMENT["CNB_BUILD_WEB_URL"]
ORDER = re.compile(r"##\[set-output (\w+)=(.*)\]$")


def outputs_of(printed):
    found = {}
    for line in printed.splitlines():
        if order := ORDER.search(line):
            value = order[2]
            is_encoded = value.startswith("base64,")
            found[order[1]] = base64.b64decode(value.removeprefix("base64,")).decode() if is_encoded else value
    return found


def setting(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def run(text, job):
    ((branch, events),) = load(text).items()
    (pipeline,) = next(iter(events.values()))
    variables = {**ENVIRONMENT, **{f"YUNXIAO_{name}": value for name, value in VALUES.items()}}  # those of `imports`
    outputs = {}
    for stage in pipeline["stages"]:
        places = {"volumes": [f"{job.folder}:/workspace"], "workdir": "/workspace"}
        if "settings" in stage:
            settings = {name: expanded(setting(value), variables) for name, value in stage["settings"].items()}
            if job.envs is not None:
                settings["envs"] = setting(job.envs)
            environment = {**ENVIRONMENT, **{f"PLUGIN_{name.upper()}": value for name, value in settings.items()}}
            ended = job.container(stage["image"], environment, **places)
            outputs |= outputs_of(ended.stdout)
        else:
            ended = job.container(stage["image"], variables, "-c", stage["script"], entrypoint="/bin/sh", **places)
        for name, variable in stage.get("exports", {}).items():
            variables[variable] = outputs[name]
        if ended.returncode:
            return job.ended(ended.returncode, outputs)
    return job.ended(0, outputs)
