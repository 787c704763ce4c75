"""A release on this machine: a remote, a registry and its mirror, a maintainer, machines that build, what they made."""

import contextlib
import functools
import hashlib
import http.server
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

from conftest import ROOT

sys.path.insert(0, str(ROOT / "release"))
import oci  # noqa: E402

VERSION = "0.2.0"
TAG = f"v{VERSION}"
ARCHIVE = "yunxiao-run-x86_64-unknown-linux-musl.tgz"
BINARIES = pathlib.Path(os.environ.get("BINARIES", "binaries"))

IDENTITY = {
    "GIT_AUTHOR_NAME": "Maintainer",
    "GIT_AUTHOR_EMAIL": "maintainer@example.com",
    "GIT_COMMITTER_NAME": "Maintainer",
    "GIT_COMMITTER_EMAIL": "maintainer@example.com",
}

# Stands in for GitHub's own program: notes what it is told, hands out the workflow's folder, keeps a release's files.
GH = """#!/bin/sh
echo "$@" >> "$WORLD/gh"
case "$1 $2" in
  "run list") if grep -q "^workflow run" "$WORLD/gh"; then echo '[{"databaseId": 7}]'; else echo '[]'; fi ;;
  "run download") for last; do :; done; cp -r "$WORLD/runner/dist" "${last#--dir=}" ;;
  "release create") mkdir -p "$WORLD/releases/$3"
    for file; do if [ -f "$file" ]; then cp "$file" "$WORLD/releases/$3/"; fi; done ;;
esac
"""


