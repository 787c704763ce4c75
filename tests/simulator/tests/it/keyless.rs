//! Identity tokens, and the temporary keys they are exchanged for.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use yunxiao_simulator::setup::{
    ID_TOKEN_PATH, ID_TOKEN_REQUEST_TOKEN, OIDC_AUDIENCE, OIDC_PROVIDER_ARN, OIDC_SUBJECT, ROLE_ARN,
};
use yunxiao_simulator::{Acts, Fault, Reply, Request, Role, Setup, Simulator, When, Wire};

use crate::client::{HOST, PIPELINE, answered, at, signed};

const QUERY: &str = "Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&Timestamp=2026-08-06T07%3A32%3A54Z";
const LIFETIME: Duration = Duration::from_mins(5);

fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    pairs.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect::<Vec<_>>().join("&")
}

fn token(simulator: &Simulator) -> String {
    simulator.oidc_token(at(0), OIDC_AUDIENCE, LIFETIME)
}

/// What a caller sends beside its query, with some of it changed.
fn parameters(token: &str, changed: &[(&str, &str)]) -> String {
    let usual = [
        ("OIDCProviderArn", OIDC_PROVIDER_ARN),
        ("RoleArn", ROLE_ARN),
        ("RoleSessionName", "octo-repo-1"),
        ("OIDCToken", token),
    ];
    let kept = usual.into_iter().filter(|(key, _)| changed.iter().all(|(other, _)| key != other));
    form(&kept.chain(changed.iter().copied()).collect::<Vec<_>>())
}

fn exchange(token: &str, changed: &[(&str, &str)]) -> Request {
    Request::new("POST", "sts.aliyuncs.com", &format!("/?{QUERY}"))
        .with_header("content-type", "application/x-www-form-urlencoded")
        .with_body(parameters(token, changed))
}

fn exchanged(simulator: &Simulator, changed: &[(&str, &str)]) -> (u16, Value) {
    answered(&simulator.answer(at(0), &exchange(&token(simulator), changed)))
}

