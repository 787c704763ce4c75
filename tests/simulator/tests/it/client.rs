//! A client: signs with ACS3-HMAC-SHA256 and counts its nonces.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ring::{digest, hmac};
use serde_json::Value;
use yunxiao_simulator::{Answer, Outcome, Request, Simulator, setup};

/// The second at which tests start: 2026-08-06T07:32:54Z.
pub(crate) const START: u64 = 1_786_001_574;
pub(crate) const HOST: &str = "devops.cn-hangzhou.aliyuncs.com";
pub(crate) const RUN: &str = "/organizations/5ebbc0228123212b59xxxxx/pipelines/123/run";
pub(crate) const PIPELINE: &str = "/organization/5ebbc0228123212b59xxxxx/pipelines/123";

/// A time this many seconds after the start.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// Signs a request; the query has to be in canonical form already.
pub(crate) fn signed(request: Request, time: SystemTime, id: &str, secret: &str) -> Request {
    static NONCES: AtomicU64 = AtomicU64::new(0);
    let sha256 = |bytes: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref());
    let body = sha256(&request.body);
    let nonce = format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed));
    let request = request
        .with_header("x-acs-version", "2021-06-25")
        .with_header("x-acs-date", &humantime::format_rfc3339_seconds(time).to_string())
        .with_header("x-acs-signature-nonce", &nonce)
        .with_header("x-acs-content-sha256", &body);
    let mut headers = vec![("host".to_owned(), request.host.clone())];
    headers.extend(request.headers.iter().filter(|(name, _)| name != "accept").cloned());
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let Request { method, path, query, .. } = &request;
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}");
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = HEXLOWER.encode(hmac::sign(&key, text.as_bytes()).as_ref());
    let authorization = format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}");
    request.with_header("authorization", &authorization)
}

/// A request of the default AccessKey.
pub(crate) fn request(action: &str, method: &str, target: &str, time: SystemTime) -> Request {
    let request = Request::new(method, HOST, target)
        .with_header("accept", "application/json")
        .with_header("x-acs-action", action);
    signed(request, time, setup::ACCESS_KEY_ID, setup::ACCESS_KEY_SECRET)
}

/// A start with run parameters.
pub(crate) fn start(params: &str, time: SystemTime) -> Request {
    let encoded: String = params.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let request = Request::new("POST", HOST, RUN)
        .with_header("accept", "application/json")
        .with_header("content-type", "application/x-www-form-urlencoded")
        .with_header("x-acs-action", "StartPipelineRun")
        .with_body(format!("params={encoded}"));
    signed(request, time, setup::ACCESS_KEY_ID, setup::ACCESS_KEY_SECRET)
}

pub(crate) fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

pub(crate) fn answered(outcome: &Outcome) -> (u16, Value) {
    let answer = outcome.answer().unwrap();
    (answer.status, body(answer))
}

pub(crate) fn get(simulator: &Simulator, action: &str, target: &str, time: SystemTime) -> (u16, Value) {
    answered(&simulator.answer(time, &request(action, "GET", target, time)))
}

/// What the token API calls the default pipeline's runs.
pub(crate) const RUNS: &str = "/oapi/v1/flow/organizations/5ebbc0228123212b59xxxxx/pipelines/123/runs";

/// A request with the default token.
pub(crate) fn with_token(method: &str, target: &str) -> Request {
    Request::new(method, "openapi-rdc.aliyuncs.com", target)
        .with_header("accept", "application/json")
        .with_header("x-yunxiao-token", setup::TOKEN)
}

/// A start over the token API, with a body.
pub(crate) fn start_with_token(body: &Value) -> Request {
    with_token("POST", RUNS).with_header("content-type", "application/json").with_body(body.to_string())
}

pub(crate) fn get_with_token(simulator: &Simulator, target: &str, time: SystemTime) -> (u16, Value) {
    answered(&simulator.answer(time, &with_token("GET", target)))
}
