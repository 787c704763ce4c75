//! What a pipeline is made of, and so what its runs go through.

mod deployment;
mod job;
mod source;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::duration;

pub use deployment::{Deployment, Machine};
pub use job::{Conflict, Job, LogLine};
pub use source::Source;

/// A pipeline: every run of it goes through the same stages, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pipeline {
    /// The organisation it belongs to.
    pub organization: String,
    /// Its name.
    pub name: String,
    /// How long a run waits until its jobs exist.
    #[serde(with = "duration")]
    pub queue: Duration,
    /// How long a stopped run takes to end.
    #[serde(with = "duration")]
    pub stopping: Duration,
    /// The stages, in sequence; the jobs of one run in parallel.
    pub stages: Vec<Stage>,
    /// The code sources.
    pub sources: Vec<Source>,
    /// The run counter before the first run.
    pub last_run: u64,
    /// The status of a run that waits for its jobs, as the service spells it.
    pub queued_status: String,
    /// The status of a run, stage or job that is still running.
    pub running_status: String,
    /// The status of a run that was stopped and has not ended yet.
    pub stopping_status: String,
    /// How many characters of a remark its runs keep; `None`: all of them.
    pub longest_remark: Option<usize>,
    /// Whether callers may only look at it.
    pub read_only: bool,
    /// The status of a run or a stage that succeeded.
    pub success_status: String,
    /// Whether jobs and stages that have not begun are `INIT`; otherwise they are as a run that waits.
    pub shows_init: bool,
    /// Whether its runs look as captured ones do: stages have index names in the AccessKey API, sources no commits in the
    /// token API, and what is not there yet is left out or `null`.
    pub captured: bool,
    /// How its sources are shown.
    pub config_sources: ConfigSources,
    /// How many of its runs may go on at a time; `None`: any number.
    pub concurrency: Option<Concurrency>,
    /// The code with which stopping a run that is over is refused; `None`: it is accepted, without an effect.
    pub late_stop: Option<String>,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            organization: crate::setup::ORGANIZATION.into(),
            name: "demo".into(),
            queue: Duration::from_secs(2),
            stopping: Duration::ZERO,
            stages: vec![
                Stage::new("构建", vec![Job::new("Java 构建", 5).log(0, "mvn package").log(4, "BUILD SUCCESS")]),
                Stage::new("部署", vec![Job::new("主机部署", 5).log(0, "deploying"), Job::new("通知", 1)]),
            ],
            sources: vec![Source::default()],
            last_run: 0,
            queued_status: "WAITING".into(),
            running_status: "RUNNING".into(),
            stopping_status: "CANCELLING".into(),
            longest_remark: None,
            read_only: false,
            success_status: "SUCCESS".into(),
            shows_init: false,
            captured: false,
            config_sources: ConfigSources::default(),
            concurrency: None,
            late_stop: None,
        }
    }
}

impl Pipeline {
    /// Everything about its runs as captures show it.
    pub fn look_captured(&mut self) {
        self.shows_init = true;
        self.captured = true;
    }
}

/// How a pipeline's sources are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigSources {
    /// One by one.
    #[default]
    Listed,
    /// The configuration has no such member.
    Missing,
    /// The configuration has `null` there.
    Null,
}

/// How many runs of a pipeline may go on at a time (`maxRunningPipelineInstances`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    /// So many.
    pub limit: usize,
    /// What becomes of one more.
    pub beyond: Beyond,
}

/// What becomes of a run too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beyond {
    /// It is refused with this code. Which one it really is, is documented nowhere.
    RejectNew(String),
    /// It begins, and the oldest run is cancelled.
    PreemptOldest,
}

impl Concurrency {
    /// A run too many is refused.
    #[must_use]
    pub fn reject_new(limit: usize) -> Self {
        Self { limit, beyond: Beyond::RejectNew("PipelineRunLimitExceeded".into()) }
    }

    /// A run too many cancels the oldest.
    #[must_use]
    pub fn preempt_oldest(limit: usize) -> Self {
        Self { limit, beyond: Beyond::PreemptOldest }
    }
}

/// A stage: its jobs run in parallel, the next stage starts when all succeeded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

impl Stage {
    /// A stage of these jobs.
    #[must_use]
    pub fn new(name: &str, jobs: Vec<Job>) -> Self {
        Self { name: name.into(), jobs }
    }
}
