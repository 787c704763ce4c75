//! Reading a run until it shows that something took effect.

use std::time::Duration;

use super::context::Step;
use super::follow::poll;
use super::tell::Tell;
use crate::log;
use crate::transport::Transport;
use crate::yunxiao::RunDetail;

/// How long it is read when `retry-timeout` sets no limit.
const LONGEST: Duration = Duration::from_mins(10);

/// The first pause between two reads; they grow to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// Reads a run until it shows something, within the budget of what is repeated; once the step is cancelled, until its
/// deadline. Yields whether it does.
pub(super) async fn settle<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    tell: &mut Tell<'_>,
    shows: &dyn Fn(&RunDetail) -> bool,
) -> bool {
    let (clock, cancel) = (step.flow.clock, step.cancel);
    let begin = clock.elapsed();
    let budget = step.settings.values.retry_timeout.unwrap_or(LONGEST);
    let mut pause = FIRST_PAUSE;
    loop {
        match cancel.hurry(poll(step, run)).await {
            Some(Ok(detail)) => {
                let is_shown = shows(&detail);
                tell.seen = Some(detail);
                if is_shown {
                    return true;
                }
            }
            Some(Err(setback)) => log::debug(&setback.cause.describe()),
            None => {}
        }
        let left = budget.saturating_sub(clock.elapsed().saturating_sub(begin));
        if cancel.is_over() || (cancel.requested().is_none() && left.is_zero()) {
            return false;
        }
        // The last read is at the very end of the time.
        cancel.pause(pause.min(left), CANCELLED_PAUSE).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}
