//! Starting a run at most once.

use std::time::Duration;

use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::{Certainty, Flow, Setback, Started};

/// The first pause between two attempts; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that is not the service's own wish.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What to do after a start that brought no run's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Sign afresh and send again, after a pause.
    SendAgain {
        /// The pause.
        after: Duration,
    },
    /// End: no run was started.
    GiveUp,
    /// Never send again: a run may have been started.
    Stop,
}

/// The attempts so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// How many have been made.
    pub made: u32,
    /// Whether the clock has been set right already.
    pub clock_was_set: bool,
    /// The time since the first.
    pub elapsed: Duration,
}

/// The one rule for what follows a setback. Only what certainly did not start a run may be sent again, and only within
/// the budget (`None` is without end).
#[must_use]
pub fn next(certainty: &Certainty, attempts: Attempts, budget: Option<Duration>) -> Next {
    let pause = FIRST_PAUSE.saturating_mul(1 << attempts.made.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    let after = match certainty {
        Certainty::Unknown => return Next::Stop,
        Certainty::NotStarted => return Next::GiveUp,
        // A clock that is wrong after it was set right by the server's own time will stay wrong.
        Certainty::ClockIsOff { .. } if attempts.clock_was_set => return Next::GiveUp,
        Certainty::ClockIsOff { .. } => Duration::ZERO,
        Certainty::Throttled { wait } => wait.unwrap_or(pause),
        Certainty::NothingSent => pause,
    };
    match budget {
        Some(budget) if attempts.elapsed.saturating_add(after) > budget => Next::GiveUp,
        _ => Next::SendAgain { after },
    }
}

/// Starts a run, sending again only what certainly was not acted on.
pub async fn start<T: Transport>(
    flow: &Flow<'_, T>,
    params: &RunParams,
    budget: Option<Duration>,
) -> Result<Started, Setback> {
    let begin = flow.clock.elapsed();
    let mut attempts = Attempts { made: 0, clock_was_set: false, elapsed: Duration::ZERO };
    loop {
        let setback = match flow.start(params).await {
            Ok(started) => return Ok(started),
            Err(setback) => setback,
        };
        attempts.made += 1;
        attempts.elapsed = flow.clock.elapsed().saturating_sub(begin);
        let Next::SendAgain { after } = next(&setback.certainty, attempts, budget) else {
            return Err(setback);
        };
        if let Certainty::ClockIsOff { server } = setback.certainty {
            flow.clock.set(server);
            attempts.clock_was_set = true;
        }
        let Text { english, chinese } = setback.cause.describe(flow.endpoint.host());
        let seconds = after.as_secs_f32();
        let warning = text!(
            "{english}; nothing was started, trying again in {seconds} s",
            "{chinese}；没有触发任何运行，{seconds} 秒后重试"
        );
        tracing::warn!("{}", warning.in_one_line());
        tokio::time::sleep(after).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const BUDGET: Option<Duration> = Some(Duration::from_mins(2));

    fn attempts(made: u32, seconds: u64) -> Attempts {
        Attempts { made, clock_was_set: false, elapsed: Duration::from_secs(seconds) }
    }

    #[test]
    fn what_may_have_started_a_run_is_never_sent_again() {
        for made in 1..40 {
            for budget in [BUDGET, None] {
                assert_eq!(next(&Certainty::Unknown, attempts(made, 0), budget), Next::Stop);
            }
        }
    }

    #[test]
    fn a_plain_refusal_ends_at_once() {
        assert_eq!(next(&Certainty::NotStarted, attempts(1, 0), None), Next::GiveUp);
    }

    #[test]
    fn what_was_never_sent_is_sent_again_with_growing_pauses_within_the_budget() {
        let pause = |made, seconds| next(&Certainty::NothingSent, attempts(made, seconds), BUDGET);
        let again = |milliseconds| Next::SendAgain { after: Duration::from_millis(milliseconds) };
        assert_eq!([pause(1, 0), pause(2, 1), pause(3, 2)], [again(500), again(1000), again(2000)]);
        assert_eq!([pause(7, 60), pause(99, 90)], [again(30_000), again(30_000)]);
        assert_eq!(pause(7, 91), Next::GiveUp);
        assert_eq!(next(&Certainty::NothingSent, attempts(99, 100_000), None), again(30_000));
    }

    #[test]
    fn the_service_decides_how_long_to_wait_when_it_throttles() {
        let throttled = |seconds| Certainty::Throttled { wait: Some(Duration::from_secs(seconds)) };
        let again = Next::SendAgain { after: Duration::from_mins(1) };
        assert_eq!(next(&throttled(60), attempts(1, 60), BUDGET), again);
        assert_eq!(next(&throttled(61), attempts(1, 60), BUDGET), Next::GiveUp);
        let unsaid = next(&Certainty::Throttled { wait: None }, attempts(1, 0), BUDGET);
        assert_eq!(unsaid, Next::SendAgain { after: FIRST_PAUSE });
    }

    #[test]
    fn a_wrong_clock_is_set_right_once() {
        let off = Certainty::ClockIsOff { server: SystemTime::UNIX_EPOCH };
        assert_eq!(next(&off, attempts(1, 0), BUDGET), Next::SendAgain { after: Duration::ZERO });
        assert_eq!(next(&off, Attempts { clock_was_set: true, ..attempts(2, 0) }, BUDGET), Next::GiveUp);
    }
}
