//! Searching for a run after an ambiguous response to its start: until one has the marker, or is older than the start.

use std::time::{Duration, SystemTime};

use super::cancel::Cancel;
use super::search::{Ended, Judge, Round, Search, Then};
use crate::clock::Clock;
use crate::transport::Transport;
use crate::yunxiao::call::list_runs::Row;
use crate::yunxiao::{Cause, Flow, Owner, RunDetail};

/// A run created this long before the start was sent, by the service's clock, ends the search.
const MARGIN: Duration = Duration::from_mins(5);

/// A run created this long before the start was sent is neither waited for nor listed as a candidate while its remark
/// can't be seen. Longer than any two of the service's clocks should differ.
const LIKELY: Duration = Duration::from_secs(30);

/// How far a clock may be off before the service refuses it; what is added to the margin while the service's own time is
/// not known, and for a run that can't show its remark yet: the service's own clocks may be apart.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(15);

/// The start to look for.
pub(super) struct Sought<'a> {
    /// The complete remark that was sent.
    pub(super) remark: &'a str,
    pub(super) marker: &'a str,
    /// When it was sent, by the time since the clock was started.
    pub(super) sent: Duration,
}

/// The result of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The run, and others that have the same marker because a person copied the remark.
    Run { run: u64, copies: Vec<u64> },
    Nothing {
        /// Why reading was refused, if that is what ended it.
        refused: Option<Cause>,
        candidates: Vec<u64>,
    },
}

/// Searches until the run is found or the time is up.
pub(super) async fn look<T: Transport>(
    flow: &Flow<'_, T>,
    sought: &Sought<'_>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Found {
    let mut search = Search::new(flow, Start { clock: flow.clock, sought });
    let found = search.until(budget, cancel, |search, Round { is_last, .. }| {
        find(&search.runs(), is_last, cancel.requested().is_some())
    });
    match found.await {
        Ok(found) => found,
        Err(Ended { refused, .. }) => {
            let may_be =
                |seen: Option<&Seen>| matches!(seen, None | Some(Seen::Ours | Seen::Open { .. } | Seen::Early));
            let candidates = search.runs().into_iter().filter(|(_, seen)| may_be(*seen)).map(|(run, _)| run).collect();
            Found::Nothing { refused, candidates }
        }
    }
}

/// What is known of a run that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Ours,
    Another,
    /// It is unclear whose it is, and it was created around the start.
    Open {
        /// It has no jobs yet, so its remark can't be seen yet.
        unborn: bool,
    },
    /// The same, but it was created too long before the start to be ours.
    Unlikely,
    /// It has no jobs yet, and was created before the start by clocks that may be apart: it is not waited for, but not
    /// ruled out.
    Early,
    /// It was created long before the start was sent.
    TooOld,
}

/// The start to search for, by both clocks.
struct Start<'a> {
    clock: &'a Clock,
    sought: &'a Sought<'a>,
}

impl Judge for Start<'_> {
    type Seen = Seen;
    const ENDS_EARLY: bool = false;

    fn row(&self, _: &Row) -> Option<Seen> {
        None
    }

    fn run(&self, detail: &RunDetail) -> Seen {
        match detail.owner(self.sought.remark, self.sought.marker) {
            Owner::Ours => Seen::Ours,
            Owner::Unborn if self.is_older(detail.created, MARGIN + CLOCK_TOLERANCE) => Seen::TooOld,
            Owner::Unborn if self.is_older(detail.created, LIKELY) => Seen::Early,
            _ if self.is_older(detail.created, MARGIN) => Seen::TooOld,
            Owner::Another => Seen::Another,
            _ if self.is_older(detail.created, LIKELY) => Seen::Unlikely,
            owner => Seen::Open { unborn: owner == Owner::Unborn },
        }
    }

    fn then(seen: &Seen) -> Then {
        match seen {
            Seen::TooOld => Then::End,
            Seen::Ours | Seen::Another => Then::Settled,
            Seen::Open { .. } | Seen::Unlikely | Seen::Early => Then::Again,
        }
    }
}

impl Start<'_> {
    /// Whether a run was created so long before the start was sent, by the service's clock.
    fn is_older(&self, created: Option<SystemTime>, margin: Duration) -> bool {
        let (sent, margin) = match self.clock.server_at(self.sought.sent) {
            Some(sent) => (sent, margin),
            None => (self.clock.at(self.sought.sent), margin + CLOCK_TOLERANCE),
        };
        created.is_some_and(|created| created + margin < sent)
    }
}

/// The run, if it can be identified. Ids increase, and a remark can be copied only from a run that exists: the lowest is ours,
/// unless a lower one may be. One that has no jobs yet is waited for while there is time; one that can't be read may be ours
/// for good. Once the step is cancelled, there is no time to copy a remark either.
fn find(runs: &[(u64, Option<&Seen>)], is_last: bool, is_cancelled: bool) -> Option<Found> {
    let mut ours = runs.iter().filter(|(_, seen)| *seen == Some(&Seen::Ours)).map(|(run, _)| *run);
    let run = ours.next()?;
    let is_waited_for = |seen: Option<&Seen>| match seen {
        Some(Seen::Open { unborn }) => *unborn && !is_cancelled && !is_last,
        None => !(is_last && is_cancelled),
        _ => false,
    };
    let has_to_wait = runs.iter().any(|(lower, seen)| *lower < run && is_waited_for(*seen));
    (!has_to_wait).then(|| Found::Run { run, copies: ours.collect() })
}
