"""Outputs that are orders on standard output, read or written by the libraries of the CI systems' own makers.

    python orders.py ORDERS

ORDERS is the program examples/orders. Azure's library for tasks reads what it writes; TeamCity's and GitHub's libraries write the
same.
"""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from teamcity.messages import escape_value

WRITER = pathlib.Path(__file__).with_name("github.cjs")
READER = pathlib.Path(__file__).with_name("azure.cjs")
# The node_modules beside the programs in PATH.
NODE = {**os.environ, "NODE_PATH": str(pathlib.Path(shutil.which("alibabacloud-devops-mcp-server")).parent.parent)}
PIECES = ["%", "%25", "%0A", "%AZP25", "\n", "\r", "]", "[", ";", "'", "|", "|n", "##vso[", "::", ":", ",", "a=b", " ", "$HOME", '"', "\\", "a"]


def run(command, lines, environment=None):
    text = "".join(f"{line}\n" for line in lines)
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60, env=environment)
    return ended.stdout.split("\n")[:-1]


def main():
    (program,) = sys.argv[1:]
    source = random.Random(7)
    values = ["", *PIECES, *("".join(source.choices(PIECES, k=source.randint(1, 9))) for _ in range(2000))]
    given = [json.dumps(value) for value in values]

    foreign = [*values, "部署 🚀", "\x0b\x85\u2028"]
    written = run([program, "azure"], [json.dumps(value) for value in foreign])
    meant = [json.loads(line) for line in run(["node", READER], written, NODE)]
    expected = {"command": "task.setvariable", "properties": {"variable": "output", "isOutput": "true"}}
    assert meant == [{**expected, "message": value} for value in foreign]
    print(f"azure-pipelines-task-lib reads {len(foreign)} values as they were given")

    written = run([program, "teamcity"], given)
    expected = [f"##teamcity[setParameter name='env.output' value='{escape_value(value)}']" for value in values]
    assert written == expected, next(pair for pair in zip(written, expected) if pair[0] != pair[1])
    print(f"teamcity-messages writes {len(values)} values in the same way")

    # In a message, the runners of Gitea and Forgejo end a title at the last pair of colons, so there is none in ours. A title is
    # never empty.
    values = [value for value in foreign if value and "::" not in value]
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = pathlib.Path(folder, "ours"), pathlib.Path(folder, "theirs")
        theirs.touch()
        given = [json.dumps(value) for value in values]
        assert run([program, "github", ours], given) == run(["node", WRITER, theirs], given, NODE)
        delimiter = re.compile(r"(?:yunxiao_run|ghadelimiter)_[0-9a-f-]+")
        assert delimiter.sub("END", ours.read_text()) == delimiter.sub("END", theirs.read_text())
    print(f"@actions/core writes {len(values)} outputs and annotations in the same way")


main()
