//! Keeping secrets out of text that others wrote.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};

use crate::yunxiao::signature::encode;

/// The shortest value that is hidden; shorter ones stand in ordinary words.
const SHORTEST: usize = 4;

/// What must not be shown: a service may quote a request, secrets and run variables included, in its error message.
#[derive(Default)]
pub struct Redaction {
    hidden: Vec<String>,
}

impl Redaction {
    /// Hides these values, plain, percent-encoded, form-encoded, as JSON escapes them, and in Base64.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut hidden = Vec::new();
        for value in values.into_iter().filter(|value| value.chars().count() >= SHORTEST) {
            let json = serde_json::Value::from(value).to_string();
            hidden.extend([
                value.to_owned(),
                encode(value),
                encode(value).replace("%20", "+"),
                json[1..json.len() - 1].to_owned(),
                BASE64.encode(value),
            ]);
            // A message is one line when it is shown, so each line of a value has to be known by itself.
            let lines = value.lines().filter(|line| line.chars().count() >= SHORTEST);
            hidden.extend(lines.map(str::to_owned));
        }
        // Longer ones first: one may be a part of another.
        hidden.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        hidden.dedup();
        Self { hidden }
    }

    /// The text with every hidden value replaced by `***`.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form_a_service_may_quote_it_in() {
        let redaction = Redaction::of(["s3cr/t k=y\"", "dev"]);
        let json = "s3cr/t k=y\\\"";
        let encoded = BASE64.encode("s3cr/t k=y\"");
        for form in ["s3cr/t k=y\"", "s3cr%2Ft%20k%3Dy%22", "s3cr%2Ft+k%3Dy%22", json, &encoded] {
            assert_eq!(redaction.apply(&format!("<{form}>")), "<***>");
        }
        assert_eq!(redaction.apply("a developer"), "a developer");
    }

    #[test]
    fn a_value_that_contains_another_leaves_nothing_of_itself() {
        assert_eq!(Redaction::of(["abcd", "abcdefgh"]).apply("abcdefgh abcd"), "*** ***");
    }
}
