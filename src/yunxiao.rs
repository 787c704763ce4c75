//! The service: Yunxiao (云效) Flow. It knows of no CI system.

mod acs;
mod advice;
mod answer;
mod api;
mod certainty;
pub mod credentials;
mod detail;
mod log;
mod oapi;
pub mod params;
mod pipeline;
pub mod request;
mod run;
pub mod signature;
pub mod sts;

use std::cell::RefCell;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use answer::{BodyKind, Refusal};
pub use api::Api;
pub use detail::is_commit;
pub use log::LogSplitter;
pub use pipeline::PipelineSource;
pub use run::{Job, Owner, RunDetail, Source, Stage, Status};

use crate::clock::Clock;
use crate::random::Random;
use crate::redaction::Redaction;
use crate::text::Text;
use crate::transport::{Address, Failure, FailureKind, Gate, Transport};

use answer::Answer;
use api::Place;
use credentials::Credentials;
use params::RunParams;
use request::Request;
use signature::Algorithm;

/// One pipeline, as one caller sees it over one of the service's APIs.
pub struct Flow<'a, T> {
    /// How requests travel.
    pub transport: T,
    /// The service's address.
    pub endpoint: &'a Address,
    /// The API that is called, and the organisation.
    pub api: &'a Api,
    /// Who calls. Credentials that are fetched in the course of the job change.
    pub credentials: RefCell<Credentials>,
    /// What must not be shown either: how credentials were come by, and those of before.
    pub others: RefCell<Vec<SecretString>>,
    /// The variables of the run that was started: no message of the service may show them. (A run's own log may.)
    pub variables: RefCell<Vec<SecretString>>,
    /// How requests are signed, where they are.
    pub algorithm: Algorithm,
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

/// Some of a pipeline's runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Their ids, in the service's order.
    pub runs: Vec<u64>,
    /// What the next page is asked for by, if there is one.
    pub next: Option<String>,
}

/// Why a request has not brought what it was sent for, and what that makes certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Whether the service can have acted.
    pub certainty: Certainty,
    /// What happened.
    pub cause: Cause,
}

/// What is certain after a request that did not bring what it was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// No byte of the request left. It may be sent again.
    NothingSent,
    /// The service did not act, and will not act on the same request either.
    Refused,
    /// The service did not act now, but may later. It may be sent again.
    Throttled {
        /// How long the service asks to wait.
        wait: Option<Duration>,
    },
    /// The service did not act because the clock was wrong. It has been set right, so it may be sent again.
    ClockIsOff,
    /// Nothing is certain. What must not happen twice must not be sent again.
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

/// The longest piece of a log, in bytes.
const LONGEST_PIECE: usize = 32 * 1024;

