//! What proves to Yunxiao who is calling.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Who calls.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nobody yet: what is fetched in exchange for an identity token has not been fetched.
    Nobody,
    /// The holder of an AccessKey.
    AccessKey(AccessKey),
    /// The holder of a personal access token (个人访问令牌).
    Token(SecretString),
}

/// An Alibaba Cloud AccessKey, with the STS token that belongs to it when it is a temporary one.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey id. It goes into the `authorization` header in clear, but names an account: it is not shown either.
    pub id: String,
    /// The AccessKey secret; it never leaves the process.
    pub secret: SecretString,
    /// The security token of a temporary AccessKey.
    pub security_token: Option<SecretString>,
}

impl Credentials {
    /// Whether they are temporary ones, of a role perhaps.
    #[must_use]
    pub fn has_security_token(&self) -> bool {
        matches!(self, Self::AccessKey(AccessKey { security_token: Some(_), .. }))
    }

    /// What of them must never be shown.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Nobody => Vec::new(),
            Self::Token(token) => vec![token.expose_secret()],
            Self::AccessKey(AccessKey { id, secret, security_token }) => {
                let token = security_token.as_ref().map(ExposeSecret::expose_secret);
                [id.as_str(), secret.expose_secret()].into_iter().chain(token).collect()
            }
        }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessKey([REDACTED])")
    }
}
