//! Following a run until it ends. [`decide`](super::decide) decides; this polls, waits and shows logs.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::built::Asked;
use super::context::Step;
use super::decide::{Following, Next, Poll};
use super::logs::{Due, LogReader};
use super::stop::{self, Stopped};
use super::tell::Tell;
use crate::inputs::{Follow, Logs, Mode, Unfinished};
use crate::log;
use crate::outcome::{Known, Outcome, Stop};
use crate::report::logs_hidden;
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

/// How long a run that was just started elsewhere may take to appear.
const LATEST_APPEARANCE: Duration = Duration::from_secs(10);

/// How long the logs of a run that has ended may take.
const LONGEST_LAST_LOGS: Duration = Duration::from_mins(5);

/// The pause between two attempts to read them.
const PAUSE: Duration = Duration::from_millis(500);

/// A run that is followed.
pub(super) struct Follower<'s, 'a, T> {
    step: &'s Step<'a, T>,
    run: u64,
    pub(super) rules: Follow,
    /// Whether this step started the run, or treats it as its own. Any other run is left alone when the step is
    /// cancelled.
    pub(super) is_ours: bool,
    pub(super) following: Following,
    logs: LogReader,
    /// Whether logs are left out because anyone could read them.
    hides_logs: bool,
    begin: Duration,
}

/// The result of watching a run.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Watched {
    /// The awaited state was seen.
    Seen,
    /// Following it ended before that.
    End(Outcome),
    Cancelled,
}

/// Follows a run until it ends, a limit is exceeded, or the step is cancelled; checks it against what was requested.
pub(super) async fn follow<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    asked: Asked,
    tell: &mut Tell<'_>,
) -> Result<Outcome, Outcome> {
    Follower::begin(step, run, step.settings.follow.clone(), asked).finish(tell).await
}

impl<'s, 'a, T: Transport> Follower<'s, 'a, T> {
    pub(super) fn begin(step: &'s Step<'a, T>, run: u64, rules: Follow, asked: Asked) -> Self {
        let begin = step.flow.clock.elapsed();
        let following = Following::begin(step.run(run), asked, begin);
        let hides_logs = rules.logs.is_none() && step.surroundings.host.is_public();
        let shown = rules.logs.unwrap_or(if hides_logs { Logs::None } else { Logs::Failed });
        let logs = LogReader::new(shown, run);
        Self { step, run, rules, is_ours: true, following, logs, hides_logs, begin }
    }

    /// Follows the run to its end.
    pub(super) async fn finish(mut self, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
        let Self { step, run, hides_logs, .. } = self;
        if hides_logs {
            log::say(&logs_hidden());
        }
        let end = match self.until(tell, &mut |_| false).await {
            Watched::End(end) => end,
            Watched::Seen | Watched::Cancelled => return Err(self.cancelled(tell).await),
        };
        let outcome = self.act_on(end, tell).await;
        if tell.seen.as_ref().is_some_and(|seen| seen.status.is_over()) {
            // Known outputs are written before anything slow.
            tell.write_end(&outcome).await;
            read_last_logs(step, self.begin, &mut self.logs, tell).await;
        }
        if let Some(seen) = &tell.seen {
            tell.tails = self.logs.tails(seen);
            tell.hides_logs = hides_logs;
        }
        debug_assert!(outcome.run().is_none_or(|named| named.id == run), "it is about the run that was followed");
        Ok(outcome)
    }

    /// How the step ends when it is cancelled while it follows the run.
    pub(super) async fn cancelled(&self, tell: &Tell<'_>) -> Outcome {
        let Self { step, run, is_ours, .. } = *self;
        match (is_ours, tell.seen.is_some()) {
            (false, true) => step.cancelled(Known::Untouched(step.run(run))),
            (false, false) => step.cancelled(Known::Nothing),
            // A requested stop is still due, even if the run was never seen.
            (true, _) if is_unseen(step, tell) && step.leaves_its_run() => step.cancelled(Known::Nothing),
            (true, _) => stop::stop_as_cancelled(step, run).await,
        }
    }

