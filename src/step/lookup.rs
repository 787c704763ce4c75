//! Looking for a run whose start was answered by nothing certain.
//!
//! The service has no idempotency key, and its list of runs neither a creation time nor a remark. So the runs are read
//! one by one, the newest first, until one carries the marker or is older than the start.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use super::cancel::Cancel;
use crate::transport::Transport;
use crate::yunxiao::call::get_run::GetRun;
use crate::yunxiao::call::list_runs::ListRuns;
use crate::yunxiao::{Cause, Certainty, Flow, Owner, Setback};

/// A run created this long before the start was sent, by the service's clock, ends the search.
const MARGIN: Duration = Duration::from_mins(5);

/// A run created this long before the start was sent is not waited for, nor called a candidate, while its remark is not to
/// be seen. Longer than any two of the service's clocks should be apart.
const LIKELY: Duration = Duration::from_secs(30);

/// How many runs in a row may be unreadable before a round ends.
const MOST_FAILURES: u32 = 3;

/// The least time a round gets.
const SHORTEST_ROUND: Duration = Duration::from_secs(10);

/// How far a clock may be off before the service refuses it; what is added to the margin while the service's own time is
/// not known, and for a run that can't show its remark yet: the service's own clocks may be apart.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(15);

/// How long is looked when `retry-timeout` sets no limit.
const LONGEST_SEARCH: Duration = Duration::from_mins(10);

/// The first pause between two rounds; they grow to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// More pages than any search needs; what ends a list that never ends.
const MOST_PAGES: usize = 1000;

/// The start to look for.
pub(super) struct Sought<'a> {
    /// The whole remark it was sent with.
    pub(super) remark: &'a str,
    pub(super) marker: &'a str,
    /// When it was sent, by the time since the clock was started.
    pub(super) sent: Duration,
}

/// What became of a search.
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

/// Looks until the run is found or the time is up.
pub(super) async fn look<T: Transport>(
    flow: &Flow<'_, T>,
    sought: &Sought<'_>,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Found {
    let begin = flow.clock.elapsed();
    let budget = budget.unwrap_or(LONGEST_SEARCH);
    let mut search = Search { flow, sought, seen: BTreeMap::new(), refused: None };
    let mut pause = FIRST_PAUSE;
    loop {
        let left = budget.saturating_sub(flow.clock.elapsed().saturating_sub(begin));
        let round = timeout(left.max(SHORTEST_ROUND), search.round(cancel)).await.unwrap_or(Ok(()));
        let left = budget.saturating_sub(flow.clock.elapsed().saturating_sub(begin));
        let is_over = cancel.is_over() || (cancel.requested().is_none() && left.is_zero());
        if let Some(found) = search.found(is_over, cancel.requested().is_some()) {
            return found;
        }
        match round {
            Err(Setback { certainty: Certainty::Refused, cause }) => return search.nothing(Some(cause)),
            _ if is_over => {
                let refused = search.refused.take();
                return search.nothing(refused);
            }
            _ => {}
        }
        // The last round is at the very end of the time.
        cancel.pause(pause.min(left), CANCELLED_PAUSE).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// What is known of a run in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Ours,
    Another,
    Unread,
    /// It can't be said whose it is, and it was created around the start.
    Open {
        /// It has no jobs yet, so its remark is still to come.
        unborn: bool,
    },
    /// The same, but it was created so long before the start that it is hardly ours.
    Unlikely,
    /// It has no jobs yet, and was created before the start by clocks that may be apart: it is not waited for, but not
    /// ruled out.
    Early,
    /// It was created long before the start was sent.
    TooOld,
}

struct Search<'a, T> {
    flow: &'a Flow<'a, T>,
    sought: &'a Sought<'a>,
    seen: BTreeMap<u64, Seen>,
    /// Why a run could not be read, if that was refused.
    refused: Option<Cause>,
}

