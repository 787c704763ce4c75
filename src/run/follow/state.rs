//! Following a run: a pure function from what is known, one more look at the run, and the time, to what is known then,
//! what to say, and when to look again or how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::news::News;
use crate::inputs::{Follow, OnGate};
use crate::yunxiao::{Cause, RunDetail, Source, Stage, Status};

/// The pause between two looks grows with the time since the first, between these two. The longest leaves a quarter of a
/// second to the request, so that an end is noticed within twelve seconds.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(11_750);

/// The pause after a look that failed; each further one is twice as long.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// Where the run is, as far as time limits are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No job has begun.
    Queued,
    /// A job has begun.
    Running,
    /// Nothing goes on until a person lets it.
    Gate,
    /// It has been cancelled, and has not ended yet.
    Stopping,
    /// It has ended, or is followed no longer.
    Ended,
}

/// A limit that a run can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `queue-timeout`
    Queue,
    /// `timeout`
    Run,
}

/// How following ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The run ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// It was cancelled or skipped on the other side.
    Canceled,
    /// It stands at a gate, and is not to be waited for there.
    AtGate,
    /// It took too long.
    TimedOut(Limit),
    /// Its sources show commits, and none is the one that was expected.
    OtherCommit,
    /// It ended well, but not every source showed its commit, and none the one that was expected.
    CommitNotShown,
    /// It could not be looked at for too long, last of all for this reason.
    Lost(Cause),
}

/// One look at the run.
#[derive(Clone, Copy, Debug)]
pub enum Look<'a> {
    /// This was seen.
    Seen(&'a RunDetail),
    /// Nothing was, for this reason.
    Failed(&'a Cause),
}

/// What to do then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Look again after a pause.
    Look {
        /// The pause.
        after: Duration,
    },
    /// Look no more.
    End(End),
}

/// What is known of a run that is followed.
#[derive(Clone, Debug)]
pub struct Following {
    began: Duration,
    last_look: Duration,
    phase: Phase,
    queued: Duration,
    ran: Duration,
    /// Since when looks have failed, and how many.
    failing: Option<(Duration, u32)>,
    jobs: BTreeMap<(u64, String), (Status, bool)>,
    words: BTreeSet<String>,
    has_expected_commit: bool,
    has_said_queued: bool,
}

impl Following {
    /// Begins to follow, at a time that goes on from any origin.
    #[must_use]
    pub fn begin(now: Duration) -> Self {
        Self {
            began: now,
            last_look: now,
            phase: Phase::Queued,
            queued: Duration::ZERO,
            ran: Duration::ZERO,
            failing: None,
            jobs: BTreeMap::new(),
            words: BTreeSet::new(),
            has_expected_commit: false,
            has_said_queued: false,
        }
    }

    /// Where the run was at the last look.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes one more look; yields what to say, and when to look again or how it ended.
    #[must_use]
    pub fn advance(&mut self, rules: &Follow, look: Look<'_>, now: Duration) -> (Vec<News>, Next) {
        // The time since the last look was spent where the run was then.
        let passed = now.saturating_sub(self.last_look);
        match self.phase {
            Phase::Queued => self.queued += passed,
            Phase::Running | Phase::Stopping => self.ran += passed,
            Phase::Gate | Phase::Ended => {}
        }
        self.last_look = now;
        let mut news = Vec::new();
        let end = match look {
            Look::Seen(run) => self.see(rules, run, &mut news).or_else(|| self.exceeded(rules)),
            // Where the run is now, nobody knows: no limit is judged on that, and patience has an end of its own.
            Look::Failed(cause) => self.fail(rules, cause, now, &mut news),
        };
        let next = match end {
            Some(end) => {
                self.phase = Phase::Ended;
                Next::End(end)
            }
            None => Next::Look { after: self.pause(rules, now) },
        };
        (news, next)
    }

    fn see(&mut self, rules: &Follow, run: &RunDetail, news: &mut Vec<News>) -> Option<End> {
        if self.failing.take().is_some_and(|(_, count)| count > 1) {
            news.push(News::InSight);
        }
        self.compare(run, news);
        if let Some(expected) = &rules.expected_commit {
            let shown = |source: &Source| source.commits.contains(expected);
            self.has_expected_commit |= run.sources.iter().any(shown);
            let all_show = !run.sources.is_empty() && run.sources.iter().all(|source| !source.commits.is_empty());
            if all_show && !self.has_expected_commit {
                return Some(End::OtherCommit);
            }
        }
        let good_end = |end| {
            let is_as_expected = rules.expected_commit.is_none() || self.has_expected_commit;
            Some(if is_as_expected { end } else { End::CommitNotShown })
        };
        match run.status {
            Status::Succeeded => return good_end(End::Succeeded),
            Status::Failed => return Some(End::Failed),
            Status::Canceled | Status::Skipped => return Some(End::Canceled),
            Status::Waiting | Status::Running | Status::Stopping | Status::Unknown => {}
        }
        let before = self.phase;
        self.phase = phase(run, before);
        if before != self.phase && self.phase == Phase::Stopping {
            news.push(News::Stopping);
        }
        if self.phase == Phase::Queued && !self.has_said_queued {
            self.has_said_queued = true;
            news.push(News::Queued);
        }
        match (self.phase, rules.on_gate) {
            (Phase::Gate, OnGate::Succeed) => good_end(End::AtGate),
            (Phase::Gate, OnGate::Fail) => Some(End::AtGate),
            _ => None,
        }
    }

