//! When a fault happens.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Reply};
use crate::request::Unreachable;

/// To which requests a fault happens, counted from when it was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Only to requests for this action, such as `StartPipelineRun`; `None`: to any.
    #[serde(default)]
    pub action: Option<String>,
    /// How many matching requests pass before it happens.
    #[serde(default)]
    pub skipping: usize,
    /// How often it happens; `None`: for ever.
    #[serde(default = "once")]
    pub times: Option<usize>,
}

#[allow(clippy::unnecessary_wraps, reason = "a default for serde")]
fn once() -> Option<usize> {
    Some(1)
}

impl When {
    /// The next request, whatever it asks for.
    #[must_use]
    pub fn next() -> Self {
        Self { action: None, skipping: 0, times: once() }
    }

    /// The next request for an action.
    #[must_use]
    pub fn next_is(action: &str) -> Self {
        Self { action: Some(action.into()), ..Self::next() }
    }

    /// Lets some matching requests pass.
    #[must_use]
    pub fn after(mut self, skipping: usize) -> Self {
        self.skipping = skipping;
        self
    }

    /// That many times in a row.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// For ever.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }
}

/// The faults to come. Where several match, the one planned first happens; the others still count the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Vec<(When, Fault)>);

impl Plan {
    pub(crate) fn add(&mut self, when: When, fault: Fault) {
        self.0.push((when, fault));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that happens to this request.
    pub(crate) fn take(&mut self, action: Option<&str>) -> Option<Fault> {
        let mut taken = None;
        for (when, fault) in &mut self.0 {
            if when.action.is_some() && when.action.as_deref() != action {
                continue;
            }
            if when.skipping > 0 {
                when.skipping -= 1;
            } else if taken.is_none() && when.times != Some(0) {
                when.times = when.times.map(|times| times - 1);
                taken = Some(fault.clone());
            }
        }
        self.0.retain(|(when, _)| when.times != Some(0));
        taken
    }

    /// The fault that keeps the next connection from coming about, when that is known before its request is.
    pub(crate) fn take_unreachable(&mut self) -> Option<Unreachable> {
        let next = self.0.iter().find(|(when, _)| when.action.is_none() && when.skipping == 0)?;
        let Reply::Unreachable(why) = next.1.reply else {
            return None;
        };
        self.take(None);
        Some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Acts;

    #[test]
    fn a_fault_happens_to_the_requests_it_was_planned_for() {
        let mut plan = Plan::default();
        plan.add(When::next_is("Get").after(1).times(2), Fault::new(Acts::Never, Reply::Closed));
        let mut happens = |action| plan.take(Some(action)).is_some();
        assert!(!happens("Get"));
        assert!(!happens("List"));
        assert!(happens("Get"));
        assert!(happens("Get"));
        assert!(!happens("Get"));
    }

    #[test]
    fn a_moment_is_readable_as_json() {
        let when: When = serde_json::from_str(r#"{"action":"StartPipelineRun"}"#).unwrap();
        assert_eq!(when, When::next_is("StartPipelineRun"));
    }
}
