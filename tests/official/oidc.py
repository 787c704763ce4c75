"""Runs the official credentials libraries, unchanged, against the simulator's STS, and `@actions/core` against its
issuer of identity tokens: whoever passes here is an STS and a CI host to them.

    python oidc.py PATH/TO/yunxiao-simulator

Prints what each library sends, field for field, on lines that begin with "sent ". The libraries are
`@alicloud/credentials` and `@actions/core` from npm, in the node_modules beside the programs in PATH, and
`alibabacloud-credentials` from PyPI.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

from alibabacloud_devops20210625 import models
from sdk import refusal, sdk
from simulator import ORGANIZATION, PIPELINE, Simulator, check, summary

ROLE = "acs:ram::1234567890123456:role/yunxiao-run"
PROVIDER = "acs:ram::1234567890123456:oidc-provider/github"
AUDIENCE = "sts.aliyuncs.com"
SESSION = "octo-repo@1"
SECONDS = "1800"  # as the action asks for
REQUEST_TOKEN = "id-token-request-token-of-the-job"
PYTHON = """
import json, sys
from alibabacloud_credentials.provider.oidc import OIDCRoleArnCredentialsProvider
endpoint, role, provider, file, session, seconds = sys.argv[1:]
got = OIDCRoleArnCredentialsProvider(
    sts_endpoint=endpoint, role_arn=role, oidc_provider_arn=provider, oidc_token_file_path=file,
    role_session_name=session, duration_seconds=int(seconds),
).get_credentials()
names = {"accessKeyId": got.get_access_key_id(), "accessKeySecret": got.get_access_key_secret()}
print(json.dumps({**names, "securityToken": got.get_security_token()}))
"""


def run(simulator, command):
    """Runs a program that trusts the simulator; the JSON of its last line."""
    others = ("ALIBABA_CLOUD_", "ACTIONS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    environment |= {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://{simulator.address}/_oidc/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        "NODE_PATH": str(pathlib.Path(shutil.which("alibabacloud-devops-mcp-server")).parent.parent),
        "NODE_EXTRA_CA_CERTS": str(simulator.ca),
        "REQUESTS_CA_BUNDLE": str(simulator.ca),
        "SSL_CERT_FILE": str(simulator.ca),
    }
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def node(simulator, role=ROLE, audience=AUDIENCE):
    """The exchange by the libraries for Node, from asking for the identity token on."""
    script = pathlib.Path(__file__).with_name("oidc.cjs")
    return run(
        simulator,
        ["node", script, simulator.folder.name, simulator.https, role, PROVIDER, audience, SESSION, SECONDS],
    )


def python(simulator):
    """The exchange by the library for Python, of the token that the one for Node got."""
    token = pathlib.Path(simulator.folder.name, "token")
    return run(simulator, [sys.executable, "-c", PYTHON, simulator.https, ROLE, PROVIDER, token, SESSION, SECONDS])


def sent(simulator, action):
    """What was sent last for an action."""
    request = [seen for seen in simulator.ask("seen") if seen["action"] == action][-1]["request"]
    fields = {name: request[name] for name in ("method", "path")}
    fields["query"] = dict(urllib.parse.parse_qsl(request["query"], keep_blank_values=True))
    fields["headers"] = dict(request["headers"])
    fields["form"] = dict(urllib.parse.parse_qsl(request["body"], keep_blank_values=True))
    return fields


def show(library, fields):
    """Prints what was sent, for comparison with other programs."""
    print("sent", json.dumps({"library": library, **fields}, ensure_ascii=False, sort_keys=True))


def use(simulator, credentials):
    """Starts a run with temporary keys, by the official SDK."""
    key = (credentials["accessKeyId"], credentials["accessKeySecret"], credentials["securityToken"])
    client = sdk(simulator.address, key, None)
    started = client.start_pipeline_run(ORGANIZATION, PIPELINE, models.StartPipelineRunRequest()).body
    check("success of a start with the temporary key", started.success, True)
    check("whose key it was", simulator.ask("seen")[-1]["verified"], key[0])
    wrong = sdk(simulator.address, (*key[:2], "CAISother"), None)
    code = refusal(lambda: wrong.get_pipeline(ORGANIZATION, PIPELINE))
    check("the key with another token", code, (400, "InvalidSecurityToken.MismatchWithAccessKey"))


def exchanges(simulator):
    """Both libraries, and what each sends."""
    credentials = node(simulator)
    check("temporary key", credentials.get("accessKeyId", "")[:4], "STS.")
    asked = sent(simulator, "IdToken")
    show("@actions/core", asked)
    check("query of the identity token", asked["query"], {"api-version": "2.0", "audience": AUDIENCE})
    check("who asks for it", asked["headers"]["authorization"], f"Bearer {REQUEST_TOKEN}")

    token = pathlib.Path(simulator.folder.name, "token").read_text()
    exchanged = sent(simulator, "AssumeRoleWithOIDC")
    show("@alicloud/credentials", exchanged)
    expected = {
        "DurationSeconds": SECONDS,
        "OIDCProviderArn": PROVIDER,
        "OIDCToken": token,
        "RoleArn": ROLE,
        "RoleSessionName": SESSION,
    }
    check("form of the exchange", exchanged["form"], expected)
    timestamp = exchanged["query"].pop("Timestamp")
    check("shape of its time", [len(part) for part in timestamp.split(":")], [13, 2, 3])
    expected = {"Action": "AssumeRoleWithOIDC", "Format": "JSON", "Version": "2015-04-01"}
    check("rest of its query", exchanged["query"], expected)
    use(simulator, credentials)

    credentials = python(simulator)
    check("temporary key of the other library", credentials.get("accessKeyId", "")[:4], "STS.")
    show("alibabacloud-credentials", sent(simulator, "AssumeRoleWithOIDC"))
    use(simulator, credentials)


def refusals(simulator):
    """What the libraries make of refusals."""
    message = node(simulator, role=f"{ROLE}-other")["error"]
    check("unknown role", "AuthenticationFail.NoPermission" in message, True)
    message = node(simulator, audience="other")["error"]
    check("another audience", "AuthenticationFail.OIDCToken.AudienceNotMatch" in message, True)
    refused = {"status": 401, "code": "Unauthorized", "message": "no token today"}
    simulator.tell("faults", {"when": {"action": "IdToken"}, "fault": {"reply": {"refusal": [refused, "gateway"]}}})
    check("message of the issuer", "no token today" in node(simulator)["error"], True)


def main():
    """Exchanges and refusals."""
    with Simulator(sys.argv[1]) as simulator:
        exchanges(simulator)
        refusals(simulator)
    summary()


if __name__ == "__main__":
    main()
