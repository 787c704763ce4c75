//! The service's APIs, one module each.

mod acs;
mod form;
mod present;
mod xml;

use std::time::SystemTime;

use serde_json::Value;

use crate::error::Refusal;
use crate::request::{Answer, Request};
use crate::state::State;

/// The action that a request's method and path ask for.
pub(crate) fn action(request: &Request) -> Option<&'static str> {
    acs::route(request).map(|call| call.action.name())
}

/// Whether a request asks for something that exists, and says so consistently.
pub(crate) fn check(request: &Request) -> Result<(), Refusal> {
    acs::check(request)
}

/// Does what an admitted request asks for.
pub(crate) fn act(state: &mut State, now: SystemTime, request: &Request, number: usize) -> Result<Value, Refusal> {
    acs::act(state, now, request, number)
}

/// Writes the answer.
pub(crate) fn write(state: &State, request: &Request, number: usize, decided: Result<Value, Refusal>) -> Answer {
    acs::write(&state.setup, request, number, decided)
}

/// The id of a request in answers.
pub(crate) fn request_id(number: usize) -> String {
    format!("{:08X}-5B1E-4F0A-9C3D-000000000000", number + 1)
}
