//! The calls of the service, one file each: request and answer in both APIs, side by side.

pub(crate) mod assume_role;
pub(crate) mod get_deployment;
pub(crate) mod get_pipeline;
pub(crate) mod get_run;
pub(crate) mod list_runs;
pub(crate) mod read_log;
pub(crate) mod start_run;
pub(crate) mod stop_run;

use super::answer::Answer;
use super::certainty::{self, Certainty};
use super::request::Request;
use super::service::{Api, Service};
use crate::redaction::Redaction;

/// One call.
pub(crate) trait Call {
    type Output;

    fn request(&self, service: &Service) -> Request;

    /// What the answer brought; nothing if it is not the one that was hoped for. Names in it show no secret.
    fn read(&self, api: &Api, answer: &Answer, secrets: &Redaction) -> Option<Self::Output>;

    /// The members that are read of an answer that may be long, wherever they stand in it; none: all.
    const MEMBERS: &'static [&'static str] = &[];

    /// What another answer makes certain.
    const CERTAINTY: fn(&Answer) -> Certainty = certainty::of;
}
