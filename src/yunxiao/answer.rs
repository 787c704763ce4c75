//! Reads HTTP responses in every shape that the service, or something in front of it, uses.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use serde_json::{Map, Value};

use super::needed;
use crate::redaction::{Foreign, Redaction};

/// Dates beyond this are not trusted: the format of dates in signatures ends with the year 9999.
const LATEST_DATE: Duration = Duration::from_secs(253_000_000_000);

/// The longest foreign message that is quoted, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Nothing longer is a code.
const LONGEST_CODE: usize = 120;

/// The names that a code may have, as the official clients look for it.
const CODES: &[&str] = &["Code", "code", "errorCode"];

/// The possible names of a request's id.
const REQUEST_IDS: &[&str] = &["RequestId", "requestId", "requestid"];

/// The possible names of a message.
const MESSAGES: &[&str] = &["Message", "message", "errorMessage", "errorMsg", "errorDescription"];

/// An answer, read as far as it can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The body, when it is JSON, or an object of its members, when it is flat XML; otherwise nothing.
    pub(crate) value: Value,
    pub(crate) body: BodyKind,
    /// When the server sent it, by the server's clock.
    pub(crate) date: Option<SystemTime>,
    pub(crate) wait: Option<Duration>,
    /// The number of the next page of a list, if given; empty if this is the last.
    pub(crate) next_page: Option<String>,
    /// How many rows a list has on all its pages, if a header says so.
    pub(crate) total: Option<u64>,
    request_id_header: Option<String>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    Empty,
    /// JSON or XML with members: what the service sends.
    Members,
    /// A web page: a proxy's or a login's.
    Page,
    Other,
}

/// The service's message about a refusal or failure, safe to quote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// The service's code for it: `InvalidPipeline.NotFound`.
    pub code: Option<Foreign>,
    /// The service's message: one line, shortened, without our secrets.
    pub message: Option<String>,
    /// The request's id: what the service's support asks for.
    pub request_id: Option<String>,
}

impl Answer {
    /// Reads an answer, keeping the members with these names, or all without names. A request's id that holds a value to be
    /// hidden is dropped.
    pub(crate) fn read(response: &http::Response<Vec<u8>>, members: &[&str], redaction: &Redaction) -> Self {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let (mut value, mut body) = read_body(response.body(), members);
        // A number has no end of its own. Where the connection's end is that of the body, it may be part of a longer one.
        let has_length = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| response.headers().contains_key(name));
        if value.is_number() && !has_length {
            (value, body) = (Value::Null, BodyKind::Other);
        }
        if let Value::Object(members) = &mut value {
            members.retain(|name, value| {
                let text = value.as_str().unwrap_or_default().trim();
                !(REQUEST_IDS.contains(&name.as_str()) && redaction.is_in(text))
            });
        }
        let date = |text: &str| {
            httpdate::parse_http_date(text).ok().filter(|date| *date < SystemTime::UNIX_EPOCH + LATEST_DATE)
        };
        let now = header("date").and_then(date);
        // The official SDKs read this header as milliseconds.
        let milliseconds = header("x-acs-retry-after").and_then(|value| value.parse().ok()).map(Duration::from_millis);
        let retry_after = header("retry-after").and_then(|value| match value.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => date(value)?.duration_since(now?).ok(),
        });
        Self {
            status: response.status().as_u16(),
            value,
            body,
            date: now,
            wait: milliseconds.or(retry_after),
            next_page: header("x-next-page").map(|page| page.trim().to_owned()),
            total: header("x-total").and_then(|total| total.trim().parse().ok()),
            request_id_header: header("x-acs-request-id").filter(|id| !redaction.is_in(id)).map(str::to_owned),
        }
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| match self.value.get(*name)? {
            // The service documents `""`, quotes included, as the text of "no error".
            Value::String(text) if text.trim_matches(['"', '”', '“']).trim().is_empty() => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// `success`, as a boolean or as text.
    pub(crate) fn success(&self) -> Option<bool> {
        match self.value.get("success")? {
            Value::Bool(success) => Some(*success),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Whether it reports success, or at least nothing else: an unreadable `success` is neither.
    pub(crate) fn claims_success(&self) -> bool {
        matches!(self.status, 200..=299) && self.success().unwrap_or(self.value.get("success").is_none())
    }

    /// A member of an answer that says that it succeeded.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.value.get(name).filter(|_| self.claims_success())
    }

    /// A complete response that reports success, if it has a member of this name.
    pub(crate) fn whole(&self, name: &str) -> Option<&Value> {
        self.member(name).map(|_| &self.value)
    }

    /// A positive whole number, as a number or as text.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        whole_number(self.value.get(name)?).filter(|number| *number > 0)
    }

    /// The service's code: text in each of the spellings the official clients look for.
    pub(crate) fn code(&self) -> Option<String> {
        self.codes().next()
    }

    /// All codes: a response may have two.
    pub(crate) fn codes(&self) -> impl Iterator<Item = String> {
        let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let codes = CODES.iter().filter_map(|name| self.text(&[name]));
        codes.filter(move |code| code.len() <= LONGEST_CODE && code.chars().all(plain))
    }

    /// The request's id, if it looks like one: it becomes an output of the CI job.
    pub(crate) fn request_id(&self) -> Option<String> {
        let body = self.text(REQUEST_IDS);
        let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        body.or_else(|| self.request_id_header.clone()).filter(|id| id.len() <= 128 && id.chars().all(plain))
    }

    /// Whether this is the service's own response: members with a code of its own, and a message or a request id. A
    /// page of a proxy, or JSON that something else wrote, is not.
    pub(crate) fn is_from_the_service(&self) -> bool {
        let textual = CODES.iter().any(|name| matches!(self.value.get(*name), Some(Value::String(_))));
        textual && self.code().is_some() && (self.message().is_some() || self.request_id().is_some())
    }

    fn message(&self) -> Option<String> {
        self.text(MESSAGES)
    }

    pub(crate) fn refusal(&self, redaction: &Redaction) -> Refusal {
        Refusal {
            status: self.status,
            code: self.code().map(|code| Foreign::new(&code, redaction, LONGEST_CODE)),
            message: self.message().map(|message| redaction.quote(&message, LONGEST_MESSAGE)),
            request_id: self.request_id(),
        }
    }
}

