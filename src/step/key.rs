//! The runs of an idempotency key: before a start, the pipeline's runs are read as after a lost answer, from the newest down
//! to the end of the window. One that carries the key and goes on is joined, one that succeeded is reused.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::built::Asked;
use super::cancel::Cancel;
use super::marker::{Key, Marker};
use super::search::{Ended, Judge, Round, Search, Then};
use crate::clock::Clock;
use crate::redaction::Foreign;
use crate::transport::Transport;
use crate::yunxiao::call::list_runs::Row;
use crate::yunxiao::{Flow, Remark, RunDetail, Status};

/// The most runs that are read for a key.
const MOST_READ: usize = 500;

/// How far the service's clock may be from ours while no answer of it has said the time.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(15);

/// What is looked for.
pub(super) struct Sought<'a> {
    pub(super) key: &'a Key,
    /// Whether the key names this CI job rather than a piece of work: then another request is other work.
    pub(super) is_auto: bool,
    pub(super) window: Option<Duration>,
    /// Whether a run that succeeded is as good as another.
    pub(super) reuses: bool,
    pub(super) asked: &'a Asked,
    pub(super) commit: Option<&'a str>,
}

/// What the pipeline's runs say about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No run with the key goes on or has succeeded.
    Nothing {
        /// One of this CI job that was asked for something else, which makes it other work.
        other: Option<u64>,
    },
    /// It goes on.
    Running { run: u64 },
    Succeeded {
        run: u64,
        /// Runs of the pipeline that came after it, the newest first.
        newer: Vec<u64>,
    },
    /// It carries the key, and was asked for something else.
    OtherRequest { run: u64 },
    /// It can't be said of these whose they are, or they are being stopped.
    Dark { runs: Vec<u64> },
    /// There are more runs in the window than are read.
    TooMany,
}

/// Looks for the runs of a key until it is known what they are, or the time is up.
pub(super) async fn look<T: Transport>(
    flow: &Flow<'_, T>,
    sought: &Sought<'_>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Result<Found, Ended> {
    let judge = Runs { clock: flow.clock, sought, reads_failed: Cell::new(false) };
    let mut search = Search::new(flow, judge);
    search
        .until(budget, cancel, |search, round| {
            let decision = decide(&search.runs(), &round, search.is_exhausted(), sought);
            match decision {
                Decision::Found(found) => Some(found),
                Decision::ReadFailed => {
                    search.judge().reads_failed.set(true);
                    None
                }
                Decision::Wait => None,
            }
        })
        .await
}

/// The run that a key names, where no other is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Newest {
    Run(u64),
    Nothing,
    /// It can't be said of these whose they are.
    Dark {
        runs: Vec<u64>,
    },
    /// There are more runs in the window than are read.
    TooMany,
}

/// Looks for the newest run of a key, whatever it was asked for and however it ended.
pub(super) async fn newest<T: Transport>(
    flow: &Flow<'_, T>,
    name: &str,
    window: Option<Duration>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Result<Newest, Ended> {
    let (key, asked) = (Key { name: name.to_owned(), request: String::new() }, Asked::default());
    let sought = Sought { key: &key, is_auto: true, window, reuses: true, asked: &asked, commit: None };
    let judge = Runs { clock: flow.clock, sought: &sought, reads_failed: Cell::new(true) };
    let mut search = Search::new(flow, judge);
    search.until(budget, cancel, |search, round| pick(&search.runs(), &round, search.is_exhausted())).await
}

/// The newest that goes on, else the newest: once every run that came after it is known.
fn pick(runs: &[(u64, Option<&Seen>)], round: &Round, is_exhausted: bool) -> Option<Newest> {
    let ours = originals(runs);
    let going = ours.iter().rev().find(|(.., state)| matches!(state, State::GoesOn | State::Stopping));
    let picked = going.or(ours.last()).map(|(run, ..)| *run);
    let dark: Vec<u64> =
        runs.iter().filter(|(_, seen)| matches!(seen, None | Some(Seen::Dark))).map(|(run, _)| *run).collect();
    match picked {
        _ if is_exhausted && !round.is_complete => Some(Newest::TooMany),
        Some(run)
            if round.is_last || (round.is_complete && (going.is_some() || dark.iter().all(|dark| *dark < run))) =>
        {
            Some(Newest::Run(run))
        }
        None if round.is_last && !dark.is_empty() => Some(Newest::Dark { runs: dark }),
        None if round.is_complete && dark.is_empty() => Some(Newest::Nothing),
        _ => None,
    }
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// It carries the key.
    Ours { start: String, is_same_request: bool, state: State },
    /// It has another key or none, or did not build what is asked for.
    Another,
    /// It has not ended, and its remark can't be seen yet; or the service has cut the remark.
    Dark,
    /// It has ended, and not well; it was not read.
    Failed,
    /// It was created before the window.
    TooOld,
}

/// Where a run is that carries the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    GoesOn,
    /// It is being stopped.
    Stopping,
    Succeeded,
    Failed,
}

