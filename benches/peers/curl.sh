#!/bin/sh
# Starts a run with curl and a signature (ACS3-HMAC-SHA256) made with openssl: nothing is read before, nothing checked after.
set -eu

sha256() {
  openssl dgst -sha256 "$@" -r | cut -d' ' -f1
}

body='params=%7B%22comment%22%3A%22peers%22%7D'
type=application/x-www-form-urlencoded
path=/organizations/$ORGANIZATION/pipelines/$PIPELINE/run
hash=$(printf %s "$body" | sha256)
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
nonce=$(openssl rand -hex 16)
signed='content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'
request="POST
$path

content-type:$type
host:$ENDPOINT
x-acs-action:StartPipelineRun
x-acs-content-sha256:$hash
x-acs-date:$date
x-acs-signature-nonce:$nonce
x-acs-version:2021-06-25

$signed
$hash"
signature=$(printf 'ACS3-HMAC-SHA256\n%s' "$(printf %s "$request" | sha256)" | sha256 -hmac "$ACCESS_KEY_SECRET")
curl --silent --show-error --fail-with-body "http://$ENDPOINT$path" --data "$body" \
  --header "content-type: $type" --header 'accept: application/json' \
  --header 'x-acs-action: StartPipelineRun' --header "x-acs-content-sha256: $hash" --header "x-acs-date: $date" \
  --header "x-acs-signature-nonce: $nonce" --header 'x-acs-version: 2021-06-25' \
  --header "authorization: ACS3-HMAC-SHA256 Credential=$ACCESS_KEY_ID,SignedHeaders=$signed,Signature=$signature"
