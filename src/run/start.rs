//! Starting a run at most once.

use std::time::Duration;

use tokio::time::timeout;

use super::cancel::Cancel;
use super::retry::{self, Attempts, Next, Rule};
use super::{Known, Progress};
use crate::transport::{Failure, FailureKind, Gate, Transport};
use crate::yunxiao::params::RunParams;
use crate::yunxiao::{Cause, Certainty, Flow, Setback, Started};

/// How much longer the answer to a start is waited for when the step is cancelled.
const LAST_CHANCE: Duration = Duration::from_secs(3);

/// What a start came to.
pub(super) enum Outcome {
    /// The service named the run.
    Started(Started),
    /// Certainly no run was started.
    NotStarted(Cause),
    /// A run may have been started by the request that was sent this long after the clock was started.
    Unknown {
        /// What happened instead of an answer.
        cause: Cause,
        /// When the request was sent.
        sent: Duration,
    },
    /// The step was cancelled, and certainly no run was started.
    Cancelled,
}

/// Starts a run, sending again only what certainly was not acted on, and nothing once the step is cancelled.
pub(super) async fn start<T: Transport>(
    flow: &Flow<'_, T>,
    params: &RunParams,
    budget: Option<Duration>,
    rule: Rule,
    cancel: &Cancel,
    known: &Known,
) -> Outcome {
    let begin = flow.clock.elapsed();
    let mut attempts = Attempts::default();
    while cancel.requested().is_none() {
        let sent = flow.clock.elapsed();
        let gate = Gate::default();
        known.set(Progress::Sending(gate.clone()));
        let Setback { certainty, cause } = match send(flow, params, &gate, cancel).await {
            Ok(started) => return Outcome::Started(started),
            Err(setback) => setback,
        };
        attempts.count(flow.clock, begin);
        let next = rule(certainty, attempts, budget);
        if next == Next::Look {
            return Outcome::Unknown { cause, sent };
        }
        known.set(Progress::Nothing);
        let Next::SendAgain { after } = next else {
            return if cancel.requested().is_some() { Outcome::Cancelled } else { Outcome::NotStarted(cause) };
        };
        attempts.clock_was_set |= certainty == Certainty::ClockIsOff;
        if cancel.requested().is_none() {
            retry::say_again(&cause.describe(flow.endpoint.host()), after);
            cancel.pause(after, Duration::ZERO).await;
        }
    }
    Outcome::Cancelled
}

/// Sends one start. A signal closes the gate; when the request is through it already, its answer gets a last chance.
async fn send<T: Transport>(
    flow: &Flow<'_, T>,
    params: &RunParams,
    gate: &Gate,
    cancel: &Cancel,
) -> Result<Started, Setback> {
    let sending = flow.start(params, gate);
    tokio::pin!(sending);
    tokio::select! {
        biased;
        answer = &mut sending => return answer,
        () = cancel.wait() => {}
    }
    let no_answer = |certainty, kind| {
        let failure = Failure { kind, detail: "the step was cancelled".to_owned() };
        Err(Setback { certainty, cause: Cause::NoAnswer(failure) })
    };
    if gate.close() {
        return no_answer(Certainty::NothingSent, FailureKind::Connect);
    }
    match timeout(LAST_CHANCE, sending).await {
        Ok(answer) => answer,
        Err(_) => no_answer(Certainty::Unknown, FailureKind::TimedOut),
    }
}
