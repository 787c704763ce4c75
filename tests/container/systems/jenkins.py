"""Jenkins: the shell steps of a declarative pipeline, as workflow-cps and durable-task run them, docker-workflow's agent and the
Kubernetes plugin's container. Groovy is read only as far as the page has it."""

import contextlib
import json
import re
import subprocess

from .job import Ended, expanded, load, secret

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
INSIDE = re.compile(r"docker \{ image '(.*?)' \}")
POD = re.compile(r"kubernetes \{\s+yaml '''\n(.*?)'''", re.DOTALL)
WORKSPACE = "/home/jenkins/agent"
# What durable-task knows the processes of a step by.
COOKIE = "JENKINS_SERVER_COOKIE=durable-1a2b"


def run(text, job, cancelled=False):
    """All shell steps in order; `post { aborted }` alone if the build was cancelled."""
    environment = {**ENVIRONMENT, "STAGE_NAME": STAGE.search(text)[1], "WORKSPACE": str(job.folder)}
    for name, credentials, value in VARIABLE.findall(text):
        environment[name] = secret(value) if credentials else expanded(value.replace("${env.", "${"), environment)
    if job.envs is not None:
        environment["YUNXIAO_ENVS"] = json.dumps(job.envs, ensure_ascii=False)
    body, _, post = text.partition("post {")
    if cancelled:
        environment["STAGE_NAME"] = "Declarative: Post Actions"
    inside, in_pod = INSIDE.search(text), POD.search(text)
    with pod(job, load(in_pod[1])["spec"]["containers"]) if in_pod else contextlib.nullcontext() as container:
        for step in SHELL.finditer(post if cancelled else POD.sub("", body)):
            script = step["block"] or step["line"]
            if container:
                ended = exec_in_pod(job, container, script, environment)
            elif inside:
                # `docker run -t -d -u UID:GID … cat`, then `docker exec`: that image has a shell.
                ended = job.container(inside[1], environment, "-c", script, entrypoint="/bin/sh", options=["--user=1000:1000"])
            else:
                ended = job.script(script, environment, shell=("sh", "-xe"))
            if step["kept"]:
                environment[step["kept"]] = ended.stdout.strip()
            if ended.returncode:
                return job.ended(ended.returncode)
    return job.ended(0)


@contextlib.contextmanager
def pod(job, containers):
    """The container of a pod, which does nothing by itself; its id is kept for `abort`."""
    (container,) = containers
    (entry,) = container["command"]
    command = ["docker", "run", "--detach", "--network=host", f"--volume={job.folder}:{WORKSPACE}", f"--entrypoint={entry}"]
    started = subprocess.run([*command, container["image"], *container["args"]], check=True, capture_output=True, text=True)
    name = started.stdout.strip()
    (job.tools / "pod").write_text(name)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=True, capture_output=True)


def exec_in_pod(job, container, script, environment):
    """`ContainerExecDecorator.java`: a shell in the container reads lines that set the variables, then the command of durable-task."""
    (job.folder / "script.sh").write_text(script)
    quoted = {name: value.replace("'", "'\\''") for name, value in {**environment, **job.endpoint()}.items()}
    lines = [f'cd "{WORKSPACE}"', *(f"export {name}='{value}'" for name, value in quoted.items())]
    lines += [f"{COOKIE} sh -xe {WORKSPACE}/script.sh", "exit $?"]
    ended = subprocess.run(["docker", "exec", "--interactive", container, "sh"], input="\n".join(lines) + "\n",
                           capture_output=True, text=True, errors="surrogateescape")  # fmt: skip
    job.printed += ended.stderr + ended.stdout
    return Ended(ended.returncode, ended.stdout)


def abort_in_pod(job):
    """What the plugin does to the step when the build is aborted: SIGTERM to every process that has its cookie."""
    kill = f"kill `grep -l '{COOKIE}' /proc/*/environ | cut -d / -f 3`"
    subprocess.run(["docker", "exec", (job.tools / "pod").read_text(), "sh", "-c", kill], capture_output=True, check=False)