    /// Polls the run until something is seen in it, until it is known how following it ends, or until the step is
    /// cancelled.
    pub(super) async fn until(
        &mut self,
        tell: &mut Tell<'_>,
        is_sought: &mut dyn FnMut(&RunDetail) -> bool,
    ) -> Watched {
        let (step, run, first) = (self.step, self.run, self.begin);
        let (clock, cancel) = (step.flow.clock, step.cancel);
        let mut last_failure = None;
        while cancel.requested().is_none() {
            let renewal = timeout(LONGEST_RENEWAL, step.flow.renew(last_failure.as_ref()));
            if let Some(Ok(Err(setback))) = cancel.hurry(renewal).await {
                log::warn(&setback.cause.describe());
            }
            let begin = Instant::now();
            let Some(polled) = cancel.hurry(poll(step, run)).await else { return Watched::Cancelled };
            let polled = match polled {
                // A run that was started elsewhere and was never seen may not exist: a plain refusal is final.
                Err(Setback { certainty: Certainty::Refused | Certainty::NeverSent, cause })
                    if is_unseen(step, tell) =>
                {
                    if !(cause.is_not_found() && clock.elapsed() < first + LATEST_APPEARANCE) {
                        return Watched::End(step.not_done(cause));
                    }
                    Err(cause)
                }
                polled => polled.map_err(|setback| setback.cause),
            };
            let poll = match &polled {
                Ok(detail) => Poll::Seen(detail),
                Err(cause) => Poll::Failed(cause),
            };
            let (events, next) = self.following.advance(&self.rules, poll, clock.elapsed());
            let mut is_seen = false;
            last_failure = match polled {
                Ok(detail) => {
                    is_seen = is_sought(&detail);
                    see(step, run, detail, tell).await;
                    None
                }
                Err(cause) => Some(cause),
            };
            for event in events {
                match event.chinese_beside_english() {
                    Some(beside) => log::say_beside(&event.text(), &beside),
                    None if event.is_warning() => log::warn(&event.text()),
                    None => log::say(&event.text()),
                }
            }
            let after = match next {
                _ if is_seen => return Watched::Seen,
                Next::End(end) => return Watched::End(end),
                Next::Poll { after } => after,
            };
            // Logs have time until the next poll. A slower one is read after the run has ended.
            let mut listed = VecDeque::new();
            let reading = read_logs(step, first, &mut self.logs, &mut listed, tell);
            let _ = cancel.hurry(timeout_at(begin + after, reading)).await;
            cancel.pause((begin + after).saturating_duration_since(Instant::now()), Duration::ZERO).await;
        }
        Watched::Cancelled
    }

    /// Performs what an end requires: a run that timed out or builds another commit may have to be stopped.
    async fn act_on(&mut self, end: Outcome, tell: &mut Tell<'_>) -> Outcome {
        match end {
            Outcome::OtherCommit { run: named, expected, built, stop: Stop::NotSent } => {
                Outcome::OtherCommit { run: named, expected, built, stop: end_run(self.step, self.run, tell).await }
            }
            end => self.act_on_limit(end, tell).await,
        }
    }

    /// The same for a run that is only waited for: it is left alone unless it timed out.
    pub(super) async fn act_on_limit(&mut self, end: Outcome, tell: &mut Tell<'_>) -> Outcome {
        let Self { step, run, .. } = *self;
        match end {
            Outcome::TimedOut { run: named, limit, most, .. } if self.rules.on_timeout == Unfinished::Stop => {
                let stop = end_run(step, run, tell).await;
                // If it ended before it could be stopped, it has a result.
                if let (Stop::Ended(_), Some(seen)) = (&stop, &tell.seen)
                    && let Next::End(end) =
                        self.following.advance(&self.rules, Poll::Seen(seen), step.flow.clock.elapsed()).1
                {
                    return end;
                }
                Outcome::TimedOut { run: named, limit, most, stop }
            }
            Outcome::Lost { cause, .. } if is_unseen(step, tell) => step.not_done(cause),
            end => end,
        }
    }
}

