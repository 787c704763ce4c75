//! The runs of an idempotency key: before a start, the pipeline's runs are read as after a lost answer, from the newest down
//! to the end of the window. A run with the key that is still running is joined, one that succeeded is reused.

mod seen;

use std::collections::BTreeSet;
use std::time::Duration;

pub(super) use seen::Sought;
use seen::{Runs, Seen, State};

use super::built::Asked;
use super::cancel::Cancel;
use super::marker::Key;
use super::search::{Ended, Round, Search};
use crate::transport::Transport;
use crate::yunxiao::Flow;

/// What the pipeline's runs say about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found<R> {
    Run(R),
    Nothing,
    /// It is unclear whether these have the key, or they are being stopped.
    Dark {
        runs: Vec<u64>,
    },
    /// The window has more runs than are read.
    TooMany,
}

/// A run with the key, and what it means for a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// It is still running.
    Running { run: u64 },
    Succeeded {
        run: u64,
        /// Runs of the pipeline that came after it, the newest first.
        newer: Vec<u64>,
    },
    /// It was started with other parameters.
    OtherRequest { run: u64 },
    /// It is of this CI job but was started with other parameters, so it is other work.
    Unrelated { run: u64 },
}

/// Searches for the runs with a key until they are known, or the time is up.
pub(super) async fn look<T: Transport>(
    flow: &Flow<'_, T>,
    sought: &Sought<'_>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Result<Found<Work>, Ended> {
    let mut search = Search::new(flow, Runs::new(flow.clock, sought, false));
    search.until(budget, cancel, |search, round| decide(&search.runs(), &round, sought)).await
}

/// Searches for the newest run with a key, regardless of its parameters and its result.
pub(super) async fn newest<T: Transport>(
    flow: &Flow<'_, T>,
    name: &str,
    window: Option<Duration>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Result<Found<u64>, Ended> {
    let (key, asked) = (Key { name: name.to_owned(), request: String::new() }, Asked::default());
    let sought = Sought { key: &key, is_auto: true, window, reuses: true, asked: &asked, commit: None };
    let mut search = Search::new(flow, Runs::new(flow.clock, &sought, true));
    search.until(budget, cancel, |search, round| pick(&search.runs(), &round)).await
}

/// A run, and what is known of it; nothing if it could not be read.
type Known<'a> = (u64, Option<&'a Seen>);

/// What the runs mean for a start: one that is still running is joined, otherwise one that succeeded is reused,
/// otherwise one with other parameters is refused.
fn decide(runs: &[Known<'_>], round: &Round, sought: &Sought<'_>) -> Option<Found<Work>> {
    let ours = originals(runs);
    let counting = || ours.iter().filter(|ours| sought.counts(ours.is_same_request, ours.state));
    let that = |state: State| move |ours: &&Original| ours.is_same_request && ours.state == state;
    let candidate = (counting().find(that(State::GoesOn)))
        .or_else(|| counting().rfind(that(State::Succeeded)))
        .or_else(|| counting().next_back());
    let work = candidate.map(|&Original { index, run, is_same_request, state }| match state {
        _ if !is_same_request => Work::OtherRequest { run },
        State::Succeeded => {
            Work::Succeeded { run, newer: runs[index + 1..].iter().rev().map(|(run, _)| *run).collect() }
        }
        _ => Work::Running { run },
    });
    // An older run whose remark it may copy, or that should be joined or reused instead.
    let open = &runs[..candidate.map_or(runs.len(), |candidate| candidate.index)];
    match conclude(work, runs, open, round)? {
        Found::Nothing => {
            let is_work = |ours: &&Original| matches!(ours.state, State::GoesOn | State::Succeeded);
            let other = ours.iter().filter(|ours| !ours.is_same_request).rfind(is_work);
            Some(other.map_or(Found::Nothing, |ours| Found::Run(Work::Unrelated { run: ours.run })))
        }
        found => Some(found),
    }
}

/// The newest that is still running or is being stopped, otherwise the newest: once every run that came after it is
/// known.
fn pick(runs: &[Known<'_>], round: &Round) -> Option<Found<u64>> {
    let ours = originals(runs);
    let going = ours.iter().rfind(|ours| matches!(ours.state, State::GoesOn | State::Stopping));
    let open = match (going, ours.last()) {
        (Some(_), _) => &[],
        (None, Some(last)) => &runs[last.index..],
        (None, None) => runs,
    };
    conclude(going.or(ours.last()).map(|ours| ours.run), runs, open, round)
}

/// What can be said by now, if anything: what the runs come to, once all are listed and none of those is dark that could
/// change it, or when the time is up.
fn conclude<R>(found: Option<R>, runs: &[Known<'_>], open: &[Known<'_>], round: &Round) -> Option<Found<R>> {
    let is_dark =
        |seen: Option<&Seen>| matches!(seen, None | Some(Seen::Dark | Seen::Ours { state: State::Stopping, .. }));
    // A failed run that was not read only matters if another run may have copied its remark.
    let may_change = |seen: Option<&Seen>| is_dark(seen) || (found.is_some() && seen == Some(&Seen::Failed));
    let has_to_wait = !round.is_complete || open.iter().any(|(_, seen)| may_change(*seen));
    let dark: Vec<u64> = runs.iter().filter(|(_, seen)| is_dark(*seen)).map(|(run, _)| *run).collect();
    match found {
        _ if round.is_exhausted && !round.is_complete => Some(Found::TooMany),
        Some(found) if round.is_last => Some(Found::Run(found)),
        None if round.is_last && !dark.is_empty() => Some(Found::Dark { runs: dark }),
        _ if has_to_wait => None,
        found => Some(found.map_or(Found::Nothing, Found::Run)),
    }
}

/// A run with the key, and its place in the list.
struct Original {
    index: usize,
    run: u64,
    is_same_request: bool,
    state: State,
}

/// The runs with the key. Ids increase, and a remark can be copied only from a run that exists: of several with one
/// marker the lowest is the one.
fn originals(runs: &[Known<'_>]) -> Vec<Original> {
    let mut starts = BTreeSet::new();
    let ours = runs.iter().enumerate().filter_map(|(index, &(run, seen))| match seen {
        Some(Seen::Ours { start, is_same_request, state }) => {
            let (is_same_request, state) = (*is_same_request, *state);
            starts.insert(start).then_some(Original { index, run, is_same_request, state })
        }
        _ => None,
    });
    ours.collect()
}

#[cfg(test)]
mod tests;
