//! Retrying the failed jobs of a run, each at most once.

use std::time::SystemTime;

use super::built::Asked;
use super::context::Step;
use super::decide::failed_jobs;
use super::follow::{Follower, Watched, poll};
use super::gate;
use super::once::{self, Sent};
use super::settle::settle;
use super::stop;
use super::tell::Tell;
use crate::log;
use crate::outcome::{Known, Outcome};
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::call::Accepted;
use crate::yunxiao::call::retry_job::RetryJob;
use crate::yunxiao::{Cause, RunDetail, Status};

/// A failed job before its retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    id: u64,
    /// The job with its stage, for people.
    pub(super) title: String,
    /// Its stage and name, and which of several that are the same in both.
    place: (String, String, usize),
    started: Option<SystemTime>,
}

/// Retries the failed jobs that list it, and follows the run if requested.
pub(super) async fn retry<T: Transport>(step: &Step<'_, T>, run: u64, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
    let (rules, follows, named) = (&step.settings.follow, step.settings.values.wait, step.run(run));
    let mut follower = Follower::begin(step, run, rules.clone(), Asked::default());
    follower.is_ours = false;
    let watched = follower.until(tell, &mut |_| true).await;
    let seen = match (watched, tell.seen.clone()) {
        (Watched::Seen, Some(seen)) => seen,
        (Watched::End(end), _) => return Err(follower.act_on_limit(end, tell).await),
        (Watched::Seen | Watched::Cancelled, _) => return Err(follower.cancelled(tell).await),
    };
    if let Some(unconfirmed) = follower.following.unconfirmed(rules, &seen) {
        return Err(unconfirmed);
    }
    if seen.status == Status::Succeeded {
        return Ok(Outcome::RetryUnneeded { run: named });
    }
    let failures = failures(&seen);
    if failures.is_empty() {
        return Err(Outcome::NothingToRetry { run: named, status: seen.status, jobs: failed_jobs(&seen) });
    }
    let (retried, refused) = send_and_confirm(step, run, failures, tell).await?;
    let jobs = retried.into_iter().map(|failure| failure.title).collect();
    match refused {
        Some(cause) if !follows => Err(Outcome::PartlyRetried { run: named, jobs, cause }),
        None if !follows => Ok(Outcome::Retried { run: named, jobs }),
        refused => {
            if let Some(cause) = refused {
                let what = cause.describe();
                log::warn(&text!("{what}; not all failed jobs were retried", "{what}；失败任务没有全部重试", what));
            }
            for title in jobs {
                log::say(&text!("Retried {title}", "已重试 {title}"));
            }
            follower.is_ours = true;
            follower.finish(tell).await
        }
    }
}

/// The failed jobs that can be retried.
pub(super) fn failures(run: &RunDetail) -> Vec<Failure> {
    let failed = |failure: &(Failure, Status, bool)| failure.1 == Status::Failed && failure.2;
    jobs(run).into_iter().filter(failed).map(|(failure, ..)| failure).collect()
}

/// Every job, with its status and whether it can be retried.
fn jobs(run: &RunDetail) -> Vec<(Failure, Status, bool)> {
    let mut jobs: Vec<(Failure, Status, bool)> = Vec::new();
    for (stage, job) in run.jobs() {
        let (stage_name, name) = (stage.name.raw(), job.name.raw());
        let same = jobs.iter().filter(|(known, ..)| known.place.0 == stage_name && known.place.1 == name).count();
        let place = (stage_name.to_owned(), name.to_owned(), same);
        let failure = Failure { id: job.id, title: gate::title(stage, job), place, started: job.started };
        jobs.push((failure, job.status, job.can_be_retried));
    }
    jobs
}

/// Retries jobs, one after the other up to the first that can't be, and reads the run until it shows it. Returns those
/// that were retried, and why another could not be.
async fn send_and_confirm<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    failures: Vec<Failure>,
    tell: &mut Tell<'_>,
) -> Result<(Vec<Failure>, Option<Cause>), Outcome> {
    let named = step.run(run);
    let (mut retried, mut lost, mut refused) = (Vec::new(), None, None);
    for failure in failures {
        match once::send(step, &RetryJob { run, job: failure.id }).await {
            Sent::Done(Accepted { request_id }) => {
                tell.request_id = request_id;
                retried.push(failure);
            }
            Sent::Unknown { cause, .. } => {
                let (what, title) = (cause.describe(), &failure.title);
                log::warn(&text!(
                    "{what}; {title} may have been retried and is not retried again; reading the run",
                    "{what}；{title} 可能已重试，不会重发，正在读取运行状态",
                    what
                ));
                retried.push(failure);
                lost = Some(cause);
            }
            // It may not be a real refusal: someone else may have retried it first, or the run has continued.
            Sent::NotDone(cause) => {
                let now = step.cancel.hurry(poll(step, run)).await;
                if now.is_some_and(|now| now.is_ok_and(|now| has_changed(&now, &failure))) {
                    continue;
                }
                refused = Some(cause);
                break;
            }
            Sent::Cancelled => break,
        }
    }
    match (step.cancel.requested(), retried.is_empty(), &refused) {
        (Some(_), true, _) => return Err(step.cancelled(Known::Untouched(named))),
        // Stop first: there is little time.
        (Some(_), false, _) if lost.is_none() => return Err(stop::stop_as_cancelled(step, run).await),
        (None, true, Some(cause)) => {
            let (mode, cause) = (step.settings.mode.clone(), cause.clone());
            return Err(Outcome::NotDone { mode, run: Some(named), cause });
        }
        _ => {}
    }
    let is_shown = settle(step, run, tell, &|seen| shows(seen, &retried)).await;
    match (step.cancel.requested(), is_shown) {
        (None, true) => Ok((retried, refused)),
        (None, false) => Err(Outcome::Unconfirmed { run: named, mode: step.settings.mode.clone(), cause: lost }),
        (Some(_), true) => Err(stop::stop_as_cancelled(step, run).await),
        (Some(_), false) => Err(step.cancelled(Known::MayHaveActed(named))),
    }
}

