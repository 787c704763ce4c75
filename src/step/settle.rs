//! Reading a run until it shows that something took effect.

use super::context::Step;
use super::follow::poll;
use super::pace::Pace;
use super::tell::Tell;
use crate::log;
use crate::transport::Transport;
use crate::yunxiao::RunDetail;

/// Reads a run until it shows something, within the budget of what is repeated; once the step is cancelled, until its
/// deadline. Returns whether it does.
pub(super) async fn settle<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    tell: &mut Tell<'_>,
    shows: &dyn Fn(&RunDetail) -> bool,
) -> bool {
    let mut pace = Pace::begin(step.flow.clock, step.cancel, step.settings.values.retry_timeout);
    loop {
        match step.cancel.hurry(poll(step, run)).await {
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
        if pace.is_over() {
            return false;
        }
        pace.pause().await;
    }
}
