//! The job: starting a run at most once, finding it again, stopping it. It knows of no HTTP.

pub mod cancel;
mod comment;
mod known;
mod lookup;
pub mod retry;
mod start;
mod stop;

use cancel::{Cancel, Signals};
pub use known::Stop;
use known::{Known, Progress};
use lookup::{Found, Sought};
use start::Outcome;
use stop::Stopped;

use crate::clock::Clock;
use crate::error::{Error, Interruption, Unrecognised};
use crate::host::{Host, Outputs};
use crate::inputs::{Mode, OnCancel, Settings};
use crate::random::Random;
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::{Flow, Started};

/// What a job takes from outside.
pub struct Surroundings<'a> {
    /// The CI system.
    pub host: &'a dyn Host,
    /// The time.
    pub clock: &'a Clock,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// What may be sent again: [`retry::after_start`].
    pub rule: retry::Rule,
}

/// Does what the settings ask for, and writes the outputs as they become known.
pub async fn run<T: Transport>(
    settings: Settings,
    transport: T,
    surroundings: Surroundings<'_>,
    outputs: &mut Outputs<'_>,
    signals: &mut Signals,
) -> Result<(), Error> {
    let (cancel, known) = (Cancel::default(), Known::default());
    let mut job = Job {
        flow: Flow {
            transport,
            endpoint: &settings.endpoint,
            access_key: &settings.access_key,
            algorithm: settings.algorithm,
            organization: &settings.organization,
            pipeline: settings.pipeline,
            clock: surroundings.clock,
            random: surroundings.random,
        },
        settings: &settings,
        marker: comment::marker(surroundings.random),
        surroundings,
        outputs,
        cancel: &cancel,
        known: &known,
        request_id: None,
        has_printed: false,
    };
    let outcome = tokio::select! {
        biased;
        () = cancel.watch(signals) => Ok(()),
        outcome = job.run() => outcome,
    };
    let outcome = match cancel.requested() {
        Some(signal) => {
            job.print_what_is_known();
            Err(Error::Interrupted { signal, interruption: job.interruption() })
        }
        None => outcome,
    };
    outcome.inspect_err(|error| job.write_failure(error))
}

struct Job<'a, 'o, T> {
    settings: &'a Settings,
    flow: Flow<'a, T>,
    marker: String,
    surroundings: Surroundings<'a>,
    outputs: &'a mut Outputs<'o>,
    cancel: &'a Cancel,
    known: &'a Known,
    /// The id of the request that brought the run, if it is known.
    request_id: Option<String>,
    /// Whether the run's id is on standard output.
    has_printed: bool,
}

impl<T: Transport> Job<'_, '_, T> {
    async fn run(&mut self) -> Result<(), Error> {
        match self.settings.mode {
            Mode::Start => self.start().await,
            Mode::Stop { run } => self.stop(run).await,
        }
    }

    async fn start(&mut self) -> Result<(), Error> {
        let origin = self.surroundings.host.origin();
        let remark = comment::comment(&self.settings.comment, &origin, &self.marker);
        let params = RunParams { comment: Some(remark.clone()), ..self.settings.params.clone() };
        if !params.names_a_ref() {
            say(&text!(
                "No ref is given: the pipeline's default branch runs",
                "未指定分支或标签：将按流水线配置的默认分支运行"
            ));
        }
        let (budget, rule) = (self.settings.retry_timeout, self.surroundings.rule);
        let started = match start::start(&self.flow, &params, budget, rule, self.cancel, self.known).await {
            Outcome::Started(started) => started,
            Outcome::Cancelled => return Ok(()),
            Outcome::NotStarted(cause) => {
                let has_security_token = self.settings.access_key.security_token.is_some();
                return Err(Error::NotStarted { cause, host: self.host(), has_security_token });
            }
            Outcome::Unknown { cause, sent } => {
                self.known.set(Progress::Lost);
                let Text { english, chinese } = cause.describe(&self.host());
                let warning = text!(
                    "{english}; a run may have been started, looking for it",
                    "{chinese}；可能已触发运行，正在查找"
                );
                tracing::warn!("{}", warning.in_one_line());
                self.request_id = cause.request_id().map(str::to_owned);
                let sought = Sought { remark: &remark, marker: &self.marker, sent };
                match lookup::look(&self.flow, &sought, budget, self.cancel, self.known).await {
                    Found::Run { run, copies } => {
                        self.say_found(run, &copies);
                        Started { run, request_id: self.request_id.clone() }
                    }
                    Found::Nothing { refused } => {
                        let unrecognised = self.unrecognised();
                        return Err(Error::Unknown { cause, host: self.host(), refused, unrecognised });
                    }
                }
            }
        };
        // Stop first and tell afterwards: telling may fail, and there is little time.
        self.undo_if_cancelled(started.run).await;
        self.report_start(started)
    }

    /// Hands a started run to the next steps and says what it is.
    fn report_start(&mut self, started: Started) -> Result<(), Error> {
        let Started { run, request_id } = started;
        self.request_id.clone_from(&request_id);
        let url = self.run_url(run);
        // The id goes to standard output even if the file can't be written: never lose a run.
        let written = self.write(Some(run), request_id.as_deref(), "started");
        self.has_printed = true;
        written.and(self.outputs.print(run)).map_err(|source| Error::OutputLost { run, url: url.clone(), source })?;
        let pipeline = self.settings.pipeline;
        say(&text!("Started run {run} of pipeline {pipeline}: {url}", "已触发流水线 {pipeline} 的运行 {run}：{url}"));
        if self.cancel.requested().is_none() {
            say(&text!(
                "The run was started and not followed: this step says nothing about its result",
                "本步骤只触发、不跟踪运行：步骤成功不代表运行成功"
            ));
        }
        Ok(())
    }