    /// What has changed since the last look.
    fn compare(&mut self, run: &RunDetail, news: &mut Vec<News>) {
        let jobs = run.jobs().map(|(_, job)| (job.status, &job.word));
        for (status, word) in jobs.chain([(run.status, &run.word)]) {
            if status == Status::Unknown && !word.is_empty() && self.words.insert(word.clone()) {
                news.push(News::UnknownWord(word.clone()));
            }
        }
        for (Stage { name: stage, .. }, job) in run.jobs() {
            let now = (job.status, job.is_open_gate);
            let before = self.jobs.insert((job.id, format!("{stage}/{}", job.name)), now);
            let (stage, name) = (stage.clone(), job.name.clone());
            if before == Some(now) || (before.is_none() && job.status == Status::Waiting && !job.is_open_gate) {
                continue;
            }
            news.push(if job.is_open_gate {
                News::Gate { stage, job: name }
            } else {
                let is_again = before.is_some_and(|(status, _)| status.is_over() && !job.status.is_over());
                News::Job { stage, job: name, status: job.status, took: job.took(), is_again }
            });
        }
    }

    fn fail(&mut self, rules: &Follow, cause: &Cause, now: Duration, news: &mut Vec<News>) -> Option<End> {
        let (since, count) = self.failing.unwrap_or((now, 0));
        self.failing = Some((since, count + 1));
        // One failure is no news: a connection that was kept for long is often found closed.
        if count == 1 {
            news.push(News::OutOfSight);
        }
        let is_out_of_patience = rules.patience.is_some_and(|patience| now.saturating_sub(since) >= patience);
        (count > 0 && is_out_of_patience).then(|| End::Lost(cause.clone()))
    }

    /// The limit of where the run is now, and the time it has spent there.
    fn limit(&self, rules: &Follow) -> Option<(Limit, Duration, Duration)> {
        match self.phase {
            Phase::Queued => Some((Limit::Queue, rules.queue_timeout?, self.queued)),
            Phase::Running | Phase::Stopping => Some((Limit::Run, rules.timeout?, self.ran)),
            Phase::Gate | Phase::Ended => None,
        }
    }

    fn exceeded(&self, rules: &Follow) -> Option<End> {
        let (limit, most, spent) = self.limit(rules)?;
        (spent >= most).then_some(End::TimedOut(limit))
    }

    /// When to look again: at the end of a limit at the latest.
    fn pause(&self, rules: &Follow, now: Duration) -> Duration {
        let usual = (now.saturating_sub(self.began) / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let (usual, left) = match self.failing {
            None => (usual, self.limit(rules).map(|(_, most, spent)| most.saturating_sub(spent))),
            Some((since, count)) => {
                let pause = PAUSE_AFTER_FAILURE.saturating_mul(1 << (count - 1).min(10)).min(LONGEST_PAUSE);
                let spent = now.saturating_sub(since);
                // A look that fails for the first time at the very end of all patience gets one more.
                (pause, rules.patience.map(|patience| patience.saturating_sub(spent).max(PAUSE_AFTER_FAILURE)))
            }
        };
        left.map_or(usual, |left| usual.min(left))
    }
}

/// Where a run that has not ended is.
fn phase(run: &RunDetail, before: Phase) -> Phase {
    if run.status == Status::Stopping {
        return Phase::Stopping;
    }
    let (mut is_at_gate, mut goes_on, mut has_begun) = (false, false, before != Phase::Queued);
    for (_, job) in run.jobs() {
        is_at_gate |= job.is_open_gate;
        goes_on |= !job.is_open_gate && matches!(job.status, Status::Running | Status::Stopping);
        has_begun |=
            job.started.is_some() || !matches!(job.status, Status::Waiting | Status::Skipped | Status::Unknown);
    }
    match () {
        // A gate beside a job that goes on holds up nothing yet.
        () if is_at_gate && !goes_on => Phase::Gate,
        () if has_begun => Phase::Running,
        () => Phase::Queued,
    }
}
