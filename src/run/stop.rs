//! Stopping a run. A stop may be sent any number of times.

use std::time::Duration;

use super::cancel::Cancel;
use super::retry::{self, Attempts, Next};
use crate::transport::Transport;
use crate::yunxiao::{Cause, Certainty, Flow, Setback, Status};

/// The pause between two attempts once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// What a stop came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The service accepted it.
    Accepted {
        /// The request's id.
        request_id: Option<String>,
    },
    /// The run had ended already.
    Ended(Status),
    /// The service refused it, or could not be reached: nothing was changed.
    Refused(Cause),
    /// Nobody can say whether the service accepted it.
    Unknown(Cause),
}

/// Stops a run, trying again within the budget. Where the answer leaves a doubt, the run itself is asked.
pub(super) async fn stop<T: Transport>(
    flow: &Flow<'_, T>,
    run: u64,
    budget: Option<Duration>,
    cancel: &Cancel,
) -> Stopped {
    let begin = flow.clock.elapsed();
    let mut attempts = Attempts::default();
    let mut lost = None;
    loop {
        let Some(answer) = cancel.hurry(flow.stop_run(run)).await else { continue };
        let Setback { certainty, cause } = match answer {
            Ok(request_id) => return Stopped::Accepted { request_id },
            Err(setback) => setback,
        };
        if matches!(certainty, Certainty::Refused | Certainty::Unknown)
            && let Some(Ok(detail)) = cancel.hurry(flow.get_run(run)).await
            && detail.status != Status::Going
        {
            return Stopped::Ended(detail.status);
        }
        attempts.count(flow.clock, begin);
        let next = retry::after_repeatable(certainty, attempts, budget);
        attempts.clock_was_set |= certainty == Certainty::ClockIsOff;
        if certainty == Certainty::Unknown {
            lost = Some(cause.clone());
        }
        if let Next::SendAgain { after } = next {
            cancel.pause(after, CANCELLED_PAUSE).await;
            continue;
        }
        return match lost {
            Some(earlier) => Stopped::Unknown(earlier),
            None => Stopped::Refused(cause),
        };
    }
}
