//! What arrives, and what goes back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A request as it is on the wire: nothing decoded, nothing normalised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// The `Host` header.
    pub host: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query without its `?`, encoded; empty when there is none.
    pub query: String,
    /// The headers but for `Host`, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
}

fn as_text<S: serde::Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&String::from_utf8_lossy(body))
}

impl Request {
    /// A request without headers or a body. The target is a path, with or without a query.
    #[must_use]
    pub fn new(method: &str, host: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_ascii_uppercase(),
            host: host.into(),
            path: path.into(),
            query: query.into(),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A header's value without the white space around it, `host` included.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        if name.eq_ignore_ascii_case("host") {
            return Some(self.host.trim());
        }
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// A complete answer. `Date` and `Content-Length` are added on the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

impl Answer {
    /// An answer with a body of some type.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json;charset=utf-8", body.to_string())
    }

    /// A page for people, as gateways and proxies answer.
    #[must_use]
    pub fn html(status: u16) -> Self {
        Self::new(status, "text/html", format!("<!DOCTYPE html><html><body><h1>{status}</h1></body></html>"))
    }

    /// No body at all.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// A redirect, such as a wrong domain gives to its login page.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::html(302).with_header("location", location)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Why no byte of a request could be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unreachable {
    /// The name does not resolve.
    Dns,
    /// No one listens.
    Refused,
    /// The TLS handshake failed.
    Tls,
    /// The proxy would not connect.
    Proxy,
}

/// What a client sees on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// A complete answer.
    Answer(Answer),
    /// No connection was established: the service saw nothing.
    Unreachable(Unreachable),
    /// The connection was closed after the request had been read.
    Closed,
    /// The connection was reset after the request had been read.
    Reset,
    /// The head, this many bytes of the body, then the connection was closed.
    Half(Answer, usize),
    /// Bytes that are not HTTP, then the connection was closed.
    Garbage(Vec<u8>),
    /// Nothing, for as long as the client cares to wait.
    Silence,
}

/// The result of a request: what the client sees, and how long after the request that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the client sees.
    pub wire: Wire,
    /// How long after the request it sees it.
    pub delay: Duration,
}

impl Outcome {
    /// The answer, if there is a complete one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match &self.wire {
            Wire::Answer(answer) => Some(answer),
            _ => None,
        }
    }
}
