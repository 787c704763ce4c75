"""One start by this program, and one by each of what a user would take instead, at the same simulated service: a table.

    measure.py BINARY ADDRESS

`cargo bench --bench peers` starts it. What is measured is installed by the project's locks, each alone, and kept with the
tools of .ci/run. Needs node, npm, curl, openssl, GNU time and Debian's dpkg and apt-cache.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "yunxiao-run-ci"
LOCKS = [ROOT / "tests/official/requirements.txt", ROOT / ".ci/package.json", ROOT / ".ci/package-lock.json"]
POP_CORE, MCP_SERVER = "@alicloud/pop-core", "alibabacloud-devops-mcp-server"
PASSES = 5

ORGANIZATION, PIPELINE = "5ebbc0228123212b59xxxxx", "123"
ACCESS_KEY_ID, ACCESS_KEY_SECRET = "testAccessKeyId", "testAccessKeySecret"
TOKEN = "pt-0fh3abcd0fbG_35afabcd-7b1c-4e2d-9a8f-0123abcd0484"


def main(binary, address):
    folder = installed()
    # What the scripts beside this one read.
    script = {"ENDPOINT": address, "ORGANIZATION": ORGANIZATION, "PIPELINE": PIPELINE}
    script |= {"ACCESS_KEY_ID": ACCESS_KEY_ID, "ACCESS_KEY_SECRET": ACCESS_KEY_SECRET}
    own = {"YUNXIAO_ORGANIZATION_ID": ORGANIZATION, "YUNXIAO_PIPELINE_ID": PIPELINE, "YUNXIAO_COMMENT": "peers"}
    own |= {"YUNXIAO_ACCESS_KEY_ID": ACCESS_KEY_ID, "YUNXIAO_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET}
    own |= {"YUNXIAO_ENDPOINT": f"http://{address}"}
    server = {"YUNXIAO_ACCESS_TOKEN": TOKEN, "YUNXIAO_API_BASE_URL": f"http://{address}", "YUNXIAO_EDITION": "central"}
    node = shutil.which("node")
    size = os.path.getsize(binary)
    of_python = bytes_in(folder / "python")
    of_node = {name: bytes_in(folder / name / "node_modules") for name in (POP_CORE, MCP_SERVER)}
    below_node = os.path.getsize(os.path.realpath(node)) + of_packages("libstdc++6")
    peers = {
        "yunxiao-run": (Peer([binary], own), size, size),
        "Python, `alibabacloud_devops20210625`": (
            Peer([sys.executable, HERE / "sdk.py"], {**script, "PYTHONPATH": folder / "python"}),
            of_python,
            of_python + of_packages("python3"),
        ),
        f"Node, `{POP_CORE}`": (
            Peer([node, HERE / "pop-core.cjs"], {**script, "NODE_PATH": folder / POP_CORE / "node_modules"}),
            of_node[POP_CORE],
            of_node[POP_CORE] + below_node,
        ),
        f"Node, `{MCP_SERVER}`": (
            Peer([node, folder / MCP_SERVER / "node_modules" / MCP_SERVER / entry(folder)], server, messages(folder)),
            of_node[MCP_SERVER],
            of_node[MCP_SERVER] + below_node,
        ),
        "`curl`, signed by `openssl`": (
            Peer(["/bin/sh", HERE / "curl.sh"], script),
            of_packages("curl", "openssl", optional=True),
            of_packages("curl", "openssl", "ca-certificates", "dash", "coreutils"),
        ),
    }
    for peer, *_ in peers.values():
        peer.start()  # the first one reads files, and may write compiled ones
    # One after the other, so that what disturbs the machine disturbs them all.
    for _ in range(PASSES):
        for name, (peer, *_) in peers.items():
            before = runs(address)
            peer.pass_once()
            if runs(address) != before + 2:
                sys.exit(f"{name} has not started a run each time")
    print("| | CPU time, ms | wall clock, ms | memory, MiB | installed, MB | with its runtime, MB |")
    print("|---|--:|--:|--:|--:|--:|")
    least, *_ = peers.values()
    for name, (peer, alone, whole) in peers.items():
        cells = [number(peer.cpu(), least[0].cpu()), f"{peer.wall():,.0f}", number(peer.memory(), least[0].memory())]
        cells += [number(alone / 1e6, size / 1e6), number(whole / 1e6, size / 1e6)]
        print(f"| {name} | {' | '.join(cells)} |")


def number(value, least):
    """With how many times the least it is."""
    return f"{value:,.1f}" if value == least else f"{value:,.1f} ({value / least:,.3g} ×)"


class Peer:
    """A command that starts a run, and what its executions took."""

    def __init__(self, command, variables, stdin="/dev/null"):
        self.command = [str(word) for word in command]
        self.environment = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in variables.items()}}
        self.stdin = stdin
        self.taken = []

    def start(self, *under):
        """Starts a run under another command; the seconds it took, the CPU time of it and its children, what it said."""
        with open(self.stdin) as stdin, tempfile.TemporaryFile() as said:
            begin = time.monotonic()
            streams = {"stdin": stdin, "stdout": said, "stderr": said}
            process = subprocess.Popen([*under, *self.command], env=self.environment, **streams)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - begin
            said.seek(0)
            text = said.read().decode()
        if process.returncode != 0:
            sys.exit(f"{self.command} ended with {process.returncode}:\n{text}")
        return wall, usage.ru_utime + usage.ru_stime, text

    def pass_once(self):
        wall, cpu, _ = self.start()
        # A process begins with the memory of the one that made it; that of `time` is less than what is measured.
        _, _, said = self.start("/usr/bin/time", "--format=resident %M")
        self.taken.append((cpu * 1e3, wall * 1e3, int(re.findall(r"resident (\d+)", said)[-1]) / 1024))

    def cpu(self):
        return statistics.median(cpu for cpu, _, _ in self.taken)

    def wall(self):
        return statistics.median(wall for _, wall, _ in self.taken)

    def memory(self):
        return statistics.median(memory for _, _, memory in self.taken)


def runs(address):
    with urllib.request.urlopen(f"http://{address}/_simulator/runs") as answer:
        return len(json.load(answer))


def installed():
    """The folder in which each library is installed alone, with what it depends on, as the locks say."""
    digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()
    folder = CACHE / f"peers-{digest[:16]}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The lock holds the SDK, what it depends on, and one other library.
    lock = re.sub(r"^teamcity-messages==(?:.*\\\n)*.*\n?", "", LOCKS[0].read_text(), flags=re.MULTILINE)
    (folder / "requirements.txt").write_text(lock)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--require-hashes"]
    subprocess.run([*pip, "--target", folder / "python", "--requirement", folder / "requirements.txt"], check=True)
    versions = json.loads(LOCKS[1].read_text())["dependencies"]
    for name in (POP_CORE, MCP_SERVER):
        (folder / name).mkdir(parents=True)
        (folder / name / "package.json").write_text(json.dumps({"dependencies": {name: versions[name]}}))
        shutil.copy(LOCKS[2], folder / name)
        # It keeps what is locked, and drops from the lock what nothing needs.
        subprocess.run(["npm", "install", "--ignore-scripts", "--silent", "--prefix", folder / name], check=True)
    (folder / "complete").touch()
    return folder


def entry(folder):
    """The MCP server's program."""
    package = json.loads((folder / MCP_SERVER / "node_modules" / MCP_SERVER / "package.json").read_text())
    return package["bin"][MCP_SERVER] if isinstance(package["bin"], dict) else package["bin"]


