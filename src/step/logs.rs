//! Which job's log is read, when, and how much of it is shown.
//!
//! The service sends a log whole each time, so what was shown before is read again and skipped, and a long log is read
//! seldom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::cancel::Cancel;
use super::context::{Step, Surroundings};
use crate::host::Fold;
use crate::inputs::Logs;
use crate::log::{Lines, Relay};
use crate::redaction::Foreign;
use crate::transport::Transport;
use crate::yunxiao::call::read_log::ReadLog;
use crate::yunxiao::{Certainty, Deployment, Job, RunDetail, Setback, Status};

/// How many of a failed job's last lines are shown, and how many bytes of them at most.
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 16 * 1024;

/// A log that grows is read again no sooner than this, and no sooner than all of it could be read at this many bytes a
/// second: a long log must not be fetched over and over.
const PAUSE: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: u64 = 64 * 1024;

/// How often a log that grows no more is requested in vain: because it can't be read, or is said to have more lines.
/// The pause between grows from this to the usual one.
const MOST_FAILURES: u32 = 6;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How many logs are requested at once, and how many more each second: whatever a run's detail says, the number of
/// requests is bounded by time.
const BURST: u64 = 100;
const PER_SECOND: u64 = 2;

/// Which log: the call that reads it, its job's stage and name, and, where several are the same in all of that, which of
/// them it is.
type Key = (ReadLog, String, usize);

/// What has been read of a run's logs.
pub(super) struct LogReader {
    mode: Logs,
    run: u64,
    logs: BTreeMap<Key, Log>,
    /// Jobs that are gates: nothing runs there, so nothing is logged.
    gates: BTreeSet<u64>,
    asked: u64,
}

/// What has been read of a job's log.
#[derive(Default)]
struct Log {
    /// How many bytes of it have been shown.
    shown: u64,
    tail: Tail,
    next: Duration,
    /// It grows no more.
    is_last: bool,
    failures: u32,
    /// Nothing of it is left to be read.
    is_done: bool,
}

/// A log that is to be read now.
pub(super) struct Due {
    key: Key,
    /// It grows no more.
    is_last: bool,
}

impl Due {
    /// Whose log it is, for people.
    pub(super) fn name(&self) -> &str {
        &self.key.1
    }
}

impl LogReader {
    pub(super) fn new(mode: Logs, run: u64) -> Self {
        Self { mode, run, logs: BTreeMap::new(), gates: BTreeSet::new(), asked: 0 }
    }

    /// The logs that it is time to read, the one that has waited longest first. What grows no more is read at once.
    pub(super) fn due(&mut self, run: &RunDetail, now: Duration) -> Vec<Due> {
        self.gates.extend(run.jobs().filter(|(_, job)| job.is_open_gate()).map(|(_, job)| job.id));
        let mut due = Vec::new();
        for (key, job) in self.keys(run) {
            let is_over = job.status.is_over() || run.status.is_over();
            if !is_over && self.logs.get(&key).is_some_and(|log| log.is_last) {
                // Someone has retried the job: its log begins anew.
                self.logs.remove(&key);
            }
            if !self.wants(job) {
                continue;
            }
            let log = self.logs.entry(key.clone()).or_default();
            if is_over && !log.is_last {
                (log.is_last, log.next, log.failures) = (true, now, 0);
            }
            // After the run's end nothing is gained by waiting, unless for the service.
            let is_time = log.next <= now || (run.status.is_over() && log.failures == 0);
            if !log.is_done && is_time {
                due.push((log.next, Due { key, is_last: log.is_last }));
            }
        }
        due.sort_by_key(|(next, _)| *next);
        due.into_iter().map(|(_, due)| due).collect()
    }

    /// Takes one of the requests that there are for logs, if there is one left. `following` is for how long the run has been
    /// followed.
    pub(super) fn may_ask(&mut self, following: Duration) -> bool {
        let may = self.asked < BURST + PER_SECOND * following.as_secs();
        self.asked += u64::from(may);
        may
    }

