//! The calls of the service, one file each: request and answer in both APIs, side by side.

pub(crate) mod assume_role;
pub(crate) mod get_deployment;
pub(crate) mod get_pipeline;
pub(crate) mod get_run;
pub(crate) mod list_runs;
pub(crate) mod pass_gate;
pub(crate) mod read_log;
pub(crate) mod refuse_gate;
pub(crate) mod resume_deployment;
pub(crate) mod retry_job;
pub(crate) mod start_job;
pub(crate) mod start_run;
pub(crate) mod stop_run;

use serde_json::Value;

use super::answer::Answer;
use super::certainty::{self, Certainty};
use super::request::Request;
use super::service::{Api, Service};
use crate::redaction::Redaction;

/// One call.
pub(crate) trait Call {
    type Output;

    fn request(&self, service: &Service) -> Request;

    /// The result in the response; nothing if it isn't the expected one. Names in it show no secret.
    fn read(&self, api: &Api, answer: &Answer, secrets: &Redaction) -> Option<Self::Output>;

    /// The members to read from a long response, at any depth; empty: all.
    fn members(&self) -> &'static [&'static str] {
        &[]
    }

    /// What any other response proves.
    fn certainty(&self, answer: &Answer) -> Certainty {
        certainty::of(answer)
    }
}

/// The answer to a call that changes something and brings nothing.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The request's id, if the service gave one.
    pub request_id: Option<String>,
}

impl Accepted {
    /// Reads an answer that says that it did what was asked: its envelope, in the token API a bare `true`, or an object that
    /// says so.
    fn read(api: &Api, answer: &Answer) -> Option<Self> {
        let is_true = answer.value == Value::Bool(true) || answer.value.as_str() == Some("true");
        let says_so = answer.success().is_some() || (is_true && matches!(api, Api::Token { .. }));
        (answer.claims_success() && says_so).then(|| Self { request_id: answer.request_id() })
    }
}
