//! What the service knows at a time, and what it does with an admitted request.

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use serde_json::Value;

use crate::api;
use crate::error::Refusal;
use crate::pipeline::{Beyond, Concurrency};
use crate::plan::Plan;
use crate::request::Request;
use crate::run::{Run, RunRecord};
use crate::seen::Seen;
use crate::setup::Setup;
use crate::time::shift;

/// Everything the service knows. A clone is a world in which a request may be tried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) setup: Setup,
    pub(crate) plan: Plan,
    pub(crate) runs: Vec<Run>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) unreachable: usize,
    /// Requests that were admitted and act later.
    pub(crate) pending: Vec<Pending>,
    nonces: HashSet<(String, String)>,
}

impl State {
    pub(crate) fn new(setup: Setup) -> Self {
        Self { setup, ..Self::default() }
    }

    /// The service's own clock.
    pub(crate) fn clock(&self, now: SystemTime) -> SystemTime {
        shift(now, self.setup.clock_offset)
    }

    /// Lets everything act that is due.
    pub(crate) fn advance(&mut self, now: SystemTime) {
        self.pending.sort_by_key(|pending| pending.due);
        while self.pending.first().is_some_and(|pending| pending.due <= now) {
            let Pending { due, number, request, sender } = self.pending.remove(0);
            // What it would have answered, no one hears.
            let _ = api::act(self, due, &request, number, sender.as_ref());
        }
    }

    /// Lets everything act that is to come, whenever.
    pub(crate) fn advance_to_the_end(&mut self) {
        while let Some(due) = self.pending.iter().map(|pending| pending.due).max() {
            self.advance(due);
        }
    }

    /// Lets a request in, if its sender may act, and uses up its nonce.
    pub(crate) fn admit(&mut self, sender: Option<&Sender>) -> Result<(), Refusal> {
        let Some(sender) = sender else {
            return Ok(());
        };
        if let Some(nonce) = &sender.nonce {
            let is_new = self.nonces.insert((sender.name.clone(), nonce.clone()));
            if !is_new && self.setup.refuses_used_nonces {
                return Err(Refusal::of("SignatureNonceUsed"));
            }
        }
        sender.refused_with.as_deref().map_or(Ok(()), |code| Err(Refusal::of(code)))
    }

    /// A run, whether or not the service still knows it.
    pub(crate) fn run_mut(&mut self, pipeline: u64, id: u64) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.record.pipeline == pipeline && run.record.id == id)
    }

    /// Creates a run of a pipeline; its id, if there is such a pipeline and it takes one more run.
    pub(crate) fn create_run(&mut self, new: NewRun) -> Result<u64, Refusal> {
        let NewRun { pipeline, created, params, comment, trigger_mode, request } = new;
        let unknown = || Refusal::of("InvalidPipeline.NotFound");
        let definition = self.setup.pipelines.get(&pipeline).ok_or_else(unknown)?.clone();
        if let Some(concurrency) = &definition.concurrency {
            self.make_room(pipeline, concurrency, created)?;
        }
        let of_pipeline = self.runs.iter().filter(|run| run.record.pipeline == pipeline);
        let ids = of_pipeline.map(|run| run.record.id).chain([definition.last_run]);
        let id = ids.max().and_then(|id| id.checked_add(1)).ok_or_else(unknown)?;
        let by_api = request.is_some();
        let record = RunRecord { id, pipeline, params, comment, by_api, created, stopped: None, request };
        self.runs.push(Run { record, trigger_mode, pipeline: definition, deeds: BTreeMap::new(), vanished: false });
        Ok(id)
    }

    /// Makes room for one more run of a pipeline.
    fn make_room(&mut self, pipeline: u64, concurrency: &Concurrency, now: SystemTime) -> Result<(), Refusal> {
        let goes_on = |run: &&mut Run| {
            run.record.pipeline == pipeline && run.record.stopped.is_none() && run.progress(now).ended.is_none()
        };
        let mut running: Vec<&mut Run> = self.runs.iter_mut().filter(goes_on).collect();
        running.sort_by_key(|run| run.record.id);
        let too_many = (running.len() + 1).saturating_sub(concurrency.limit);
        match &concurrency.beyond {
            Beyond::RejectNew(code) if too_many > 0 => Err(Refusal::of(code)),
            Beyond::RejectNew(_) => Ok(()),
            Beyond::PreemptOldest => {
                for run in running.into_iter().take(too_many) {
                    run.stop(now);
                }
                Ok(())
            }
        }
    }
}

/// A request that was admitted and acts later.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) due: SystemTime,
    pub(crate) number: usize,
    pub(crate) request: Request,
    pub(crate) sender: Option<Sender>,
}

/// Who sent a request, once that is certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sender {
    /// The AccessKey id, or `token`.
    pub(crate) name: String,
    /// The account that acts.
    pub(crate) account: String,
    /// The actions it may not ask for.
    pub(crate) denied: Vec<String>,
    pub(crate) nonce: Option<String>,
    /// The code with which everything it asks for is refused.
    pub(crate) refused_with: Option<String>,
}

impl Sender {
    pub(crate) fn may(&self, action: &str) -> bool {
        !self.denied.iter().any(|denied| denied == action)
    }
}

/// What a run is created from.
pub(crate) struct NewRun {
    pub(crate) pipeline: u64,
    pub(crate) created: SystemTime,
    pub(crate) params: Option<Value>,
    pub(crate) comment: Option<String>,
    pub(crate) trigger_mode: u32,
    pub(crate) request: Option<usize>,
}
