//! How a step can end, with the exit code and the output `status` of each end in one table. [`message`] has the
//! messages.

pub mod code;
mod known;
mod message;
mod signal;

use std::time::Duration;

pub use code::{ExitCode, StatusWord};
pub use known::{Known, Limit, Run, Stop, Unclear, Unrecognised, Waiting};
pub use signal::Signal;

use crate::inputs::{Complaint, Mode};
use crate::text::Text;
use crate::yunxiao::{Cause, Status};

/// How a step ended, well or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Arguments,
    Inputs(Vec<Complaint>),
    /// Nothing can be sent from this machine.
    Machine {
        what: Text,
    },
    /// The service refused, or could not be reached: certainly nothing was done.
    NotDone {
        mode: Mode,
        /// The run that was to be changed, if it is known.
        run: Option<Run>,
        cause: Cause,
    },
    Rehearsed,
    /// A run was started, and was not to be followed.
    Started {
        run: Run,
    },
    /// A run may have been started, and none could be recognised.
    StartUnknown {
        cause: Cause,
        /// Why the runs could not be read, if that was refused.
        refused: Option<Cause>,
        unrecognised: Unrecognised,
    },
    /// It can't be told whether a run of an earlier execution has the idempotency key.
    KeyUnclear {
        mode: Mode,
        why: Unclear,
    },
    /// No run has the idempotency key that names the run.
    NoRunOfKey {
        mode: Mode,
    },
    StopAccepted {
        run: Run,
    },
    /// The run to be stopped had ended.
    StopUnneeded {
        run: Run,
        status: Status,
    },
    /// The answer to a stop was lost.
    StopUnknown {
        run: Run,
        cause: Cause,
    },
    Succeeded {
        run: Run,
    },
    Failed {
        run: Run,
        /// Its failed jobs, each with its stage.
        jobs: Vec<String>,
    },
    /// It was cancelled or skipped on the Yunxiao side.
    Canceled {
        run: Run,
    },
    /// It waits at a manual gate (人工卡点).
    AtGate {
        run: Run,
        waiting: Waiting,
        /// Whether the step succeeds then.
        is_good: bool,
        /// Jobs that have failed, each with its stage: then it is not good whatever was requested.
        failed: Vec<String>,
    },
    TimedOut {
        run: Run,
        limit: Limit,
        most: Duration,
        stop: Stop,
    },
    OtherCommit {
        run: Run,
        expected: String,
        built: Vec<String>,
        stop: Stop,
    },
    /// It succeeded, or waits at a gate, but builds another ref than the one that was requested.
    OtherRef {
        run: Run,
        asked: String,
        built: String,
        stop: Stop,
    },
    /// It waits for a person, and not at a gate.
    Blocked {
        run: Run,
        waiting: Waiting,
    },
    /// What the run waited for was approved, by this step or before it.
    Approved {
        run: Run,
        job: String,
        is_by_this_step: bool,
    },
    /// A gate was rejected.
    Rejected {
        run: Run,
        job: String,
        is_by_this_step: bool,
        /// Whether that was requested.
        is_good: bool,
    },
    /// A gate that was to be rejected had been passed, or was never reached.
    NotRejected {
        run: Run,
        job: String,
    },
    /// Its failed jobs were retried, and it was not to be followed.
    Retried {
        run: Run,
        jobs: Vec<String>,
    },
    /// Some failed jobs were retried, and another could not be.
    PartlyRetried {
        run: Run,
        jobs: Vec<String>,
        cause: Cause,
    },
    /// The run whose failed jobs were to be retried succeeded.
    RetryUnneeded {
        run: Run,
    },
    /// The run has no failed job that can be retried.
    NothingToRetry {
        run: Run,
        status: Status,
        /// The failed jobs there are, each with its stage.
        jobs: Vec<String>,
    },
    /// An approval, a rejection or a retry may have acted, and the run didn't show it in time.
    Unconfirmed {
        run: Run,
        mode: Mode,
        /// Why there was no answer, if there was none.
        cause: Option<Cause>,
    },
    /// It succeeded, or waits at a gate, but did not show that it builds the commit that was expected.
    CommitNotShown {
        run: Run,
        expected: String,
        stop: Stop,
    },
    /// It could not be read for too long.
    Lost {
        run: Run,
        cause: Cause,
    },
    Cancelled {
        signal: Signal,
        mode: Mode,
        known: Known,
    },
    /// Everything succeeded, except that an output could not be written.
    OutputLost {
        outcome: Box<Self>,
        run: Run,
        why: Text,
        /// Whether this step, run again, would start another run.
        starts_another: bool,
    },
}