impl<T: Transport> Search<'_, T> {
    /// Reads the list once and every run in it that may be ours. A list that goes down from the newest run is read only
    /// as far as the search goes; any other is read whole first.
    async fn round(&mut self, cancel: &Cancel) -> Result<(), Setback> {
        let (mut waiting, mut token, mut lowest) = (Vec::new(), None, u64::MAX);
        let mut descends = true;
        for _ in 0..MOST_PAGES {
            let Some(page) = cancel.hurry(self.flow.ask(&ListRuns(token.as_deref()))).await else { return Ok(()) };
            let page = page?;
            for run in &page.runs {
                descends &= *run < lowest;
                lowest = *run;
            }
            waiting.extend(page.runs);
            if descends && self.read(std::mem::take(&mut waiting), cancel).await {
                return Ok(());
            }
            if page.next.is_none() || page.next == token {
                break;
            }
            token = page.next;
        }
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        self.read(waiting, cancel).await;
        Ok(())
    }

    /// Reads these runs, from the newest down; yields whether the round is at its end. A run that can't be read now may be
    /// in the next round; when several in a row can't, so may the rest.
    async fn read(&mut self, runs: Vec<u64>, cancel: &Cancel) -> bool {
        // A signal may end this early; what was listed and not read must not be forgotten.
        for run in &runs {
            self.seen.entry(*run).or_insert(Seen::Unread);
        }
        let mut failures = 0;
        for run in runs {
            match self.seen.get(&run) {
                Some(Seen::TooOld) => return true,
                Some(Seen::Ours | Seen::Another) => continue,
                Some(Seen::Unread | Seen::Open { .. } | Seen::Unlikely | Seen::Early) | None => {}
            }
            let Some(detail) = cancel.hurry(self.flow.ask(&GetRun(run))).await else { return true };
            let detail = match detail {
                Ok(detail) => detail,
                Err(Setback { certainty, cause }) => {
                    if certainty == Certainty::Refused {
                        self.refused = Some(cause);
                    }
                    failures += 1;
                    if failures == MOST_FAILURES {
                        return true;
                    }
                    continue;
                }
            };
            failures = 0;
            let seen = match detail.owner(self.sought.remark, self.sought.marker) {
                Owner::Ours => Seen::Ours,
                Owner::Unborn if self.is_older(detail.created, MARGIN + CLOCK_TOLERANCE) => Seen::TooOld,
                Owner::Unborn if self.is_older(detail.created, LIKELY) => Seen::Early,
                _ if self.is_older(detail.created, MARGIN) => Seen::TooOld,
                Owner::Another => Seen::Another,
                _ if self.is_older(detail.created, LIKELY) => Seen::Unlikely,
                owner => Seen::Open { unborn: owner == Owner::Unborn },
            };
            self.seen.insert(run, seen);
            if seen == Seen::TooOld {
                return true;
            }
        }
        false
    }

    /// Whether a run was created so long before the start was sent, by the service's clock.
    fn is_older(&self, created: Option<SystemTime>, margin: Duration) -> bool {
        let (sent, margin) = match self.flow.clock.server_at(self.sought.sent) {
            Some(sent) => (sent, margin),
            None => (self.flow.clock.at(self.sought.sent), margin + CLOCK_TOLERANCE),
        };
        created.is_some_and(|created| created + margin < sent)
    }

    /// The runs of some kind, of those that come after the last that is too old.
    fn runs(&self, are: impl Fn(Seen) -> bool) -> Vec<u64> {
        let young = self.seen.iter().rev().take_while(|(_, seen)| **seen != Seen::TooOld);
        let mut runs: Vec<u64> = young.filter(|(_, seen)| are(**seen)).map(|(run, _)| *run).collect();
        runs.reverse();
        runs
    }

    fn nothing(&self, refused: Option<Cause>) -> Found {
        let candidates = self.runs(|seen| matches!(seen, Seen::Ours | Seen::Unread | Seen::Open { .. } | Seen::Early));
        Found::Nothing { refused, candidates }
    }

    /// The run, if it can be told. Ids go up, and a remark can be copied only from a run that exists: the lowest is ours,
    /// unless a lower one is still to show its remark, which is waited for while there is time. Once the step is cancelled
    /// there is no time to copy a remark either.
    fn found(&self, is_over: bool, is_cancelled: bool) -> Option<Found> {
        let mut ours = self.runs(|seen| seen == Seen::Ours);
        let run = *ours.first()?;
        let waiting = self.runs(|seen| match seen {
            Seen::Open { unborn } => unborn && !is_cancelled && !is_over,
            Seen::Unread => !is_over,
            _ => false,
        });
        if waiting.first().is_some_and(|waiting| *waiting < run) {
            return None;
        }
        ours.remove(0);
        Some(Found::Run { run, copies: ours })
    }
}
