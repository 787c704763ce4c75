//! The job: starting a run at most once, finding it again, following it, stopping it. It knows of no HTTP.

pub mod cancel;
mod comment;
pub mod follow;
mod known;
mod lookup;
mod outcome;
mod prepare;
mod rehearse;
pub mod retry;
mod sign_in;
pub mod source;
mod start;
mod stop;

use std::cell::RefCell;
use std::io;

use cancel::{Cancel, Signals};
pub use known::Stop;
use known::{Known, Progress};
use lookup::{Found, Sought};
use start::Outcome;

use crate::clock::Clock;
use crate::error::{self, Deed, Error, Interruption, Refused, Unrecognised};
use crate::host::{Host, Outputs};
use crate::inputs::{Fate, Mode, Settings};
use crate::log::Screen;
use crate::random::Random;
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::{Cause, Flow, Started};
use outcome::{Done, LastSeen};
use sign_in::Fetched;

/// What a job takes from outside.
pub struct Surroundings<'a> {
    /// The CI system.
    pub host: &'a dyn Host,
    /// The time.
    pub clock: &'a Clock,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// Where lines go that are not our own.
    pub screen: &'a Screen,
    /// What may be sent again: [`retry::after_start`].
    pub rule: retry::Rule,
}

/// Does what the settings ask for, and writes the outputs as they become known.
pub async fn run<T: Transport>(
    settings: Settings,
    transport: T,
    surroundings: Surroundings<'_>,
    outputs: &mut Outputs,
    signals: &mut Signals,
) -> Result<(), Error> {
    let (cancel, known) = (Cancel::default(), Known::default());
    let mut job = Job {
        flow: Flow {
            transport,
            endpoint: &settings.service.endpoint,
            api: &settings.service.api,
            credentials: RefCell::new(sign_in::given(&settings.identity)),
            others: RefCell::default(),
            variables: RefCell::default(),
            algorithm: settings.algorithm,
            pipeline: settings.service.pipeline,
            clock: surroundings.clock,
            random: surroundings.random,
        },
        settings: &settings,
        marker: comment::marker(surroundings.random),
        surroundings,
        outputs,
        cancel: &cancel,
        known: &known,
        fetched: Fetched::default(),
        request_id: None,
        has_printed: false,
        lost_output: None,
        lost_print: None,
        has_written_end: false,
        last_seen: None,
    };
    let outcome = tokio::select! {
        biased;
        () = cancel.watch(signals) => Ok(None),
        outcome = job.run() => outcome,
    };
    let outcome = match cancel.requested() {
        Some(signal) => {
            job.print_what_is_known().await;
            Err(Error::Interrupted { signal, interruption: job.interruption() })
        }
        None => outcome,
    };
    job.tell(outcome)
}

struct Job<'a, 'o, T> {
    settings: &'a Settings,
    flow: Flow<'a, T>,
    marker: String,
    surroundings: Surroundings<'a>,
    outputs: &'o mut Outputs,
    cancel: &'a Cancel,
    known: &'a Known,
    fetched: Fetched,
    /// The id of the request that brought the run, if it is known.
    request_id: Option<String>,
    /// Whether the run's id is on standard output.
    has_printed: bool,
    /// Why the outputs could not be written, while there is more to do all the same.
    lost_output: Option<io::Error>,
    /// The same of the run's id on standard output.
    lost_print: Option<io::Error>,
    /// Whether the last outputs have been written.
    has_written_end: bool,
    /// What was last seen of a run that is followed.
    last_seen: Option<LastSeen>,
}

impl<T: Transport> Job<'_, '_, T> {
    /// Does what was asked for; yields none if the step was cancelled.
    async fn run(&mut self) -> Result<Option<Done>, Error> {
        match self.settings.mode {
            _ if self.settings.is_dry_run => self.rehearse().await,
            Mode::Start => {
                let Some(Started { run, request_id }) = self.start().await? else { return Ok(None) };
                self.request_id = request_id;
                // Stop first and tell afterwards: telling may fail, and there is little time.
                let was_cancelled = self.cancel.requested().is_some();
                self.undo_if_cancelled(run).await;
                self.report_start(run).await;
                match &self.settings.follow {
                    _ if was_cancelled => Ok(None),
                    _ if self.cancel.requested().is_some() => {
                        self.undo_if_cancelled(run).await;
                        Ok(None)
                    }
                    Some(follow) => self.follow(run, follow).await,
                    None => {
                        say(&text!(
                            "The run was started and not followed: this step says nothing about its result",
                            "本步骤只触发、不跟踪运行：步骤成功不代表运行成功"
                        ));
                        Ok(Some(Done { deed: Deed::Start, run: Some(run), news: None }))
                    }
                }
            }
            Mode::Follow { run } => match &self.settings.follow {
                Some(follow) if self.sign_in(Deed::Follow).await? => self.follow(run, follow).await,
                _ => Ok(None),
            },
            Mode::Stop { run } => {
                let has_signed_in = self.sign_in(Deed::Stop).await?;
                if has_signed_in { self.stop(run).await.map(Some) } else { Ok(None) }
            }
        }
    }

