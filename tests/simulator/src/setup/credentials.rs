//! Who may call.

use std::time::SystemTime;

use serde::Deserialize;

use crate::setup::ACCOUNT;
use crate::time::instant;

/// An AccessKey, and who holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token that must accompany it, when it is temporary.
    pub security_token: Option<String>,
    /// When the token expires.
    #[serde(deserialize_with = "instant::deserialize_optional")]
    pub expires: Option<SystemTime>,
    /// Whether it was switched off.
    pub inactive: bool,
    /// The code with which every request of its holder is refused, such as `InvalidUser.NotFound`.
    pub refused_with: Option<String>,
    /// The account of its holder.
    pub account: String,
    /// The actions that its holder may not ask for, such as `LogPipelineJobRun`.
    pub denied: Vec<String>,
}

impl AccessKey {
    /// A lasting AccessKey.
    #[must_use]
    pub fn new(id: &str, secret: &str) -> Self {
        Self { id: id.into(), secret: secret.into(), account: ACCOUNT.into(), ..Self::default() }
    }

    /// Makes it temporary.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// Lets the token expire.
    #[must_use]
    pub fn expiring(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Makes another account its holder.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> Self {
        self.account = account.into();
        self
    }

    /// Denies its holder an action.
    #[must_use]
    pub fn denied(mut self, action: &str) -> Self {
        self.denied.push(action.into());
        self
    }

    /// Refuses every request of its holder with this code.
    #[must_use]
    pub fn refused_with(mut self, code: &str) -> Self {
        self.refused_with = Some(code.into());
        self
    }
}

/// A personal access token (个人访问令牌), and who holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessToken {
    /// The token.
    pub value: String,
    /// Whether its time is over.
    pub expired: bool,
    /// The code with which every request of its holder is refused, such as `Forbidden`.
    pub refused_with: Option<String>,
    /// The account of its holder.
    pub account: String,
    /// The actions that its holder may not ask for, such as `LogPipelineJobRun`.
    pub denied: Vec<String>,
}

impl AccessToken {
    /// A token that is good.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self { value: value.into(), account: ACCOUNT.into(), ..Self::default() }
    }

    /// Lets it be expired.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// Makes another account its holder.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> Self {
        self.account = account.into();
        self
    }

    /// Denies its holder an action.
    #[must_use]
    pub fn denied(mut self, action: &str) -> Self {
        self.denied.push(action.into());
        self
    }

    /// Refuses every request of its holder with this code.
    #[must_use]
    pub fn refused_with(mut self, code: &str) -> Self {
        self.refused_with = Some(code.into());
        self
    }
}
