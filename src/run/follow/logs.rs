//! Which job's log is read, when, and how much of it is shown.
//!
//! The service sends a log whole each time, so what was shown before is read again and passed over, and a long log is read
//! seldom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::host::Fold;
use crate::inputs::Logs;
use crate::report::{Lines, Relay};
use crate::run::Surroundings;
use crate::transport::Transport;
use crate::yunxiao::{Flow, Job, RunDetail, Setback, Status};

/// How many of a failed job's last lines are shown, and how many bytes of them at most.
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 16 * 1024;

/// A log that grows is read again no sooner than this, and no sooner than all of it could be read at this many bytes a
/// second: a long log must not be fetched over and over.
const PAUSE: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: u64 = 64 * 1024;

/// How often a log is asked for that can't be read, and the pause between.
const MOST_FAILURES: u32 = 3;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What has been read of a run's logs.
pub(super) struct LogReader {
    mode: Logs,
    logs: BTreeMap<u64, Log>,
    /// Jobs that are gates: nothing runs there, so nothing is logged.
    gates: BTreeSet<u64>,
}

/// What has been read of a job's log.
#[derive(Default)]
struct Log {
    /// How many bytes of it have been shown.
    shown: u64,
    /// Its last lines.
    tail: Tail,
    /// When it may be read again.
    next: Duration,
    /// It grows no more.
    is_last: bool,
    failures: u32,
    /// Nothing of it is left to be read.
    is_done: bool,
}

/// A log that is to be read now.
pub(super) struct Due {
    job: u64,
    /// Its stage's and its job's name.
    pub(super) name: String,
    /// It grows no more.
    is_last: bool,
}

impl LogReader {
    pub(super) fn new(mode: Logs) -> Self {
        Self { mode, logs: BTreeMap::new(), gates: BTreeSet::new() }
    }

    /// The next log to be read, if it is time for one. What grows no more is read at once.
    pub(super) fn next_due(&mut self, run: &RunDetail, now: Duration) -> Option<Due> {
        self.gates.extend(run.jobs().filter(|(_, job)| job.is_open_gate).map(|(_, job)| job.id));
        run.jobs().find_map(|(stage, job)| {
            let is_over = job.status.is_over() || run.status.is_over();
            if !is_over && self.logs.get(&job.id).is_some_and(|log| log.is_last) {
                // Somebody has retried the job: its log begins anew.
                self.logs.remove(&job.id);
            }
            if !self.wants(job) {
                return None;
            }
            let log = self.logs.entry(job.id).or_default();
            if is_over && !log.is_last {
                log.is_last = true;
                log.next = now;
            }
            let is_due = !log.is_done && log.next <= now;
            let name = format!("{} > {}", stage.name, job.name);
            is_due.then_some(Due { job: job.id, name, is_last: log.is_last })
        })
    }

    /// Whether a log that grows no more is still to be read.
    pub(super) fn is_behind(&self) -> bool {
        self.logs.values().any(|log| log.is_last && !log.is_done)
    }

    fn wants(&self, job: &Job) -> bool {
        let is_wanted = match self.mode {
            Logs::None => false,
            Logs::Failed => job.status == Status::Failed,
            Logs::All => job.status.is_over() && job.status != Status::Skipped || job.status == Status::Running,
        };
        is_wanted && !self.gates.contains(&job.id)
    }

    /// Reads a log and shows what is new in it. When this is dropped on the way, what was shown stays counted.
    pub(super) async fn read<T: Transport>(
        &mut self,
        flow: &Flow<'_, T>,
        surroundings: &Surroundings<'_>,
        run: u64,
        due: &Due,
    ) -> Result<(), Setback> {
        let Surroundings { host, clock, random, screen, .. } = surroundings;
        let log = self.logs.entry(due.job).or_default();
        let is_whole = self.mode == Logs::All;
        if !is_whole {
            (log.shown, log.tail) = (0, Tail::default());
        }
        let fold = Fold { title: due.name.clone(), id: random.identifier(), is_closed_at_first: is_whole };
        let mut relay = Relay::new(*host, screen, clock.now(), fold);
        let secrets = flow.secrets();
        let mut lines = Lines::new(&secrets);
        let (before, mut to_skip, mut arrived) = (log.shown, log.shown, 0);
        let now = clock.elapsed();
        let answer = flow
            .read_log(run, due.job, &mut |piece| {
                arrived += piece.len() as u64;
                log.next = now + PAUSE.max(Duration::from_secs(arrived / BYTES_A_SECOND));
                let skipped = usize::try_from(to_skip).map_or(piece.len(), |skip| skip.min(piece.len()));
                to_skip -= skipped as u64;
                lines.feed(&piece[skipped..], &mut |line| {
                    log.tail.push(line);
                    if is_whole {
                        relay.show(line);
                    }
                });
                log.shown = before + lines.ended();
                relay.flush();
            })
            .await;
        if let Err(setback) = answer {
            log.failures += 1;
            log.is_done = log.failures >= MOST_FAILURES;
            log.next = clock.elapsed() + PAUSE_AFTER_FAILURE;
            return Err(setback);
        }
        log.failures = 0;
        if to_skip > 0 {
            // It is shorter than what was shown of it: another log stands there now.
            *log = Log { is_last: log.is_last, next: log.next, ..Log::default() };
            if due.is_last {
                log.next = clock.elapsed();
            }
        } else if due.is_last {
            lines.finish(&mut |line| {
                log.tail.push(line);
                if is_whole {
                    relay.show(line);
                }
            });
            log.is_done = true;
            if !is_whole {
                log.tail.0.iter().for_each(|line| relay.show(line));
            }
        }
        Ok(())
    }

    /// The last lines of each job that failed.
    pub(super) fn tails(&self, run: &RunDetail) -> BTreeMap<u64, Vec<String>> {
        let failed = run.jobs().filter(|(_, job)| job.status == Status::Failed);
        let tail = |id| Some((id, self.logs.get(&id)?.tail.0.iter().cloned().collect()));
        failed.filter_map(|(_, job)| tail(job.id)).collect()
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
}
