//! Following a run until it ends. [`state`] decides; this looks, waits and shows logs.

mod logs;
pub mod news;
pub mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::outcome::{Done, LastSeen};
use super::{Job, Progress, Stop, say, say_of};
use crate::error::{Deed, Ending, Error};
use crate::inputs::{Fate, Follow, Logs, Mode, OnGate};
use crate::text::{Text, text};
use crate::transport::{Failure, FailureKind, Transport};
use crate::yunxiao::{Cause, Certainty, RunDetail, Setback, Status};
use logs::LogReader;
use state::{End, Following, Limit, Look, Next};

/// How long one look may take, whatever `request-timeout` says: limits of the run must be kept.
const LONGEST_LOOK: Duration = Duration::from_mins(1);

/// How long the credentials may take to be fetched anew before the next look.
const LONGEST_RENEWAL: Duration = Duration::from_secs(5);

/// For how long a run that somebody else has just started may not be found yet.
const LATEST_APPEARANCE: Duration = Duration::from_secs(10);

/// How long the logs of a run that has ended may take.
const LONGEST_LAST_LOGS: Duration = Duration::from_mins(5);

/// The pause between two attempts at them.
const PAUSE: Duration = Duration::from_millis(500);

impl<T: Transport> Job<'_, '_, T> {
    /// Follows a run until it ends or a limit is exceeded; yields none if the step was cancelled.
    pub(super) async fn follow(&mut self, run: u64, follow: &Follow) -> Result<Option<Done>, Error> {
        let mut logs = LogReader::new(self.which_logs(follow));
        let mut following = Following::begin(self.surroundings.clock.elapsed());
        let Some(end) = self.watch(run, follow, &mut following, &mut logs).await? else {
            if !self.is_a_stranger() {
                self.undo_if_cancelled(run).await;
            }
            return Ok(None);
        };
        let outcome = self.judge(run, follow, following, end).await;
        if let Some(status) = self.last_seen.as_ref().map(|seen| seen.detail.status).filter(|status| status.is_over()) {
            self.known.set(Progress::Run { run, stop: Stop::Ended(status) });
            // What is known is handed on before anything else takes its time.
            self.write_end(&outcome);
            self.read_last_logs(run, &mut logs).await;
        }
        if let Some(seen) = &mut self.last_seen {
            seen.tails = logs.tails(&seen.detail);
        }
        outcome.map(Some)
    }

    /// Looks at the run until it is known how following it ends, or until the step is cancelled.
    async fn watch(
        &mut self,
        run: u64,
        follow: &Follow,
        following: &mut Following,
        logs: &mut LogReader,
    ) -> Result<Option<End>, Error> {
        let clock = self.surroundings.clock;
        let first = clock.elapsed();
        let mut last_failure = None;
        loop {
            let renewal = timeout(LONGEST_RENEWAL, self.stay_signed_in(last_failure.as_ref()));
            let _ = self.cancel.hurry(renewal).await;
            let begin = Instant::now();
            let Some(looked) = self.cancel.hurry(self.look(run)).await else { return Ok(None) };
            let looked = match looked {
                // A run that somebody else started, and that was never seen, may not exist: a plain refusal is final.
                Err(Setback { certainty: Certainty::Refused, cause }) if self.is_a_stranger() => {
                    if !(cause.is_not_found() && clock.elapsed() < first + LATEST_APPEARANCE) {
                        let refusal = self.refused(cause);
                        return Err(Error::Refused { deed: Deed::Follow, run: None, refusal });
                    }
                    Err(cause)
                }
                looked => looked.map_err(|setback| setback.cause),
            };
            let look = match &looked {
                Ok(detail) => Look::Seen(detail),
                Err(cause) => Look::Failed(cause),
            };
            let (news, next) = following.advance(follow, look, clock.elapsed());
            last_failure = match looked {
                Ok(detail) => {
                    self.see(run, detail).await;
                    None
                }
                Err(cause) => Some(cause),
            };
            for item in news {
                let line = item.text().in_one_line();
                if item.is_warning() { tracing::warn!("{line}") } else { tracing::info!("{line}") }
            }
            let after = match next {
                Next::End(end) => return Ok(Some(end)),
                Next::Look { after } => after,
            };
            // Logs have the time until the next look. One that takes longer is read when the run has ended.
            let _ = self.cancel.hurry(timeout_at(begin + after, self.read_logs(run, logs))).await;
            self.cancel.pause((begin + after).saturating_duration_since(Instant::now()), Duration::ZERO).await;
            if self.cancel.requested().is_some() {
                return Ok(None);
            }
        }
    }

    /// Looks at the run once.
    async fn look(&self, run: u64) -> Result<RunDetail, Setback> {
        timeout(LONGEST_LOOK, self.flow.get_run(run)).await.unwrap_or_else(|_| {
            let failure = Failure { kind: FailureKind::TimedOut, detail: String::new() };
            Err(Setback { certainty: Certainty::Unknown, cause: Cause::NoAnswer(failure) })
        })
    }

    /// Whether the run is not known to exist: it was not started here, and was never seen.
    fn is_a_stranger(&self) -> bool {
        matches!(self.settings.mode, Mode::Follow { .. }) && self.last_seen.is_none()
    }

