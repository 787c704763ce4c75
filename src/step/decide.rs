//! Following a run: a pure function that takes the state, one more poll of the run and the time, and returns the new
//! state, what to log, and when to poll again or how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use super::phase::Phase;

use super::built::{Asked, Difference};
use super::event::Event;
use super::gate;
use super::phase::Spent;
use crate::inputs::{Follow, OnGate};
use crate::outcome::{Outcome, Run, Stop, Waiting};
use crate::yunxiao::{Blocker, Cause, Job, RunDetail, Stage, Status};

/// The pause between two polls grows with the time since the first, between these two. The longest leaves a quarter of a
/// second to the request, so that an end is noticed within twelve seconds.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(11_750);

/// How many words that are not known are said, each once.
const MOST_WORDS: usize = 20;

/// The pause after a poll that failed; each further one is twice as long.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// One poll of the run.
#[derive(Clone, Copy, Debug)]
pub enum Poll<'a> {
    Seen(&'a RunDetail),
    Failed(&'a Cause),
}

/// What to do then.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Poll { after: Duration },
    End(Outcome),
}

/// The state of a followed run.
#[derive(Clone, Debug)]
pub struct Following {
    run: Run,
    asked: Asked,
    began: Duration,
    last_poll: Duration,
    phase: Phase,
    spent: Spent,
    /// Since when polls have failed, and how many.
    failing: Option<(Duration, u32)>,
    /// By id, stage and name, and which of several that are the same in all of these.
    jobs: BTreeMap<(u64, String, usize), (Status, Option<Blocker>)>,
    words: BTreeSet<String>,
    has_expected_commit: bool,
    has_said_queued: bool,
    is_seen: bool,
    /// The ref that the run builds instead of the one that was requested.
    other_ref: Option<Difference>,
}

