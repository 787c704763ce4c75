//! Keeping secrets out of text that others wrote.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::encoding::percent;
use crate::sanitize::short_line;

/// The shortest value that is hidden; shorter ones stand in ordinary words.
const SHORTEST: usize = 4;

/// What must not be shown: a service may quote a request, secrets and run variables included, in its error message.
#[derive(Default)]
pub struct Redaction {
    hidden: Vec<String>,
}

impl Redaction {
    /// Hides these values in every form a service may quote them in: plain, as JSON, percent-encoded, form-encoded, both of
    /// the JSON too (which is how a run variable travels), as XML, and in Base64.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut hidden = Vec::new();
        for value in values.into_iter().filter(|value| value.chars().count() >= SHORTEST) {
            let json = serde_json::Value::from(value).to_string();
            for text in [value, &json[1..json.len() - 1]] {
                let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
                let encoded = percent(text);
                for encoded in [form, encoded.replace("%20", "+"), encoded] {
                    hidden.extend([lower_escapes(&encoded), encoded]);
                }
                hidden.push(text.to_owned());
            }
            let xml = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            hidden.extend([
                xml.replace('"', "&quot;"),
                xml,
                STANDARD_NO_PAD.encode(value),
                URL_SAFE_NO_PAD.encode(value),
            ]);
            // A message is one line when it is shown, so each line of a value has to be known by itself.
            let lines = value.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST);
            hidden.extend(lines.map(str::to_owned));
        }
        // Longer ones first: one may be a part of another.
        hidden.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        hidden.dedup();
        Self { hidden }
    }

    /// Whether the text is nothing but a hidden value.
    pub fn hides(&self, text: &str) -> bool {
        self.hidden.iter().any(|value| value == text)
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.hidden.iter().any(|value| text.contains(value.as_str()))
    }

    pub fn longest(&self) -> usize {
        self.hidden.first().map_or(0, String::len)
    }

    /// A foreign text fit to be shown: one line without hidden values and without orders, cut to `longest` characters. It
    /// is cut last, for half a secret is not recognised; and redacted twice, for taking a character out may join one.
    pub fn quote(&self, text: &str, longest: usize) -> String {
        let line = short_line(&self.apply(text), usize::MAX);
        short_line(&self.apply(&line), longest)
    }

    /// The text with every hidden value replaced by `***`.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.hidden.iter().fold(Cow::Borrowed(text), |text, value| {
            if text.contains(value.as_str()) { Cow::Owned(text.replace(value.as_str(), "***")) } else { text }
        })
    }
}

/// A foreign name. It is compared as it is, and shown as it may be.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Foreign {
    raw: String,
    shown: String,
}

impl Foreign {
    pub fn new(raw: &str, redaction: &Redaction, longest: usize) -> Self {
        Self { raw: raw.to_owned(), shown: redaction.quote(raw, longest) }
    }

    /// As it is, which is not to be shown.
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, formatter)
    }
}

/// Percent-encoded text with its escapes in lower case.
fn lower_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}
