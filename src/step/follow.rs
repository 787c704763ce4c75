//! Following a run until it ends. [`decide`](super::decide) decides; this polls, waits and shows logs.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::built::Asked;
use super::context::Step;
use super::decide::{Following, Next, Poll};
use super::logs::LogReader;
use super::stop::{self, Stopped};
use super::tell::Tell;
use crate::inputs::{Follow, Logs, Mode, Unfinished};
use crate::log;
use crate::outcome::{Known, Outcome, Stop};
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::call::get_deployment::GetDeployment;
use crate::yunxiao::call::get_run::GetRun;
use crate::yunxiao::{Blocker, Certainty, Job, RunDetail, Setback, Status};

/// How long one poll may take, whatever `request-timeout` says: limits of the run must be kept.
const LONGEST_POLL: Duration = Duration::from_mins(1);

/// How many host deployments are read at each poll.
const MOST_DEPLOYMENTS: usize = 3;

/// How long renewing the credentials may take before the next poll.
const LONGEST_RENEWAL: Duration = Duration::from_secs(5);

/// For how long a run that has just been started elsewhere may not be found yet.
const LATEST_APPEARANCE: Duration = Duration::from_secs(10);

/// How long the logs of a run that has ended may take.
const LONGEST_LAST_LOGS: Duration = Duration::from_mins(5);

/// The pause between two attempts at them.
const PAUSE: Duration = Duration::from_millis(500);

/// Follows a run until it ends, a limit is exceeded, or the step is cancelled; holds it against what was asked for.
pub(super) async fn follow<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    asked: Asked,
    tell: &mut Tell<'_>,
) -> Result<Outcome, Outcome> {
    let rules = &step.settings.follow;
    let mut logs = LogReader::new(which_logs(step, rules), run);
    let begin = step.flow.clock.elapsed();
    let mut following = Following::begin(step.run(run), asked, begin);
    let Some(end) = watch(step, run, &mut following, &mut logs, tell).await? else {
        // A stop of a run that was never seen is still due where it was asked for.
        let is_unknown = is_unseen(step, tell) && step.leaves_its_run();
        let known = if is_unknown { None } else { stop::if_cancelled(step, run).await };
        return Err(known.unwrap_or_else(|| step.cancelled(Known::Nothing)));
    };
    let outcome = act_on(step, run, following, end, tell).await;
    if tell.seen.as_ref().is_some_and(|seen| seen.status.is_over()) {
        // What is known is handed on before anything else takes its time.
        tell.write_end(&outcome);
        read_last_logs(step, begin, &mut logs, tell).await;
    }
    if let Some(seen) = &tell.seen {
        tell.tails = logs.tails(seen);
    }
    Ok(outcome)
}

/// Polls the run until it is known how following it ends, or until the step is cancelled.
async fn watch<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    following: &mut Following,
    logs: &mut LogReader,
    tell: &mut Tell<'_>,
) -> Result<Option<Outcome>, Outcome> {
    let (clock, cancel, rules) = (step.flow.clock, step.cancel, &step.settings.follow);
    let first = clock.elapsed();
    let mut last_failure = None;
    while cancel.requested().is_none() {
        let renewal = timeout(LONGEST_RENEWAL, step.flow.renew(last_failure.as_ref()));
        if let Some(Ok(Err(setback))) = cancel.hurry(renewal).await {
            log::warn(&setback.cause.describe());
        }
        let begin = Instant::now();
        let Some(polled) = cancel.hurry(poll(step, run)).await else { return Ok(None) };
        let polled = match polled {
            // A run that was started elsewhere and was never seen may not exist: a plain refusal is final.
            Err(Setback { certainty: Certainty::Refused | Certainty::NeverSent, cause }) if is_unseen(step, tell) => {
                if !(cause.is_not_found() && clock.elapsed() < first + LATEST_APPEARANCE) {
                    return Err(step.not_done(cause));
                }
                Err(cause)
            }
            polled => polled.map_err(|setback| setback.cause),
        };
        let poll = match &polled {
            Ok(detail) => Poll::Seen(detail),
            Err(cause) => Poll::Failed(cause),
        };
        let (events, next) = following.advance(rules, poll, clock.elapsed());
        last_failure = match polled {
            Ok(detail) => {
                see(step, run, detail, tell).await;
                None
            }
            Err(cause) => Some(cause),
        };
        for event in events {
            if event.is_warning() { log::warn(&event.text()) } else { log::say(&event.text()) }
        }
        let after = match next {
            Next::End(end) => return Ok(Some(end)),
            Next::Poll { after } => after,
        };
        // Logs have the time until the next poll. One that takes longer is read when the run has ended.
        let _ = cancel.hurry(timeout_at(begin + after, read_logs(step, first, logs, tell))).await;
        cancel.pause((begin + after).saturating_duration_since(Instant::now()), Duration::ZERO).await;
    }
    Ok(None)
}