impl Following {
    /// Begins to follow, at a time counted from any origin.
    pub fn begin(run: Run, asked: Asked, now: Duration) -> Self {
        Self {
            run,
            asked,
            began: now,
            last_poll: now,
            phase: Phase::Queued,
            spent: Spent::default(),
            failing: None,
            jobs: BTreeMap::new(),
            words: BTreeSet::new(),
            has_expected_commit: false,
            has_said_queued: false,
            is_seen: false,
            other_ref: None,
        }
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes one more poll; returns what to log, and when to poll again or how it ended.
    #[must_use]
    pub fn advance(&mut self, rules: &Follow, poll: Poll<'_>, now: Duration) -> (Vec<Event>, Next) {
        // The time since the last poll counts for the phase at that poll.
        let passed = now.saturating_sub(self.last_poll);
        self.spent.add(self.phase, passed);
        self.last_poll = now;
        let mut events = Vec::new();
        let end = match poll {
            Poll::Seen(run) => self.see(rules, run, &mut events).or_else(|| self.exceeded(rules)),
            // The run's phase is unknown: no limit applies, and patience has its own limit.
            Poll::Failed(cause) => self.fail(rules, cause, now, &mut events),
        };
        let next = match end {
            Some(end) => {
                self.phase = Phase::Ended;
                Next::End(end)
            }
            None => Next::Poll { after: self.pause(rules, now) },
        };
        (events, next)
    }

    fn see(&mut self, rules: &Follow, run: &RunDetail, events: &mut Vec<Event>) -> Option<Outcome> {
        if self.failing.take().is_some_and(|(_, count)| count > 1) {
            events.push(Event::ContactRestored);
        }
        self.is_seen = true;
        self.compare(run, events);
        if let Some(expected) = &rules.expected_commit {
            let (commits, are_all) = self.asked.commits(run);
            self.has_expected_commit |= commits.contains(expected);
            if are_all && !self.has_expected_commit {
                return Some(self.other_commit(expected, run));
            }
        }
        if let Some(difference) = self.asked.other_ref(run) {
            let is_new = self.other_ref.as_ref() != Some(&difference);
            if is_new && self.other_ref.as_ref().is_none_or(|before| !before.is_certain) {
                events.push(Event::OtherRef(difference.clone()));
                self.other_ref = Some(difference);
            }
        }
        match run.status {
            Status::Succeeded => {
                let unconfirmed = self.unconfirmed(rules, run);
                return Some(unconfirmed.unwrap_or_else(|| Outcome::Succeeded { run: self.run.clone() }));
            }
            Status::Failed => return Some(Outcome::Failed { run: self.run.clone(), jobs: failed_jobs(run) }),
            Status::Canceled | Status::Skipped => return Some(Outcome::Canceled { run: self.run.clone() }),
            Status::Waiting | Status::Running | Status::Stopping | Status::Unknown => {}
        }
        let before = self.phase;
        self.phase = before.then(run);
        if before != self.phase && self.phase == Phase::Stopping {
            events.push(Event::Stopping);
        }
        if self.phase == Phase::Queued && !self.has_said_queued {
            self.has_said_queued = true;
            events.push(Event::Queued);
        }
        self.spent.see(run);
        match (self.phase, rules.on_gate) {
            (Phase::Gate | Phase::Blocked, OnGate::Succeed | OnGate::Fail) => self.blocked(rules, run),
            _ => None,
        }
    }

    /// How it ends when it waits for someone and this step does not. Only at gates, and if nothing has failed, that may
    /// be a good end.
    fn blocked(&self, rules: &Follow, run: &RunDetail) -> Option<Outcome> {
        let blocked: Vec<_> = run.jobs().filter_map(|(stage, job)| Some((stage, job, job.blocker?))).collect();
        let other = blocked.iter().find(|(_, _, blocker)| *blocker != Blocker::Gate);
        let (stage, job, blocker) = other.or(blocked.first())?;
        let waiting = Waiting { blocker: *blocker, job: gate::title(stage, job), gate: gate::name_of(run, stage, job) };
        let named = self.run.clone();
        if *blocker != Blocker::Gate {
            return Some(Outcome::Blocked { run: named, waiting });
        }
        let failed = failed_jobs(run);
        let is_good = rules.on_gate == OnGate::Succeed && failed.is_empty();
        let unconfirmed = if is_good { self.unconfirmed(rules, run) } else { None };
        Some(unconfirmed.unwrap_or(Outcome::AtGate { run: named, waiting, is_good, failed }))
    }

    /// Why a run without failures is not a success: it did not show that it builds what was requested.
    pub fn unconfirmed(&self, rules: &Follow, run: &RunDetail) -> Option<Outcome> {
        let (named, stop) = (self.run.clone(), as_it_is(run));
        match (&rules.expected_commit, &self.other_ref) {
            (Some(expected), _) if !self.has_expected_commit => {
                let expected = expected.clone();
                Some(if self.asked.commits(run).1 {
                    self.other_commit(&expected, run)
                } else {
                    Outcome::CommitNotShown { run: named, expected, stop }
                })
            }
            (_, Some(Difference { asked, built, is_certain: true })) => {
                Some(Outcome::OtherRef { run: named, asked: asked.clone(), built: built.clone(), stop })
            }
            _ => None,
        }
    }

    fn other_commit(&self, expected: &str, run: &RunDetail) -> Outcome {
        let stop = as_it_is(run);
        let (expected, built) = (expected.to_owned(), self.asked.describe(run));
        Outcome::OtherCommit { run: self.run.clone(), expected, built, stop }
    }

    fn compare(&mut self, run: &RunDetail, events: &mut Vec<Event>) {
        let jobs = run.jobs().map(|(_, job)| (job.status, &job.word));
        for (status, word) in jobs.chain([(run.status, &run.word)]) {
            let is_new = status == Status::Unknown && !word.is_empty() && !self.words.contains(word);
            if is_new && self.words.len() < MOST_WORDS {
                self.words.insert(word.clone());
                events.push(Event::UnknownWord(word.clone()));
            }
        }
        let mut counts = BTreeMap::new();
        for (Stage { name: stage, .. }, job) in run.jobs() {
            let now = (job.status, job.blocker);
            let (id, name) = (job.id, format!("{stage}/{}", job.name));
            let count = counts.entry((id, name.clone())).or_insert(0);
            *count += 1;
            let before = self.jobs.insert((id, name, *count), now);
            let (stage, name) = (stage.to_string(), job.name.to_string());
            if before == Some(now) || (before.is_none() && now == (Status::Waiting, None)) {
                continue;
            }
            events.push(if let Some(blocker) = job.blocker {
                Event::Blocked { stage, job: name, blocker }
            } else {
                let is_again = before.is_some_and(|(status, _)| status.is_over() && !job.status.is_over());
                Event::Job {
                    stage,
                    job: name,
                    status: job.status,
                    took: job.took(),
                    is_again,
                    reason: job.reason.clone(),
                }
            });
        }
    }

    fn fail(&mut self, rules: &Follow, cause: &Cause, now: Duration, events: &mut Vec<Event>) -> Option<Outcome> {
        let (since, count) = self.failing.unwrap_or((now, 0));
        self.failing = Some((since, count + 1));
        // A single failure is not reported: a long-lived connection is often found closed.
        if count == 1 {
            events.push(if self.is_seen { Event::ContactLost } else { Event::Unseen });
        }
        let is_out_of_patience = rules.patience.is_some_and(|patience| now.saturating_sub(since) >= patience);
        (count > 0 && is_out_of_patience).then(|| Outcome::Lost { run: self.run.clone(), cause: cause.clone() })
    }

    fn exceeded(&self, rules: &Follow) -> Option<Outcome> {
        let (limit, most, spent) = self.spent.limit(self.phase, rules)?;
        (spent >= most).then(|| Outcome::TimedOut { run: self.run.clone(), limit, most, stop: Stop::NotSent })
    }

    /// When to poll again: at the end of a limit at the latest.
    fn pause(&self, rules: &Follow, now: Duration) -> Duration {
        let usual = (now.saturating_sub(self.began) / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let (usual, left) = match self.failing {
            None => (usual, self.spent.limit(self.phase, rules).map(|(_, most, spent)| most.saturating_sub(spent))),
            Some((since, count)) => {
                let pause = PAUSE_AFTER_FAILURE.saturating_mul(1 << (count - 1).min(10)).min(LONGEST_PAUSE);
                let spent = now.saturating_sub(since);
                // If the first failed poll is at the very end of the patience, there is one more.
                (pause, rules.patience.map(|patience| patience.saturating_sub(spent).max(PAUSE_AFTER_FAILURE)))
            }
        };
        left.map_or(usual, |left| usual.min(left))
    }
}

/// The stop of a run that was not stopped.
fn as_it_is(run: &RunDetail) -> Stop {
    if run.status.is_over() { Stop::Ended(run.status) } else { Stop::NotSent }
}

/// The failed jobs, each with its stage and its reason.
pub fn failed_jobs(run: &RunDetail) -> Vec<String> {
    let failed = run.jobs().filter(|(_, job)| job.status == Status::Failed);
    let reason = |reason: &String| format!(": {reason}");
    let line = |(stage, job): (&Stage, &Job)| {
        format!("{}{}", gate::title(stage, job), job.reason.as_ref().map(reason).unwrap_or_default())
    };
    failed.map(line).collect()
}
