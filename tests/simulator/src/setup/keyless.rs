//! Who may call without a key: the identity tokens of a CI host, and the roles they are exchanged for.

use std::time::Duration;

use serde::Deserialize;

use crate::time::duration;

/// The default role.
pub const ROLE_ARN: &str = "acs:ram::1234567890123456:role/yunxiao-run";
/// The default identity provider, as RAM knows it.
pub const OIDC_PROVIDER_ARN: &str = "acs:ram::1234567890123456:oidc-provider/github";
/// The issuer of identity tokens, as GitHub's is called.
pub const OIDC_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The audience that RAM expects.
pub const OIDC_AUDIENCE: &str = "sts.aliyuncs.com";
/// Whom identity tokens speak for.
pub const OIDC_SUBJECT: &str = "repo:octo-org/octo-repo:ref:refs/heads/main";
/// Where identity tokens are requested, with a query to which the audience is added, as on GitHub.
pub const ID_TOKEN_PATH: &str = "/_oidc/token?api-version=2.0";
/// What has to be shown there.
pub const ID_TOKEN_REQUEST_TOKEN: &str = "id-token-request-token-of-the-job";

/// A RAM role that may be taken on with an identity token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The ARN of the identity provider it trusts.
    pub oidc_provider_arn: String,
    /// The issuer of that provider: `iss`.
    pub issuer: String,
    /// The audience of that provider: `aud`.
    pub audience: String,
    /// The subject it trusts, `sub`; an asterisk at its end stands for anything.
    pub subject: String,
    /// For how long it may be taken on at most.
    #[serde(with = "duration")]
    pub longest_session: Duration,
    /// The code with which every request with its keys is refused, such as `InvalidUser.NotFound`.
    pub refused_with: Option<String>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            arn: ROLE_ARN.into(),
            oidc_provider_arn: OIDC_PROVIDER_ARN.into(),
            issuer: OIDC_ISSUER.into(),
            audience: OIDC_AUDIENCE.into(),
            subject: OIDC_SUBJECT.into(),
            longest_session: Duration::from_hours(1),
            refused_with: None,
        }
    }
}

/// The CI host's issuer of identity tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdTokens {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud` when no one asks for another.
    pub audience: String,
    /// What has to be shown to get one.
    pub request_token: String,
    /// For how long one is good.
    #[serde(with = "duration")]
    pub lifetime: Duration,
    /// What they are signed with, by HMAC-SHA256: the service has to verify them, no one else.
    pub key: String,
}

impl Default for IdTokens {
    fn default() -> Self {
        Self {
            issuer: OIDC_ISSUER.into(),
            subject: OIDC_SUBJECT.into(),
            audience: "https://github.com/octo-org".into(),
            request_token: ID_TOKEN_REQUEST_TOKEN.into(),
            lifetime: Duration::from_mins(5),
            key: "the issuer's key".into(),
        }
    }
}