    /// The logs that a run has, each with its job. A host deployment has none, but each of its machines has.
    fn keys<'r>(&self, run: &'r RunDetail) -> Vec<(Key, &'r Job)> {
        let mut keys = Vec::new();
        let mut counts = BTreeMap::new();
        for (stage, job) in run.jobs() {
            let name = format!("{} > {}", stage.name, job.name);
            let calls = match &job.deployment {
                None => vec![(ReadLog::Job { run: self.run, job: job.id }, name)],
                Some(Deployment { order, failed_machines, .. }) => {
                    let log = |machine: &Foreign| {
                        let call = ReadLog::Machine { order: *order, machine: machine.raw().to_owned() };
                        (call, format!("{name} > {machine}"))
                    };
                    failed_machines.iter().map(log).collect()
                }
            };
            for (call, name) in calls {
                let count = counts.entry((call.clone(), name.clone())).or_insert(0);
                keys.push(((call, name, *count), job));
                *count += 1;
            }
        }
        keys
    }

    /// Whether a log that grows no more is still to be read.
    pub(super) fn is_behind(&self, run: &RunDetail) -> bool {
        let is_to_be_read = |log: &Log| log.is_last && !log.is_done;
        self.keys(run).iter().any(|(key, job)| self.wants(job) && self.logs.get(key).is_some_and(is_to_be_read))
    }

    /// Whether a log is not asked for any more, though it could not be read.
    pub(super) fn is_given_up(&self, due: &Due) -> bool {
        self.logs.get(&due.key).is_some_and(|log| log.is_done && log.failures > 0)
    }

    fn wants(&self, job: &Job) -> bool {
        let is_wanted = match self.mode {
            Logs::None => false,
            Logs::Failed => job.status == Status::Failed,
            Logs::All => job.status.is_over() && job.status != Status::Skipped || job.status == Status::Running,
        };
        // A job without an id can't be asked about.
        is_wanted && job.id > 0 && !self.gates.contains(&job.id)
    }

    /// Reads a log and shows what is new in it. When this is dropped on the way, what was shown stays counted, and the rest
    /// is read again unless the step is cancelled.
    pub(super) async fn read<T: Transport>(&mut self, step: &Step<'_, T>, due: &Due) -> Result<(), Setback> {
        let Step { flow, cancel, .. } = step;
        let Surroundings { host, screen, .. } = step.surroundings;
        let (clock, random) = (flow.clock, flow.random);
        let log = self.logs.entry(due.key.clone()).or_default();
        let is_whole = self.mode == Logs::All;
        if !is_whole {
            (log.shown, log.tail) = (0, Tail::default());
        }
        let fold = Fold { title: due.name().to_owned(), id: random.identifier(), is_closed_at_first: is_whole };
        let relay = Relay::new(*host, screen, clock.now(), fold);
        let mut attempt = Attempt { log, relay, is_whole, cancel };
        let Attempt { log, relay, .. } = &mut attempt;
        let secrets = flow.caller.redaction();
        let mut lines = Lines::new(&secrets);
        let (before, mut to_skip, mut arrived) = (log.shown, log.shown, 0);
        let now = clock.elapsed();
        log.next = now + PAUSE;
        let answer = flow
            .read_log(&due.key.0, async |piece: &[u8]| {
                arrived += piece.len() as u64;
                log.next = now + PAUSE.max(Duration::from_secs(arrived / BYTES_A_SECOND));
                let skipped = usize::try_from(to_skip).map_or(piece.len(), |skip| skip.min(piece.len()));
                to_skip -= skipped as u64;
                lines.feed(&piece[skipped..], &mut |line| {
                    log.tail.push(line);
                    if is_whole {
                        relay.push(line);
                    }
                });
                relay.flush().await;
                log.shown = before + lines.ended();
            })
            .await;
        let goes_on = match answer {
            Ok(goes_on) => goes_on,
            Err(setback) => {
                log.fail(clock.elapsed());
                // A log that can't be read stays so. One that isn't there yet may come, and credentials are renewed.
                let is_final = setback.certainty == Certainty::Refused && !setback.cause.is_expiry();
                log.is_done |= is_final && (due.is_last || !setback.cause.is_not_found());
                return Err(setback);
            }
        };
        if due.is_last && goes_on && log.failures + 1 < MOST_FAILURES {
            // Its last lines, which say why it failed, are still to come.
            log.fail(clock.elapsed());
            return Ok(());
        }
        log.failures = 0;
        if to_skip > 0 {
            // It is shorter than what was shown: it is a different log now.
            **log = Log { is_last: log.is_last, next: log.next, ..Log::default() };
            if due.is_last {
                log.next = clock.elapsed();
            }
        } else if due.is_last {
            lines.finish(&mut |line| {
                log.tail.push(line);
                if is_whole {
                    relay.push(line);
                }
            });
            if !is_whole {
                log.tail.0.iter().for_each(|line| relay.push(line));
            }
            relay.flush().await;
            log.is_done = true;
        }
        Ok(())
    }

    /// The last lines of each job that failed, by its id.
    pub(super) fn tails(&self, run: &RunDetail) -> BTreeMap<u64, Vec<String>> {
        let mut tails: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for (key, job) in self.keys(run).into_iter().filter(|(_, job)| job.status == Status::Failed) {
            let tail = self.logs.get(&key).into_iter().flat_map(|log| log.tail.0.iter().cloned());
            tails.entry(job.id).or_default().extend(tail);
        }
        tails
    }
}

/// A log that is being read. Cut short, what was shown last is read again.
struct Attempt<'a> {
    log: &'a mut Log,
    relay: Relay<'a>,
    is_whole: bool,
    cancel: &'a Cancel,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.cancel.requested().is_none() {
            let again = self.relay.forget();
            if self.is_whole {
                self.log.tail.pop(again);
            }
        }
    }
}

impl Log {
    /// Takes note of an attempt in vain. While the log grows there is no end to them.
    fn fail(&mut self, now: Duration) {
        self.failures += 1;
        self.is_done = self.is_last && self.failures >= MOST_FAILURES;
        self.next = now + PAUSE_AFTER_FAILURE.saturating_mul(1 << (self.failures - 1).min(10)).min(PAUSE);
    }
}

/// The last lines of something.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: &str) {
        self.0.push_back(line.to_owned());
        let mut bytes: usize = self.0.iter().map(String::len).sum();
        while self.0.len() > TAIL_LINES || (bytes > TAIL_BYTES && self.0.len() > 1) {
            bytes -= self.0.pop_front().map_or(0, |line| line.len());
        }
    }

    fn pop(&mut self, count: usize) {
        self.0.truncate(self.0.len().saturating_sub(count));
    }
}
