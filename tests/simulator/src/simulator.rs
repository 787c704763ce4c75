//! The handle: answers requests, records what it saw.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::api::{self, Content};
use crate::error::Refusal;
use crate::fault::{Acts, Fault, Reply};
use crate::id_token;
use crate::pipeline::Pipeline;
use crate::plan::When;
use crate::request::{Answer, Outcome, Request, Unreachable, Wire};
use crate::run::RunRecord;
use crate::seen::Seen;
use crate::setup::{PIPELINE, Setup};
use crate::state::{Pending, State};

/// A Yunxiao in memory. Clones are the same service.
#[derive(Debug, Clone, Default)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
}

impl Simulator {
    /// A service with what the setup says.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(setup))) }
    }

    /// A service whose default pipeline, [`PIPELINE`], is another than [`Pipeline::default`].
    #[must_use]
    pub fn with_pipeline(change: impl FnOnce(&mut Pipeline)) -> Self {
        let simulator = Self::default();
        simulator.pipeline(change);
        simulator
    }

    /// No invariant spans the lock, so a caller's panic leaves nothing broken behind.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request that arrives at a time. Times never have to be the machine's, but should not go backwards.
    #[must_use]
    pub fn answer(&self, now: SystemTime, request: &Request) -> Outcome {
        self.answer_on(None, now, request)
    }

    /// The same for a request that came over a numbered connection.
    #[must_use]
    pub fn answer_on(&self, connection: Option<u64>, now: SystemTime, request: &Request) -> Outcome {
        let mut state = self.state();
        state.advance(now);
        let action = api::action(&state.setup, request);
        let fault = state.plan.take(action);
        if let Some(Fault { reply: Reply::Unreachable(why), delay, .. }) = fault {
            state.unreachable += 1;
            return Outcome { wire: Wire::Unreachable(why), delay };
        }

        let number = state.seen.len();
        let acts = fault.as_ref().map_or(Acts::Now, |fault| fault.acts);
        let verification = api::verify(&state, now, request);
        let verified = verification.as_ref().ok().and_then(Option::as_ref).map(|sender| sender.name.clone());
        let sender = verification.as_ref().ok().cloned().flatten();
        let admitted =
            api::check(&state.setup, request).and(verification).and_then(|sender| state.admit(sender.as_ref()));
        let decided = admitted.and_then(|()| match acts {
            Acts::Now => api::act(&mut state, now, request, number, sender.as_ref()),
            // Tried out in a world of its own: what would be answered, without the deed.
            Acts::Never | Acts::After(_) => api::act(&mut state.clone(), now, request, number, sender.as_ref()),
        });
        let acts = if decided.is_ok() { acts } else { Acts::Never };
        if let Acts::After(delay) = acts {
            state.pending.push(Pending { due: now + delay, number, request: request.clone(), sender });
        }

        let refused = decided.as_ref().err().map(|refusal| refusal.code.clone());
        let outcome = reply(&state, now, request, number, decided, fault.as_ref());
        let (status, length) = match &outcome.wire {
            Wire::Answer(answer) | Wire::Half(answer, _) => (Some(answer.status), answer.body.len()),
            _ => (None, 0),
        };
        let action = action.map(Into::into);
        let request = request.clone();
        state.seen.push(Seen {
            number,
            at: now,
            connection,
            request,
            action,
            verified,
            refused,
            acts,
            fault,
            status,
            length,
        });
        outcome
    }

    /// An identity token, as the CI host's issuer hands them out. Its times are by the service's clock.
    #[must_use]
    pub fn oidc_token(&self, now: SystemTime, audience: &str, lifetime: Duration) -> String {
        let state = self.state();
        id_token::mint(&state.setup.id_tokens, state.clock(now), audience, lifetime, state.seen.len())
    }

    /// Whether the next connection fails to come about, as far as that is planned for any request. For servers, which
    /// have to know before they read.
    #[must_use]
    pub fn refuse_connection(&self) -> Option<Unreachable> {
        let mut state = self.state();
        let why = state.plan.take_unreachable()?;
        state.unreachable += 1;
        Some(why)
    }

    /// Plans a fault.
    pub fn plan(&self, when: When, fault: Fault) {
        self.state().plan.add(when, fault);
    }

    /// Forgets the faults to come.
    pub fn behave(&self) {
        self.state().plan.clear();
    }

    /// Changes what there is. Runs keep the pipeline they were created with.
    pub fn configure(&self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.state().setup);
    }

    /// Changes the default pipeline, [`PIPELINE`], as [`Self::configure`] would.
    pub fn pipeline(&self, change: impl FnOnce(&mut Pipeline)) {
        self.configure(|setup| change(setup.pipelines.entry(PIPELINE).or_default()));
    }

    /// Every request that arrived, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// The requests that arrived for an action.
    #[must_use]
    pub fn seen_for(&self, action: &str) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.action.as_deref() == Some(action));
        seen
    }

    /// How many connections were planned not to come about, and did not.
    #[must_use]
    pub fn unreachable(&self) -> usize {
        self.state().unreachable
    }

    /// Every run there is, those included that a late request is still going to create.
    #[must_use]
    pub fn runs(&self) -> Vec<RunRecord> {
        let mut state = self.state().clone();
        state.advance_to_the_end();
        state.runs.into_iter().map(|run| run.record).collect()
    }

    /// The runs that requests to this service started: what "never twice" counts.
    #[must_use]
    pub fn started(&self) -> Vec<RunRecord> {
        let mut runs = self.runs();
        runs.retain(|run| run.by_api);
        runs
    }

    /// The status of a run at a time, as the service would say it.
    #[must_use]
    pub fn status(&self, now: SystemTime, pipeline: u64, run: u64) -> Option<String> {
        let mut state = self.state();
        state.advance(now);
        Some(state.run_mut(pipeline, run)?.progress(now).status)
    }
}

/// What the client is told.
fn reply(
    state: &State,
    now: SystemTime,
    request: &Request,
    number: usize,
    decided: Result<Content, Refusal>,
    fault: Option<&Fault>,
) -> Outcome {
    let finish = |mut answer: Answer| {
        answer.headers.extend(fault.into_iter().flat_map(|fault| fault.headers.clone()));
        match answer.header("date") {
            Some(_) => answer,
            None => answer.with_header("date", &httpdate::fmt_http_date(state.clock(now))),
        }
    };
    let usual = || finish(api::write(state, request, number, decided));
    let (delay, reply) = fault.map_or((Duration::ZERO, &Reply::Usual), |fault| (fault.delay, &fault.reply));
    let wire = match reply {
        Reply::Usual => Wire::Answer(usual()),
        Reply::Answer(answer) => Wire::Answer(finish(answer.clone())),
        Reply::Refusal(refusal, shape) => Wire::Answer(finish(api::refuse(request, number, refusal, *shape))),
        Reply::Unreachable(why) => Wire::Unreachable(*why),
        Reply::Closed => Wire::Closed,
        Reply::Reset => Wire::Reset,
        Reply::Half(length) => Wire::Half(usual(), *length),
        Reply::Garbage(bytes) => Wire::Garbage(bytes.clone().into_bytes()),
        Reply::Silence => Wire::Silence,
    };
    Outcome { wire, delay }
}