/// The status and code of a request of the AccessKey API with temporary keys.
fn asked(simulator: &Simulator, credentials: &Value, time: SystemTime) -> (u16, String) {
    let text = |name: &str| credentials[name].as_str().unwrap();
    let request = Request::new("GET", HOST, PIPELINE)
        .with_header("accept", "application/json")
        .with_header("x-acs-action", "GetPipeline")
        .with_header("x-acs-accesskey-id", text("AccessKeyId"))
        .with_header("x-acs-security-token", text("SecurityToken"));
    let request = signed(request, time, text("AccessKeyId"), text("AccessKeySecret"));
    let (status, answer) = answered(&simulator.answer(time, &request));
    (status, answer["Code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_token_is_exchanged_for_a_key_that_is_good_for_a_time() {
    let simulator = Simulator::default();
    let (status, answer) = exchanged(&simulator, &[]);
    assert_eq!(status, 200, "{answer}");
    let credentials = &answer["Credentials"];
    assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("STS."));
    assert_eq!(credentials["Expiration"], "2026-08-06T08:32:54Z");
    assert_eq!(answer["OIDCTokenInfo"]["Subject"], OIDC_SUBJECT);
    assert_eq!(answer["AssumedRoleUser"]["Arn"], format!("{ROLE_ARN}/octo-repo-1"));
    assert!(answer["RequestId"].is_string());

    assert_eq!(asked(&simulator, credentials, at(1)), (200, String::new()));
    assert_eq!(asked(&simulator, credentials, at(3599)).0, 200);
    assert_eq!(asked(&simulator, credentials, at(3600)), (400, "InvalidSecurityToken.Expired".into()));
    let short = exchanged(&simulator, &[("DurationSeconds", "900")]).1;
    assert_ne!(short["Credentials"]["AccessKeyId"], credentials["AccessKeyId"]);
    assert_eq!(asked(&simulator, &short["Credentials"], at(900)).0, 400);

    let seen = simulator.seen_for("AssumeRoleWithOIDC");
    assert_eq!((seen.len(), seen[0].verified.as_deref()), (2, None));
    assert!(String::from_utf8_lossy(&seen[0].request.body).contains("RoleSessionName="));
}

#[test]
fn everything_may_be_in_the_query_as_well() {
    let simulator = Simulator::default();
    for method in ["GET", "POST"] {
        let target = format!("/?{QUERY}&{}", parameters(&token(&simulator), &[]));
        let (status, answer) = answered(&simulator.answer(at(0), &Request::new(method, "sts.aliyuncs.com", &target)));
        assert_eq!(status, 200, "{answer}");
    }
    let body = format!("{QUERY}&{}", parameters(&token(&simulator), &[]));
    let request = Request::new("POST", "sts.aliyuncs.com", "/").with_body(body);
    assert_eq!(answered(&simulator.answer(at(0), &request)).0, 200);
}

#[test]
fn each_mistake_has_its_code() {
    let simulator = Simulator::default();
    let code = |(status, answer): (u16, Value)| {
        assert!(answer["RequestId"].is_string() && answer["HostId"] == "sts.aliyuncs.com", "{answer}");
        format!("{status} {}", answer["Code"].as_str().unwrap())
    };
    let changed = |key: &str, value: &str| code(exchanged(&simulator, &[(key, value)]));
    for key in ["RoleArn", "OIDCProviderArn", "RoleSessionName"] {
        assert_eq!(changed(key, ""), format!("400 Missing{key}"));
    }
    assert_eq!(changed("OIDCToken", ""), "401 AuthenticationFail.OIDCToken.Invalid");
    assert_eq!(changed("RoleArn", "acs:ram::1:role/other"), "401 AuthenticationFail.NoPermission");
    assert_eq!(changed("OIDCProviderArn", "acs:ram::1:oidc-provider/x"), "401 AuthenticationFail.NoPermission");
    assert_eq!(changed("OIDCToken", "no.token"), "401 AuthenticationFail.OIDCToken.Invalid");
    let other = simulator.oidc_token(at(0), "other", LIFETIME);
    assert_eq!(changed("OIDCToken", &other), "401 AuthenticationFail.OIDCToken.AudienceNotMatch");
    let old = simulator.oidc_token(at(0) - LIFETIME, OIDC_AUDIENCE, LIFETIME);
    assert_eq!(changed("OIDCToken", &old), "401 AuthenticationFail.OIDCToken.Expired");
    for wrong in ["x", "a b", "名字", &"x".repeat(65)] {
        assert_eq!(changed("RoleSessionName", wrong), "400 InvalidParameter.RoleSessionName", "{wrong}");
    }
    for wrong in ["899", "3601", "1h"] {
        assert_eq!(changed("DurationSeconds", wrong), "400 InvalidParameter.DurationSeconds", "{wrong}");
    }
    assert_eq!(changed("Policy", "{"), "400 InvalidParameter.PolicyGrammar");

    let query = |from: &str, to: &str| {
        let mut request = exchange(&token(&simulator), &[]);
        request.query = request.query.replace(from, to);
        code(answered(&simulator.answer(at(0), &request)))
    };
    assert_eq!(query("AssumeRoleWithOIDC", "AssumeRole"), "404 InvalidAction.NotFound");
    assert_eq!(query("2015", "2016"), "400 InvalidVersion");
    assert_eq!(query("T07", "T08"), "400 InvalidTimeStamp.Expired");
    assert_eq!(query("2026-08", "2026"), "400 InvalidTimeStamp.Format");
    let refused = simulator.seen_for("AssumeRoleWithOIDC");
    assert_eq!(refused[0].refused.as_deref(), Some("MissingRoleArn"));
}

#[test]
fn who_does_not_ask_for_json_gets_xml() {
    let simulator = Simulator::default();
    let mut request = exchange(&token(&simulator), &[]);
    request.query = request.query.replace("&Format=JSON", "");
    let body = simulator.answer(at(0), &request).answer().unwrap().body.clone();
    assert!(body.contains("<AssumeRoleWithOIDCResponse>") && body.contains("<AccessKeyId>STS."), "{body}");
}

#[test]
fn a_role_need_not_be_a_member_of_the_organisation() {
    let role = Role { refused_with: Some("InvalidUser.NotFound".into()), ..Role::default() };
    let simulator = Simulator::new(Setup { roles: vec![role], ..Setup::default() });
    let credentials = exchanged(&simulator, &[]).1["Credentials"].clone();
    assert_eq!(asked(&simulator, &credentials, at(0)), (400, "InvalidUser.NotFound".into()));
}

#[test]
fn the_issuer_hands_out_tokens_to_those_who_may_ask() {
    let simulator = Simulator::default();
    let ask = |authorization: &str, audience: &str| {
        let request = Request::new("GET", "127.0.0.1", &format!("{ID_TOKEN_PATH}{audience}"));
        answered(&simulator.answer(at(0), &request.with_header("authorization", authorization)))
    };
    let bearer = format!("bearer {ID_TOKEN_REQUEST_TOKEN}");
    let (status, answer) = ask(&bearer, "&audience=sts.aliyuncs.com");
    let value = answer["value"].as_str().unwrap();
    assert_eq!((status, answer["count"].as_u64()), (200, Some(value.len() as u64)));
    assert_eq!(answered(&simulator.answer(at(0), &exchange(value, &[]))).0, 200);
    let other = ask(&bearer, "").1["value"].as_str().unwrap().to_owned();
    assert_eq!(answered(&simulator.answer(at(0), &exchange(&other, &[]))).0, 401, "another audience");
    for wrong in ["", "bearer", "bearer x", ID_TOKEN_REQUEST_TOKEN] {
        let (status, answer) = ask(wrong, "&audience=x");
        assert_eq!((status, answer["message"].is_string()), (401, true), "{wrong}");
    }
    let post = Request::new("POST", "127.0.0.1", ID_TOKEN_PATH);
    assert_eq!(answered(&simulator.answer(at(0), &post)).0, 404);
    assert_eq!(simulator.seen_for("IdToken").len(), 6);
}

#[test]
fn faults_happen_to_both() {
    let simulator = Simulator::default();
    let usual = exchange(&token(&simulator), &[]);
    simulator.plan(When::next_is("AssumeRoleWithOIDC"), Fault::refusal("Throttling.Api"));
    simulator.plan(When::next_is("AssumeRoleWithOIDC").after(1), Fault::new(Acts::Now, Reply::Closed));
    simulator.plan(When::next_is("IdToken"), Fault::too_many_requests(None));
    assert_eq!(answered(&simulator.answer(at(0), &usual)).1["Code"], "Throttling.Api");
    assert_eq!(simulator.answer(at(0), &usual).wire, Wire::Closed);
    assert_eq!(answered(&simulator.answer(at(0), &usual)).0, 200);
    let request = Request::new("GET", "127.0.0.1", ID_TOKEN_PATH);
    let (status, answer) = answered(&simulator.answer(at(0), &request));
    assert_eq!((status, &answer["typeKey"]), (429, &json!("Throttling.User")));
    let acts: Vec<_> = simulator.seen().into_iter().map(|seen| seen.acts).collect();
    assert_eq!(acts, [Acts::Never, Acts::Now, Acts::Now, Acts::Never]);
}