/// Polls the run once, and the host deployments of it that are under way or have failed.
async fn poll<T: Transport>(step: &Step<'_, T>, run: u64) -> Result<RunDetail, Setback> {
    let polling = async {
        let mut detail = step.flow.ask(&GetRun(run)).await?;
        let jobs = detail.stages.iter_mut().flat_map(|stage| &mut stage.jobs);
        let is_of_interest = |job: &&mut Job| matches!(job.status, Status::Running | Status::Failed);
        for job in jobs.filter(is_of_interest).filter(|job| job.deployment.is_some()).take(MOST_DEPLOYMENTS) {
            let order = job.deployment.as_ref().map_or(0, |deployment| deployment.order);
            // Who may not read it learns less.
            if let Ok(deployment) = step.flow.ask(&GetDeployment(order)).await {
                let is_paused = deployment.is_paused && job.status == Status::Running;
                job.blocker = job.blocker.or(is_paused.then_some(Blocker::Deployment));
                job.deployment = Some(deployment);
            }
        }
        Ok(detail)
    };
    timeout(LONGEST_POLL, polling).await.unwrap_or_else(|_| Err(Setback::timed_out(step.flow.host())))
}

/// Whether the run is not known to exist: it was not started here, and was never seen.
fn is_unseen<T>(step: &Step<'_, T>, tell: &Tell<'_>) -> bool {
    matches!(step.settings.mode, Mode::Follow { .. }) && tell.seen.is_none()
}

/// Keeps what was seen of the run. A run that was not started here is handed to the next steps when it is first seen.
async fn see<T: Transport>(step: &Step<'_, T>, run: u64, detail: RunDetail, tell: &mut Tell<'_>) {
    let is_new = is_unseen(step, tell);
    tell.seen = Some(detail);
    if is_new {
        tell.following(run).await;
    }
}

/// Which logs are shown. Where anybody may read them, the user has to ask.
fn which_logs<T>(step: &Step<'_, T>, rules: &Follow) -> Logs {
    match rules.logs {
        Some(logs) => logs,
        None if step.surroundings.host.is_public() => {
            log::say(&text!(
                "Logs of the run are not shown: this CI project is public (`logs: failed` shows them)",
                "当前 CI 项目是公开的，因此不显示运行日志（设置 `logs: failed` 可显示）"
            ));
            Logs::None
        }
        None => Logs::Failed,
    }
}

/// Reads every log that it is time for.
async fn read_logs<T: Transport>(step: &Step<'_, T>, begin: Duration, logs: &mut LogReader, tell: &Tell<'_>) {
    let Some(seen) = &tell.seen else { return };
    while let Some(due) =
        logs.next_due(seen, step.flow.clock.elapsed(), step.flow.clock.elapsed().saturating_sub(begin))
    {
        if let Err(setback) = logs.read(step, &due).await {
            let (name, what, advice) = (due.name(), setback.cause.sentence(), setback.cause.advice());
            let text =
                text!("The log of {name} can't be read: {what}", "无法读取 {name} 的日志：{what}", what).then(&advice);
            if logs.is_given_up(&due) { log::say(&text) } else { log::debug(&text) }
        }
    }
}

/// Reads what is left of the logs of a run that has ended, within a time.
async fn read_last_logs<T: Transport>(step: &Step<'_, T>, begin: Duration, logs: &mut LogReader, tell: &Tell<'_>) {
    let reading = timeout(LONGEST_LAST_LOGS, async {
        loop {
            read_logs(step, begin, logs, tell).await;
            if tell.seen.as_ref().is_none_or(|seen| !logs.is_behind(seen)) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    // Once the step is cancelled there is no time for them.
    if let (None, Some(Err(_))) = (step.cancel.requested(), step.cancel.hurry(reading).await) {
        log::say(&text!(
            "Not all logs could be read in time; the run's page has them",
            "未能及时读完全部日志；请到运行页面查看"
        ));
    }
}

/// Does what an end asks for: a run that took too long or builds another commit may have to be stopped.
async fn act_on<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    mut following: Following,
    end: Outcome,
    tell: &mut Tell<'_>,
) -> Outcome {
    let rules = &step.settings.follow;
    match end {
        Outcome::TimedOut { run: named, limit, most, .. } if rules.on_timeout == Unfinished::Stop => {
            let stop = end_run(step, run, tell).await;
            // If it ended before it could be stopped, there is a result after all.
            if let (Stop::Ended(_), Some(seen)) = (&stop, &tell.seen)
                && let Next::End(end) = following.advance(rules, Poll::Seen(seen), step.flow.clock.elapsed()).1
            {
                return end;
            }
            Outcome::TimedOut { run: named, limit, most, stop }
        }
        Outcome::OtherCommit { run: named, expected, built, stop: Stop::NotSent } => {
            Outcome::OtherCommit { run: named, expected, built, stop: end_run(step, run, tell).await }
        }
        Outcome::Lost { cause, .. } if is_unseen(step, tell) => step.not_done(cause),
        end => end,
    }
}

/// Stops the run for a reason of our own, and keeps what was seen of it on the way.
async fn end_run<T: Transport>(step: &Step<'_, T>, run: u64, tell: &mut Tell<'_>) -> Stop {
    let stopped = stop::send(step, run).await;
    if let Stopped::Ended(detail) = &stopped {
        tell.seen = Some(RunDetail::clone(detail));
    }
    stopped.into()
}
