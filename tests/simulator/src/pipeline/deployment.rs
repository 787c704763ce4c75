//! Deployments to hosts: machines, batch by batch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::job::LogLine;
use crate::time::duration;

/// A deployment: the machines of a batch side by side, the next batch when all of them are done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deployment {
    /// The batches.
    pub batches: Vec<Vec<Machine>>,
    /// Whether it waits for someone before each batch but the first.
    pub pauses: bool,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Its serial number.
    pub sn: String,
    /// How long it takes.
    #[serde(with = "duration")]
    pub duration: Duration,
    /// Its status at the end, as the service spells it: `Success`, `Failed`, `Skipped`, …
    pub result: String,
    /// Its log.
    pub log: Vec<LogLine>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { sn: "sn-1".into(), duration: Duration::ZERO, result: "Success".into(), log: Vec::new() }
    }
}

impl Machine {
    /// A machine that is done after some seconds.
    #[must_use]
    pub fn new(sn: &str, seconds: u64) -> Self {
        Self { sn: sn.into(), duration: Duration::from_secs(seconds), ..Self::default() }
    }

    /// The status it ends with.
    #[must_use]
    pub fn ending(mut self, result: &str) -> Self {
        self.result = result.into();
        self
    }

    /// Adds a line to its log, this many seconds after its start.
    #[must_use]
    pub fn log(mut self, seconds: u64, text: &str) -> Self {
        self.log.push(LogLine { after: Duration::from_secs(seconds), text: text.into() });
        self
    }
}