    /// Keeps what was seen of the run. A run that was not started here is handed to the next steps when it is first seen.
    async fn see(&mut self, run: u64, detail: RunDetail) {
        let is_news = self.is_a_stranger();
        self.last_seen = Some(LastSeen { run, detail, tails: BTreeMap::new() });
        if is_news {
            self.known.set(Progress::Run { run, stop: Stop::Untried });
            self.report_known(run, "started").await;
            let pipeline = self.flow.pipeline;
            let text = text!("Following run {run} of pipeline {pipeline}", "正在跟踪流水线 {pipeline} 的运行 {run}");
            say_of(&text, &self.run_url(run));
        }
    }

    /// Which logs are shown. Where anybody may read them, the user has to ask.
    fn which_logs(&self, follow: &Follow) -> Logs {
        match follow.logs {
            Some(logs) => logs,
            None if self.surroundings.host.is_public() => {
                say(&text!(
                    "Logs of the run are not shown: this CI project is public (`logs: failed` shows them)",
                    "当前 CI 项目是公开的，因此不显示运行日志（设置 `logs: failed` 可显示）"
                ));
                Logs::None
            }
            None => Logs::Failed,
        }
    }

    /// Reads every log that it is time for.
    async fn read_logs(&self, run: u64, logs: &mut LogReader) {
        let Some(seen) = &self.last_seen else { return };
        while let Some(due) = logs.next_due(&seen.detail, self.surroundings.clock.elapsed()) {
            if let Err(setback) = logs.read(&self.flow, &self.surroundings, self.cancel, run, &due).await {
                let Text { english, chinese } = setback.cause.describe(self.flow.endpoint.host());
                let (name, ending) = (&due.name, logs.is_given_up(&due));
                let text = text!("The log of {name} can't be read: {english}", "无法读取 {name} 的日志：{chinese}");
                if ending { say(&text) } else { tracing::debug!("{}", text.in_one_line()) }
            }
        }
    }

    /// Reads what is left of the logs of a run that has ended, within a time.
    async fn read_last_logs(&self, run: u64, logs: &mut LogReader) {
        let reading = timeout(LONGEST_LAST_LOGS, async {
            let is_behind = |logs: &LogReader| self.last_seen.as_ref().is_some_and(|seen| logs.is_behind(&seen.detail));
            loop {
                self.read_logs(run, logs).await;
                if !is_behind(logs) {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        // Once the step is cancelled there is no time for them.
        if let (None, Some(Err(_))) = (self.cancel.requested(), self.cancel.hurry(reading).await) {
            say(&text!(
                "Not all logs could be read in time; the run's page has them",
                "未能及时读完全部日志；请到运行页面查看"
            ));
        }
    }

    /// Does what the end asks for, and yields whether it is a good one.
    async fn judge(&mut self, run: u64, follow: &Follow, following: Following, end: End) -> Result<Done, Error> {
        let end = match end {
            End::TimedOut(_) if follow.on_timeout == Fate::Stop => {
                let stop = self.end_run(run).await;
                match (&stop, self.last_seen.as_ref()) {
                    // It ended before it could be stopped, so there is a result after all.
                    (Stop::Ended(_), Some(seen)) => {
                        let mut following = following;
                        let look = Look::Seen(&seen.detail);
                        match following.advance(follow, look, self.surroundings.clock.elapsed()).1 {
                            Next::End(end) => end,
                            Next::Look { .. } => end,
                        }
                    }
                    _ => return Err(self.followed(run, timed_out(follow, &end, stop))),
                }
            }
            end => end,
        };
        let deed = if self.settings.mode == Mode::Start { Deed::Start } else { Deed::Follow };
        let good = |status| Ok(Done { deed, run: Some(run), news: Some(status) });
        let expected = || follow.expected_commit.clone().unwrap_or_default();
        let ending = match end {
            End::Succeeded => return good("success"),
            End::AtGate if follow.on_gate == OnGate::Succeed => return good("gate"),
            End::AtGate => Ending::AtGate,
            End::Failed => Ending::Failed { jobs: self.failed_jobs() },
            End::Canceled => Ending::Canceled,
            End::TimedOut(_) => timed_out(follow, &end, Stop::Untried),
            End::OtherCommit => {
                let seen = self.last_seen.as_ref().map(|seen| &seen.detail);
                let built = seen.map(|seen| seen.sources.clone()).unwrap_or_default();
                let stop = match seen.map(|seen| seen.status).filter(|status| status.is_over()) {
                    Some(status) => Stop::Ended(status),
                    None => self.end_run(run).await,
                };
                Ending::OtherCommit { expected: expected(), built, stop }
            }
            End::CommitNotShown => Ending::CommitNotShown { expected: expected() },
            End::Lost(cause) if self.is_a_stranger() => {
                return Err(Error::Refused { deed, run: None, refusal: self.refused(cause) });
            }
            End::Lost(cause) => Ending::Lost(self.refused(cause)),
        };
        Err(self.followed(run, ending))
    }

    fn followed(&self, run: u64, ending: Ending) -> Error {
        Error::Followed { run: self.named(run), ending }
    }

    /// The failed jobs, each with its stage.
    fn failed_jobs(&self) -> Vec<String> {
        let jobs = self.last_seen.iter().flat_map(|seen| seen.detail.jobs());
        let failed = jobs.filter(|(_, job)| job.status == Status::Failed);
        failed.map(|(stage, job)| format!("{} > {}", stage.name, job.name)).collect()
    }
}

/// The end of a run that took too long.
fn timed_out(follow: &Follow, end: &End, stop: Stop) -> Ending {
    let (limit, most) = match end {
        End::TimedOut(Limit::Queue) => (Limit::Queue, follow.queue_timeout),
        _ => (Limit::Run, follow.timeout),
    };
    Ending::TimedOut { limit, most: most.unwrap_or_default(), stop }
}
