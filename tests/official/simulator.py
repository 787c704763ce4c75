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

    def tell(self, what, told):
        """Tells the simulator what to do: plan a fault, decide a gate, stop a run."""
        body = json.dumps(told).encode()
        request = urllib.request.Request(f"http://{self.address}/_simulator/{what}", body, method="POST")
        urllib.request.urlopen(request).close()