/// Whether a status redirects the caller. The other statuses from 300 to 399 don't occur for these requests.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 300..=303 | 307 | 308)
}

/// A whole number up to what the API's int64 holds, as a number or as text.
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
    let text = value.as_str().map(str::trim).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = value.as_u64().or_else(|| text?.parse().ok())?;
    i64::try_from(number).is_ok().then_some(number)
}

/// The earliest moment that is trusted, in milliseconds: in 2001. Anything before is in seconds, or invalid.
const EARLIEST: u64 = 1_000_000_000_000;

/// A moment in milliseconds since 1970; none for 0 and invalid values.
pub(crate) fn moment(value: &Value) -> Option<SystemTime> {
    let milliseconds = whole_number(value).filter(|milliseconds| *milliseconds >= EARLIEST)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

fn read_body(bytes: &[u8], members: &[&str]) -> (Value, BodyKind) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return (Value::Null, BodyKind::Empty);
    }
    let names: &[&[&str]] =
        if members.is_empty() { &[] } else { &[members, &["success"], CODES, REQUEST_IDS, MESSAGES] };
    let parsed = needed::read(text, names).or_else(|error| needed::read(&whole_characters(text).ok_or(error)?, names));
    match parsed {
        Ok(value @ Value::Object(_)) => return (value, BodyKind::Members),
        Ok(value) => return (value, BodyKind::Other),
        Err(_) => {}
    }
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return (Value::Null, BodyKind::Page);
    }
    match gateway_error(text) {
        Some(members) => (members.into(), BodyKind::Members),
        None => (Value::Null, BodyKind::Other),
    }
}

/// JSON with each half of a character (a lone `\ud83d`) replaced, if there is one: one odd name must not make a whole answer
/// unreadable.
fn whole_characters(json: &str) -> Option<String> {
    let mut mended = String::new();
    let mut rest = json;
    let unit = |text: &str| text.strip_prefix("\\u").and_then(|text| u16::from_str_radix(text.get(..4)?, 16).ok());
    while let Some(start) = rest.find('\\') {
        mended.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // A backslash and what it escapes, which may be another.
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        mended.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    mended.push_str(rest);
    (mended != json).then_some(mended)
}

/// The gateway's error in XML, which comes although every request asks for JSON: whole, flat, `<Error>` to `</Error>`. Any
/// other XML is not believed: a proxy's page may hold anything. One pass over the text, so that no answer can take
/// long.
fn gateway_error(text: &str) -> Option<Map<String, Value>> {
    let text = match text.strip_prefix("<?xml") {
        Some(declaration) => declaration.split_once("?>")?.1.trim_start(),
        None => text,
    };
    let mut rest = text.strip_prefix("<Error>")?.trim_start();
    let mut members = Map::new();
    while rest != "</Error>" {
        let (name, after) = rest.strip_prefix('<')?.split_once('>')?;
        let is_empty = name.ends_with('/');
        let name = name.trim_end_matches('/');
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (value, after) = if is_empty { ("", after) } else { after.split_at(after.find('<')?) };
        let after = if is_empty { after } else { after.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')? };
        let value = ["lt;<", "gt;>", "quot;\"", "apos;'", "amp;&"].iter().fold(value.to_owned(), |value, entity| {
            let (name, character) = entity.split_at(entity.len() - 1);
            value.replace(&format!("&{name}"), character)
        });
        members.insert(name.to_owned(), value.into());
        rest = after.trim_start();
    }
    Some(members)
}

#[cfg(test)]
mod tests;
