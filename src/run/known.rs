//! What is known of the run while the job is under way: what is reported when it has to end at once.

use std::cell::RefCell;

use crate::transport::Gate;
use crate::yunxiao::{Cause, Status};

/// What became of stopping a run.
#[derive(Clone, Debug, Default)]
pub enum Stop {
    /// Nothing was sent.
    #[default]
    Untried,
    /// A stop is on its way, or its answer was lost.
    Sent,
    /// It was accepted.
    Accepted,
    /// The run had ended already.
    Ended(Status),
    /// It was refused.
    Refused(Cause),
}

/// How far the job has come.
#[derive(Clone, Debug, Default)]
pub(super) enum Progress {
    /// Certainly nothing was started.
    #[default]
    Nothing,
    /// A start is about to be sent, or has been.
    Sending(Gate),
    /// A start was sent, and nobody can say whether it acted.
    Lost,
    /// The run is known.
    Run {
        /// Its id.
        run: u64,
        /// What became of stopping it.
        stop: Stop,
    },
}

/// What is known, for whoever has to ask.
#[derive(Default)]
pub(super) struct Known {
    progress: RefCell<Progress>,
    candidates: RefCell<Vec<u64>>,
}

impl Known {
    pub(super) fn set(&self, progress: Progress) {
        self.progress.replace(progress);
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Notes the runs that could be ours, as far as can be seen.
    pub(super) fn set_candidates(&self, candidates: Vec<u64>) {
        self.candidates.replace(candidates);
    }

    pub(super) fn candidates(&self) -> Vec<u64> {
        self.candidates.borrow().clone()
    }
}
