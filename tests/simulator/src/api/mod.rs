//! The service's APIs, one module each.

mod acs;
mod flow;
mod issuer;
mod oapi;
mod params;
mod present;
mod query;
mod sts;

use std::time::SystemTime;

use serde_json::Value;

use crate::error::{ErrorShape, Refusal};
use crate::request::{Answer, Request};
use crate::setup::Setup;
use crate::state::{Sender, State};

/// Which API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    /// The one whose requests are signed.
    AccessKey,
    /// The one whose requests carry a token.
    Token,
    /// The one that hands out temporary keys.
    Sts,
    /// The CI host's issuer of identity tokens, which is no part of Yunxiao.
    Issuer,
}

impl Api {
    fn of(request: &Request) -> Self {
        match request.path.as_str() {
            sts::PATH => Self::Sts,
            issuer::PATH => Self::Issuer,
            path if path.starts_with(oapi::PREFIX) => Self::Token,
            _ => Self::AccessKey,
        }
    }
}

/// What was found or done, before it is written down.
#[derive(Debug)]
pub(crate) struct Content {
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl From<Value> for Content {
    fn from(body: Value) -> Self {
        Self { body, headers: Vec::new() }
    }
}

/// The action that a request's method and path ask for.
pub(crate) fn action(setup: &Setup, request: &Request) -> Option<&'static str> {
    match Api::of(request) {
        Api::AccessKey => acs::route(request).map(|call| call.action.name()),
        Api::Token => oapi::route(setup, request).map(|call| call.action.name()),
        Api::Sts => sts::route(request),
        Api::Issuer => issuer::route(request),
    }
}

/// Whether a request asks for something that exists, and says so consistently.
pub(crate) fn check(setup: &Setup, request: &Request) -> Result<(), Refusal> {
    match Api::of(request) {
        Api::AccessKey => acs::check(request),
        Api::Token => oapi::route(setup, request).map(drop).ok_or_else(|| Refusal::of("NotFound")),
        Api::Sts => sts::check(request),
        Api::Issuer => issuer::route(request).map(drop).ok_or_else(|| Refusal::of("NotFound")),
    }
}

/// Finds out who sent a request; `None` where anyone may.
pub(crate) fn verify(state: &State, now: SystemTime, request: &Request) -> Result<Option<Sender>, Refusal> {
    match Api::of(request) {
        Api::AccessKey => acs::verify(state, now, request).map(Some),
        Api::Token => oapi::verify(&state.setup, request).map(Some),
        Api::Sts | Api::Issuer => Ok(None),
    }
}

/// Does what an admitted request asks for.
pub(crate) fn act(
    state: &mut State,
    now: SystemTime,
    request: &Request,
    number: usize,
    sender: Option<&Sender>,
) -> Result<Content, Refusal> {
    let sender = sender.cloned().unwrap_or_default();
    match Api::of(request) {
        Api::AccessKey => acs::act(state, now, request, number, &sender).map(Content::from),
        Api::Token => oapi::act(state, now, request, number, &sender).map_err(oapi::translated),
        Api::Sts => sts::act(state, now, request, number).map(Content::from),
        Api::Issuer => issuer::act(state, now, request, number).map(Content::from),
    }
}

/// Writes the answer.
pub(crate) fn write(state: &State, request: &Request, number: usize, decided: Result<Content, Refusal>) -> Answer {
    match Api::of(request) {
        Api::AccessKey => acs::write(&state.setup, request, number, decided.map(|content| content.body)),
        Api::Token => oapi::write(&state.setup, request, number, decided),
        Api::Sts => sts::write(&state.setup, request, number, decided.map(|content| content.body)),
        Api::Issuer => match decided {
            Ok(content) => Answer::json(200, &content.body),
            Err(refusal) => issuer::refuse(request, number, &refusal, state.setup.error_shape),
        },
    }
}

/// Writes a refusal in some form; the gateway's is the API's own where it has one.
pub(crate) fn refuse(request: &Request, number: usize, refusal: &Refusal, shape: ErrorShape) -> Answer {
    match Api::of(request) {
        Api::AccessKey | Api::Sts => refusal.answer(shape, &request.host, &request_id(number)),
        Api::Token => oapi::refuse(request, number, refusal, shape),
        Api::Issuer => issuer::refuse(request, number, refusal, shape),
    }
}

/// The id of a request in answers.
fn request_id(number: usize) -> String {
    format!("{:08X}-5B1E-4F0A-9C3D-000000000000", number + 1)
}
