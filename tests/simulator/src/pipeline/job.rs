//! Jobs: what they do, what they wait for, and how they end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::deployment::{Deployment, Machine};
use crate::time::duration;

/// A job: it runs for a time, then has a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// How long it runs.
    #[serde(with = "duration")]
    pub duration: Duration,
    /// Its status at the end, as the service spells it.
    pub result: String,
    /// Its log.
    pub log: Vec<LogLine>,
    /// So many bytes of made-up lines, or a little more, at the end of its log. They are there from its start.
    pub filler: u64,
    /// A manual gate (人工卡点): it waits for a person, for as long as it takes.
    pub gate: bool,
    /// Who may decide it when it is a gate, by account; empty: anyone.
    pub validators: Vec<String>,
    /// What a gate's actions have for `disable`; `None`: whether the caller isn't allowed to decide it.
    pub disable: Option<bool>,
    /// Whether someone has to start it by hand (`driven: manual`).
    pub manual: bool,
    /// A merge of branches that fails, until someone resolves it.
    pub conflict: Option<Conflict>,
    /// A deployment to hosts (主机部署), which takes as long as its machines do.
    pub deployment: Option<Deployment>,
    /// Its status while it goes on, as the service spells it; `None`: the pipeline's for that.
    pub showing: Option<String>,
    /// Whether it can be retried once it failed.
    pub retryable: bool,
    /// Its status at the end when it was retried.
    pub after_retry: String,
    /// The error code in its `result`.
    pub code: Option<u64>,
    /// The message in its `result`.
    pub message: Option<String>,
    /// Its output variables, in its `result` once it is over: `ARTIFACTS` is one.
    pub outputs: BTreeMap<String, String>,
    /// Its `result`, to the letter.
    pub result_text: Option<String>,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            name: "job".into(),
            duration: Duration::ZERO,
            result: "SUCCESS".into(),
            log: Vec::new(),
            filler: 0,
            gate: false,
            validators: Vec::new(),
            disable: None,
            manual: false,
            conflict: None,
            deployment: None,
            showing: None,
            retryable: true,
            after_retry: "SUCCESS".into(),
            code: None,
            message: None,
            outputs: BTreeMap::new(),
            result_text: None,
        }
    }
}

impl Job {
    /// A job that succeeds after some seconds.
    #[must_use]
    pub fn new(name: &str, seconds: u64) -> Self {
        Self { name: name.into(), duration: Duration::from_secs(seconds), ..Self::default() }
    }

    /// A manual gate.
    #[must_use]
    pub fn gate(name: &str) -> Self {
        Self { name: name.into(), gate: true, ..Self::default() }
    }

    /// A merge of branches that fails until someone resolves it.
    #[must_use]
    pub fn conflict(name: &str) -> Self {
        Self { name: name.into(), conflict: Some(Conflict::default()), ..Self::default() }
    }

    /// A deployment to hosts, one batch of machines after the other.
    #[must_use]
    pub fn deployment(name: &str, batches: Vec<Vec<Machine>>) -> Self {
        let deployment = Deployment { batches, ..Deployment::default() };
        Self { name: name.into(), deployment: Some(deployment), ..Self::default() }
    }

    /// Makes a deployment wait for someone before each batch but the first.
    #[must_use]
    pub fn pausing(mut self) -> Self {
        self.deployment.get_or_insert_default().pauses = true;
        self
    }

    /// Makes it wait until someone starts it.
    #[must_use]
    pub fn manual(mut self) -> Self {
        self.manual = true;
        self
    }

    /// Lets only these accounts decide the gate.
    #[must_use]
    pub fn validators(mut self, accounts: &[&str]) -> Self {
        self.validators = accounts.iter().map(ToString::to_string).collect();
        self
    }

    /// The status it has while it goes on.
    #[must_use]
    pub fn showing(mut self, status: &str) -> Self {
        self.showing = Some(status.into());
        self
    }

    /// Makes it fail with a code and a message.
    #[must_use]
    pub fn failing(mut self, code: u64, message: &str) -> Self {
        self.result = "FAIL".into();
        self.code = Some(code);
        self.message = Some(message.into());
        self
    }

    /// Takes away that it can be retried.
    #[must_use]
    pub fn not_retryable(mut self) -> Self {
        self.retryable = false;
        self
    }

    /// The status it ends with when it was retried.
    #[must_use]
    pub fn ending_after_retry(mut self, result: &str) -> Self {
        self.after_retry = result.into();
        self
    }

    /// Gives it an output variable.
    #[must_use]
    pub fn output(mut self, name: &str, value: &str) -> Self {
        self.outputs.insert(name.into(), value.into());
        self
    }

    /// Gives it the output variable `ARTIFACTS`, which is the text of a JSON list.
    #[must_use]
    pub fn artifacts(self, text: &str) -> Self {
        self.output("ARTIFACTS", text)
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

    /// Makes its log longer by so many bytes.
    #[must_use]
    pub fn filling(mut self, bytes: u64) -> Self {
        self.filler = bytes;
        self
    }
}

/// A line of a job's log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogLine {
    /// When it is written, after the job's start.
    #[serde(with = "duration")]
    pub after: Duration,
    /// The line, without its end.
    pub text: String,
}

/// Branches that can't be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conflict {
    /// The branch that is merged.
    pub feature_branch: String,
    /// The commit it is at.
    pub feature_commit: String,
    /// The branch it is merged into.
    pub release_branch: String,
}

impl Default for Conflict {
    fn default() -> Self {
        Self {
            feature_branch: "feature/x".into(),
            feature_commit: "0000000000000000000000000000000000000003".into(),
            release_branch: "release/y".into(),
        }
    }
}