impl<T: Transport> Flow<'_, T> {
    /// Sends one start, once, on a connection of its own and only through the gate.
    pub async fn start(&self, params: &RunParams, gate: &Gate) -> Result<Started, Setback> {
        let outcome = match self.signed(&self.request_of_start(params)) {
            Ok(request) => self.transport.send_fresh(request, gate).await,
            Err(error) => Err(Failure::unbuildable(&error)),
        };
        let others = params.others.values().map(|value| value.get());
        let variables = params.envs.values().map(String::as_str).chain(others);
        self.variables.replace(variables.map(SecretString::from).collect());
        let redaction = self.redaction();
        judge(outcome, self.clock, &redaction, |answer| self.api.started(answer), certainty::of_start)
    }

    /// The request that a start is.
    #[must_use]
    pub fn request_of_start(&self, params: &RunParams) -> Request {
        self.place().start(params)
    }

    /// Reads a page of the pipeline's runs: the first, or the one that a token stands for.
    pub async fn list_runs(&self, token: Option<&str>) -> Result<Page, Setback> {
        self.ask(&self.place().list(token), |answer| self.api.page(answer, token)).await
    }

    /// Reads a run.
    pub async fn get_run(&self, run: u64) -> Result<RunDetail, Setback> {
        let detail = self.ask(&self.place().get(run), |answer| self.api.detail(answer)).await;
        let secrets = self.secrets();
        detail.map(|detail| detail.without(&secrets))
    }

    /// Stops a run; yields the request's id, if the service gave one.
    pub async fn stop_run(&self, run: u64) -> Result<Option<String>, Setback> {
        self.ask(&self.place().stop(run), |answer| self.api.stopped(answer).then(|| answer.request_id())).await
    }

    /// Reads the pipeline's sources of code.
    pub async fn sources(&self) -> Result<Vec<PipelineSource>, Setback> {
        self.ask(&self.place().pipeline(), |answer| self.api.sources(answer)).await
    }

    /// Reads the whole log of a job so far, piece by piece; yields whether it goes on. No further piece is read before `log`
    /// is done with one, and none is longer than 32 KiB.
    pub async fn read_log(&self, run: u64, job: u64, mut log: impl AsyncFnMut(&[u8])) -> Result<bool, Setback> {
        let (mut splitter, mut content) = (LogSplitter::default(), Vec::new());
        let take = async |piece: &[u8], rest: &mut Vec<u8>| {
            for part in piece.chunks(LONGEST_PIECE) {
                content.clear();
                splitter.feed(part, rest, &mut |decoded| content.extend_from_slice(decoded));
                log(&content).await;
            }
        };
        let outcome = match self.signed(&self.place().log(run, job)) {
            Ok(request) => self.transport.download(request, take).await,
            Err(error) => Err(Failure::unbuildable(&error)),
        };
        judge(outcome, self.clock, &self.redaction(), |answer| self.api.log_goes_on(answer), certainty::of)
    }

    fn place(&self) -> Place<'_> {
        Place { api: self.api, host: self.endpoint.authority(), pipeline: self.pipeline }
    }

    /// Sends a request that may be sent twice.
    async fn ask<R>(&self, request: &Request, read: impl Fn(&Answer) -> Option<R>) -> Result<R, Setback> {
        let outcome = match self.signed(request) {
            Ok(request) => self.transport.send(request).await,
            Err(error) => Err(Failure::unbuildable(&error)),
        };
        judge(outcome, self.clock, &self.redaction(), read, certainty::of)
    }

    fn signed(&self, request: &Request) -> http::Result<http::Request<Vec<u8>>> {
        let headers = match &*self.credentials.borrow() {
            Credentials::Nobody => request.plain_headers(),
            Credentials::AccessKey(key) => {
                request.sign(self.algorithm, key, self.clock.now(), &self.random.identifier()).headers
            }
            Credentials::Token(token) => {
                let token = ("x-yunxiao-token", token.expose_secret().to_owned());
                request.plain_headers().into_iter().chain([token]).collect()
            }
        };
        on_the_wire(self.endpoint, request, headers)
    }

    /// Lets somebody else call from now on.
    pub fn change_caller(&self, credentials: Credentials) {
        let former = self.credentials.replace(credentials);
        former.secrets().into_iter().for_each(|secret| self.keep_secret(secret));
    }

    /// Never shows a value.
    pub fn keep_secret(&self, secret: &str) {
        self.others.borrow_mut().push(SecretString::from(secret));
    }

    /// What nothing that is shown may hold: the credentials, and how they were come by.
    #[must_use]
    pub fn secrets(&self) -> Redaction {
        self.redaction_with(&[])
    }

    /// What no quoted message may show: the credentials and the run's variables.
    fn redaction(&self) -> Redaction {
        self.redaction_with(&self.variables.borrow())
    }

    fn redaction_with(&self, more: &[SecretString]) -> Redaction {
        let (credentials, others) = (self.credentials.borrow(), self.others.borrow());
        let others = others.iter().chain(more).map(ExposeSecret::expose_secret);
        Redaction::of(others.chain(credentials.secrets()))
    }
}

/// A request with its headers, for an address.
fn on_the_wire(
    endpoint: &Address,
    request: &Request,
    headers: Vec<(&'static str, String)>,
) -> http::Result<http::Request<Vec<u8>>> {
    let mut address = format!("{endpoint}{}", request.path());
    if !request.parameters.is_empty() {
        address = format!("{address}?{}", request.query());
    }
    tracing::debug!("{} {address}, body {:?}", request.method, request.body);
    let mut builder = http::Request::builder().method(request.method).uri(address);
    for (name, value) in headers {
        let mut value = http::HeaderValue::from_str(&value)?;
        value.set_sensitive(matches!(name, "authorization" | "x-acs-security-token" | "x-yunxiao-token"));
        builder = builder.header(name, value);
    }
    builder.body(request.body().to_vec())
}

/// What an outcome brought, or what is certain without it.
fn judge<R>(
    outcome: Result<http::Response<Vec<u8>>, Failure>,
    clock: &Clock,
    redaction: &Redaction,
    read: impl Fn(&Answer) -> Option<R>,
    certainty: impl Fn(&Answer) -> Certainty,
) -> Result<R, Setback> {
    let answer = match outcome {
        Ok(response) => Answer::read(&response, redaction),
        Err(failure) => {
            tracing::debug!("no answer: {failure:?}");
            let certainty = match failure.kind {
                // It would fail in the same way again.
                FailureKind::Build => Certainty::Refused,
                _ if failure.may_have_sent() => Certainty::Unknown,
                _ => Certainty::NothingSent,
            };
            return Err(Setback { certainty, cause: Cause::NoAnswer(failure) });
        }
    };
    tracing::debug!("answered {}, request id {:?}", answer.status, answer.request_id());
    if let Some(server) = answer.date {
        clock.observe_server(server);
    }
    if let Some(result) = read(&answer) {
        return Ok(result);
    }
    let certainty = certainty(&answer);
    if let (Certainty::ClockIsOff, Some(server)) = (certainty, answer.date) {
        clock.set(server);
    }
    Err(Setback { certainty, cause: Cause::Answer { refusal: answer.refusal(redaction), body: answer.body } })
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

    /// Whether temporary credentials have come to their end.
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Answer { refusal, .. } if refusal.code.as_deref() == Some("InvalidSecurityToken.Expired"))
    }

    /// Whether there is no such run, or none yet.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answer { refusal, .. } if refusal.status == 404)
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