/// Whether a run shows that these jobs were retried: each has changed, and the run no longer shows the old failure.
fn shows(run: &RunDetail, retried: &[Failure]) -> bool {
    let is_over = |failure: &Failure| now(run, failure).is_some_and(|(_, status)| status.is_over());
    retried.iter().all(|failure| has_changed(run, failure)) && (!run.status.is_over() || retried.iter().all(is_over))
}

/// Whether a job has a new id, has started again, or has another status.
fn has_changed(run: &RunDetail, failure: &Failure) -> bool {
    now(run, failure)
        .is_some_and(|(now, status)| status != Status::Failed || now.id != failure.id || now.started != failure.started)
}

/// The current state of a failed job.
fn now(run: &RunDetail, failure: &Failure) -> Option<(Failure, Status)> {
    let found = jobs(run).into_iter().find(|(known, ..)| known.place == failure.place);
    found.map(|(now, status, _)| (now, status))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::redaction::Redaction;
    use crate::yunxiao::call::get_run;

    /// A job: its stage, name, id, status and when it started.
    type Row = (&'static str, &'static str, u64, &'static str, u64);

    fn run(status: &str, rows: &[Row]) -> RunDetail {
        let stage = |&(stage, name, id, status, started): &Row| {
            let job = json!({"id": id, "name": name, "status": status, "startTime": 1_700_000_000_000 + started,
                             "actions": ["RetryPipelineJobRun"]});
            json!({"stageInfo": {"name": stage, "jobs": [job]}})
        };
        let stages: Vec<Value> = rows.iter().map(stage).collect();
        get_run::read(&json!({"status": status, "stages": stages}), &Redaction::default())
    }

    #[test]
    fn a_retry_shows_once_each_job_has_changed_and_the_old_failure_is_not_the_runs() {
        let before =
            [("a", "x", 1, "FAIL", 1), ("a", "x", 2, "FAIL", 2), ("a", "y", 3, "SUCCESS", 3), ("b", "x", 4, "FAIL", 4)];
        let retried = failures(&run("FAIL", &before));
        assert_eq!(retried.iter().map(|failure| failure.id).collect::<Vec<_>>(), [1, 2, 4]);
        let with = |changed: &[(usize, Row)]| {
            let mut rows = before;
            for (index, row) in changed {
                rows[*index] = *row;
            }
            rows
        };
        let (first, second, third) =
            (("a", "x", 1, "RUNNING", 1), ("a", "x", 2, "RUNNING", 2), ("b", "x", 4, "RUNNING", 4));
        for (status, rows, expected) in [
            ("RUNNING", with(&[(0, first), (1, second), (3, third)]), true),
            ("RUNNING", before, false),
            ("RUNNING", with(&[(0, first), (3, third)]), false),
            ("RUNNING", with(&[(1, second), (3, third)]), false),
            ("RUNNING", with(&[(0, first), (1, second)]), false),
            // Each failed again: another try, or the same job anew.
            (
                "FAIL",
                with(&[(0, ("a", "x", 11, "FAIL", 1)), (1, ("a", "x", 12, "FAIL", 2)), (3, ("b", "x", 14, "FAIL", 4))]),
                true,
            ),
            (
                "FAIL",
                with(&[(0, ("a", "x", 1, "FAIL", 9)), (1, ("a", "x", 2, "FAIL", 9)), (3, ("b", "x", 4, "FAIL", 9))]),
                true,
            ),
            // The jobs have begun, and the run still shows its old end.
            ("FAIL", with(&[(0, first), (1, second), (3, third)]), false),
        ] {
            assert_eq!(shows(&run(status, &rows), &retried), expected, "{status} {rows:?}");
        }
        assert!(!shows(&run("RUNNING", &before[2..3]), &retried), "they can't be seen");
        let mut more = with(&[(0, first), (1, second), (3, third)]).to_vec();
        more.insert(0, ("a", "z", 9, "RUNNING", 0));
        more.insert(0, ("c", "x", 9, "RUNNING", 0));
        assert!(shows(&run("RUNNING", &more), &retried), "others that came meanwhile are not mistaken for them");
    }
}
