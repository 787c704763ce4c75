//! Values of a run, as the service writes them.

use serde_json::Value;

use crate::redaction::{Foreign, Redaction};
use crate::yunxiao::run::{Status, is_commit};

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 120;

pub(super) fn name(value: &Value, secrets: &Redaction) -> Foreign {
    Foreign::new(value.as_str().unwrap_or_default(), secrets, LONGEST_NAME)
}

/// The commit that is built, by what shows it: a full id, or an object with one; of a list, which has ancestors behind it,
/// the first.
pub(super) fn commit(value: &Value) -> Option<String> {
    let value = unwrapped(value);
    let first = value.as_array().map_or(&value, |list| list.first().unwrap_or(&Value::Null));
    let id = first["commitId"].as_str().or_else(|| first["id"].as_str()).or_else(|| first.as_str())?.trim();
    is_commit(id).then(|| id.to_ascii_lowercase())
}

/// A value, or the list or object that it holds as text.
pub(super) fn unwrapped(value: &Value) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    inner.filter(|inner| inner.is_array() || inner.is_object()).unwrap_or_else(|| value.clone())
}

pub(super) fn status(word: &Value) -> Status {
    Status::of(word.as_str().unwrap_or_default())
}
