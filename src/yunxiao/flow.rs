//! One pipeline, as one caller sees it over one of the service's APIs.

use secrecy::SecretString;
use serde_json::Value;

pub use super::call::start_run::Started;

use super::call::Call;
use super::call::read_log::ReadLog;
use super::call::start_run::StartRun;
use super::caller::Caller;
use super::exchange::{Exchanged, Reading, on_the_wire};
use super::log_splitter::LogSplitter;
use super::params::RunParams;
use super::request::Request;
use super::service::Service;
use super::setback::{Cause, Setback};
use crate::clock::Clock;
use crate::random::Random;
use crate::transport::{Failure, Latch, Transport};

/// The longest piece of a log, in bytes.
const LONGEST_PIECE: usize = 32 * 1024;

pub struct Flow<'a, T> {
    pub service: &'a Service,
    pub caller: Caller<'a>,
    pub clock: &'a Clock,
    pub transport: T,
    pub random: &'a Random,
}

impl<T: Transport> Flow<'_, T> {
    /// Hides what a start's parameters hold: a service may quote them.
    pub(crate) fn hide(&self, params: &RunParams) {
        let mut variables: Vec<String> = params.envs.values().cloned().collect();
        for value in params.others.values() {
            strings(&serde_json::from_str(value.get()).unwrap_or_default(), &mut variables);
        }
        self.caller.hide_variables(variables.into_iter().map(SecretString::from));
    }

    /// Makes a call that must take effect at most once: once, on its own connection and through the latch.
    pub(crate) async fn act<R>(&self, call: &dyn Call<Output = R>, latch: &Latch) -> Result<R, Setback> {
        let exchanged = match self.signed(&call.request(self.service)) {
            Ok(request) => self.transport.send_fresh(request, latch).await,
            Err(failure) => Err(failure),
        };
        self.judge(call, exchanged)
    }

    pub fn request_of_start(&self, params: &RunParams) -> Request {
        StartRun(params).request(self.service)
    }

    /// Makes a call that is safe to repeat.
    pub(crate) async fn ask<C: Call>(&self, call: &C) -> Result<C::Output, Setback> {
        let exchanged = self.exchange(&call.request(self.service)).await;
        self.judge(call, exchanged)
    }

    async fn exchange(&self, request: &Request) -> Exchanged {
        self.transport.send(self.signed(request)?).await
    }

    /// Reads a log as it is now, piece by piece; returns whether it will continue. No further piece is read
    /// before `log` is done with one, and none is longer than 32 KiB.
    pub async fn read_log(&self, call: &ReadLog, mut log: impl AsyncFnMut(&[u8])) -> Result<bool, Setback> {
        let (mut splitter, mut content) = (LogSplitter::new(call.member()), Vec::new());
        let take = async |piece: &[u8], rest: &mut Vec<u8>| {
            for part in piece.chunks(LONGEST_PIECE) {
                content.clear();
                splitter.feed(part, rest, &mut |decoded| content.extend_from_slice(decoded));
                log(&content).await;
            }
        };
        let exchanged = match self.signed(&call.request(self.service)) {
            Ok(request) => self.transport.download(request, take).await,
            Err(failure) => Err(failure),
        };
        self.judge(call, exchanged)
    }

    /// Gets credentials, if they have to be got.
    pub async fn sign_in(&self) -> Result<(), Setback> {
        self.caller.sign_in(&self.transport).await
    }

    /// Renews credentials that are about to expire, or have expired according to the service.
    pub async fn renew(&self, last: Option<&Cause>) -> Result<(), Setback> {
        self.caller.renew(&self.transport, last).await
    }

    /// Where the service is, for people.
    pub fn host(&self) -> &str {
        self.service.endpoint.host()
    }

    fn signed(&self, request: &Request) -> Result<http::Request<Vec<u8>>, Failure> {
        let headers = self.caller.headers(request, &self.random.identifier());
        on_the_wire(&self.service.endpoint, request, headers, &self.caller.redaction())
    }

    fn judge<R>(&self, call: &dyn Call<Output = R>, exchanged: Exchanged) -> Result<R, Setback> {
        let (redaction, secrets) = (self.caller.quoting(), self.caller.redaction());
        let reading = Reading {
            host: self.host(),
            clock: self.clock,
            redaction: &redaction,
            is_temporary: self.caller.is_temporary(),
            members: call.members(),
            certainty: &|answer| call.certainty(answer),
        };
        reading.judge(exchanged, |answer| call.read(&self.service.api, answer, &secrets))
    }
}

/// Every string in a value.
fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(members) => members.values().for_each(|member| strings(member, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