class World:
    """Folders, programs and variables of one rehearsal."""

    def __init__(self, folder, registry):
        self.folder, self.registry = folder, registry
        self.image, self.mirror = f"{registry}/yunxiao-run/yunxiao-run", f"{registry}/mirror/yunxiao-run"
        programs = folder / "programs"
        programs.mkdir()
        (programs / "gh").write_text(GH)
        (programs / "gh").chmod(0o755)
        self.environment = {
            **os.environ,
            **IDENTITY,
            **self.home("home"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "WORLD": str(folder),
        }

    def run(self, *command, cwd, check=True, **more):
        ended = subprocess.run(list(map(str, command)), cwd=cwd, env={**self.environment, **more}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        assert not check or ended.returncode == 0, ended.stdout
        return ended

    def git(self, clone, *arguments):
        return self.run("git", *arguments, cwd=clone).stdout.strip()

    def release(self, clone, *arguments, **more):
        """One step of the release, as it stands in a clone."""
        return self.run(clone / "release/release", *arguments, cwd=clone, **more)

    def clone(self, name, at="main"):
        clone = self.folder / name
        self.run("git", "clone", "--quiet", self.folder / "origin.git", clone, cwd=self.folder)
        self.git(clone, "checkout", "--quiet", "--detach" if at != "main" else "--force", at)
        return clone

    def home(self, name):
        """The home of another person, with cargo and Rust as they are installed here."""
        home, real = self.folder / name, pathlib.Path.home()
        containers = home / ".config/containers"
        containers.mkdir(parents=True)
        # The registry speaks plain HTTP, which a program has to be told; Docker allows it on this machine.
        (containers / "registries.conf").write_text(f'[[registry]]\nlocation = "{self.registry}"\ninsecure = true\n')
        tools = {name: os.environ.get(name, str(real / folder)) for name, folder in
                 [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")]}  # fmt: skip
        return {"HOME": str(home), **tools}

    def assemble(self, clone, umask, zone, home):
        """Builds a clone's folder of what is published, as another person on another machine would."""
        command = f"umask {umask} && release/release assemble {BINARIES} dist"
        self.run("sh", "-c", command, cwd=clone, TZ=zone, **self.home(home))
        return clone / "dist"


def contents(folder):
    """Every file's bytes, as digests."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@contextlib.contextmanager
def a_registry(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\nlog: {{level: error}}\n"
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(["docker-registry", "serve", settings], **quiet) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/").close()
                    break
                time.sleep(0.1)
            yield f"localhost:{port}"
        finally:
            process.terminate()


@contextlib.contextmanager
def served(folder):
    """Files over HTTP, as GitHub serves those of a release."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def push_busybox(world):
    """The base of the image with a shell: Debian's busybox of both architectures. Returns its reference, by digest."""
    files = world.folder / "busybox"
    container = world.run("docker", "create", "yunxiao-run-ci:busybox-files", cwd=world.folder).stdout.strip()
    for architecture in ("amd64", "arm64"):
        (files / architecture).mkdir(parents=True)
        world.run("docker", "cp", f"{container}:/{architecture}/bin/busybox", files / architecture, cwd=world.folder)
    world.run("docker", "rm", container, cwd=world.folder)
    layout = oci.Layout(files / "layout")
    layers = {each: oci.Layer("/bin/sh", (files / each / "busybox").read_bytes(), 0) for each in ("amd64", "arm64")}
    notes = {"org.opencontainers.image.created": "1970-01-01T00:00:00Z"}
    image = oci.image(layout, layers, {"Env": ["PATH=/bin"], "Cmd": ["sh"]}, notes)
    layout.finish({"busybox": image})
    name = f"{world.registry}/library/busybox"
    copy = ["skopeo", "copy", "--quiet", "--all", "--preserve-digests"]
    world.run(*copy, f"oci:{files}/layout:busybox", f"docker://{name}:1", cwd=world.folder)
    return f"{name}:1@{image['digest']}"


def fill_in(checkout, world, busybox):
    """What a maintainer of a fork does first, as release/README.md says."""
    replaced = {
        "release/open": [(r"^[^#].*\n", "")],
        "release/places": [(r"^[^#].*\n", f"{world.image}\n{world.mirror}\n")],
        "Dockerfile": [(r"^ARG RUST_IMAGE=\S+$", f"ARG RUST_IMAGE=rust:1@sha256:{'0' * 64}"),
                       (r"^ARG BUSYBOX_IMAGE=\S+$", f"ARG BUSYBOX_IMAGE={busybox}")],
        "CHANGELOG.md": [(r"^## 0\.1\.0$", f"## {VERSION}\n\n- A rehearsal.\n\n## 0.1.0")],
        "CHANGELOG.zh-CN.md": [(r"^## 0\.1\.0$", f"## {VERSION}\n\n- 一次演练。\n\n## 0.1.0")],
    }  # fmt: skip
    for name, pairs in replaced.items():
        file = checkout / name
        text = file.read_text()
        for pattern, by in pairs:
            text = re.sub(pattern, by, text, flags=re.MULTILINE)
        file.write_text(text)


@contextlib.contextmanager
def a_release(folder, checkout):
    """From a first clone to what is published. The checkout has the files of this repository."""
    with a_registry(folder) as registry:
        world = World(folder, registry)
        busybox = push_busybox(world)
        world.git(checkout, "init", "--quiet", "--initial-branch=main")
        world.git(checkout, "add", "--all")
        world.git(checkout, "commit", "--quiet", "--message=As it is")
        world.git(folder, "clone", "--quiet", "--bare", checkout, "origin.git")
        person = world.clone("person")
        world.refused_at_first = world.release(person, "ready", check=False)
        fill_in(person, world, busybox)
        world.git(person, "commit", "--all", "--quiet", "--message=Fill in what was open")
        world.release(person, "bump", VERSION)
        world.git(person, "push", "--quiet", "origin", "HEAD:main")
        # The workflow, started by hand; its folder is what `prepare` pins.
        world.before = world.assemble(world.clone("runner"), "022", "UTC", "home-of-runner")
        world.release(person, "prepare", "dist")
        world.git(person, "push", "--quiet", "origin", TAG)
        # The workflow, started by the tag, on another machine.
        tagged = world.clone("another-folder", at=TAG)
        world.after = world.assemble(tagged, "077", "Asia/Shanghai", "another-home")
        world.release(tagged, "publish", TAG, "dist")
        bundle = folder / "attestation.json"
        bundle.write_text("{}\n")
        world.release(tagged, "announce", TAG, "dist", bundle)
        world.tagged = tagged
        world.digest = re.search(r"@(sha256:\S+)", (tagged / "action.yml").read_text())[1]
        yield world
