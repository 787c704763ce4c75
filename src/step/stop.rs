//! Stopping a run. A stop may be sent any number of times.

use super::context::Step;
use super::retry::{self, OnceCancelled};
use super::tell::Tell;
use crate::outcome::{Known, Outcome, Stop};
use crate::transport::Transport;
use crate::yunxiao::call::Accepted;
use crate::yunxiao::call::get_run::GetRun;
use crate::yunxiao::call::stop_run::StopRun;
use crate::yunxiao::{Cause, Certainty, RunDetail, Setback};

/// The result of a stop.
pub(super) enum Stopped {
    Accepted {
        request_id: Option<String>,
    },
    Ended(Box<RunDetail>),
    /// The service refused it, or could not be reached: nothing was changed.
    Refused(Cause),
    /// The response was lost, with the reason, if known.
    Unknown(Cause),
}

/// Stops a run and does nothing else.
pub(super) async fn stop<T: Transport>(step: &Step<'_, T>, run: u64, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
    let named = step.run(run);
    // The service accepts stopping an ended run, and changes nothing.
    let stopped = match step.cancel.hurry(step.flow.ask(&GetRun(run))).await {
        Some(Ok(detail)) if detail.status.is_over() => Stopped::Ended(Box::new(detail)),
        _ => send(step, run).await,
    };
    let outcome = match stopped {
        Stopped::Accepted { request_id } => {
            tell.request_id = request_id;
            Outcome::StopAccepted { run: named }
        }
        Stopped::Ended(detail) => Outcome::StopUnneeded { run: named, status: detail.status },
        Stopped::Refused(cause) => {
            return Err(Outcome::NotDone { mode: step.settings.mode.clone(), run: Some(named), cause });
        }
        Stopped::Unknown(cause) => return Err(Outcome::StopUnknown { run: named, cause }),
    };
    tell.hand_on(run, outcome.status()).await;
    Ok(outcome)
}

/// Stops this step's run if the step is cancelled; returns how the step ends then.
pub(super) async fn if_cancelled<T: Transport>(step: &Step<'_, T>, run: u64) -> Option<Outcome> {
    step.cancel.requested()?;
    Some(stop_as_cancelled(step, run).await)
}

/// Applies `on-cancel` to the run.
pub(super) async fn stop_as_cancelled<T: Transport>(step: &Step<'_, T>, run: u64) -> Outcome {
    let is_left = step.leaves_its_run();
    let stop = if is_left { Stop::NotSent } else { send(step, run).await.into() };
    step.cancelled(Known::Run { run: step.run(run), stop, is_left })
}

/// Stops a run, with retries within the budget, or until the deadline once the step is cancelled. If the response is
/// ambiguous, reads the run.
pub(super) async fn send<T: Transport>(step: &Step<'_, T>, run: u64) -> Stopped {
    let Step { flow, cancel, settings, .. } = step;
    let mut lost = None;
    let attempt = async || {
        let Setback { certainty, cause } = match cancel.hurry(flow.ask(&StopRun(run))).await? {
            Ok(Accepted { request_id }) => return Some(Ok(Stopped::Accepted { request_id })),
            Err(setback) => setback,
        };
        if matches!(certainty, Certainty::Refused | Certainty::Unknown)
            && let Some(Ok(detail)) = cancel.hurry(flow.ask(&GetRun(run))).await
            && detail.status.is_over()
        {
            return Some(Ok(Stopped::Ended(Box::new(detail))));
        }
        if certainty == Certainty::Unknown {
            lost = Some(cause.clone());
        }
        Some(Err(Setback { certainty, cause }))
    };
    let answer = retry::repeat(flow.clock, cancel, settings.values.retry_timeout, OnceCancelled::GoOn, attempt).await;
    match (answer, lost) {
        (Some(Ok(stopped)), _) => stopped,
        (Some(Err(_)), Some(lost)) => Stopped::Unknown(lost),
        (Some(Err(setback)), None) => Stopped::Refused(setback.cause),
        (None, lost) => Stopped::Unknown(lost.unwrap_or_else(|| Cause::Cancelled { host: flow.host().to_owned() })),
    }
}

impl From<Stopped> for Stop {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Accepted { .. } => Self::Accepted,
            Stopped::Ended(detail) => Self::Ended(detail.status),
            Stopped::Refused(cause) => Self::Refused(cause),
            Stopped::Unknown(_) => Self::Unknown,
        }
    }
}
