//! What all parts of a step share.

use super::cancel::Cancel;
use super::marker::{Key, Marker};
use super::retry::{self, OnceCancelled};
use crate::clock::Clock;
use crate::host::Host;
use crate::inputs::{Mode, Settings, Unfinished};
use crate::log::Screen;
use crate::outcome::{Known, Outcome, Run, Signal};
use crate::random::Random;
use crate::transport::Transport;
use crate::yunxiao::call::Call;
use crate::yunxiao::{Cause, Flow, RunParams, Setback};

/// What a step takes from outside.
pub struct Surroundings<'a> {
    pub host: &'a dyn Host,
    pub clock: &'a Clock,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// Where foreign lines are shown.
    pub screen: &'a Screen,
    pub cancel: &'a Cancel,
    /// When a start may be resent: [`retry::after_start`].
    pub rule: retry::Rule,
}

/// One execution of the program, from its settings to its outcome.
pub(super) struct Step<'a, T> {
    pub(super) settings: &'a Settings,
    pub(super) flow: Flow<'a, T>,
    pub(super) surroundings: &'a Surroundings<'a>,
    pub(super) cancel: &'a Cancel,
    /// This start's id in the marker of the run's remark: 128 random bits.
    pub(super) start: String,
}

impl<T: Transport> Step<'_, T> {
    /// Gets credentials, if necessary.
    pub(super) async fn sign_in(&self) -> Result<(), Outcome> {
        self.repeat(async || self.flow.sign_in().await).await?.map_err(|setback| self.not_done(setback.cause))
    }

    /// Reads something, with retries within the budget.
    pub(super) async fn read<C: Call>(&self, call: &C) -> Result<Result<C::Output, Setback>, Outcome> {
        self.repeat(async || self.flow.ask(call).await).await
    }

    /// Without a response, the step was cancelled before anything was done.
    async fn repeat<R>(&self, attempt: impl AsyncFn() -> Result<R, Setback>) -> Result<Result<R, Setback>, Outcome> {
        let (clock, budget) = (self.flow.clock, self.settings.values.retry_timeout);
        let attempt = async || self.cancel.hurry(attempt()).await;
        let answer = retry::repeat(clock, self.cancel, budget, OnceCancelled::GiveUp, attempt).await;
        answer.ok_or_else(|| self.cancelled(Known::Nothing))
    }

    /// Opens the connection for the start while the previous request is in flight.
    pub(super) fn prepare_start(&self) {
        let Settings { mode, key, values, .. } = self.settings;
        if *mode == Mode::Start && key.is_none() && !values.dry_run {
            self.flow.transport.prepare_fresh(&self.flow.service.endpoint);
        }
    }

    /// The marker that identifies the run.
    pub(super) fn marker(&self, params: &RunParams) -> Marker {
        let key = self.settings.key.as_ref().map(|key| Key::new(&key.name, self.flow.service, params));
        Marker { start: self.start.clone(), key }
    }

    pub(super) fn cancelled(&self, known: Known) -> Outcome {
        let signal = self.cancel.requested().unwrap_or(Signal::Terminate);
        Outcome::Cancelled { signal, mode: self.settings.mode.clone(), known }
    }

    pub(super) fn not_done(&self, cause: Cause) -> Outcome {
        Outcome::NotDone { mode: self.settings.mode.clone(), run: None, cause }
    }

    pub(super) fn run(&self, id: u64) -> Run {
        Run { id, url: self.flow.service.run_url(id) }
    }

    /// Whether to leave the run alone when the step is cancelled.
    pub(super) fn leaves_its_run(&self) -> bool {
        self.settings.on_cancel == Unfinished::Leave
    }
}