    /// Stops the run that was started, if the step was cancelled meanwhile.
    async fn undo_if_cancelled(&mut self, run: u64) {
        self.known.set(Progress::Run { run, stop: Stop::Untried });
        if self.cancel.requested().is_none() || self.settings.on_cancel == OnCancel::Leave {
            return;
        }
        self.known.set(Progress::Run { run, stop: Stop::Sent });
        // It goes on until the time is up.
        let stop = match stop::stop(&self.flow, run, None, self.cancel).await {
            Stopped::Accepted { .. } => Stop::Accepted,
            Stopped::Ended(status) => Stop::Ended(status),
            Stopped::Refused(cause) => Stop::Refused(cause),
            Stopped::Unknown(_) => Stop::Sent,
        };
        self.known.set(Progress::Run { run, stop });
    }

    /// Stops a run and does nothing else.
    async fn stop(&mut self, run: u64) -> Result<(), Error> {
        self.known.set(Progress::Run { run, stop: Stop::Sent });
        let url = self.run_url(run);
        let (status, request_id) = match stop::stop(&self.flow, run, self.settings.retry_timeout, self.cancel).await {
            Stopped::Accepted { request_id } => {
                say(&text!("The stop of run {run} was accepted: {url}", "已接受停止运行 {run} 的请求：{url}"));
                self.known.set(Progress::Run { run, stop: Stop::Accepted });
                ("canceled", request_id)
            }
            Stopped::Ended(status) => {
                say(&text!("Run {run} had ended already: {url}", "运行 {run} 此前已经结束：{url}"));
                self.known.set(Progress::Run { run, stop: Stop::Ended(status) });
                (status.word(), None)
            }
            Stopped::Refused(cause) => {
                let has_security_token = self.settings.access_key.security_token.is_some();
                self.known.set(Progress::Run { run, stop: Stop::Refused(cause.clone()) });
                return Err(Error::NotStopped { cause, host: self.host(), has_security_token, run });
            }
            Stopped::Unknown(cause) => return Err(Error::StopLost { cause, host: self.host(), run, url }),
        };
        let written = self.write(Some(run), request_id.as_deref(), status);
        self.has_printed = true;
        written.and(self.outputs.print(run)).map_err(|source| Error::StopOutputLost { run, url, source })
    }

    /// Prints the id of a run that was found when there was no time left to report it.
    fn print_what_is_known(&mut self) {
        if let (Progress::Run { run, .. }, false) = (self.known.progress(), self.has_printed) {
            // That it can't be printed matters less than the signal.
            let _ = self.outputs.print(run);
        }
    }

    /// What is known when the step ends because it was cancelled.
    fn interruption(&self) -> Interruption {
        match self.known.progress() {
            Progress::Nothing => Interruption::Nothing,
            Progress::Sending(gate) if gate.close() => Interruption::Nothing,
            Progress::Sending(_) | Progress::Lost => Interruption::Unknown(self.unrecognised()),
            Progress::Run { run, stop } => {
                let asked = self.settings.on_cancel == OnCancel::Leave;
                Interruption::Run { run, url: self.run_url(run), host: self.host(), stop, asked }
            }
        }
    }

    fn unrecognised(&self) -> Unrecognised {
        let candidates = self.known.candidates().into_iter().rev().map(|run| self.run_url(run)).collect();
        Unrecognised { marker: self.marker.clone(), runs_url: self.runs_url(), candidates }
    }

    /// The outputs of a job that did not come to a good end: later steps read them too. That they can't be written is
    /// said, but what happened to the run matters more.
    fn write_failure(&mut self, error: &Error) {
        if matches!(error, Error::OutputLost { .. } | Error::StopOutputLost { .. }) {
            return;
        }
        let request_id = error.request_id().map(str::to_owned).or_else(|| self.request_id.clone());
        if let Err(source) = self.write(error.run(), request_id.as_deref(), error.status()) {
            let kind = source.kind();
            let warning = text!("The outputs could not be written ({kind})", "输出未能写入（{kind}）");
            tracing::warn!("{}", warning.in_one_line());
        }
    }

    fn write(&mut self, run: Option<u64>, request_id: Option<&str>, status: &str) -> std::io::Result<()> {
        let outputs = [
            ("pipelineRunId", run.map(|run| run.to_string()).unwrap_or_default()),
            ("pipelineRunUrl", run.map(|run| self.run_url(run)).unwrap_or_default()),
            ("requestId", request_id.unwrap_or_default().to_owned()),
            ("status", status.to_owned()),
        ];
        self.outputs.write(self.surroundings.random, &outputs)
    }

    fn say_found(&self, run: u64, copies: &[u64]) {
        let url = self.run_url(run);
        say(&text!(
            "The run was started: {run} carries this step's marker ({url})",
            "已确认触发：运行 {run} 带有本步骤的标记（{url}）"
        ));
        for copy in copies {
            let url = self.run_url(*copy);
            let warning = text!(
                "Run {copy} carries the same marker, so its remark was copied: it is not this step's ({url})",
                "运行 {copy} 带有相同的标记，说明备注是复制来的，该运行不是本步骤触发的（{url}）"
            );
            tracing::warn!("{}", warning.in_one_line());
        }
    }

    fn host(&self) -> String {
        self.settings.endpoint.host().to_owned()
    }

    fn runs_url(&self) -> String {
        format!("{}/pipelines/{}/builds", self.settings.web_url, self.settings.pipeline)
    }

    fn run_url(&self, run: u64) -> String {
        format!("{}/{run}", self.runs_url())
    }
}

/// Says one thing worth knowing.
pub(crate) fn say(text: &Text) {
    tracing::info!("{}", text.in_one_line());
}
