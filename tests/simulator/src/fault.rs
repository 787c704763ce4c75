//! How the service misbehaves. A fault is made of three answers: does the request act, what is the client told, and
//! when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorShape, Refusal};
use crate::request::{Answer, Unreachable};
use crate::time::duration;

/// Whether the request does what it asks for, whatever the client sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acts {
    /// It changes nothing.
    #[default]
    Never,
    /// It acts as it arrives.
    Now,
    /// It acts this much later.
    #[serde(with = "duration")]
    After(Duration),
}

/// What the client is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// What it would be told if the request had acted as it arrived.
    Usual,
    /// This.
    Answer(Answer),
    /// A refusal in some form.
    Refusal(Refusal, ErrorShape),
    /// Nothing: no connection comes about. The request is neither seen nor acted upon.
    Unreachable(Unreachable),
    /// Nothing: the connection is closed once the request has been read.
    Closed,
    /// Nothing: the connection is reset once the request has been read.
    Reset,
    /// The usual head and this many bytes of the usual body, then the connection is closed.
    Half(usize),
    /// Bytes that are not HTTP.
    Garbage(String),
    /// Nothing, for as long as the client waits.
    Silence,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Whether the request acts.
    #[serde(default)]
    pub acts: Acts,
    /// What the client is told.
    pub reply: Reply,
    /// How long after the request it is told.
    #[serde(default, with = "duration")]
    pub delay: Duration,
    /// Headers that the answer has besides, names in lower case; a `date` replaces the service's.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

impl Fault {
    /// A fault that tells at once.
    #[must_use]
    pub fn new(acts: Acts, reply: Reply) -> Self {
        Self { acts, reply, delay: Duration::ZERO, headers: Vec::new() }
    }

    /// No connection comes about.
    #[must_use]
    pub fn unreachable(why: Unreachable) -> Self {
        Self::new(Acts::Never, Reply::Unreachable(why))
    }

    /// An answer of a gateway or proxy.
    #[must_use]
    pub fn answer(acts: Acts, answer: Answer) -> Self {
        Self::new(acts, Reply::Answer(answer))
    }

    /// A documented refusal, in the form of the gateway or of the token API; nothing is done.
    #[must_use]
    pub fn refusal(code: &str) -> Self {
        Self::new(Acts::Never, Reply::Refusal(Refusal::of(code), ErrorShape::Gateway))
    }

    /// HTTP 200 with `success: false` and a code.
    #[must_use]
    pub fn unsuccessful(acts: Acts, code: &str) -> Self {
        let refusal = Refusal { status: 200, ..Refusal::of(code) };
        Self::new(acts, Reply::Refusal(refusal, ErrorShape::Envelope))
    }

    /// Throttling as the gateway says it, with its own header for the delay, in milliseconds.
    #[must_use]
    pub fn throttling(code: &str, retry_after: Option<Duration>) -> Self {
        let fault = Self::refusal(code);
        match retry_after {
            Some(delay) => fault.with_header("x-acs-retry-after", &delay.as_millis().to_string()),
            None => fault,
        }
    }

    /// Throttling as HTTP says it: 429, with the delay in seconds. The token API has its own code for it,
    /// `TooManyRequests`.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        let refusal = Refusal { status: 429, ..Refusal::of("Throttling.User") };
        let fault = Self::new(Acts::Never, Reply::Refusal(refusal, ErrorShape::Gateway));
        match retry_after {
            Some(delay) => fault.with_header("retry-after", &delay.as_secs().to_string()),
            None => fault,
        }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Tells it this much later.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_readable_as_json() {
        let text = r#"{"acts":{"after":1500},"reply":{"answer":{"status":502}},"delay":20}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        let expected = Fault::answer(Acts::After(Duration::from_millis(1500)), Answer::empty(502));
        assert_eq!(fault, expected.delayed(Duration::from_millis(20)));
    }
}