def messages(folder):
    """A file of what a client says to the MCP server to start a run. At its end the server ends."""
    hello = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "peers", "version": "0"}}
    run = {"organizationId": ORGANIZATION, "pipelineId": PIPELINE, "comment": "peers"}
    said = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "create_pipeline_run", "arguments": run}},
    ]
    file = folder / "messages"
    file.write_text("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in said))
    return file


def bytes_in(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def of_packages(*names, optional=False):
    """The bytes of Debian packages and of all that they depend on, as dpkg says them; without what every Debian has."""
    without = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    command = ["apt-cache", "depends", "--recurse", *(f"--no-{relation}" for relation in without), *names]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    packages = sorted(set(re.findall(r"^([a-z0-9][^\s:<]*)", listed, re.MULTILINE)))
    # Of alternatives it lists those that are not installed too: dpkg complains of these.
    query = ["dpkg-query", "--show", "--showformat", "${Installed-Size} ${Priority}\\n", *packages]
    rows = [row.split() for row in subprocess.run(query, capture_output=True, text=True).stdout.splitlines()]
    rows = [row for row in rows if len(row) == 2]  # what was removed, and virtual packages, have no size
    return sum(int(size) * 1024 for size, priority in rows if not (optional and priority == "required"))


if __name__ == "__main__":
    main(*sys.argv[1:])
