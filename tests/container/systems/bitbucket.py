"""Bitbucket Pipelines, by bitbucket-pipeline-runner: its model reads the file and makes the command line that starts a pipe, its
rules read the outputs."""

import re
from types import SimpleNamespace

from pipeline_runner.models import Pipe, PipelineSpec
from pipeline_runner.runner import StepRunner

from .job import load, secret

ENVIRONMENT = {
    "CI": "true",
    "BITBUCKET_BUILD_NUMBER": "7",
    "BITBUCKET_PIPELINE_UUID": "{a}",
    "BITBUCKET_STEP_UUID": "{b}",
    "BITBUCKET_STEP_RUN_NUMBER": "1",
    "BITBUCKET_STEP_TRIGGERER_UUID": "{c}",
    "BITBUCKET_REPO_FULL_NAME": "example/shop",
    "BITBUCKET_REPO_SLUG": "shop",
    "BITBUCKET_REPO_IS_PRIVATE": "true",
    "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/example/shop",
    "BITBUCKET_BRANCH": "master",
    "BITBUCKET_COMMIT": "1a2b3c",
}
ORIGIN = "https://bitbucket.org/example/shop/pipelines/results/7"


def outputs_of(step, file):
    """What the runner's own rules make of the file; an output that is not declared is an error."""
    outputs = {}
    context = SimpleNamespace(pipeline_ctx=SimpleNamespace(pipeline_variables=outputs))
    StepRunner._extract_output_variables(SimpleNamespace(_pipeline_variables_file=file, _step=step, _ctx=context))
    return outputs


def quoted(value):
    """A value that the shell which starts a pipe leaves as it is."""
    return re.sub(r"([\\$`])", r"\\\1", value)


def run(text, job):
    variables = job.folder / "pipeline-variables.env"
    environment = {**ENVIRONMENT, "YUNXIAO_ACCESS_TOKEN": secret("ACCESS_TOKEN")}
    outputs = {}
    for wrapper in PipelineSpec.model_validate(load(text)).get_pipeline("default").get_steps():
        step = wrapper.step
        variables.write_text("")
        environment |= {"BITBUCKET_PIPELINES_VARIABLES_PATH": str(variables), "BITBUCKET_CLONE_DIR": str(job.folder)}
        code = 0
        for command in step.script:
            if isinstance(command, Pipe):
                if job.envs is not None:
                    command.variables["YUNXIAO_ENVS"] = [quoted(f"{name}={value}") for name, value in job.envs.items()]
                # The client is the agent's own here, and what a pipe may write to is where it is on Bitbucket.
                line = re.sub(r' --env=DOCKER_HOST="\S+"| --volume=/opt/\S+', "", command.as_cmd()).replace("docker://", "")
                line = line.replace("docker run ", f'docker run --volume="{job.folder}:{job.folder}" ', 1)
                code = job.script(line, environment).returncode
            else:
                code = job.script(command, environment).returncode
            if code:
                break
        outputs |= outputs_of(step, variables)
        environment |= outputs
        if code:
            return job.ended(code, outputs)
    return job.ended(0, outputs)


