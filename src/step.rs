//! What this program does: start a run at most once, find it again, follow it, stop it. It knows no HTTP.

pub mod cancel;
mod comment;
mod context;
pub mod decide;
pub mod event;
mod follow;
mod logs;
mod lookup;
mod prepare;
mod rehearse;
pub mod retry;
pub mod source;
mod start;
mod stop;
mod tell;

use cancel::Cancel;
use context::Step;
use tell::Tell;

use crate::clock::Clock;
use crate::host::{Host, Outputs};
use crate::inputs::{Mode, Settings};
use crate::log::Screen;
use crate::outcome::Outcome;
use crate::random::Random;
use crate::transport::Transport;
use crate::yunxiao::Flow;
use crate::yunxiao::caller::Caller;

/// What a step takes from outside.
pub struct Surroundings<'a> {
    /// The CI system.
    pub host: &'a dyn Host,
    pub clock: &'a Clock,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// Where lines go that are not our own.
    pub screen: &'a Screen,
    pub cancel: &'a Cancel,
    /// What may be sent again of a start: [`retry::after_start`].
    pub rule: retry::Rule,
}

/// Does what the settings ask for, and writes the outputs as they become known.
pub async fn run<'a, T: Transport>(
    settings: &'a Settings,
    transport: T,
    surroundings: &Surroundings<'a>,
    outputs: Outputs<'a>,
) -> Outcome {
    let Surroundings { host, clock, random, screen, cancel, rule } = *surroundings;
    let mask = |secret: &str| {
        if let Some(order) = host.mask(secret) {
            screen.show(&order);
        }
    };
    let service = &settings.service;
    let caller = {
        let repository = host.origin().repository;
        Caller::new(&settings.identity, settings.algorithm, &service.sts, repository.as_deref(), clock, &mask)
    };
    let step = Step {
        settings,
        flow: Flow { service, caller, clock, transport, random },
        cancel,
        host,
        screen,
        rule,
        marker: comment::marker(random),
    };
    let mut tell = Tell::new(host, screen, random, service, outputs);
    let (Ok(outcome) | Err(outcome)) = act(&step, &mut tell).await;
    let outcome = match (cancel.requested(), outcome) {
        (None, outcome) => outcome,
        (Some(_), Outcome::Started { run }) => stop::stop_as_cancelled(&step, run.id).await,
        (Some(_), outcome) => step.cancelled(outcome.known(step.leaves_its_run())),
    };
    tell.end(outcome).await
}

/// What is done, mode by mode. A part that ends the step early yields its outcome as an error.
async fn act<T: Transport>(step: &Step<'_, T>, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
    match step.settings.mode {
        _ if step.settings.is_dry_run => rehearse::rehearse(step).await,
        Mode::Start => start::start(step, tell).await,
        Mode::Follow { run } => follow::follow_another(step, run, tell).await,
        Mode::Stop { run } => stop::stop(step, run, tell).await,
    }
}
