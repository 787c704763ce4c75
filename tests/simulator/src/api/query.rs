//! The parameters of a query.

use crate::encoding::decode_pairs;
use crate::error::Refusal;

pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(text: &str) -> Result<Self, Refusal> {
        decode_pairs(text).map(Self).ok_or_else(|| Refusal::of("InvalidParam.ParamNotPresent"))
    }

    /// A parameter, unless it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.text(name).map(integer).transpose()
    }
}

pub(super) fn integer(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::of("InvalidParam.ParamNotPresent"))
}
