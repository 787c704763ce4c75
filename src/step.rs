//! What this program does: start a run at most once, find it again, follow it, stop it, approve or reject its gates,
//! retry its failed jobs. It knows no HTTP.

mod approve;
pub mod built;
pub mod cancel;
mod comment;
mod context;
pub mod decide;
mod decision;
mod earlier;
pub mod event;
mod follow;
pub mod gate;
mod key;
mod logs;
mod lookup;
mod marker;
mod once;
mod pace;
mod phase;
mod prepare;
mod rehearse;
pub mod retry;
mod retry_jobs;
mod search;
mod settle;
pub mod source;
mod start;
mod stop;
mod tell;

use built::Asked;
use context::Step;
pub use context::Surroundings;
use decision::Decision;
use tell::Tell;
pub use tell::write_early;

use crate::host::Outputs;
use crate::inputs::{Mode, OnSucceeded, Settings};
use crate::outcome::Outcome;
use crate::transport::Transport;
use crate::yunxiao::{Caller, Flow};

/// Does what the settings ask for, and writes the outputs as they become known.
pub async fn run<'a, T: Transport>(
    settings: &'a Settings,
    transport: T,
    surroundings: &'a Surroundings<'a>,
    outputs: Outputs,
) -> Outcome {
    let Surroundings { host, clock, random, screen, cancel, .. } = *surroundings;
    let mask = |secret: &str| {
        if let Some(order) = host.mask(secret) {
            screen.show(&order);
        }
    };
    let service = &settings.service;
    let caller = {
        let repository = host.origin().repository;
        Caller::new(
            &settings.identity,
            settings.values.signature_algorithm,
            &service.sts,
            repository.as_deref(),
            clock,
            &mask,
        )
    };
    let step = Step {
        settings,
        flow: Flow { service, caller, clock, transport, random },
        surroundings,
        cancel,
        start: random.identifier(),
    };
    let mut tell = Tell::new(surroundings, service, outputs);
    let (Ok(outcome) | Err(outcome)) = act(&step, &mut tell).await;
    let outcome = match (cancel.requested(), outcome) {
        (None, outcome) => outcome,
        (
            Some(_),
            Outcome::Started { run }
            | Outcome::Approved { run, is_by_this_step: true, .. }
            | Outcome::Retried { run, .. }
            | Outcome::PartlyRetried { run, .. },
        ) => stop::stop_as_cancelled(&step, run.id).await,
        (Some(_), outcome) => step.cancelled(outcome.known(step.leaves_its_run())),
    };
    let is_start = settings.mode == Mode::Start;
    // With a key it would continue with the run, or reuse it.
    let has_key = settings.key.as_ref().is_some_and(|key| key.on_succeeded == OnSucceeded::Reuse);
    tell.end(outcome, is_start && !has_key).await
}

/// What is done, mode by mode. A part that ends the step early returns its outcome as an error.
async fn act<T: Transport>(step: &Step<'_, T>, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
    if step.flow.caller.signs_in() && !prepare::reads_pipeline(step.settings) {
        step.prepare_start();
    }
    step.sign_in().await?;
    let mode = &step.settings.mode;
    let run = match mode.run() {
        None if *mode != Mode::Start => earlier::of_key(step).await?,
        run => run,
    };
    match (mode, run) {
        (_, run) if step.settings.values.dry_run => rehearse::rehearse(step, run).await,
        (Mode::Start, _) => start::start(step, tell).await,
        (mode, None) => Ok(Outcome::NoRunOfKey { mode: mode.clone() }),
        (Mode::Follow { .. }, Some(run)) => follow::follow(step, run, Asked::default(), tell).await,
        (Mode::Stop { .. }, Some(run)) => stop::stop(step, run, tell).await,
        (Mode::Approve { gate, .. }, Some(run)) => approve::decide(step, run, gate, Decision::Approve, tell).await,
        (Mode::Reject { gate, .. }, Some(run)) => approve::decide(step, run, gate, Decision::Reject, tell).await,
        (Mode::Retry { .. }, Some(run)) => retry_jobs::retry(step, run, tell).await,
    }
}
