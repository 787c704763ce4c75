//! What is known of a run at the end of the step: what happened to it, what it waits for, and what is unclear.

use super::code::StatusWord;
use crate::yunxiao::{Blocker, Cause, Status};

/// A run that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: u64,
    /// Where a person finds it.
    pub url: String,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub blocker: Blocker,
    /// The job that waits, with its stage, for people.
    pub job: String,
    /// The same as the input `gate` takes it.
    pub gate: String,
}

/// What is known of the run of a step that was cancelled.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Certainly nothing was done.
    Nothing,
    /// Certainly nothing was done to this run.
    Untouched(Run),
    /// An approval, a rejection or a retry may have acted on this run.
    MayHaveActed(Run),
    /// It was rejected by this step.
    Rejected(Run),
    MayHaveStarted(Unrecognised),
    Run {
        run: Run,
        stop: Stop,
        /// Whether it was not to be stopped.
        is_left: bool,
    },
}

/// The result of stopping a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    NotSent,
    /// The answer was lost.
    Unknown,
    Accepted,
    /// The run had ended.
    Ended(Status),
    Refused(Cause),
}

/// Why it can't be told which runs have an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// The pages of runs that don't show their remark, or are being stopped, the newest first.
    Runs(Vec<String>),
    /// There are more runs in the window than are read.
    TooMany,
    /// The list of runs could not be read in full, or has fewer runs than it counts.
    List,
}

/// What to look for where a run could not be recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognised {
    /// What the run's remark holds, if there is a run.
    pub marker: String,
    /// Where the pipeline's runs are listed.
    pub runs_url: String,
    /// The pages of runs that may be it, the newest first.
    pub candidates: Vec<String>,
}

/// A limit that a run can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `queue-timeout`
    Queue,
    /// `timeout`
    Run,
    /// `gate-timeout`
    Gate,
}

impl Known {
    pub(super) fn run(&self) -> Option<&Run> {
        match self {
            Self::Run { run, .. } | Self::Untouched(run) | Self::MayHaveActed(run) | Self::Rejected(run) => Some(run),
            Self::Nothing | Self::MayHaveStarted(_) => None,
        }
    }

    pub(super) fn status(&self) -> StatusWord {
        match self {
            Self::Nothing => StatusWord::None,
            Self::Untouched(_) => StatusWord::Started,
            Self::Rejected(_) => StatusWord::Rejected,
            Self::MayHaveStarted(_) | Self::MayHaveActed(_) => StatusWord::Unknown,
            Self::Run { stop, .. } => match stop {
                Stop::Accepted => StatusWord::Canceled,
                Stop::Ended(status) => StatusWord::of(*status),
                Stop::NotSent | Stop::Refused(_) => StatusWord::Started,
                Stop::Unknown => StatusWord::Unknown,
            },
        }
    }
}

impl StatusWord {
    pub fn of(status: Status) -> Self {
        match status {
            Status::Succeeded => Self::Success,
            Status::Failed => Self::Failed,
            Status::Canceled | Status::Skipped => Self::Canceled,
            Status::Waiting | Status::Running | Status::Stopping | Status::Unknown => Self::Started,
        }
    }
}