/// Polls the run once, and its host deployments that are in progress or have failed.
pub(super) async fn poll<T: Transport>(step: &Step<'_, T>, run: u64) -> Result<RunDetail, Setback> {
    let polling = async {
        let mut detail = step.flow.ask(&GetRun(run)).await?;
        let jobs = detail.stages.iter_mut().flat_map(|stage| &mut stage.jobs);
        let is_of_interest = |job: &&mut Job| matches!(job.status, Status::Running | Status::Failed);
        for job in jobs.filter(is_of_interest).filter(|job| job.deployment.is_some()).take(MOST_DEPLOYMENTS) {
            let order = job.deployment.as_ref().map_or(0, |deployment| deployment.order);
            // Callers without permission to read it learn less.
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

/// Whether the run may not exist: it was not started here, and was never seen.
fn is_unseen<T>(step: &Step<'_, T>, tell: &Tell<'_>) -> bool {
    !matches!(step.settings.mode, Mode::Start) && tell.seen.is_none()
}

/// Keeps what was seen of the run. A run that was not started here is passed to the next steps when it is first seen.
async fn see<T: Transport>(step: &Step<'_, T>, run: u64, detail: RunDetail, tell: &mut Tell<'_>) {
    let is_new = is_unseen(step, tell);
    tell.seen = Some(detail);
    if is_new {
        tell.found(run, matches!(step.settings.mode, Mode::Follow { .. })).await;
    }
}

/// Reads every log that it is time for. They are listed once for many readings: a run may have a thousand jobs. What is left
/// of the list when no more may be asked for is read the next time, as long as the run was not seen again.
async fn read_logs<T: Transport>(
    step: &Step<'_, T>,
    begin: Duration,
    logs: &mut LogReader,
    listed: &mut VecDeque<Due>,
    tell: &Tell<'_>,
) {
    let (clock, Some(seen)) = (step.flow.clock, &tell.seen) else { return };
    loop {
        if listed.is_empty() {
            listed.extend(logs.due(seen, clock.elapsed()));
        }
        if listed.is_empty() || !logs.may_ask(clock.elapsed().saturating_sub(begin)) {
            return;
        }
        if let Some(due) = listed.pop_front()
            && let Err(setback) = logs.read(step, &due).await
        {
            let (name, what, advice) = (due.name(), setback.cause.sentence(), setback.cause.advice());
            let text =
                text!("The log of {name} can't be read: {what}", "无法读取 {name} 的日志：{what}", what).then(&advice);
            if logs.is_given_up(&due) { log::say(&text) } else { log::debug(&text) }
        }
    }
}

/// Reads the remaining logs of a run that has ended, within a time limit.
async fn read_last_logs<T: Transport>(step: &Step<'_, T>, begin: Duration, logs: &mut LogReader, tell: &Tell<'_>) {
    let reading = timeout(LONGEST_LAST_LOGS, async {
        let mut listed = VecDeque::new();
        loop {
            read_logs(step, begin, logs, &mut listed, tell).await;
            if listed.is_empty() && tell.seen.as_ref().is_none_or(|seen| !logs.is_behind(seen)) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    // There is no time for them once the step is cancelled.
    if let (None, Some(Err(_))) = (step.cancel.requested(), step.cancel.hurry(reading).await) {
        log::say(&text!(
            "Not all logs could be read in time; see the run's page",
            "未能及时读完全部日志；请到运行页面查看"
        ));
    }
}

/// Stops the run for the step's own reasons, and keeps what was seen of it.
async fn end_run<T: Transport>(step: &Step<'_, T>, run: u64, tell: &mut Tell<'_>) -> Stop {
    let stopped = stop::send(step, run).await;
    if let Stopped::Ended(detail) = &stopped {
        tell.seen = Some(RunDetail::clone(detail));
    }
    stopped.into()
}
