"""What a release publishes."""

import hashlib
import json
import re
import subprocess

from story import ARCHIVE, TAG, VERSION, contents


def test_nothing_is_released_while_something_is_open(world):
    assert world.refused_at_first.returncode == 1
    assert "release/open, as it is committed, still says:\n  RUST_IMAGE: " in world.refused_at_first.stdout


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
