//! What an HTTP answer says, in whichever shape the service, or something in front of it, chose to say it.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::redaction::Redaction;

/// The longest foreign message that is quoted, in characters.
const LONGEST_MESSAGE: usize = 300;

/// An answer, read as far as it can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The members of the body, when it is a JSON object or flat XML.
    pub(super) members: Map<String, Value>,
    /// What kind of body it is.
    pub(super) body: BodyKind,
    /// When the server sent it, by the server's clock.
    pub(super) date: Option<SystemTime>,
    /// How long the server asks to wait.
    pub(super) wait: Option<Duration>,
    request_id_header: Option<String>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Nothing at all.
    Empty,
    /// JSON or XML with members: what the service sends.
    Members,
    /// A web page: a proxy's or a login's.
    Page,
    /// Anything else.
    Other,
}

/// A service's words about what it refused or how it failed, fit to be quoted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The service's code for it: `InvalidPipeline.NotFound`.
    pub code: Option<String>,
    /// The service's message: one line, shortened, without our secrets.
    pub message: Option<String>,
    /// The request's id: what the service's support asks for.
    pub request_id: Option<String>,
}

impl Answer {
    /// Reads an answer.
    pub(super) fn read(response: &http::Response<Vec<u8>>) -> Self {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let (members, body) = read_body(response.body());
        let date = header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        // The official SDKs read this header as milliseconds.
        let milliseconds = header("x-acs-retry-after").and_then(|value| value.parse().ok()).map(Duration::from_millis);
        let seconds = header("retry-after").and_then(|value| value.parse().ok()).map(Duration::from_secs);
        Self {
            status: response.status().as_u16(),
            members,
            body,
            date,
            wait: milliseconds.or(seconds),
            request_id_header: header("x-acs-request-id").map(str::to_owned),
        }
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| match self.members.get(*name)? {
            // The service documents `""`, quotes included, as the text of "no error".
            Value::String(text) if text.trim_matches(['"', '”', '“']).trim().is_empty() => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// `success`, as a boolean or as text.
    pub(super) fn success(&self) -> Option<bool> {
        match self.members.get("success")? {
            Value::Bool(success) => Some(*success),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A positive whole number, as a number or as text.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let number = match self.members.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| *number > 0)
    }

    /// The service's code: text in each of the spellings the official clients look for.
    pub(super) fn code(&self) -> Option<String> {
        let code = self.text(&["Code", "code", "errorCode"])?;
        let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        (code.len() <= 120 && code.chars().all(plain)).then_some(code)
    }

    /// The request's id, if it looks like one: it becomes an output of the CI job.
    pub(super) fn request_id(&self) -> Option<String> {
        let body = self.text(&["RequestId", "requestId", "requestid"]);
        let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        body.or_else(|| self.request_id_header.clone()).filter(|id| id.len() <= 128 && id.chars().all(plain))
    }

    /// Whether this is the service's own word: members with a code of its own, and a message or a request id. A page of
    /// a proxy, or JSON of somebody else's making, is not.
    pub(super) fn is_from_the_service(&self) -> bool {
        let textual =
            ["Code", "code", "errorCode"].iter().any(|name| matches!(self.members.get(*name), Some(Value::String(_))));
        textual && self.code().is_some() && (self.message().is_some() || self.request_id().is_some())
    }

    fn message(&self) -> Option<String> {
        self.text(&["Message", "message", "errorMessage", "errorMsg", "errorDescription"])
    }

    /// What to quote of it.
    pub(super) fn refusal(&self, redaction: &Redaction) -> Refusal {
        let quote = |text: String| {
            let line: String = redaction.apply(&text).split(char::is_whitespace).collect::<Vec<_>>().join(" ");
            let mut short: String =
                line.chars().filter(|character| !character.is_control()).take(LONGEST_MESSAGE).collect();
            if line.chars().count() > LONGEST_MESSAGE {
                short.push('…');
            }
            short
        };
        Refusal {
            status: self.status,
            code: self.code(),
            message: self.message().map(quote),
            request_id: self.request_id().map(|id| redaction.apply(&id)),
        }
    }
}

fn read_body(bytes: &[u8]) -> (Map<String, Value>, BodyKind) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return (Map::new(), BodyKind::Empty);
    }
    if let Ok(Value::Object(members)) = serde_json::from_str(text) {
        return (members, BodyKind::Members);
    }
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return (Map::new(), BodyKind::Page);
    }
    match roxmltree::Document::parse(text) {
        Ok(document) => {
            let children = document.root_element().children().filter(roxmltree::Node::is_element);
            let member = |node: roxmltree::Node<'_, '_>| {
                (node.tag_name().name().to_owned(), Value::from(node.text().unwrap_or_default()))
            };
            (children.map(member).collect(), BodyKind::Members)
        }
        Err(_) => (Map::new(), BodyKind::Other),
    }
}
