//! A request to the service, before it is signed.

use crate::encoding::percent;

/// A request before it is signed. Path segments and query are raw; [`Request::path`] and [`Request::query`] give the form
/// they have on the wire.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// The value of the `host` header: with the port, where that is not the scheme's own.
    pub host: String,
    pub segments: Vec<String>,
    pub parameters: Vec<(String, String)>,
    /// Headers to send and sign beside those that signing adds, in lower case: `x-acs-action`, `x-acs-version`.
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Body>,
}

/// A request's body and its media type.
#[derive(Clone)]
pub struct Body {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A body may hold run variables: its length is all that is shown.
impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}

impl Request {
    /// The path as it goes over the wire: each segment percent-encoded.
    pub fn path(&self) -> String {
        if self.segments.is_empty() {
            return "/".to_owned();
        }
        self.segments.iter().fold(String::new(), |path, segment| path + "/" + &percent(segment))
    }

    /// The query as it goes over the wire, sorted by name, without the `?`.
    pub fn query(&self) -> String {
        join(self.sorted_parameters().map(|(name, value)| format!("{}={}", percent(name), percent(value))), "&")
    }

    /// The headers that every request has, signed or not.
    pub(super) fn plain_headers(&self) -> Vec<(&'static str, String)> {
        let content_type = self.body.as_ref().map(|body| ("content-type", body.content_type.to_owned()));
        let always = [("accept", "application/json".to_owned()), ("host", self.host.clone())];
        self.headers.iter().cloned().chain(always).chain(content_type).collect()
    }

    pub(super) fn sorted_parameters(&self) -> impl Iterator<Item = &(String, String)> {
        let mut parameters: Vec<_> = self.parameters.iter().collect();
        parameters.sort_unstable();
        parameters.into_iter()
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| &body.bytes)
    }
}

pub(super) fn join<S: AsRef<str>>(parts: impl Iterator<Item = S>, separator: &str) -> String {
    let mut joined = String::new();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(part.as_ref());
    }
    joined
}
