//! What may be resent, and when: the rules, and the loop of all that may be done twice.

use std::time::Duration;

use super::cancel::Cancel;
use crate::clock::Clock;
use crate::log;
use crate::text::{Text, text};
use crate::yunxiao::{Certainty, Setback};

/// The first pause between two attempts; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that is not the service's own wish.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause that a service can ask for where no timeout limits it.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The pause between two attempts once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// What to do after a setback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Sign afresh and resend, after a pause.
    Repeat { after: Duration },
    /// The service did not act, and won't.
    GiveUp,
    /// Never resend, for the service may have acted: look whether it has.
    LookUp,
}

/// The attempts so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    pub made: u32,
    /// Whether the clock was corrected after an earlier one.
    pub clock_was_set: bool,
    pub elapsed: Duration,
}

impl Attempts {
    /// Counts another, which began after `begin`.
    pub fn count(&mut self, clock: &Clock, begin: Duration) {
        self.made += 1;
        self.elapsed = clock.elapsed().saturating_sub(begin);
    }
}

/// A rule for what follows a setback of a start. There is one, [`after_start`]; a test puts a wrong one in its place to
/// show that it would be found out.
pub type Rule = fn(Certainty, Attempts, Option<Duration>) -> Retry;

/// The rule for starts: only what certainly started nothing may be resent, and only within the budget (`None` is
/// without end).
pub fn after_start(certainty: Certainty, attempts: Attempts, budget: Option<Duration>) -> Retry {
    let pause = FIRST_PAUSE.saturating_mul(1 << attempts.made.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    let after = match certainty {
        Certainty::Unknown => return Retry::LookUp,
        Certainty::Refused | Certainty::NeverSent => return Retry::GiveUp,
        // A clock that is wrong after it was corrected by the server's own time will stay wrong.
        Certainty::ClockIsOff if attempts.clock_was_set => return Retry::GiveUp,
        Certainty::ClockIsOff => Duration::ZERO,
        // However soon the service would have it: it is the one that throttles.
        Certainty::Throttled { wait } => wait.unwrap_or(pause).max(pause),
        Certainty::NothingSent => pause,
    };
    match budget {
        Some(budget) if attempts.elapsed.saturating_add(after) > budget => Retry::GiveUp,
        Some(_) => Retry::Repeat { after },
        None => Retry::Repeat { after: after.min(LONGEST_RETRY_AFTER) },
    }
}

/// The rule for reads and stops, which may be sent any number of times: it is no matter whether the service acted.
pub fn after_repeatable(certainty: Certainty, attempts: Attempts, budget: Option<Duration>) -> Retry {
    let certainty = if certainty == Certainty::Unknown { Certainty::NothingSent } else { certainty };
    after_start(certainty, attempts, budget)
}

/// Whether something is still tried once the step is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnceCancelled {
    GiveUp,
    GoOn,
}

/// Tries something that may be done any number of times, until it succeeds, is refused, or the budget (`None` is without
/// end) or the time is up; returns none if the step is cancelled meanwhile. An attempt returns none if it was given up
/// because of that.
pub(super) async fn repeat<R>(
    clock: &Clock,
    cancel: &Cancel,
    budget: Option<Duration>,
    once_cancelled: OnceCancelled,
    mut attempt: impl AsyncFnMut() -> Option<Result<R, Setback>>,
) -> Option<Result<R, Setback>> {
    let begin = clock.elapsed();
    let mut attempts = Attempts::default();
    loop {
        let answer = attempt().await;
        let has_ended = match once_cancelled {
            OnceCancelled::GiveUp => cancel.requested().is_some(),
            OnceCancelled::GoOn => cancel.is_over(),
        };
        let setback = match answer {
            Some(Ok(answer)) => return Some(Ok(answer)),
            None if has_ended => return None,
            None => continue,
            Some(Err(setback)) => setback,
        };
        attempts.count(clock, begin);
        // Once the step is cancelled, its deadline is the only limit.
        let budget = budget.filter(|_| cancel.requested().is_none());
        let next = after_repeatable(setback.certainty, attempts, budget);
        attempts.clock_was_set |= setback.certainty == Certainty::ClockIsOff;
        let Retry::Repeat { after } = next else { return Some(Err(setback)) };
        if has_ended {
            return None;
        }
        let what = setback.cause.describe();
        let when = when(after);
        log::warn(&text!("{what}; retrying {when}", "{what}；{when}重试", what, when));
        cancel.pause(after, CANCELLED_PAUSE).await;
    }
}

