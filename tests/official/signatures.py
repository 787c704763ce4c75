"""Compares a program's signatures with those of Alibaba Cloud's own code, for random requests.

    python signatures.py [--count N] [--seed N] PATH/TO/PROGRAM
    python signatures.py [--count N] [--seed N] --self-test

The program reads one JSON object a line and writes one a line:

    in   algorithm, access_key_id, access_key_secret, security_token, method, path (raw segments), query (raw pairs),
         body (null, or content_type and text), host, headers (pairs), time (seconds since 1970), nonce
    out  path, query (as on the wire), headers (lower-case name to value, authorization among them), string_to_sign,
         signature

What is expected is computed from the request's raw parts, never from what the program wrote.
"""

import argparse
import base64
import copy
import datetime
import hashlib
import hmac
import json
import random
import subprocess
import sys
import types
import urllib.parse

from alibabacloud_openapi_util.client import Client as Classic
from alibabacloud_tea_openapi import utils as tea

ACS3 = "ACS3-HMAC-SHA256"
ROA = "HMAC-SHA1"
UNSIGNED = {"accept", "user-agent", "content-length"}  # may be sent beside what is signed; ACS3 signs none of them
ODD = "+*~ %&=/?#;:@!$'()[]{}<>\"\\|^`,.-_\t\n\r\0éüñ中文字云效😀🚀\u200b\u0301\ufeff\U0010ffff"
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


# -- random requests


def text(source, longest, shortest=0):
    """Any text: plain, odd, or any character there is."""

    def letter():
        kind = source.random()
        if kind < 0.4:
            return source.choice(PLAIN)
        if kind < 0.8:
            return source.choice(ODD)
        code = source.randrange(0x110000 - 0x800)
        return chr(code if code < 0xD800 else code + 0x800)  # a surrogate alone is no character

    return "".join(letter() for _ in range(source.randint(shortest, longest)))


def plain(source, longest, letters=PLAIN):
    """Text of some letters, never empty."""
    return "".join(source.choice(letters) for _ in range(source.randint(1, longest)))


def body(source):
    """No body, a form or JSON."""
    kind = source.randrange(3)
    if kind == 0:
        return None
    content = {plain(source, 8): text(source, 40) for _ in range(source.randint(1, 4))}
    if kind == 1:
        return {"content_type": "application/x-www-form-urlencoded", "text": urllib.parse.urlencode(content)}
    return {
        "content_type": "application/json; charset=utf-8",
        "text": json.dumps(content, ensure_ascii=source.random() < 0.5),
    }


def random_request(source):
    """A request that a client might send."""
    algorithm = source.choice([ACS3, ROA])
    # The official code leaves query keys as they are, so only those that need no encoding can be compared.
    keys = {plain(source, 10, PLAIN + "-_.~") for _ in range(source.choice([0, 0, 1, 2, 3, 6]))}
    shortest = 0 if algorithm == ACS3 else 1  # official clients disagree on an empty value
    query = [[key, text(source, 20, shortest)] for key in sorted(keys)]
    source.shuffle(query)
    segments = [text(source, 12, 1) for _ in range(source.randint(1, 6))]
    token = base64.b64encode(source.randbytes(source.randint(1, 200))).decode()
    return {
        "algorithm": algorithm,
        "access_key_id": plain(source, 30),
        "access_key_secret": plain(source, 40, PLAIN + "+/=-_"),
        "security_token": source.choice([None, token]),
        "method": source.choice(["GET", "POST", "PUT", "DELETE", "PATCH"]),
        "path": [segment if segment not in (".", "..") else "x" for segment in segments],
        "query": query,
        "body": body(source),
        "host": plain(source, 20) + source.choice([".example.com", ".aliyuncs.com:8443"]),
        "headers": [["x-acs-action", plain(source, 20)], ["x-acs-version", "2021-06-25"]],
        "time": source.randrange(946684800, 4102444800),
        "nonce": source.randbytes(16).hex(),
    }


# -- what Alibaba Cloud's code makes of them


