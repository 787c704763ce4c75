//! The service: Yunxiao (云效) Flow. It knows of no CI system.

mod acs;
mod advice;
mod answer;
pub mod credentials;
pub mod params;
pub mod signature;

use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret;

pub use answer::{BodyKind, Refusal};

use crate::clock::Clock;
use crate::random::Random;
use crate::redaction::Redaction;
use crate::text::Text;
use crate::transport::{Address, Failure, Transport};

use credentials::AccessKey;
use params::RunParams;
use signature::{Algorithm, Request};

/// One pipeline of one organisation, as one caller sees it.
pub struct Flow<'a, T> {
    /// How requests travel.
    pub transport: T,
    /// The service's address.
    pub endpoint: &'a Address,
    /// Who calls.
    pub access_key: &'a AccessKey,
    /// How requests are signed.
    pub algorithm: Algorithm,
    /// The organisation's id.
    pub organization: &'a str,
    /// The pipeline's id.
    pub pipeline: u64,
    /// The time requests are signed with.
    pub clock: &'a Clock,
    /// Where nonces come from.
    pub random: &'a Random,
}

/// A run that the service says it has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The run's id: the pipeline's own counter, so unique only together with the pipeline.
    pub run: u64,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Why a start has not brought a run's id, and what that makes certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Whether the service can have started a run.
    pub certainty: Certainty,
    /// What happened.
    pub cause: Cause,
}

/// What is certain after a start that brought no run's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// No byte of the request left. It may be sent again.
    NothingSent,
    /// The service did not act, and will not act on the same request either.
    NotStarted,
    /// The service did not act now, but may later. It may be sent again.
    Throttled {
        /// How long the service asks to wait.
        wait: Option<Duration>,
    },
    /// The service did not act because this machine's clock is wrong. It may be sent again, with the right time.
    ClockIsOff {
        /// The service's time.
        server: SystemTime,
    },
    /// Nothing is certain. It must never be sent again.
    Unknown,
}

/// What happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// There was no answer.
    NoAnswer(Failure),
    /// There was an answer, but not the one that was hoped for.
    Answer {
        /// The service's words.
        refusal: Refusal,
        /// What kind of body came.
        body: BodyKind,
    },
}

impl<T: Transport> Flow<'_, T> {
    /// Sends one start, once, on a connection of its own.
    pub async fn start(&self, params: &RunParams) -> Result<Started, Setback> {
        let request = acs::start(self.endpoint.authority(), self.organization, self.pipeline, params);
        tracing::debug!("StartPipelineRun: {request:?}");
        let outcome = match self.signed(&request) {
            Ok(request) => self.transport.send_fresh(request).await,
            Err(error) => Err(Failure::unbuildable(&error)),
        };
        acs::judge_start(outcome, &self.redaction(params))
    }

    fn signed(&self, request: &Request) -> http::Result<http::Request<Vec<u8>>> {
        let signed = request.sign(self.algorithm, self.access_key, self.clock.now(), &self.random.identifier());
        let mut address = format!("{}{}", self.endpoint, request.path());
        if !request.parameters.is_empty() {
            address = format!("{address}?{}", request.query());
        }
        let mut builder = http::Request::builder().method(request.method).uri(address);
        for (name, value) in signed.headers {
            let mut value = http::HeaderValue::from_str(&value)?;
            value.set_sensitive(matches!(name, "authorization" | "x-acs-security-token"));
            builder = builder.header(name, value);
        }
        builder.body(request.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default())
    }

    /// What no quoted message may show.
    fn redaction(&self, params: &RunParams) -> Redaction {
        let token = self.access_key.security_token.as_ref().map(ExposeSecret::expose_secret);
        let secrets = [self.access_key.secret.expose_secret()].into_iter().chain(token);
        Redaction::of(secrets.chain(params.envs.values().map(String::as_str)))
    }
}

impl Cause {
    /// Whether the credentials, rather than the request, are what the service does not like.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        match self {
            Self::NoAnswer(_) => false,
            Self::Answer { refusal, .. } => refusal.is_about_credentials(),
        }
    }

    /// The request's id, if the service gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NoAnswer(_) => None,
            Self::Answer { refusal, .. } => refusal.request_id.as_deref(),
        }
    }

    /// What happened, for people.
    #[must_use]
    pub fn describe(&self, host: &str) -> Text {
        match self {
            Self::NoAnswer(failure) => failure.describe(host),
            Self::Answer { refusal, body } => refusal.describe(host, *body),
        }
    }
}
