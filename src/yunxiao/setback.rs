//! Why a request failed.

use super::answer::{BodyKind, Refusal};
use super::certainty::Certainty;
use crate::identity_token::Unavailable;
use crate::text::{Text, text};
use crate::transport::{Failure, FailureKind};

/// Why a request failed, and what is certain then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    pub certainty: Certainty,
    pub cause: Cause,
}

impl Setback {
    /// There was no answer in the time that the caller had.
    pub fn timed_out(host: &str) -> Self {
        let failure = Failure { kind: FailureKind::TimedOut, detail: String::new() };
        Self { certainty: Certainty::Unknown, cause: Cause::NoAnswer { host: host.to_owned(), failure } }
    }
}

/// What happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    NoAnswer {
        host: String,
        failure: Failure,
    },
    /// There was an answer, but not the one that was hoped for.
    Answer {
        host: String,
        refusal: Refusal,
        body: BodyKind,
        is_temporary: bool,
    },
    NoIdentityToken(Unavailable),
    /// The step was cancelled before there was an answer.
    Cancelled {
        host: String,
    },
}

impl Cause {
    /// Whether the credentials, rather than the request, were refused.
    pub fn is_about_credentials(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::Cancelled { .. } => false,
            Self::Answer { refusal, .. } => refusal.is_about_credentials(),
            Self::NoIdentityToken(unavailable) => unavailable.is_refused,
        }
    }

    /// Whether temporary credentials have expired.
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Answer { refusal, .. } if refusal.code() == "InvalidSecurityToken.Expired")
    }

    /// Whether the run does not exist, or not yet.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answer { refusal, .. } if refusal.status == 404)
    }

    /// The request's id, if the service gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Answer { refusal, .. } => refusal.request_id.as_deref(),
            Self::NoAnswer { .. } | Self::NoIdentityToken(_) | Self::Cancelled { .. } => None,
        }
    }

    /// What happened: a clause without a full stop.
    pub fn describe(&self) -> Text {
        match self {
            Self::NoAnswer { host, failure } => failure.describe(host),
            Self::Answer { host, refusal, body, .. } => refusal.describe(host, *body),
            Self::NoIdentityToken(unavailable) => unavailable.what.clone(),
            Self::Cancelled { host } => {
                text!("The step was cancelled before {host} answered", "{host} 应答之前本步骤已被取消")
            }
        }
    }

    /// What happened: a sentence, with the request's id.
    pub fn sentence(&self) -> Text {
        let what = self.describe();
        match self.request_id() {
            Some(id) => text!("{what} (request id {id}).", "{what}（请求 id {id}）。", what),
            None => text!("{what}.", "{what}。", what),
        }
    }

    pub fn advice(&self) -> Text {
        match self {
            Self::NoAnswer { failure, .. } => failure.advice(),
            Self::Answer { refusal, is_temporary, .. } => refusal.advice(*is_temporary),
            Self::NoIdentityToken(unavailable) => unavailable.advice.clone(),
            Self::Cancelled { .. } => Text::default(),
        }
    }
}