    /// Starts a run, and finds it again if need be; yields none if the step was cancelled.
    async fn start(&mut self) -> Result<Option<Started>, Error> {
        if !self.sign_in(Deed::Start).await? {
            return Ok(None);
        }
        let Some(params) = self.params().await? else { return Ok(None) };
        let remark = params.comment.clone().unwrap_or_default();
        let (budget, rule) = (self.settings.retry_timeout, self.surroundings.rule);
        let (cause, sent) = match start::start(&self.flow, &params, budget, rule, self.cancel, self.known).await {
            Outcome::Started(started) => return Ok(Some(started)),
            Outcome::Cancelled => return Ok(None),
            Outcome::NotStarted(cause) => {
                let refusal = self.refused(cause);
                return Err(Error::Refused { deed: Deed::Start, run: None, refusal });
            }
            Outcome::Unknown { cause, sent } => (cause, sent),
        };
        self.known.set(Progress::Lost);
        let Text { english, chinese } = cause.describe(&self.host());
        let warning =
            text!("{english}; a run may have been started, looking for it", "{chinese}；可能已触发运行，正在查找");
        tracing::warn!("{}", warning.in_one_line());
        self.request_id = cause.request_id().map(str::to_owned);
        let sought = Sought { remark: &remark, marker: &self.marker, sent };
        match lookup::look(&self.flow, &sought, budget, self.cancel, self.known).await {
            Found::Run { run, copies } => {
                self.say_found(run, &copies);
                Ok(Some(Started { run, request_id: self.request_id.clone() }))
            }
            Found::Nothing { refused } => {
                let unrecognised = self.unrecognised();
                Err(Error::Unknown { cause, host: self.host(), refused, unrecognised })
            }
        }
    }

    /// What is known when the step ends because it was cancelled.
    fn interruption(&self) -> Interruption {
        match self.known.progress() {
            Progress::Nothing => Interruption::Nothing,
            Progress::Sending(gate) if gate.close() => Interruption::Nothing,
            Progress::Sending(_) | Progress::Lost => Interruption::Unknown(self.unrecognised()),
            Progress::Run { run, stop } => {
                let asked = self.settings.on_cancel == Fate::Leave;
                Interruption::Run { run: self.named(run), host: self.host(), stop, asked }
            }
        }
    }

    fn unrecognised(&self) -> Unrecognised {
        let candidates = self.known.candidates().into_iter().rev().map(|run| self.run_url(run)).collect();
        Unrecognised { marker: self.marker.clone(), runs_url: self.runs_url(), candidates }
    }

    fn refused(&self, cause: Cause) -> Refused {
        let has_security_token = self.flow.credentials.borrow().has_security_token();
        Refused { cause, host: self.host(), has_security_token }
    }

    fn say_found(&self, run: u64, copies: &[u64]) {
        let text =
            text!("The run was started: {run} carries this step's marker", "已确认触发：运行 {run} 带有本步骤的标记");
        say_of(&text, &self.run_url(run));
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
        self.flow.endpoint.host().to_owned()
    }

    fn named(&self, run: u64) -> error::Run {
        error::Run { id: run, url: self.run_url(run) }
    }

    /// Where a person finds the pipeline's runs: a page, if the site is known.
    fn runs_url(&self) -> String {
        self.runs_link().unwrap_or_else(|| format!("{}, pipeline {}", self.flow.endpoint.host(), self.flow.pipeline))
    }

    /// Where a person finds a run.
    fn run_url(&self, run: u64) -> String {
        self.run_link(run).unwrap_or_else(|| format!("{}, run {run}", self.runs_url()))
    }

    fn runs_link(&self) -> Option<String> {
        let site = self.settings.service.web_url.as_ref()?;
        Some(format!("{site}/pipelines/{}/builds", self.flow.pipeline))
    }

    fn run_link(&self, run: u64) -> Option<String> {
        Some(format!("{}/{run}", self.runs_link()?))
    }
}

/// Says something of a run, with where it is to be found.
fn say_of(text: &Text, url: &str) {
    tracing::info!("{}: {url}", text.in_one_line());
}

/// Says one thing worth knowing.
pub(crate) fn say(text: &Text) {
    tracing::info!("{}", text.in_one_line());
}
