//! What a pipeline is made of, and so what its runs go through.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::time::duration;

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
    /// The status of a run, stage or job that goes on.
    pub running_status: String,
    /// The status of a run that was stopped and has not ended yet.
    pub stopping_status: String,
    /// How many characters of a remark its runs keep; `None`: all of them.
    pub longest_remark: Option<usize>,
    /// Whether callers may only look at it.
    pub read_only: bool,
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
        }
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

/// A source, of code or of artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// The sign under which the pipeline knows it.
    pub sign: String,
    /// Where the code is: `codeup`, `github`, `gitlab`, `customGitlab`, `gitee`, `git`, …; or what else it is:
    /// `flowPipeline`, `acr`, `packages`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The repository's address; empty when this is no code.
    pub repository: String,
    /// The branch that runs by default.
    pub branch: String,
    /// Whether it is in branch mode (分支模式).
    pub branch_mode: bool,
    /// The commit of each branch or tag; others have one made up from their name.
    pub commits: BTreeMap<String, String>,
    /// How long after its creation a run shows this source's commit.
    #[serde(with = "duration")]
    pub commit_after: Duration,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            sign: "codeup_demo".into(),
            kind: "codeup".into(),
            repository: "https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git".into(),
            branch: "master".into(),
            branch_mode: false,
            commits: BTreeMap::new(),
            commit_after: Duration::ZERO,
        }
    }
}

impl Source {
    /// A source at an address.
    #[must_use]
    pub fn new(sign: &str, repository: &str) -> Self {
        Self { sign: sign.into(), repository: repository.into(), ..Self::default() }
    }

    /// A source of artifacts, which has no repository.
    #[must_use]
    pub fn artifacts(sign: &str, kind: &str) -> Self {
        Self::new(sign, "").with_kind(kind)
    }

    /// The same of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: &str) -> Self {
        self.kind = kind.into();
        self
    }

    pub(crate) fn is_code(&self) -> bool {
        !self.repository.is_empty()
    }

    /// The commit that a branch or tag is at.
    #[must_use]
    pub fn commit(&self, reference: &str) -> String {
        let made_up = || {
            let text = format!("{} {reference}", self.repository);
            HEXLOWER.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
        };
        self.commits.get(reference).cloned().unwrap_or_else(made_up)
    }
}
