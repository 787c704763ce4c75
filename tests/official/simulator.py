"""The simulator, and comparisons, for the scripts beside this one."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request

ORGANIZATION = "5ebbc0228123212b59xxxxx"
PIPELINE = "123"

checked = 0


def check(what, actual, expected):
    """Compares; a difference ends the program."""
    global checked
    if actual != expected:
        sys.exit(f"DIFFERENT {what}:\n  expected {expected!r}\n  actual   {actual!r}")
    checked += 1
    print(f"  same {what}")


def check_headers(other, theirs, ours, same):
    """Compares some headers of another program's request with those of our own, and notes where the rest differs."""
    for name in same:
        check(f"header {name}: {theirs.get(name)}", ours.get(name), theirs.get(name))
    for name in sorted({*theirs, *ours} - {*same, "content-length"}):
        if theirs.get(name) != ours.get(name):
            print(f"  note header {name}: {other} {theirs.get(name)!r}, own {ours.get(name)!r}")


def summary():
    """Says how much was compared."""
    print(f"{checked} comparisons, no difference")


class Simulator:
    """The simulator, for as long as a with statement lasts."""

    def __init__(self, program, **setup):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        (folder / "setup.json").write_text(json.dumps(setup))
        self.ca = folder / "ca.pem"
        arguments = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]
        arguments += ["--setup", folder / "setup.json", "--ca", self.ca]
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        addresses = json.loads(self.process.stdout.readline())
        self.address, self.https = addresses["http"], addresses["https"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        check("exit after SIGTERM", self.process.wait(10), 0)
        self.folder.cleanup()

    def ask(self, what):
        """What the simulator says about itself."""
        with urllib.request.urlopen(f"http://{self.address}/_simulator/{what}") as answer:
            return json.load(answer)

    def request(self, action):
        """The last request for an action, as it was on the wire."""
        return [seen for seen in self.ask("seen") if seen["action"] == action][-1]["request"]

    def tell(self, what, told):
        """Tells the simulator what to do: plan a fault, decide a gate, stop a run."""
        body = json.dumps(told).encode()
        request = urllib.request.Request(f"http://{self.address}/_simulator/{what}", body, method="POST")
        urllib.request.urlopen(request).close()

    def execute(self, program, **inputs):
        """Executes the project's own program here, which has nothing but these inputs; the id of the run it is about."""
        place = {"YUNXIAO_ENDPOINT": f"http://{self.address}", "YUNXIAO_ORGANIZATION_ID": ORGANIZATION}
        environment = {**place, "YUNXIAO_PIPELINE_ID": PIPELINE, **inputs}
        done = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            sys.exit(f"{program} ended with {done.returncode}:\n{done.stderr}")
        return int(done.stdout)
