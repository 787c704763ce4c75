//! Every way to end but well, and its exit code. [`report`] has the words.

mod report;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::inputs::Complaint;
use crate::run::Stop;
use crate::run::cancel::Signal;
use crate::run::follow::state::Limit;
use crate::text::Text;
use crate::yunxiao::{Cause, Source};

/// Why the program ends without having done all it was asked for.
#[derive(Debug)]
pub enum Error {
    /// The program was called with arguments.
    Arguments,
    /// Inputs are missing or wrong.
    Inputs(Vec<Complaint>),
    /// The output file can't be opened.
    OutputFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can be sent from this machine: its randomness, its signals or its TLS do not work.
    Machine {
        /// What does not work.
        what: Text,
    },
    /// Certainly nothing was done: the service refused, or could not be reached.
    Refused {
        /// What was to be done.
        deed: Deed,
        /// The run it was to be done with, if that is known to exist or was named to be stopped.
        run: Option<Run>,
        /// Why it was not.
        refusal: Refused,
    },
    /// This job has no identity token to sign in with: certainly nothing was done.
    NoIdentity {
        /// What was to be done.
        deed: Deed,
        /// What happened, and what to do.
        what: Text,
        /// Whether the host refused it.
        is_refused: bool,
    },
    /// A run may have been started, and none could be recognised.
    Unknown {
        /// What happened.
        cause: Cause,
        /// Where the request went.
        host: String,
        /// Why the runs could not be read, if that was refused.
        refused: Option<Cause>,
        /// What to look for, and where.
        unrecognised: Unrecognised,
    },
    /// Nobody can say whether the run was stopped.
    StopLost {
        /// What happened.
        cause: Cause,
        /// Where the request went.
        host: String,
        /// The run.
        run: Run,
    },
    /// All was done but that an output could not be written.
    OutputLost {
        /// What was done.
        deed: Deed,
        /// The run.
        run: Run,
        /// What the system said.
        source: io::Error,
    },
    /// A run was followed, and did not come to the end that was asked for.
    Followed {
        /// The run.
        run: Run,
        /// What it came to.
        ending: Ending,
    },
    /// The step was cancelled.
    Interrupted {
        /// The first signal.
        signal: Signal,
        /// What is known of the run.
        interruption: Interruption,
    },
}

/// A run that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: u64,
    /// Its page.
    pub url: String,
}

/// What the program was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To start a run.
    Start,
    /// To follow one.
    Follow,
    /// To stop one.
    Stop,
}

/// Why the service did not do what it was asked for.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What happened.
    pub cause: Cause,
    /// Where the request was to go.
    pub host: String,
    /// Whether the credentials were temporary ones.
    pub has_security_token: bool,
}

/// What to look for where a run could not be recognised.
#[derive(Debug)]
pub struct Unrecognised {
    /// What its remark holds, if there is a run.
    pub marker: String,
    /// Where the pipeline's runs are listed.
    pub runs_url: String,
    /// The pages of runs that may be it, the newest first.
    pub candidates: Vec<String>,
}

/// What a run that was followed came to.
#[derive(Debug)]
pub enum Ending {
    /// It failed.
    Failed {
        /// Its failed jobs, each with its stage.
        jobs: Vec<String>,
    },
    /// It was cancelled or skipped on the other side.
    Canceled,
    /// It stands at a gate.
    AtGate,
    /// It took too long.
    TimedOut {
        /// What it exceeded.
        limit: Limit,
        /// How long that was.
        most: Duration,
        /// What became of stopping it.
        stop: Stop,
    },
    /// It builds another commit than the one that was expected.
    OtherCommit {
        /// The commit that was expected.
        expected: String,
        /// What it builds.
        built: Vec<Source>,
        /// What became of stopping it.
        stop: Stop,
    },
    /// It succeeded, but did not show that it built the commit that was expected.
    CommitNotShown {
        /// The commit that was expected.
        expected: String,
    },
    /// It could not be looked at for too long.
    Lost(Refused),
}

/// What is known of the run when the step was cancelled.
#[derive(Debug)]
pub enum Interruption {
    /// Certainly nothing was started.
    Nothing,
    /// A run may have been started.
    Unknown(Unrecognised),
    /// The run is known.
    Run {
        /// The run.
        run: Run,
        /// The service's host.
        host: String,
        /// What became of stopping it.
        stop: Stop,
        /// Whether it was asked to be left.
        asked: bool,
    },
}

impl Error {
    /// The exit code; the README's table says what each means.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments | Self::Inputs(_) | Self::OutputFile { .. } => 2,
            Self::Refused { refusal, .. } if refusal.cause.is_about_credentials() => 3,
            Self::NoIdentity { is_refused: true, .. } => 3,
            Self::Refused { .. } | Self::NoIdentity { .. } | Self::Machine { .. } => 4,
            Self::Unknown { .. } => 5,
            Self::OutputLost { .. } => 9,
            Self::StopLost { .. } => 10,
            Self::Followed { ending, .. } => match ending {
                Ending::Failed { .. } | Ending::OtherCommit { .. } | Ending::CommitNotShown { .. } => 1,
                Ending::TimedOut { .. } => 6,
                Ending::Canceled => 7,
                Ending::AtGate => 8,
                Ending::Lost(_) => 10,
            },
            Self::Interrupted { signal, .. } => signal.exit_code(),
        }
    }

    /// The output `status` of this end.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::StopLost { .. } => "unknown",
            Self::Followed { ending, .. } => match ending {
                Ending::Failed { .. } | Ending::OtherCommit { .. } | Ending::CommitNotShown { .. } => "failed",
                Ending::TimedOut { .. } => "timeout",
                Ending::Canceled => "canceled",
                Ending::AtGate => "gate",
                Ending::Lost(_) => "unknown",
            },
            Self::Interrupted { interruption, .. } => match interruption {
                Interruption::Nothing => "",
                Interruption::Unknown(_) => "unknown",
                Interruption::Run { stop, .. } => match stop {
                    Stop::Accepted => "canceled",
                    Stop::Ended(status) => status.output(),
                    Stop::Untried | Stop::Refused(_) => "started",
                    Stop::Sent => "unknown",
                },
            },
            _ => "",
        }
    }

    /// The run, if it is known.
    #[must_use]
    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::Refused { run, .. } => run.as_ref(),
            Self::OutputLost { run, .. }
            | Self::StopLost { run, .. }
            | Self::Followed { run, .. }
            | Self::Interrupted { interruption: Interruption::Run { run, .. }, .. } => Some(run),
            _ => None,
        }
    }

    /// The id of the request that this is about, if the service gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused { deed: Deed::Start | Deed::Stop, refusal: Refused { cause, .. }, .. }
            | Self::Unknown { cause, .. }
            | Self::StopLost { cause, .. } => cause.request_id(),
            _ => None,
        }
    }
}
