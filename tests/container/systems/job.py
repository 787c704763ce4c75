"""What the emulated CI systems share: a workspace, secrets, scripts and containers."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

import ruamel.yaml
from conftest import ACCESS_KEY_ID, ACCESS_KEY_SECRET, ACCESS_TOKEN, ORGANIZATION, PIPELINE, RUNNER

# By the end of the name of a secret, variable or environment variable that holds it.
VALUES = {
    "ORGANIZATION_ID": ORGANIZATION,
    "PIPELINE_ID": PIPELINE,
    "ACCESS_KEY_ID": ACCESS_KEY_ID,
    "ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
    "ACCESS_TOKEN": ACCESS_TOKEN,
}

OURS = "ghcr.io/yunxiao-run/yunxiao-run:"


@dataclasses.dataclass
class Ended:
    """How a job ended."""

    returncode: int
    stdout: str  # all that it printed, on both streams
    outputs: dict | None = None  # what the CI system takes for the outputs of the step


def secret(name):
    """The value of a secret, by the end of its name."""
    found = name.upper().replace("-", "_")
    return next(value for ending, value in VALUES.items() if found.endswith(ending))


def load(text):
    """A snippet in YAML."""
    return ruamel.yaml.YAML(typ="safe").load(text)


class Job:
    """A job on an agent, in a folder of its own."""

    def __init__(self, folder, simulator, envs=None):
        self.folder = pathlib.Path(folder)
        self.simulator = simulator
        self.envs = envs  # run variables that take the place of the snippet's own
        self.printed = ""
        self.tools = self.folder.parent / f"{self.folder.name}-tools"
        self.folder.mkdir(exist_ok=True)
        self.tools.mkdir(exist_ok=True)

    def endpoint(self):
        """What leads the program to the simulator."""
        return {"YUNXIAO_ENDPOINT": self.simulator.http, "YUNXIAO_EDITION": "central"}

    def container(self, image, environment, *command, entrypoint=None, volumes=(), workdir=None, options=()):
        """A container that has this environment and no other; its standard output."""
        is_ours = image.startswith(OURS)
        environment = {**environment, **(self.endpoint() if is_ours else {})}
        arguments = ["docker", "run", "--rm", "--network=host", *options]
        arguments += [f"--env={name}" for name in environment]
        arguments += [f"--volume={volume}" for volume in volumes]
        arguments += [f"--workdir={workdir}"] if workdir else []
        arguments += [f"--entrypoint={entrypoint}"] if entrypoint else []
        arguments += [image if is_ours else RUNNER, *command]
        return self._run(arguments, {**os.environ, **environment})

    def script(self, text, environment, shell=("bash", "-e", "-o", "pipefail"), more_mounts=None):
        """A script on the agent, which has this environment and no other. Its `docker run` reaches the simulator; a folder that an
        agent has at its root is one of ours."""
        moved = "".join(f's#--volume={old}:#--volume={new}:#; s#^{old}:#{new}:#; ' for old, new in (more_mounts or {}).items())
        ours = [f"--env={name}={value}" for name, value in self.endpoint().items()]
        ours += ["--env=YUNXIAO_ENVS"] if self.envs is not None else []
        docker = self.tools / "docker"
        docker.write_text(
            "#!/bin/bash\n"
            'if [ "$1" = run ]; then\n'
            "  shift\n"
            f"  mapfile -d '' -t given < <(for each in \"$@\"; do printf '%s' \"$each\" | sed -e '{moved}'; printf '\\0'; done)\n"
            f"  set -- run --network=host {' '.join(ours)} " '"${given[@]}"\n'
            "fi\n"
            f'exec {shutil.which("docker")} "$@"\n'
        )
        docker.chmod(0o755)
        environment = {**environment, "PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(self.folder)}
        file = self.tools / "script.sh"
        file.write_text(text)
        return self._run([*shell, file], environment)

    def _run(self, command, environment):
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, errors="surrogateescape")
        self.printed += ended.stderr + ended.stdout
        return ended

    def ended(self, returncode, outputs=None):
        return Ended(returncode, self.printed, outputs)


def expanded(text, environment, braces_only=False):
    """A text with `${NAME}` replaced, and `$NAME` too unless only braces count."""
    pattern = r"\$\{(\w+)\}" if braces_only else r"\$\{(\w+)\}|\$(\w+)"
    return re.sub(pattern, lambda found: environment.get(next(filter(None, found.groups())), ""), text)