struct Runs<'a> {
    clock: &'a Clock,
    sought: &'a Sought<'a>,
    /// Whether runs that have failed are read too: one of them may be what the remark of another was copied from.
    reads_failed: Cell<bool>,
}

impl Judge for Runs<'_> {
    type Seen = Seen;
    const MOST_READ: usize = MOST_READ;
    const ENDS_EARLY: bool = true;

    fn row(&self, row: &Row) -> Option<Seen> {
        // One that goes on is read, however old it is.
        if row.status.is_over() && self.is_too_old(row.started) {
            return Some(Seen::TooOld);
        }
        let has_failed = row.status.is_over() && row.status != Status::Succeeded;
        (has_failed && !self.reads_failed.get()).then_some(Seen::Failed)
    }

    fn run(&self, detail: &RunDetail) -> Seen {
        if detail.status.is_over() && self.is_too_old(detail.created) {
            return Seen::TooOld;
        }
        let state = match detail.status {
            Status::Succeeded => State::Succeeded,
            Status::Stopping => State::Stopping,
            status if status.is_over() => State::Failed,
            _ => State::GoesOn,
        };
        let unseen = if state == State::Failed { Seen::Another } else { Seen::Dark };
        let Sought { key, asked, commit, .. } = self.sought;
        let Some(Remark { text, markers }) = &detail.remark else { return unseen };
        let Some(remark) = text.as_ref().map(Foreign::raw).filter(|text| !text.trim().is_empty()) else {
            // Its parameters hold the key, but not where a remark stands.
            let is_named = markers.iter().any(|marker| marker.contains(&key.name));
            return if is_named { unseen } else { Seen::Another };
        };
        match Marker::read(remark) {
            Some(Marker { start, key: Some(Key { name, request }) }) if name == key.name => {
                let is_other = |detail: &RunDetail| {
                    asked.other_ref(detail).is_some_and(|difference| difference.is_certain)
                        || commit.is_some_and(|commit| {
                            // One that shows no commit is told so when it is followed.
                            let (commits, are_all) = asked.commits(detail);
                            are_all && !commits.iter().any(|built| built == commit)
                        })
                };
                if state == State::Succeeded && is_other(detail) {
                    return Seen::Another;
                }
                Seen::Ours { start, is_same_request: request == key.request, state }
            }
            None if Marker::is_cut(remark) => unseen,
            _ => Seen::Another,
        }
    }

    fn then(seen: &Seen) -> Then {
        match seen {
            Seen::TooOld => Then::End,
            Seen::Another | Seen::Ours { state: State::GoesOn | State::Succeeded | State::Failed, .. } => Then::Settled,
            Seen::Dark | Seen::Failed | Seen::Ours { state: State::Stopping, .. } => Then::Again,
        }
    }
}

