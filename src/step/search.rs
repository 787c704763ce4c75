//! Reading the pipeline's runs one by one, the newest first: the service has no idempotency key, and its list of runs neither
//! a creation time nor a remark. A [`Judge`] decides what to look for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::timeout;

use super::cancel::Cancel;
use super::pace::Pace;
use crate::transport::Transport;
use crate::yunxiao::call::get_run::GetRun;
use crate::yunxiao::call::list_runs::{ListRuns, Row};
use crate::yunxiao::{Cause, Certainty, Flow, RunDetail, Setback};

/// How many runs in a row may be unreadable before a round ends.
const MOST_FAILURES: u32 = 3;

/// The least time a round gets.
const SHORTEST_ROUND: Duration = Duration::from_secs(10);

/// More pages than any search needs: ends an endless list.
const MOST_PAGES: usize = 1000;

/// How many pages are requested without a pause: those of a thousand runs. An endless list then takes few requests.
const QUICK_PAGES: usize = 34;

/// The pause before each further page.
const PAGE_PAUSE: Duration = Duration::from_millis(100);

/// How a search judges each run.
pub(super) trait Judge {
    /// What is known of a run that was read.
    type Seen: Clone;

    /// What its row in the list shows; nothing if it has to be read.
    fn row(&self, row: &Row) -> Option<Self::Seen>;

    fn run(&self, detail: &RunDetail) -> Self::Seen;

    /// What to do with a run after it was seen.
    fn then(seen: &Self::Seen) -> Then;

    /// How many runs may be read in total.
    const MOST_READ: usize = usize::MAX;

    /// Whether it ends as soon as the step is cancelled or the caller isn't allowed to read: nothing has been started
    /// that could be lost.
    const ENDS_EARLY: bool;
}

/// What to do with a run that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Its result is final.
    Settled,
    /// It is read again in the next round.
    Again,
    /// No older run is of interest.
    End,
}

/// What has been seen of the pipeline's runs.
pub(super) struct Search<'a, T, J: Judge> {
    flow: &'a Flow<'a, T>,
    judge: J,
    /// By their ids; nothing of a run that is in the list and could not be read.
    seen: BTreeMap<u64, Option<J::Seen>>,
    /// Why a run could not be read, if that was refused.
    refused: Option<Cause>,
    /// The runs that were read.
    read: BTreeSet<u64>,
}

/// The state of a search after a round.
pub(super) struct Round {
    /// Whether it listed everything of interest.
    pub(super) is_complete: bool,
    /// Whether it was the last round.
    pub(super) is_last: bool,
    /// Whether no more runs may be read.
    pub(super) is_exhausted: bool,
}

/// Why a search ended without a result.
pub(super) struct Ended {
    /// Why reading was refused, if that is what ended it.
    pub(super) refused: Option<Cause>,
    /// The last failure to read the list.
    pub(super) setback: Option<Setback>,
}

/// How a round ended.
enum Listed {
    Whole,
    InPart,
}

impl<'a, T: Transport, J: Judge> Search<'a, T, J> {
    pub(super) fn new(flow: &'a Flow<'a, T>, judge: J) -> Self {
        Self { flow, judge, seen: BTreeMap::new(), refused: None, read: BTreeSet::new() }
    }

    /// Searches, round by round, until there is a result or the time is up.
    pub(super) async fn until<R>(
        &mut self,
        budget: Option<Duration>,
        cancel: &Cancel,
        decide: impl Fn(&Self, Round) -> Option<R>,
    ) -> Result<R, Ended> {
        let mut pace = Pace::begin(self.flow.clock, cancel, budget);
        loop {
            let round =
                timeout(pace.left().max(SHORTEST_ROUND), self.round(cancel)).await.unwrap_or(Ok(Listed::InPart));
            let is_last = pace.is_over();
            let is_complete = matches!(round, Ok(Listed::Whole));
            if J::ENDS_EARLY && (cancel.requested().is_some() || self.is_forbidden()) {
                return Err(Ended { refused: self.refused.take(), setback: None });
            }
            if let Some(result) = decide(self, Round { is_complete, is_last, is_exhausted: self.is_exhausted() }) {
                return Ok(result);
            }
            match round {
                Err(Setback { certainty: Certainty::Refused, cause }) => {
                    return Err(Ended { refused: Some(cause), setback: None });
                }
                round if is_last => return Err(Ended { refused: self.refused.take(), setback: round.err() }),
                _ => {}
            }
            pace.pause().await;
        }
    }

