"""What a tag says, and what it may say.

A digest can't stand in the commit whose id the image carries. So a version has two commits. The first, on main, is what
is built: its `action.yml` builds the Dockerfile, its `binary/action.yml` has no digests. The second is the first with the
digests of what was built, and is on no branch, only under the tag.
"""

import os
import re
import subprocess
import tempfile
import tomllib

ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?")


class Refused(Exception):
    """Something is not as it must be, in a sentence for whoever releases."""


def git(*arguments, **options):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, **options).stdout.strip()


def file_of(commit, path):
    # With its last line break, which `git` strips.
    return subprocess.run(["git", "show", f"{commit}:{path}"], check=True, capture_output=True, text=True).stdout


def export(commit, folder):
    """The files of a commit alone, so that nothing but what is committed counts."""
    archive = subprocess.run(["git", "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "--extract", f"--directory={folder}"], check=True, input=archive)


def version_of(commit):
    return tomllib.loads(file_of(commit, "Cargo.toml"))["package"]["version"]


def major_of(tag):
    return VERSION.fullmatch(tag[1:])[1]


def is_trial(tag):
    return bool(VERSION.fullmatch(tag[1:])[4])


def is_newest(tag):
    """Whether no other tag has the same major version and a higher number. A trial, such as v1.0.0-rc.1, never is."""
    tags = [each for each in git("tag", "--list", f"v{major_of(tag)}.*").splitlines() if VERSION.fullmatch(each[1:])]
    numbers = {each: tuple(map(int, VERSION.fullmatch(each[1:]).groups()[:3])) for each in tags if not is_trial(each)}
    return not is_trial(tag) and max(numbers.values()) == numbers[tag]


def repository_of(commit):
    return tomllib.loads(file_of(commit, "Cargo.toml"))["workspace"]["package"]["repository"]


def time_of(commit):
    return int(git("show", "--no-patch", "--format=%ct", commit))


def places_of(commit):
    """Where a version is published: the registry's name that `action.yml` gets, and its mirrors."""
    lines = file_of(commit, "release/places").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def base_of(commit, argument):
    """A base image, as the Dockerfile names it."""
    found = re.search(f"^ARG {argument}=(.*)$", file_of(commit, "Dockerfile"), re.MULTILINE)[1]
    if not re.fullmatch(r".+@sha256:[0-9a-f]{64}", found):
        raise Refused(f"the Dockerfile's {argument} is not pinned by its digest: {found}")
    return found


def pinned_image(commit):
    """The image that `action.yml` names, as name and digest, or nothing."""
    found = re.search(r"^  image: docker://(.+)@(sha256:[0-9a-f]{64})$", file_of(commit, "action.yml"), re.MULTILINE)
    return found and found.groups()


def source_of(commit):
    """What a version is built from: the commit below, if this one names digests."""
    return git("rev-parse", f"{commit}^{{commit}}^" if pinned_image(commit) else f"{commit}^{{commit}}")


def pinned_tree(source, digests):
    """The tree of a commit, with the digests of what was built from it where it has none."""
    image = f"docker://{places_of(source)[0]}@{digests['image']}"
    changes = {
        "action.yml": [("  image: Dockerfile\n", f"  image: {image}\n")],
        "binary/action.yml": [
            ('VERSION: ""\n', f"VERSION: v{version_of(source)}\n"),
            *((f'SHA256_{ARCHITECTURES[each]}: ""\n', f"SHA256_{ARCHITECTURES[each]}: {digests[each]}\n")
              for each in ARCHITECTURES),
        ],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GIT_INDEX_FILE": f"{folder}/index"}
        git("read-tree", source, env=environment)
        for path, lines in changes.items():
            content = file_of(source, path)
            for before, after in lines:
                if content.count(before) != 1:
                    raise Refused(f"{path} of {source} has not one line `{before.strip()}`")
                content = content.replace(before, after)
            blob = git("hash-object", "-w", "--stdin", input=content)
            git("update-index", "--cacheinfo", f"100644,{blob},{path}", env=environment)
        return git("write-tree", env=environment)


def check(tag, digests, main="origin/main"):
    """Refuses a tag that is anything but a commit of main with the digests of what was built from it."""
    commit, *parents = git("rev-list", "--parents", "--max-count=1", f"{tag}^{{commit}}").split()
    if not pinned_image(commit):
        raise Refused(f"{tag} names no image: it is no pinned version")
    if len(parents) != 1:
        raise Refused(f"{tag} has {len(parents)} parents")
    (source,) = parents
    if subprocess.run(["git", "merge-base", "--is-ancestor", source, main]).returncode:
        raise Refused(f"{tag} is built from {source}, which is not on {main}")
    if tag != f"v{version_of(source)}":
        raise Refused(f"{tag} is version {version_of(source)}")
    changed = git("diff-tree", "-r", "--no-renames", pinned_tree(source, digests), f"{commit}^{{tree}}")
    if changed:
        files = ", ".join(line.partition("\t")[2] for line in changed.splitlines())
        raise Refused(f"{tag} is not its parent with the digests of what was built; it differs in {files}")
    return source