/// When something is tried again.
pub(super) fn when(after: Duration) -> Text {
    let seconds = after.as_secs_f32();
    if after.is_zero() { text!("at once", "立即") } else { text!("in {seconds} s", "{seconds} 秒后") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Option<Duration> = Some(Duration::from_mins(2));

    fn attempts(made: u32, seconds: u64) -> Attempts {
        Attempts { made, clock_was_set: false, elapsed: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_start_that_may_have_taken_effect_is_never_resent() {
        for made in 1..40 {
            for budget in [BUDGET, None] {
                assert_eq!(after_start(Certainty::Unknown, attempts(made, 0), budget), Retry::LookUp);
            }
        }
    }

    #[test]
    fn a_read_that_may_have_been_answered_is_resent() {
        let again = Retry::Repeat { after: FIRST_PAUSE };
        assert_eq!(after_repeatable(Certainty::Unknown, attempts(1, 0), BUDGET), again);
        assert_eq!(after_repeatable(Certainty::Unknown, attempts(1, 120), BUDGET), Retry::GiveUp);
        assert_eq!(after_repeatable(Certainty::Refused, attempts(1, 0), BUDGET), Retry::GiveUp);
    }

    #[test]
    fn a_plain_refusal_ends_at_once() {
        for certainty in [Certainty::Refused, Certainty::NeverSent] {
            assert_eq!(after_start(certainty, attempts(1, 0), None), Retry::GiveUp);
            assert_eq!(after_repeatable(certainty, attempts(1, 0), None), Retry::GiveUp);
        }
    }

    #[test]
    fn what_was_never_sent_is_sent_again_with_growing_pauses_within_the_budget() {
        let pause = |made, seconds| after_start(Certainty::NothingSent, attempts(made, seconds), BUDGET);
        let again = |milliseconds| Retry::Repeat { after: Duration::from_millis(milliseconds) };
        assert_eq!([pause(1, 0), pause(2, 1), pause(3, 2)], [again(500), again(1000), again(2000)]);
        assert_eq!([pause(7, 60), pause(99, 90)], [again(30_000), again(30_000)]);
        assert_eq!(pause(7, 91), Retry::GiveUp);
        assert_eq!(after_start(Certainty::NothingSent, attempts(99, 100_000), None), again(30_000));
    }

    #[test]
    fn the_service_decides_how_long_to_wait_when_it_throttles() {
        let throttled = |seconds| Certainty::Throttled { wait: Some(Duration::from_secs(seconds)) };
        let again = Retry::Repeat { after: Duration::from_mins(1) };
        assert_eq!(after_start(throttled(60), attempts(1, 60), BUDGET), again);
        assert_eq!(after_start(throttled(61), attempts(1, 60), BUDGET), Retry::GiveUp);
        assert_eq!(after_start(throttled(u64::MAX), attempts(1, 60), BUDGET), Retry::GiveUp);
        let within_an_hour = Retry::Repeat { after: Duration::from_hours(1) };
        assert_eq!(after_start(throttled(u64::MAX), attempts(1, 60), None), within_an_hour);
        let hasty = after_start(throttled(0), attempts(3, 0), BUDGET);
        assert_eq!(hasty, Retry::Repeat { after: Duration::from_secs(2) });
        let unsaid = after_start(Certainty::Throttled { wait: None }, attempts(1, 0), BUDGET);
        assert_eq!(unsaid, Retry::Repeat { after: FIRST_PAUSE });
    }

    #[test]
    fn a_wrong_clock_is_set_right_once() {
        assert_eq!(after_start(Certainty::ClockIsOff, attempts(1, 0), BUDGET), Retry::Repeat { after: Duration::ZERO });
        let again = Attempts { clock_was_set: true, ..attempts(2, 0) };
        assert_eq!(after_start(Certainty::ClockIsOff, again, BUDGET), Retry::GiveUp);
    }
}