    /// Reads the list once and every run in it that has to be read. A list that goes down from the newest run is read only
    /// as far as the search goes; any other is read whole first.
    async fn round(&mut self, cancel: &Cancel) -> Result<Listed, Setback> {
        let (mut waiting, mut token, mut lowest) = (Vec::new(), None, u64::MAX);
        let (mut descends, mut is_whole) = (true, true);
        let mut listed = BTreeSet::new();
        for number in 0..MOST_PAGES {
            if number >= QUICK_PAGES {
                cancel.pause(PAGE_PAUSE, PAGE_PAUSE).await;
            }
            let Some(page) = cancel.hurry(self.flow.ask(&ListRuns(token.as_deref()))).await else {
                return Ok(Listed::InPart);
            };
            let page = page?;
            for row in &page.runs {
                descends &= row.run < lowest;
                lowest = row.run;
                listed.insert(row.run);
            }
            waiting.extend(page.runs);
            is_whole &= page.is_whole;
            if descends && let Some(end) = self.read(std::mem::take(&mut waiting), cancel).await {
                return Ok(end);
            }
            if page.next.is_none() || page.next == token {
                waiting.sort_unstable_by_key(|row| std::cmp::Reverse(row.run));
                // A page that points to itself is not the last, and a list with fewer runs than it counts lacks some. With
                // more it lacks none, whatever it counts.
                let is_last = page.next.is_none() && page.total.is_none_or(|total| listed.len() >= total);
                let end = if is_whole && is_last { Listed::Whole } else { Listed::InPart };
                return Ok(self.read(waiting, cancel).await.unwrap_or(end));
            }
            token = page.next;
        }
        waiting.sort_unstable_by_key(|row| std::cmp::Reverse(row.run));
        Ok(self.read(waiting, cancel).await.unwrap_or(Listed::InPart))
    }

    /// Reads these runs, from the newest down; returns how the round ends if it does. A run that can't be read now may
    /// be in the next round; when several in a row can't, so may the rest.
    async fn read(&mut self, rows: Vec<Row>, cancel: &Cancel) -> Option<Listed> {
        // A signal may end this early; runs that were listed but not read must be kept.
        for row in &rows {
            self.seen.entry(row.run).or_insert(None);
        }
        let mut failures = 0;
        for row in rows {
            if J::ENDS_EARLY && (cancel.requested().is_some() || self.is_forbidden()) {
                return Some(Listed::InPart);
            }
            match self.seen.get(&row.run).and_then(Option::as_ref).map(J::then) {
                Some(Then::End) => return Some(Listed::Whole),
                Some(Then::Settled) => continue,
                Some(Then::Again) | None => {}
            }
            let seen = match self.judge.row(&row) {
                Some(seen) => seen,
                None if self.is_exhausted() && !self.read.contains(&row.run) => return Some(Listed::InPart),
                None => {
                    self.read.insert(row.run);
                    let Some(detail) = cancel.hurry(self.flow.ask(&GetRun(row.run))).await else {
                        return Some(Listed::InPart);
                    };
                    match detail {
                        Ok(detail) => self.judge.run(&detail),
                        Err(Setback { certainty, cause }) => {
                            if certainty == Certainty::Refused {
                                self.refused = Some(cause);
                            }
                            failures += 1;
                            if failures == MOST_FAILURES {
                                return Some(Listed::InPart);
                            }
                            continue;
                        }
                    }
                }
            };
            failures = 0;
            let then = J::then(&seen);
            self.seen.insert(row.run, Some(seen));
            if then == Then::End {
                return Some(Listed::Whole);
            }
        }
        None
    }

    /// Whether no more runs may be read.
    fn is_exhausted(&self) -> bool {
        self.read.len() >= J::MOST_READ
    }

    /// Whether this caller isn't allowed to read runs.
    fn is_forbidden(&self) -> bool {
        self.refused.as_ref().is_some_and(Cause::is_about_credentials)
    }

    /// The runs that come after the last that ends the search, each with what is known of it, the lowest first.
    pub(super) fn runs(&self) -> Vec<(u64, Option<&J::Seen>)> {
        let is_young = |seen: &Option<J::Seen>| seen.as_ref().map(J::then) != Some(Then::End);
        let young = self.seen.iter().rev().take_while(|(_, seen)| is_young(seen));
        let mut runs: Vec<_> = young.map(|(run, seen)| (*run, seen.as_ref())).collect();
        runs.reverse();
        runs
    }
}
