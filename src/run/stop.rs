//! Stopping a run. A stop may be sent any number of times.

use std::time::Duration;

use super::cancel::Cancel;
use super::outcome::Done;
use super::retry::{self, Attempts, Next};
use super::{Job, Progress, Stop, say_of};
use crate::error::{Deed, Error};
use crate::inputs::Fate;
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::{Cause, Certainty, Flow, RunDetail, Setback};

/// The pause between two attempts once the step is cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_millis(500);

/// What a stop came to.
#[derive(Debug, PartialEq, Eq)]
enum Stopped {
    /// The service accepted it.
    Accepted {
        /// The request's id.
        request_id: Option<String>,
    },
    /// The run had ended already.
    Ended(Box<RunDetail>),
    /// The service refused it, or could not be reached: nothing was changed.
    Refused(Cause),
    /// Nobody can say whether the service accepted it.
    Unknown(Cause),
}

impl<T: Transport> Job<'_, '_, T> {
    /// Stops a run and does nothing else.
    pub(super) async fn stop(&mut self, run: u64) -> Result<Done, Error> {
        self.known.set(Progress::Run { run, stop: Stop::Sent });
        let url = self.run_url(run);
        let (status, then) = match stop(&self.flow, run, self.settings.retry_timeout, self.cancel).await {
            Stopped::Accepted { request_id } => {
                say_of(&text!("The stop of run {run} was accepted", "已接受停止运行 {run} 的请求"), &url);
                self.request_id = request_id;
                ("canceled", Stop::Accepted)
            }
            Stopped::Ended(detail) => {
                say_of(&text!("Run {run} had ended already", "运行 {run} 此前已经结束"), &url);
                (detail.status.output(), Stop::Ended(detail.status))
            }
            Stopped::Refused(cause) => {
                self.known.set(Progress::Run { run, stop: Stop::Refused(cause.clone()) });
                let (run, refusal) = (Some(self.named(run)), self.refused(cause));
                return Err(Error::Refused { deed: Deed::Stop, run, refusal });
            }
            Stopped::Unknown(cause) => {
                return Err(Error::StopLost { cause, host: self.host(), run: self.named(run) });
            }
        };
        self.known.set(Progress::Run { run, stop: then });
        self.report_known(run, status).await;
        Ok(Done { deed: Deed::Stop, run: Some(run), news: None })
    }

    /// Stops the run that was started or followed, if the step was cancelled meanwhile.
    pub(super) async fn undo_if_cancelled(&mut self, run: u64) {
        self.known.set(Progress::Run { run, stop: Stop::Untried });
        if self.cancel.requested().is_some() && self.settings.on_cancel == Fate::Stop {
            self.end_run(run).await;
        }
    }

    /// Stops a run for a reason of our own. Once the step is cancelled, it goes on until the time is up.
    pub(super) async fn end_run(&mut self, run: u64) -> Stop {
        self.known.set(Progress::Run { run, stop: Stop::Sent });
        let budget = if self.cancel.requested().is_some() { None } else { self.settings.retry_timeout };
        let stop = match stop(&self.flow, run, budget, self.cancel).await {
            Stopped::Accepted { .. } => Stop::Accepted,
            Stopped::Ended(detail) => {
                let status = detail.status;
                if let Some(seen) = &mut self.last_seen {
                    seen.detail = *detail;
                }
                Stop::Ended(status)
            }
            Stopped::Refused(cause) => Stop::Refused(cause),
            Stopped::Unknown(_) => Stop::Sent,
        };
        self.known.set(Progress::Run { run, stop: stop.clone() });
        stop
    }
}

/// Stops a run, trying again within the budget. Where the answer leaves a doubt, the run itself is asked.
async fn stop<T: Transport>(flow: &Flow<'_, T>, run: u64, budget: Option<Duration>, cancel: &Cancel) -> Stopped {
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
            && detail.status.is_over()
        {
            return Stopped::Ended(Box::new(detail));
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
