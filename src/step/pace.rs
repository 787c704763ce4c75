//! Polling for something that has yet to appear: how often, and for how long.

use std::time::Duration;

use super::cancel::Cancel;
use crate::clock::Clock;

/// How long to search if `retry-timeout` sets no limit.
const LONGEST: Duration = Duration::from_mins(10);

/// The first pause between two looks; they grow to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// When to look again: within the budget of what is repeated, and once the step is cancelled until its deadline.
pub(super) struct Pace<'a> {
    clock: &'a Clock,
    cancel: &'a Cancel,
    end: Duration,
    pause: Duration,
}

impl<'a> Pace<'a> {
    pub(super) fn begin(clock: &'a Clock, cancel: &'a Cancel, budget: Option<Duration>) -> Self {
        let end = clock.elapsed().saturating_add(budget.unwrap_or(LONGEST));
        Self { clock, cancel, end, pause: FIRST_PAUSE }
    }

    pub(super) fn left(&self) -> Duration {
        self.end.saturating_sub(self.clock.elapsed())
    }

    /// Whether the time is up.
    pub(super) fn is_over(&self) -> bool {
        self.cancel.is_over() || (self.cancel.requested().is_none() && self.left().is_zero())
    }

    /// Pauses before the next look, the last of which is at the very end of the time.
    pub(super) async fn pause(&mut self) {
        self.cancel.pause(self.pause.min(self.left()), CANCELLED_PAUSE).await;
        self.pause = LONGEST_PAUSE.min(self.pause * 3 / 2);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::outcome::Signal;
    use crate::step::cancel;

    /// When it looks, in milliseconds since the beginning, if it is cancelled so long after it.
    async fn looks(budget: Option<Duration>, cancelled: Option<u64>) -> Vec<u128> {
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH);
        let (canceller, cancel) = cancel::pair();
        let look = async {
            let mut pace = Pace::begin(&clock, &cancel, budget);
            let mut looks = vec![clock.elapsed().as_millis()];
            while !pace.is_over() {
                pace.pause().await;
                looks.push(clock.elapsed().as_millis());
            }
            looks
        };
        let signal = async {
            if let Some(after) = cancelled {
                tokio::time::sleep(Duration::from_millis(after)).await;
                canceller.cancel(Signal::Terminate);
            }
        };
        tokio::join!(look, signal).0
    }

    #[tokio::test(start_paused = true)]
    async fn the_search_slows_down_until_the_time_is_up() {
        assert_eq!(looks(Some(Duration::ZERO), None).await, [0]);
        assert_eq!(looks(Some(Duration::from_secs(2)), None).await, [0, 1000, 2000]);
        assert_eq!(looks(Some(Duration::from_secs(15)), None).await, [0, 1000, 2500, 4750, 8125, 13125, 15000]);
        assert_eq!(looks(None, None).await.last(), Some(&600_000));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_signal_the_search_repeats_every_half_second() {
        let looks = looks(Some(Duration::from_secs(3)), Some(1200)).await;
        assert_eq!(looks[..4], [0, 1000, 1200, 1700]);
        assert_eq!((looks.len(), looks.last()), (2 + 15, Some(&8200)));
    }
}
