//! Exchanging an identity token for a temporary AccessKey: `AssumeRoleWithOIDC` of STS, version 2015-04-01
//! (<https://help.aliyun.com/zh/ram/api-assumerolewithoidc>). The call is anonymous; the token goes into the body, as the
//! official credentials library for Node has it, since a query would be logged.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use crate::clock::Clock;
use crate::redaction::Redaction;
use crate::transport::{Address, Transport};
use crate::yunxiao::answer::Answer;
use crate::yunxiao::certainty;
use crate::yunxiao::exchange::{Reading, on_the_wire};
use crate::yunxiao::request::{Body, Request};
use crate::yunxiao::setback::Setback;
use crate::yunxiao::signature::AccessKey;

/// A RAM role, and the identity provider that it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role: `acs:ram::<account>:role/<name>`.
    pub arn: String,
    /// The identity provider: `acs:ram::<account>:oidc-provider/<name>`.
    pub provider_arn: String,
    /// How long the AccessKey is asked to be good for.
    pub duration: Duration,
}

/// What is exchanged.
pub(crate) struct AssumeRole<'a> {
    pub role: &'a Role,
    /// The session's name in audit logs.
    pub session_name: &'a str,
    pub token: &'a SecretString,
}

/// A temporary AccessKey.
#[derive(Clone, Debug)]
pub(crate) struct Assumed {
    pub key: AccessKey,
    /// When it ends, by the service's clock.
    pub expires: SystemTime,
}

/// Exchanges an identity token. It is safe to repeat. The redaction is what no message may show that STS
/// answers.
pub(crate) async fn assume_role<T: Transport>(
    transport: &T,
    sts: &Address,
    call: &AssumeRole<'_>,
    clock: &Clock,
    redaction: &Redaction,
) -> Result<Assumed, Setback> {
    let request = call.request(sts, clock.now());
    let exchanged = match on_the_wire(sts, &request, request.plain_headers(), redaction) {
        Ok(request) => transport.send(request).await,
        Err(failure) => Err(failure),
    };
    let reading =
        Reading { host: sts.host(), clock, redaction, is_temporary: false, members: &[], certainty: &certainty::of };
    reading.judge(exchanged, assumed)
}

impl AssumeRole<'_> {
    fn request(&self, sts: &Address, now: SystemTime) -> Request {
        let Self { role, session_name, token } = self;
        let now = humantime::format_rfc3339_seconds(now).to_string();
        let query =
            [("Action", "AssumeRoleWithOIDC"), ("Format", "JSON"), ("Version", "2015-04-01"), ("Timestamp", &now)];
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("RoleArn", &role.arn)
            .append_pair("OIDCProviderArn", &role.provider_arn)
            .append_pair("OIDCToken", token.expose_secret())
            .append_pair("RoleSessionName", session_name)
            .append_pair("DurationSeconds", &role.duration.as_secs().to_string())
            .finish();
        Request {
            method: "POST",
            host: sts.authority(),
            segments: Vec::new(),
            parameters: query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            headers: Vec::new(),
            body: Some(Body { content_type: "application/x-www-form-urlencoded", bytes: form.into_bytes() }),
        }
    }
}

fn assumed(answer: &Answer) -> Option<Assumed> {
    let credentials = answer.member("Credentials")?;
    let text = |name: &str| credentials[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Assumed {
        key: AccessKey {
            id: text("AccessKeyId")?,
            secret: SecretString::from(text("AccessKeySecret")?),
            security_token: Some(SecretString::from(text("SecurityToken")?)),
        },
        expires: humantime::parse_rfc3339(&text("Expiration")?).ok()?,
    })
}
