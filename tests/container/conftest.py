"""What the container checks share: the images that .ci/container built, and a simulator of the service."""

import contextlib
import json
import os
import pathlib
import subprocess
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SIMULATOR = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/yunxiao-simulator"
SCRATCH = "yunxiao-run-ci:scratch"
SHELL = "yunxiao-run-ci:shell"
RUNNER = "yunxiao-run-ci:runner"

ORGANIZATION = "5ebbc0228123212b59xxxxx"
PIPELINE = "123"
ACCESS_KEY_ID = "testAccessKeyId"
ACCESS_KEY_SECRET = "testAccessKeySecret"
ACCESS_TOKEN = "pt-0fh3abcd0fbG_35afabcd-7b1c-4e2d-9a8f-0123abcd0484"
ID_TOKEN_REQUEST_TOKEN = "id-token-request-token-of-the-job"

# The source of the usual pipeline.
REPOSITORY = "https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git"

# Instead of a pipeline: the usual one, in this edition of the service.
REGION = "region"

# Who calls, as environment variables.
BY_ACCESS_KEY = {"YUNXIAO_ACCESS_KEY_ID": ACCESS_KEY_ID, "YUNXIAO_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET}
BY_ACCESS_TOKEN = {"YUNXIAO_ACCESS_TOKEN": ACCESS_TOKEN, "YUNXIAO_EDITION": "central"}


class Simulator:
    """A running simulator of the service."""

    def __init__(self, http, https, ca):
        self.http, self.https, self.ca = http, https, ca

    def runs(self):
        """Every run there is, those included that a late request is still going to create."""
        return self._get("runs")

    def seen(self):
        """The requests that arrived."""
        return self._get("seen")

    def _get(self, what):
        with urllib.request.urlopen(f"{self.http}/_simulator/{what}") as answer:
            return json.load(answer)

    def status(self, run=1):
        """The status of a run, as the service would say it now."""
        runs = {row["id"]: row for row in self._get("statuses")}
        return runs[run]["status"]

    def plan(self, fault):
        """Lets the next request go wrong."""
        body = json.dumps({"fault": fault}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.http}/_simulator/faults", body)).close()

    def issuer(self):
        """What a job on GitHub needs to ask for an identity token, which it may if its permissions say so."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.http}/_oidc/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ID_TOKEN_REQUEST_TOKEN,
        }

    def identity_token(self):
        """An identity token for STS, as a job on GitLab has it from the start."""
        issuer = self.issuer()
        request = urllib.request.Request(issuer["ACTIONS_ID_TOKEN_REQUEST_URL"] + "&audience=sts.aliyuncs.com")
        request.add_header("Authorization", f"Bearer {issuer['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def variables(self, caller=BY_ACCESS_KEY, **more):
        """What a container needs to start a run here, as environment variables."""
        return {
            "YUNXIAO_ENDPOINT": self.http,
            "YUNXIAO_ORGANIZATION_ID": ORGANIZATION,
            "YUNXIAO_PIPELINE_ID": PIPELINE,
            **caller,
            **more,
        }


@contextlib.contextmanager
def simulate(folder, setup):
    """A simulator, set up like this."""
    ca, file = folder / "ca.pem", folder / "setup.json"
    file.write_text(json.dumps(setup))
    command = [SIMULATOR, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--ca", ca, "--setup", file]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            addresses = json.loads(process.stdout.readline())
            yield Simulator(f"http://{addresses['http']}", f"https://{addresses['https']}", ca.read_text())
        finally:
            process.terminate()


@pytest.fixture
def simulator(tmp_path, request):
    """A simulator with its usual pipeline, or with the one that the test's parameter is; or a Region edition's."""
    pipeline = getattr(request, "param", None)
    setup = {"edition": REGION} if pipeline == REGION else {"pipelines": {PIPELINE: pipeline}} if pipeline else {}
    with simulate(tmp_path, setup) as simulator:
        yield simulator


@pytest.fixture
def checkout(tmp_path):
    """A copy of this repository to work in."""
    return copied(tmp_path / "checkout")


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A release on this machine, for the tests in `release`."""
    from story import a_release

    folder = tmp_path_factory.mktemp("release")
    with a_release(folder, copied(folder / "as-it-is")) as world:
        yield world


def copied(folder):
    """The files of this repository as they are now, without what git ignores."""
    folder.mkdir()
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["rsync", "--archive", "--from0", "--files-from=-", ".", folder], cwd=ROOT, check=True, input=files)
    return folder


def commit(folder, remote="https://github.com/example/example.git"):
    """Makes a folder what a CI job starts from: one commit of a repository with a remote."""
    identity = ["-c", "user.name=Example", "-c", "user.email=example@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["remote", "add", "origin", remote],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message=Check"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)


def with_pipeline(pipeline):
    """Gives a test a simulator with this pipeline."""
    return pytest.mark.parametrize("simulator", [pipeline], indirect=True, ids=[pytest.HIDDEN_PARAM])


def docker(*arguments, variables=None, **options):
    """Runs a docker command; a container gets the variables by name, so that no value is on a command line."""
    if variables is not None:
        verb, *rest = arguments
        arguments = [verb, *(f"--env={name}" for name in variables), *rest]
    environment = {**os.environ, **(variables or {})}
    return subprocess.run(["docker", *arguments], env=environment, capture_output=True, text=True, **options)


def started(simulator):
    """The one run that was started."""
    (run,) = simulator.runs()
    return run


def variables_of(run):
    """The run variables as they arrived."""
    envs = run["params"]["envs"]
    return json.loads(envs) if isinstance(envs, str) else envs


def security_token(seen):
    """What a temporary AccessKey's request carries beside its signature."""
    return dict(seen["request"]["headers"])["x-acs-security-token"]
