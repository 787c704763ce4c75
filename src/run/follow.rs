//! Following a run until it ends. [`state`] decides; this looks, waits and shows logs.

mod logs;
pub mod news;
pub mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::outcome::{Done, LastSeen};
use super::{Job, Stop, say, say_of};
use crate::error::{Deed, Ending, Error};
use crate::inputs::{Fate, Follow, Logs, Mode, OnGate};
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::{Certainty, RunDetail, Status};
use logs::LogReader;
use state::{End, Following, Limit, Look, Next};

/// The pause between two attempts at the logs of a run that has ended.
const PAUSE: Duration = Duration::from_millis(500);

impl<T: Transport> Job<'_, '_, T> {
    /// Follows a run until it ends or a limit is exceeded; yields none if the step was cancelled.
    pub(super) async fn follow(&mut self, run: u64, follow: &Follow) -> Result<Option<Done>, Error> {
        let mut logs = LogReader::new(self.which_logs(follow));
        let Some(end) = self.watch(run, follow, &mut logs).await? else {
            self.undo_if_cancelled(run).await;
            return Ok(None);
        };
        if matches!(end, End::Succeeded | End::Failed | End::Canceled) {
            self.read_last_logs(run, &mut logs).await;
        }
        if let Some(seen) = &mut self.last_seen {
            seen.tails = logs.tails(&seen.detail);
        }
        self.judge(run, follow, end).await.map(Some)
    }

    /// Looks at the run until it is known how following it ends, or until the step is cancelled.
    async fn watch(&mut self, run: u64, follow: &Follow, logs: &mut LogReader) -> Result<Option<End>, Error> {
        let clock = self.surroundings.clock;
        let mut following = Following::begin(clock.elapsed());
        let mut last_failure = None;
        loop {
            self.stay_signed_in(last_failure.as_ref()).await;
            let Some(seen) = self.cancel.hurry(self.flow.get_run(run)).await else { return Ok(None) };
            let begin = Instant::now();
            let cause = match seen {
                Ok(detail) => {
                    self.see(run, detail);
                    None
                }
                // A run that somebody else started, and that was never seen, may not exist: a plain refusal is final.
                Err(setback) if setback.certainty == Certainty::Refused && self.is_a_stranger() => {
                    let refusal = self.refused(setback.cause);
                    return Err(Error::Refused { deed: Deed::Follow, run: None, refusal });
                }
                Err(setback) => Some(setback.cause),
            };
            let look = match (&cause, &self.last_seen) {
                (Some(cause), _) => Look::Failed(cause),
                (None, Some(seen)) => Look::Seen(&seen.detail),
                (None, None) => continue,
            };
            let (then, news, next) = following.advance(follow, look, clock.elapsed());
            following = then;
            last_failure = cause;
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

    /// Whether the run is not known to exist: it was not started here, and was never seen.
    fn is_a_stranger(&self) -> bool {
        !self.has_printed
    }

    /// Keeps what was seen of the run. A run that was not started here is handed to the next steps when it is first seen.
    fn see(&mut self, run: u64, detail: RunDetail) {
        self.last_seen = Some(LastSeen { run, detail, tails: BTreeMap::new() });
        if self.is_a_stranger() {
            self.report_known(run, "started");
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
            if let Err(setback) = logs.read(&self.flow, &self.surroundings, run, &due).await {
                let (Text { english, chinese }, name) = (setback.cause.describe(self.flow.endpoint.host()), due.name);
                say(&text!("The log of {name} can't be read: {english}", "无法读取 {name} 的日志：{chinese}"));
            }
        }
    }

    /// Reads what is left of the logs of a run that has ended.
    async fn read_last_logs(&self, run: u64, logs: &mut LogReader) {
        let is_behind = |logs: &LogReader| self.last_seen.as_ref().is_some_and(|seen| logs.is_behind(&seen.detail));
        while self.cancel.hurry(self.read_logs(run, logs)).await.is_some() && is_behind(logs) {
            self.cancel.pause(PAUSE, PAUSE).await;
        }
    }

    /// Does what the end asks for, and yields whether it is a good one.
    async fn judge(&mut self, run: u64, follow: &Follow, end: End) -> Result<Done, Error> {
        let deed = if self.settings.mode == Mode::Start { Deed::Start } else { Deed::Follow };
        let good = |status| Ok(Done { deed, run: Some(run), news: Some(status) });
        let expected = || follow.expected_commit.clone().unwrap_or_default();
        let ending = match end {
            End::Succeeded => return good("success"),
            End::AtGate if follow.on_gate == OnGate::Succeed => return good("gate"),
            End::AtGate => Ending::AtGate,
            End::Failed => Ending::Failed { jobs: self.failed_jobs() },
            End::Canceled => Ending::Canceled,
            End::TimedOut(limit) => {
                let stop = if follow.on_timeout == Fate::Stop { self.end_run(run).await } else { Stop::Untried };
                match stop {
                    // It ended before it could be stopped, so there is a result after all.
                    Stop::Ended(Status::Succeeded) => return good("success"),
                    Stop::Ended(Status::Failed) => Ending::Failed { jobs: self.failed_jobs() },
                    Stop::Ended(_) => Ending::Canceled,
                    stop => {
                        let most = if limit == Limit::Queue { follow.queue_timeout } else { follow.timeout };
                        Ending::TimedOut { limit, most: most.unwrap_or_default(), stop }
                    }
                }
            }
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
        Err(Error::Followed { run: self.named(run), ending })
    }

    /// The failed jobs, each with its stage.
    fn failed_jobs(&self) -> Vec<String> {
        let jobs = self.last_seen.iter().flat_map(|seen| seen.detail.jobs());
        let failed = jobs.filter(|(_, job)| job.status == Status::Failed);
        failed.map(|(stage, job)| format!("{} > {}", stage.name, job.name)).collect()
    }
}
