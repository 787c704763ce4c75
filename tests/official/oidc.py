"""Runs the official credentials libraries, unchanged, against the simulator's STS, and `@actions/core` against its
issuer of identity tokens: whoever passes here is an STS and a CI host to them. Then compares what the project's own
program sends with what they send.

    python oidc.py PATH/TO/yunxiao-simulator PATH/TO/yunxiao-run

Prints what each sends, field for field, on lines that begin with "sent ". The libraries are
`@alicloud/credentials` and `@actions/core` from npm, in the node_modules beside the programs in PATH, and
`alibabacloud-credentials` from PyPI.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

from alibabacloud_devops20210625 import models
from sdk import refusal, sdk
from simulator import ORGANIZATION, PIPELINE, Simulator, check, check_headers, summary

ROLE = "acs:ram::1234567890123456:role/yunxiao-run"
PROVIDER = "acs:ram::1234567890123456:oidc-provider/github"
AUDIENCE = "sts.aliyuncs.com"
SESSION = "octo-repo@1"
SECONDS = "1800"  # as the action asks for
OWN_SECONDS = "3600"  # as the project's own program asks for
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


def issuer(simulator):
    """The variables of a job on GitHub that may ask for identity tokens."""
    return {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://{simulator.address}/_oidc/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
    }


def run(simulator, command):
    """Runs a program that trusts the simulator; the JSON of its last line."""
    others = ("ALIBABA_CLOUD_", "ACTIONS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    environment |= {
        **issuer(simulator),
        "NODE_PATH": str(pathlib.Path(shutil.which("alibabacloud-devops-mcp-server")).parent.parent),
        "NODE_EXTRA_CA_CERTS": str(simulator.ca),
        "REQUESTS_CA_BUNDLE": str(simulator.ca),
        "SSL_CERT_FILE": str(simulator.ca),
    }
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def node(simulator, role=ROLE, audience=AUDIENCE, seconds=SECONDS):
    """The exchange by the libraries for Node, from asking for the identity token on."""
    script = pathlib.Path(__file__).with_name("oidc.cjs")
    return run(
        simulator,
        ["node", script, simulator.folder.name, simulator.https, role, PROVIDER, audience, SESSION, seconds],
    )


def python(simulator):
    """The exchange by the library for Python, of the token that the one for Node got."""
    token = pathlib.Path(simulator.folder.name, "token")
    return run(simulator, [sys.executable, "-c", PYTHON, simulator.https, ROLE, PROVIDER, token, SESSION, SECONDS])


def sent(simulator, action):
    """What was sent last for an action."""
    request = simulator.request(action)
    fields = {name: request[name] for name in ("method", "host", "path")}
    fields["query"] = pairs(request["query"])
    fields["headers"] = dict(request["headers"])
    fields["form"] = pairs(request["body"])
    return fields


def pairs(text):
    """The fields of a query or of a form, each of which has one value."""
    found = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    if len(dict(found)) != len(found):
        sys.exit(f"a field has several values: {text}")
    return dict(found)


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


def comparable(name, value):
    """What of a field has to be the same: all of it, unless it is another one each time."""
    if name == "Timestamp":
        return re.sub("[0-9]", "0", value)
    if name == "OIDCToken":
        header, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in value.split("."))
        claims = json.loads(claims)
        moments = {claim: type(claims.pop(claim)).__name__ for claim in ("exp", "iat", "jti", "nbf")}
        return json.loads(header), claims, moments, f"{len(signature)} bytes of signature"
    return value


def compare(library, official, own):
    """Compares what the project's own program sent with what a library did, field for field."""
    for part in ("method", "host", "path"):
        check(f"{part}: {official[part]}", own[part], official[part])
    for part in ("query", "form"):
        names = sorted(official[part])
        check(f"names in the {part}: {', '.join(names) or 'none'}", sorted(own[part]), names)
        for name in names:
            expected = comparable(name, official[part][name])
            check(f"{name} in the {part}: {expected}", comparable(name, own[part][name]), expected)
    check_headers(library, official["headers"], own["headers"], ["authorization", "content-type"])


def own_program(simulator, program):
    """What the project's own program sends is what the libraries send."""
    actions = {"IdToken": "@actions/core", "AssumeRoleWithOIDC": "@alicloud/credentials"}
    node(simulator, seconds=OWN_SECONDS)
    official = {action: sent(simulator, action) for action in actions}
    before = len(simulator.ask("seen"))
    run_id = simulator.execute(
        program,
        **issuer(simulator),
        YUNXIAO_ROLE_TO_ASSUME=ROLE,
        YUNXIAO_OIDC_PROVIDER_ARN=PROVIDER,
        YUNXIAO_ROLE_SESSION_NAME=SESSION,
        YUNXIAO_STS_ENDPOINT=f"https://{simulator.https}",
        YUNXIAO_CA_CERTIFICATES=str(simulator.ca),
    )
    check("run of the own program", run_id, len(simulator.ask("runs")))
    seen = simulator.ask("seen")[before:]
    check("what it asks for", [request["action"] for request in seen], [*actions, "StartPipelineRun"])
    check("whose key starts the run", seen[-1]["verified"][:4], "STS.")
    for action, library in actions.items():
        print(f"{action}: the own program against {library}")
        own = sent(simulator, action)
        show("own program", own)
        compare(library, official[action], own)


def main():
    """Exchanges, refusals, and the own program."""
    service, program = sys.argv[1:]
    with Simulator(service) as simulator:
        exchanges(simulator)
        refusals(simulator)
        own_program(simulator, program)
    summary()


if __name__ == "__main__":
    main()
