//! One request and its answer.

use super::answer::Answer;
use super::certainty::{self, Certainty};
use super::request::Request;
use super::setback::{Cause, Setback};
use crate::clock::Clock;
use crate::redaction::Redaction;
use crate::transport::{Address, Failure};

/// The raw response to a request.
pub(super) type Exchanged = Result<http::Response<Vec<u8>>, Failure>;

/// A request with its headers, for an address.
pub(super) fn on_the_wire(
    endpoint: &Address,
    request: &Request,
    headers: Vec<(&'static str, String)>,
    redaction: &Redaction,
) -> Result<http::Request<Vec<u8>>, Failure> {
    let mut address = format!("{endpoint}{}", request.path());
    if !request.parameters.is_empty() {
        address = format!("{address}?{}", request.query());
    }
    // Names from the service may be part of the path.
    tracing::debug!("{} {}, body {:?}", request.method, redaction.apply(&address), request.body);
    let mut builder = http::Request::builder().method(request.method).uri(address);
    // The HTTP library does not say that there is no body, and gateways answer 411 to a POST or PUT that leaves it open.
    if request.method != "GET" && request.body().is_empty() {
        builder = builder.header("content-length", "0");
    }
    for (name, value) in headers {
        let mut value = http::HeaderValue::from_str(&value).map_err(|error| Failure::unbuildable(&error))?;
        value.set_sensitive(matches!(name, "authorization" | "x-acs-security-token" | "x-yunxiao-token"));
        builder = builder.header(name, value);
    }
    builder.body(request.body().to_vec()).map_err(|error| Failure::unbuildable(&error))
}

/// How to read a response, and what an unreadable one proves.
pub(super) struct Reading<'a> {
    pub(super) host: &'a str,
    pub(super) clock: &'a Clock,
    /// What quoted messages must not show.
    pub(super) redaction: &'a Redaction,
    pub(super) is_temporary: bool,
    /// The members that are needed of it, if not all.
    pub(super) members: &'a [&'a str],
    /// What an unreadable response proves.
    pub(super) certainty: &'a dyn Fn(&Answer) -> Certainty,
}

impl Reading<'_> {
    /// The result of an exchange, or what is certain without one.
    pub(super) fn judge<R>(&self, exchanged: Exchanged, read: impl Fn(&Answer) -> Option<R>) -> Result<R, Setback> {
        let host = self.host.to_owned();
        let answer = match exchanged {
            Ok(response) => Answer::read(&response, self.members, self.redaction),
            Err(failure) => {
                tracing::debug!("no answer: {failure:?}");
                let certainty = certainty::without_answer(&failure);
                return Err(Setback { certainty, cause: Cause::NoAnswer { host, failure } });
            }
        };
        tracing::debug!("answered {}, request id {:?}", answer.status, answer.request_id());
        if let Some(server) = answer.date {
            self.clock.observe_server(server);
        }
        if let Some(result) = read(&answer) {
            return Ok(result);
        }
        let certainty = (self.certainty)(&answer);
        if let (Certainty::ClockIsOff, Some(server)) = (certainty, answer.date) {
            self.clock.set(server);
        }
        let refusal = answer.refusal(self.redaction);
        let cause = Cause::Answer { host, refusal, body: answer.body, is_temporary: self.is_temporary };
        Err(Setback { certainty, cause })
    }
}
