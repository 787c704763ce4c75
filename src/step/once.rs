//! Sending what must not act twice: on its own connection, through the latch, nothing after a signal, and again only
//! what certainly was not acted on.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Step;
use super::retry::{self, Attempts, Retry};
use crate::log;
use crate::text::{Text, text};
use crate::transport::{Latch, Transport};
use crate::yunxiao::call::Call;
use crate::yunxiao::{Cause, Certainty, Setback};

/// How long to keep waiting for a response when the step is cancelled.
const LAST_CHANCE: Duration = Duration::from_secs(3);

/// The result of sending.
pub(super) enum Sent<R> {
    Done(R),
    /// The service refused it, or could not be reached: certainly nothing was done.
    NotDone(Cause),
    /// The request, sent this long after the clock started, may have taken effect.
    Unknown {
        cause: Cause,
        sent: Duration,
    },
    /// The step was cancelled before anything was done.
    Cancelled,
}

/// Sends a request until it is answered or may have taken effect.
pub(super) async fn send<T: Transport, R>(step: &Step<'_, T>, call: &dyn Call<Output = R>) -> Sent<R> {
    let (clock, cancel, budget) = (step.flow.clock, step.cancel, step.settings.values.retry_timeout);
    let begin = clock.elapsed();
    let mut attempts = Attempts::default();
    while cancel.requested().is_none() {
        let sent = clock.elapsed();
        let Setback { certainty, cause } = match attempt(step, call).await {
            None => return Sent::Cancelled,
            Some(Ok(done)) => return Sent::Done(done),
            Some(Err(setback)) => setback,
        };
        attempts.count(clock, begin);
        let next = (step.surroundings.rule)(certainty, attempts, budget);
        attempts.clock_was_set |= certainty == Certainty::ClockIsOff;
        match next {
            Retry::LookUp => return Sent::Unknown { cause, sent },
            _ if cancel.requested().is_some() => {}
            Retry::GiveUp => return Sent::NotDone(cause),
            Retry::Repeat { after } => {
                let (what, unchanged, when) = (cause.describe(), unchanged(step), retry::when(after));
                log::warn(&text!(
                    "{what}; {unchanged}, retrying {when}",
                    "{what}；{unchanged}，{when}重试",
                    what,
                    unchanged,
                    when
                ));
                cancel.pause(after, Duration::ZERO).await;
            }
        }
    }
    Sent::Cancelled
}

/// Sends a request once. A signal closes the latch, and then certainly nothing was sent: none. When the request is through
/// it already, its answer gets a last chance.
async fn attempt<T: Transport, R>(step: &Step<'_, T>, call: &dyn Call<Output = R>) -> Option<Result<R, Setback>> {
    let latch = Latch::default();
    let sending = step.flow.act(call, &latch);
    tokio::pin!(sending);
    if let Some(answer) = step.cancel.until_signal(&mut sending).await {
        return Some(answer);
    }
    if latch.close() {
        return None;
    }
    let answer = step.cancel.until_deadline(timeout(LAST_CHANCE, sending)).await;
    Some(answer.and_then(Result::ok).unwrap_or_else(|| {
        let cause = Cause::Cancelled { host: step.flow.host().to_owned() };
        Err(Setback { certainty: Certainty::Unknown, cause })
    }))
}

/// A clause saying that certainly nothing was done.
fn unchanged<T>(step: &Step<'_, T>) -> Text {
    match step.settings.mode.run() {
        None => text!("no run was started", "没有触发任何运行"),
        Some(_) => text!("nothing was changed", "没有做任何更改"),
    }
}
