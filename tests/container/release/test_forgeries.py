"""What a release refuses."""

import subprocess

import pytest
from story import ARCHIVE, TAG, VERSION


# What somebody changes in a clone that stands at the tag.


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


IN_ACTION, IN_BINARY = "it differs in action.yml", "it differs in binary/action.yml"

FORGERIES = {
    "a changed source": (another_file, "it differs in src/main.rs"),
    "a changed mode": (another_mode, IN_ACTION),
    "an input that the action does not have": (
        edit("action.yml", lambda _: "\nruns:", lambda _: "  more:\n    description: More\n\nruns:"), IN_ACTION),
    "an image of another registry": (
        edit("action.yml", lambda world: world.image, lambda _: "registry.example/yunxiao-run"), IN_ACTION),
    "an image with another digest": (
        edit("action.yml", lambda world: world.digest, lambda _: f"sha256:{'1' * 64}"), IN_ACTION),
    "a binary with another digest": (
        edit("binary/action.yml", lambda _: "SHA256_x86_64: ", lambda _: "SHA256_x86_64: 1"), IN_BINARY),
    "a binary from elsewhere": (
        edit("binary/action.yml", lambda _: "https://github.com/", lambda _: "https://example.com/"), IN_BINARY),
    "another place to publish to": (
        edit("release/places", lambda world: world.mirror, lambda _: "registry.example/yunxiao-run"), "it differs in release/places"),
    "a parent that is not on main": (another_parent, "which is not on origin/main"),
    "two parents": (two_parents, "has 2 parents"),
    "a commit of main itself": (main_itself, "names no image"),
    "a tag of another version": (another_version, "v0.3.0 is version 0.2.0"),
    "a binary that the checksums don't know": (another_binary, "SHA256SUMS is not what the files beside it give"),
    "a binary that the tag does not know": (another_binary_with_its_checksum, IN_BINARY),
    "a layer that its digest does not know": (another_layer, "has other bytes than its name says"),
    "an image that the tag does not know": (another_image, IN_ACTION),
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