def utc(seconds, form):
    """A time as text."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(form)


def expected(request):
    """The answer, computed by the official code."""
    content = request["body"]["text"].encode() if request["body"] else b""
    headers = {"host": request["host"], **dict(request["headers"])}
    if request["body"]:
        headers["content-type"] = request["body"]["content_type"]
    headers["x-acs-signature-nonce"] = request["nonce"]
    if request["security_token"]:
        headers["x-acs-accesskey-id"] = request["access_key_id"]
        headers["x-acs-security-token"] = request["security_token"]
    raw = types.SimpleNamespace(
        method=request["method"],
        pathname="/" + "/".join(tea.Utils.get_encode_param(segment) for segment in request["path"]),
        query=dict(request["query"]),
        headers=headers,
    )
    key, secret = request["access_key_id"], request["access_key_secret"]
    if request["algorithm"] == ACS3:
        digest = tea.Utils.hash(content, ACS3).hex()
        headers["x-acs-date"] = utc(request["time"], "%Y-%m-%dT%H:%M:%SZ")
        headers["x-acs-content-sha256"] = digest
        authorization = tea.Utils.get_authorization(raw, ACS3, digest, key, secret)
        signature = authorization.rpartition("Signature=")[2]
        # The official code keeps its string to sign to itself; this is made of its own pieces.
        canonical_headers, names = tea.get_canonicalized_headers(headers)
        query = tea.get_canonical_query_string(raw.query)
        canonical = "\n".join([raw.method, raw.pathname, query, canonical_headers, names, digest])
        string_to_sign = f"{ACS3}\n{tea.Utils.hash(canonical.encode(), ACS3).hex()}"
    else:
        headers["accept"] = "application/json"
        headers["date"] = utc(request["time"], "%a, %d %b %Y %H:%M:%S GMT")
        headers["content-md5"] = base64.b64encode(hashlib.md5(content).digest()).decode()
        headers["x-acs-signature-method"] = "HMAC-SHA1"
        headers["x-acs-signature-version"] = "1.0"
        string_to_sign = Classic.get_string_to_sign(raw)
        signature = Classic.get_roasignature(string_to_sign, secret)
        authorization = f"acs {key}:{signature}"
    return {
        "path": raw.pathname,
        "query": request["query"],
        "headers": {**headers, "authorization": authorization},
        "string_to_sign": string_to_sign,
        "signature": signature,
    }


def differences(request, answer):
    """Where an answer differs from the official one."""
    official = expected(request)
    found = []

    def compare(what, actual, wanted):
        if actual != wanted:
            found.append(f"{what}\n    official {wanted!r}\n    program  {actual!r}")

    for what in ("path", "string_to_sign", "signature"):
        compare(what, answer.get(what), official[what])
    wire = answer.get("query", "")
    compare("query on the wire is ASCII without spaces", wire.isascii() and wire.isprintable() and " " not in wire, True)
    pairs = urllib.parse.parse_qsl(wire, keep_blank_values=True, errors="replace") if wire else []
    compare("query", sorted(map(list, pairs)), sorted(official["query"]))
    headers = answer.get("headers", {})
    for name in sorted(set(headers) | set(official["headers"])):
        if name in official["headers"] or name not in UNSIGNED:
            compare(f"header {name}", headers.get(name), official["headers"].get(name))
    return found


def answers(program, requests):
    """What the program makes of the requests."""
    lines = "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests)
    done = subprocess.run(program, input=lines.encode(), stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{program[0]} ended with {done.returncode}")
    # Not splitlines(), which would split at characters that JSON leaves as they are.
    written = [json.loads(line) for line in done.stdout.decode().split("\n") if line.strip()]
    if len(written) != len(requests):
        sys.exit(f"{program[0]} answered {len(written)} of {len(requests)} requests")
    return written


# -- the self-test: a signer that shares nothing with the official code


def sign(request):
    """Signs a request, written from the documentation."""

    def encode(value):
        unreserved = (PLAIN + "-_.~").encode()
        return "".join(chr(byte) if byte in unreserved else f"%{byte:02X}" for byte in value.encode())

    content = request["body"]["text"].encode() if request["body"] else b""
    path = "".join("/" + encode(segment) for segment in request["path"])
    pairs = sorted(map(tuple, request["query"]))
    query = "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs)
    headers = {"host": request["host"], "x-acs-signature-nonce": request["nonce"]} | dict(request["headers"])
    if request["body"]:
        headers["content-type"] = request["body"]["content_type"]
    if request["security_token"]:
        headers["x-acs-accesskey-id"] = request["access_key_id"]
        headers["x-acs-security-token"] = request["security_token"]
    secret = request["access_key_secret"].encode()
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=request["time"])
    if request["algorithm"] == ACS3:
        headers["x-acs-date"] = when.isoformat() + "Z"
        headers["x-acs-content-sha256"] = hashlib.sha256(content).hexdigest()
        names = ";".join(sorted(headers))
        lines = [request["method"], path, query]
        lines += [f"{name}:{headers[name].strip()}" for name in sorted(headers)]
        lines += ["", names, headers["x-acs-content-sha256"]]
        string = f"{ACS3}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
        signature = hmac.new(secret, string.encode(), "sha256").hexdigest()
        authorization = f"{ACS3} Credential={request['access_key_id']},SignedHeaders={names},Signature={signature}"
    else:
        headers["accept"] = "application/json"
        headers["date"] = when.strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers["content-md5"] = base64.b64encode(hashlib.md5(content).digest()).decode()
        headers["x-acs-signature-method"] = "HMAC-SHA1"
        headers["x-acs-signature-version"] = "1.0"
        lines = [request["method"]]
        lines += [headers.get(name, "") for name in ("accept", "content-md5", "content-type", "date")]
        lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
        lines += [path + ("?" if pairs else "") + "&".join(f"{key}={value}" for key, value in pairs)]
        string = "\n".join(lines)
        signature = base64.b64encode(hmac.new(secret, string.encode(), "sha1").digest()).decode()
        authorization = f"acs {request['access_key_id']}:{signature}"
    headers["authorization"] = authorization
    return {"path": path, "query": query, "headers": headers, "string_to_sign": string, "signature": signature}


def flipped(value):
    """Text with one bit of its last character changed."""
    return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"


def unnoticed_flips(request):
    """How many single changes, of what is signed or of the answer, go unnoticed, and how many were made."""
    made, unnoticed = 0, 0

    def notice(what, found):
        nonlocal made, unnoticed
        made += 1
        if not found:
            unnoticed += 1
            print(f"UNNOTICED {what} of {request}")

    for name in ("access_key_id", "access_key_secret", "method", "nonce"):
        notice(name, differences(request, sign({**request, name: flipped(request[name])})))
    notice("path", differences(request, sign({**request, "path": request["path"][:-1] + [flipped(request["path"][-1])]})))
    notice("time", differences(request, sign({**request, "time": request["time"] + 1})))
    if request["query"]:
        changed = copy.deepcopy(request)
        changed["query"][-1][1] = flipped(changed["query"][-1][1])
        notice("query", differences(request, sign(changed)))
    if request["body"]:
        changed = copy.deepcopy(request)
        changed["body"]["text"] = flipped(changed["body"]["text"])
        notice("body", differences(request, sign(changed)))
    answer = sign(request)
    for name in ("path", "query", "string_to_sign", "signature"):
        notice(f"answered {name}", differences(request, {**answer, name: flipped(answer[name])}))
    for name, value in answer["headers"].items():
        headers = {**answer["headers"], name: flipped(value)}
        if name not in UNSIGNED:
            notice(f"answered header {name}", differences(request, {**answer, "headers": headers}))
    return unnoticed, made


def main():
    """Compares, and says what was compared."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--self-test", action="store_true", help="compare with the signer in this file")
    parser.add_argument("--sign", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("program", nargs="?")
    arguments = parser.parse_args()
    if arguments.sign:
        for line in sys.stdin.buffer:
            print(json.dumps(sign(json.loads(line))))
        return
    if not arguments.self_test and not arguments.program:
        parser.error("a program or --self-test is needed")

    source = random.Random(arguments.seed)
    requests = [random_request(source) for _ in range(arguments.count)]
    program = [sys.executable, __file__, "--sign"] if arguments.self_test else [arguments.program]
    print(f"seed {arguments.seed}, {len(requests)} requests, program {' '.join(program)}")
    wrong = 0
    for request, answer in zip(requests, answers(program, requests), strict=True):
        found = differences(request, answer)
        if found:
            wrong += 1
            if wrong <= 3:
                print(f"DIFFERENT for {json.dumps(request, ensure_ascii=False)}")
                print("".join(f"  {line}\n" for line in found), end="")
    for algorithm in (ACS3, ROA):
        temporary = [request["security_token"] is not None for request in requests if request["algorithm"] == algorithm]
        print(f"{algorithm}: {len(temporary)} requests, {sum(temporary)} of them with a security token")
    print(f"{len(requests) - wrong} equal to the official signatures, {wrong} different")
    if arguments.self_test:
        counts = [unnoticed_flips(request) for request in requests]
        unnoticed, made = (sum(column) for column in zip(*counts, strict=True))
        print(f"{made} single changes, {unnoticed} unnoticed")
        wrong += unnoticed
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