impl Outcome {
    /// The one table: the exit code and the output `status` of every end.
    fn row(&self) -> (ExitCode, StatusWord) {
        match self {
            Self::Arguments | Self::Inputs(_) => (ExitCode::Input, StatusWord::None),
            Self::NotDone { cause, .. } if cause.is_about_credentials() => (ExitCode::Credentials, StatusWord::None),
            Self::Rehearsed | Self::NoRunOfKey { mode: Mode::Stop { .. } } => (ExitCode::Good, StatusWord::None),
            Self::NotDone { .. } | Self::Machine { .. } | Self::NoRunOfKey { .. } => {
                (ExitCode::NotDone, StatusWord::None)
            }
            Self::Started { .. } | Self::Retried { .. } => (ExitCode::Good, StatusWord::Started),
            Self::StartUnknown { .. } | Self::KeyUnclear { .. } => (ExitCode::StartUnknown, StatusWord::Unknown),
            Self::StopAccepted { .. } => (ExitCode::Good, StatusWord::Canceled),
            Self::StopUnneeded { status, .. } => (ExitCode::Good, StatusWord::of(*status)),
            Self::StopUnknown { .. } | Self::Lost { .. } | Self::Unconfirmed { .. } => {
                (ExitCode::LostContact, StatusWord::Unknown)
            }
            Self::Succeeded { .. } | Self::RetryUnneeded { .. } => (ExitCode::Good, StatusWord::Success),
            Self::Failed { .. } | Self::OtherCommit { .. } | Self::OtherRef { .. } | Self::CommitNotShown { .. } => {
                (ExitCode::RunFailed, StatusWord::Failed)
            }
            Self::Blocked { .. } => (ExitCode::Waiting, StatusWord::Blocked),
            Self::Canceled { .. } => (ExitCode::Canceled, StatusWord::Canceled),
            Self::AtGate { is_good: true, .. } => (ExitCode::Good, StatusWord::Gate),
            Self::AtGate { is_good: false, .. } => (ExitCode::Waiting, StatusWord::Gate),
            Self::Approved { .. } => (ExitCode::Good, StatusWord::Approved),
            Self::Rejected { is_good: true, .. } => (ExitCode::Good, StatusWord::Rejected),
            Self::Rejected { is_good: false, .. } => (ExitCode::RunFailed, StatusWord::Rejected),
            Self::NotRejected { .. } => (ExitCode::NotDone, StatusWord::Approved),
            Self::PartlyRetried { .. } => (ExitCode::LostContact, StatusWord::Started),
            Self::NothingToRetry { status, .. } => (ExitCode::NotDone, StatusWord::of(*status)),
            Self::TimedOut { .. } => (ExitCode::TimedOut, StatusWord::Timeout),
            Self::OutputLost { outcome, .. } => (ExitCode::OutputLost, outcome.row().1),
            Self::Cancelled { signal, known, .. } => (signal.code(), known.status()),
        }
    }

    pub fn exit_code(&self) -> u8 {
        self.row().0.value()
    }

    pub fn status(&self) -> StatusWord {
        self.row().1
    }

    pub fn is_good(&self) -> bool {
        self.row().0 == ExitCode::Good
    }

    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::NotDone { run, .. } => run.as_ref(),
            Self::Started { run }
            | Self::StopAccepted { run }
            | Self::StopUnneeded { run, .. }
            | Self::StopUnknown { run, .. }
            | Self::Succeeded { run }
            | Self::Failed { run, .. }
            | Self::Canceled { run }
            | Self::AtGate { run, .. }
            | Self::TimedOut { run, .. }
            | Self::OtherCommit { run, .. }
            | Self::OtherRef { run, .. }
            | Self::Blocked { run, .. }
            | Self::Approved { run, .. }
            | Self::Rejected { run, .. }
            | Self::NotRejected { run, .. }
            | Self::Retried { run, .. }
            | Self::PartlyRetried { run, .. }
            | Self::RetryUnneeded { run }
            | Self::NothingToRetry { run, .. }
            | Self::Unconfirmed { run, .. }
            | Self::CommitNotShown { run, .. }
            | Self::Lost { run, .. }
            | Self::OutputLost { run, .. } => Some(run),
            Self::Cancelled { known, .. } => known.run(),
            Self::Arguments
            | Self::Inputs(_)
            | Self::Machine { .. }
            | Self::Rehearsed
            | Self::StartUnknown { .. }
            | Self::KeyUnclear { .. }
            | Self::NoRunOfKey { .. } => None,
        }
    }

    /// The id of the request that this is about, if the service gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NotDone { cause, .. }
            | Self::StartUnknown { cause, .. }
            | Self::StopUnknown { cause, .. }
            | Self::PartlyRetried { cause, .. }
            | Self::Unconfirmed { cause: Some(cause), .. } => cause.request_id(),
            _ => None,
        }
    }

    /// What the run waits for, if that is how it ended.
    pub fn waiting(&self) -> Option<&Waiting> {
        match self {
            Self::AtGate { waiting, .. } | Self::Blocked { waiting, .. } => Some(waiting),
            Self::OutputLost { outcome, .. } => outcome.waiting(),
            _ => None,
        }
    }

    /// What is known of the run, where the step is cancelled at its very end.
    pub fn known(self, is_left: bool) -> Known {
        let Some(run) = self.run().cloned() else {
            return match self {
                Self::StartUnknown { unrecognised, .. } => Known::MayHaveStarted(unrecognised),
                Self::Cancelled { known, .. } => known,
                _ => Known::Nothing,
            };
        };
        let stop = match self {
            Self::Cancelled { known, .. } => return known,
            Self::NotDone { mode: Mode::Stop { .. }, cause, .. } => Stop::Refused(cause),
            Self::NotDone { .. }
            | Self::NotRejected { .. }
            | Self::NothingToRetry { .. }
            | Self::Approved { is_by_this_step: false, .. }
            | Self::Rejected { is_by_this_step: false, .. } => return Known::Untouched(run),
            Self::Rejected { is_by_this_step: true, .. } => return Known::Rejected(run),
            Self::Unconfirmed { .. } => return Known::MayHaveActed(run),
            Self::StopAccepted { .. } => Stop::Accepted,
            Self::StopUnneeded { status, .. } => Stop::Ended(status),
            Self::StopUnknown { .. } => Stop::Unknown,
            Self::Succeeded { .. } | Self::RetryUnneeded { .. } => Stop::Ended(Status::Succeeded),
            Self::Failed { .. } => Stop::Ended(Status::Failed),
            Self::Canceled { .. } => Stop::Ended(Status::Canceled),
            Self::TimedOut { stop, .. }
            | Self::OtherCommit { stop, .. }
            | Self::OtherRef { stop, .. }
            | Self::CommitNotShown { stop, .. } => stop,
            _ => Stop::NotSent,
        };
        Known::Run { run, stop, is_left }
    }
}
