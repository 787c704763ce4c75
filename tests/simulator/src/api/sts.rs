//! STS of 2015-04-01, as far as `AssumeRoleWithOIDC` goes: an identity token is exchanged for a temporary AccessKey.
//!
//! <https://help.aliyun.com/zh/ram/api-assumerolewithoidc> describes it, and `@alicloud/credentials` on npm and
//! `alibabacloud-credentials` on `PyPI` call it.

use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use ring::digest;
use serde_json::{Value, json};

use super::request_id;
use crate::encoding::decode_pairs;
use crate::error::{ErrorShape, Refusal};
use crate::id_token;
use crate::request::{Answer, Request};
use crate::setup::{AccessKey, Role, Setup};
use crate::state::State;
use crate::time::{distance, iso, parse_iso};
use crate::xml;

pub(super) const PATH: &str = "/";
const ACTION: &str = "AssumeRoleWithOIDC";
const VERSION: &str = "2015-04-01";
/// The longest an identity token may be.
const LONGEST_TOKEN: usize = 20_000;
/// The longest a session policy may be.
const LONGEST_POLICY: usize = 2048;

/// The parameters of a request, from its query and from its form.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(request: &Request) -> Self {
        let form = std::str::from_utf8(&request.body).ok().and_then(decode_pairs);
        Self(decode_pairs(&request.query).into_iter().chain(form).flatten().collect())
    }

    fn given(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::new(400, &format!("Missing{name}"), &format!("{name} is mandatory for this action."));
        self.given(name).ok_or_else(missing)
    }
}

pub(super) fn route(request: &Request) -> Option<&'static str> {
    let known = ["GET", "POST"].contains(&request.method.as_str());
    (known && Parameters::of(request).given("Action") == Some(ACTION)).then_some(ACTION)
}

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    route(request).ok_or_else(|| Refusal::of("InvalidAction.NotFound"))?;
    match Parameters::of(request).required("Version")? {
        VERSION => Ok(()),
        _ => Err(Refusal::new(400, "InvalidVersion", "Specified parameter Version is not valid.")),
    }
}

pub(super) fn act(state: &mut State, now: SystemTime, request: &Request, number: usize) -> Result<Value, Refusal> {
    let parameters = Parameters::of(request);
    let clock = state.clock(now);
    if let Some(time) = parameters.given("Timestamp") {
        let time = parse_iso(time).ok_or_else(|| Refusal::of("InvalidTimeStamp.Format"))?;
        if state.setup.clock_tolerance.is_some_and(|tolerance| distance(time, clock) > tolerance) {
            return Err(Refusal::of("InvalidTimeStamp.Expired"));
        }
    }
    let arn = parameters.required("RoleArn")?;
    let provider = parameters.required("OIDCProviderArn")?;
    let token = parameters.given("OIDCToken").ok_or_else(|| invalid_token("The OIDCToken can not empty."))?;
    let session = parameters.required("RoleSessionName")?;
    check_session_name(session)?;
    check_policy(parameters.given("Policy"))?;
    let mut roles = state.setup.roles.iter();
    let role = roles.find(|role| role.arn == arn && role.oidc_provider_arn == provider);
    let role = role.ok_or_else(|| Refusal::of("AuthenticationFail.NoPermission"))?;
    let duration = session_duration(parameters.given("DurationSeconds"), role)?;
    if token.len() > LONGEST_TOKEN {
        return Err(invalid_token("The OIDCToken is too long."));
    }
    let claims = id_token::verify(&state.setup.id_tokens, role, clock, token)?;

    let key = temporary_key(role, token, number, clock + duration);
    let answer = json!({
        "Credentials": {
            "AccessKeyId": key.id,
            "AccessKeySecret": key.secret,
            "SecurityToken": key.security_token,
            "Expiration": iso(clock + duration),
        },
        "AssumedRoleUser": {"Arn": format!("{arn}/{session}"), "AssumedRoleId": format!("331577948954601234:{session}")},
        "OIDCTokenInfo": {
            "Issuer": claims["iss"],
            "Subject": claims["sub"],
            "ClientIds": role.audience,
            "IssuanceTime": claims["iat"].to_string(),
            "ExpirationTime": claims["exp"].to_string(),
            "VerificationInfo": "Success",
        },
    });
    state.setup.access_keys.push(key);
    Ok(answer)
}

fn check_session_name(name: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    let fits = (2..=64).contains(&name.len()) && name.bytes().all(fits);
    if fits { Ok(()) } else { Err(invalid("RoleSessionName")) }
}

fn check_policy(policy: Option<&str>) -> Result<(), Refusal> {
    let is_policy = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|policy| policy.is_object());
    let fits = policy.is_none_or(|text| text.len() <= LONGEST_POLICY && is_policy(text));
    if fits { Ok(()) } else { Err(invalid("PolicyGrammar")) }
}

fn session_duration(given: Option<&str>, role: &Role) -> Result<Duration, Refusal> {
    let Some(given) = given else {
        return Ok(Duration::from_hours(1).min(role.longest_session));
    };
    let asked = given.parse().map(Duration::from_secs).ok();
    let fits = |asked: &Duration| (Duration::from_mins(15)..=role.longest_session).contains(asked);
    asked.filter(fits).ok_or_else(|| invalid("DurationSeconds"))
}

fn invalid_token(why: &str) -> Refusal {
    Refusal::of("AuthenticationFail.OIDCToken.Invalid").saying(why)
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(400, &format!("InvalidParameter.{what}"), &format!("The parameter {what} is not valid."))
}

/// A key that no one can guess from another one, and that is the same in every run of a test.
fn temporary_key(role: &Role, token: &str, number: usize, expires: SystemTime) -> AccessKey {
    let made_up = |what: &str| {
        let text = format!("{what} {number} {} {token}", role.arn);
        HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    };
    let [id, secret, security_token] = ["id", "secret", "token"].map(made_up);
    let key = AccessKey::new(&format!("STS.N{}", id.get(..24).unwrap_or(&id)), secret.get(..44).unwrap_or(&secret));
    let key = key.with_token(&format!("CAIS+{security_token}/{secret}==")).expiring(expires);
    AccessKey { refused_with: role.refused_with.clone(), ..key }
}

/// JSON for who asks for it by `Format`; the default of APIs of this style is XML.
pub(super) fn write(setup: &Setup, request: &Request, number: usize, decided: Result<Value, Refusal>) -> Answer {
    let request_id = request_id(number);
    let wants_json = Parameters::of(request).given("Format").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let as_xml = setup.xml_unless_json_accepted && !wants_json;
    let mut body = match decided {
        Ok(body) => body,
        Err(refusal) => {
            let shape = if as_xml { ErrorShape::Xml } else { setup.error_shape };
            return refusal.answer(shape, &request.host, &request_id);
        }
    };
    body["RequestId"] = json!(request_id);
    let answer = if as_xml {
        Answer::new(200, "text/xml;charset=utf-8", xml::document(&format!("{ACTION}Response"), &body))
    } else {
        Answer::json(200, &body)
    };
    answer.with_header("x-acs-request-id", &request_id)
}
