//! The phase of a run for the time limits, and the time spent in it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::inputs::Follow;
use crate::outcome::Limit;
use crate::yunxiao::{RunDetail, Status};

/// The phase of a run for the time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Queued,
    Running,
    /// The run waits for an approval.
    Gate,
    /// The run waits for a person to act in another way.
    Blocked,
    /// It has been cancelled, and has not ended yet.
    Stopping,
    /// It has ended, or is no longer followed.
    Ended,
}

impl Phase {
    /// The phase of a run that has not ended, given its previous phase.
    pub(super) fn then(self, run: &RunDetail) -> Self {
        if run.status == Status::Stopping {
            return Self::Stopping;
        }
        let (mut is_at_gate, mut is_blocked, mut goes_on, mut has_begun) = (false, false, false, self != Self::Queued);
        for (_, job) in run.jobs() {
            is_at_gate |= job.is_open_gate();
            is_blocked |= job.blocker.is_some();
            goes_on |=
                job.blocker.is_none() && matches!(job.status, Status::Running | Status::Stopping | Status::Unknown);
            has_begun |=
                job.started.is_some() || !matches!(job.status, Status::Waiting | Status::Skipped | Status::Unknown);
        }
        match () {
            // A waiting job does not block the run while another job runs.
            () if is_at_gate && !goes_on => Self::Gate,
            () if is_blocked && !goes_on => Self::Blocked,
            () if has_begun => Self::Running,
            () => Self::Queued,
        }
    }
}

/// The time a run has spent in phases with limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    queued: Duration,
    ran: Duration,
    /// How long the run has waited at each open gate, by job id.
    gates: BTreeMap<u64, Duration>,
}

impl Spent {
    /// Adds time that was spent in a phase.
    pub(super) fn add(&mut self, phase: Phase, passed: Duration) {
        match phase {
            Phase::Queued => self.queued += passed,
            Phase::Running | Phase::Blocked | Phase::Stopping => self.ran += passed,
            Phase::Gate => self.gates.values_mut().for_each(|waited| *waited += passed),
            Phase::Ended => {}
        }
    }

    /// Records the gates that are open now.
    pub(super) fn see(&mut self, run: &RunDetail) {
        let open: Vec<u64> = run.jobs().filter(|(_, job)| job.is_open_gate()).map(|(_, job)| job.id).collect();
        self.gates.retain(|gate, _| open.contains(gate));
        for gate in open {
            self.gates.entry(gate).or_default();
        }
    }

    /// The limit of the current phase, and the time spent in it.
    pub(super) fn limit(&self, phase: Phase, rules: &Follow) -> Option<(Limit, Duration, Duration)> {
        match phase {
            Phase::Queued => Some((Limit::Queue, rules.queue_timeout?, self.queued)),
            Phase::Running | Phase::Blocked | Phase::Stopping => Some((Limit::Run, rules.timeout?, self.ran)),
            Phase::Gate => Some((Limit::Gate, rules.gate_timeout?, self.gates.values().max().copied()?)),
            Phase::Ended => None,
        }
    }
}