impl Runs<'_> {
    fn is_too_old(&self, moment: Option<SystemTime>) -> bool {
        let elapsed = self.clock.elapsed();
        // Where the two clocks are apart, the window is the longer for it.
        let (now, tolerance) = match self.clock.server_at(elapsed) {
            Some(now) => (now.min(self.clock.at(elapsed) + CLOCK_TOLERANCE), Duration::ZERO),
            None => (self.clock.at(elapsed), CLOCK_TOLERANCE),
        };
        let window = self.sought.window.map(|window| window.saturating_add(tolerance));
        let end = moment.zip(window).and_then(|(moment, window)| moment.checked_add(window));
        end.is_some_and(|end| end < now)
    }
}

enum Decision {
    Found(Found),
    Wait,
    /// Runs that have failed have to be read before it can be said.
    ReadFailed,
}

/// The rule, a pure function of what has been seen.
fn decide(runs: &[(u64, Option<&Seen>)], round: &Round, is_exhausted: bool, sought: &Sought<'_>) -> Decision {
    let ours = originals(runs);
    let that = |is_same: bool, state: State| {
        let fits = move |(_, same, its): &&(u64, bool, State)| *same == is_same && *its == state;
        ours.iter().filter(fits).map(|(run, ..)| *run)
    };
    let reused = || if sought.reuses { that(true, State::Succeeded).next_back() } else { None };
    let others = that(false, State::GoesOn).chain(that(false, State::Succeeded)).max();
    let (other, refused) = if sought.is_auto { (others, None) } else { (None, others) };
    let candidate = (that(true, State::GoesOn).next().map(|run| (run, Found::Running { run })))
        .or_else(|| reused().map(|run| (run, Found::Succeeded { run, newer: newer(runs, run) })))
        .or_else(|| refused.map(|run| (run, Found::OtherRequest { run })));
    let is_dark =
        |seen: Option<&Seen>| matches!(seen, None | Some(Seen::Dark | Seen::Ours { state: State::Stopping, .. }));
    let dark: Vec<u64> = runs.iter().filter(|(_, seen)| is_dark(*seen)).map(|(run, _)| *run).collect();
    let is_waited_for = |lower: &u64| candidate.as_ref().is_none_or(|(run, _)| lower < run);
    let has_failed =
        |(run, _): &(u64, Found)| runs.iter().any(|(lower, seen)| lower < run && *seen == Some(&Seen::Failed));
    match candidate {
        _ if is_exhausted && !round.is_complete => Decision::Found(Found::TooMany),
        Some((_, found)) if round.is_last => Decision::Found(found),
        None if round.is_last && !dark.is_empty() => Decision::Found(Found::Dark { runs: dark }),
        _ if !round.is_complete => Decision::Wait,
        Some(candidate) if has_failed(&candidate) => Decision::ReadFailed,
        _ if !dark.iter().any(is_waited_for) => {
            Decision::Found(candidate.map_or(Found::Nothing { other }, |(_, found)| found))
        }
        _ => Decision::Wait,
    }
}

/// The runs that carry the key, each with whether it was asked for the same. Ids go up, and a remark can be copied only from a
/// run that exists: of several with one marker the lowest is the one.
fn originals(runs: &[(u64, Option<&Seen>)]) -> Vec<(u64, bool, State)> {
    let mut starts = BTreeSet::new();
    let ours = runs.iter().filter_map(|(run, seen)| match seen {
        Some(Seen::Ours { start, is_same_request, state }) => {
            starts.insert(start).then_some((*run, *is_same_request, *state))
        }
        _ => None,
    });
    ours.collect()
}

/// The runs that came after one, the newest first.
fn newer(runs: &[(u64, Option<&Seen>)], run: u64) -> Vec<u64> {
    runs.iter().rev().map(|(newer, _)| *newer).take_while(|newer| *newer > run).collect()
}

#[cfg(test)]
mod tests;
