//! What the service knows at a time, and what it does with an admitted request.

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use serde_json::Value;

use crate::api;
use crate::error::Refusal;
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
    pub(crate) pending: Vec<(SystemTime, usize, Request)>,
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
        self.pending.sort_by_key(|(due, ..)| *due);
        while self.pending.first().is_some_and(|(due, ..)| *due <= now) {
            let (due, number, request) = self.pending.remove(0);
            // What it would have answered, nobody hears.
            let _ = api::act(self, due, &request, number);
        }
    }

    /// Lets everything act that is to come, whenever.
    pub(crate) fn advance_to_the_end(&mut self) {
        while let Some(due) = self.pending.iter().map(|(due, ..)| *due).max() {
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

    /// Creates a run of a pipeline that exists; returns its id.
    pub(crate) fn create_run(&mut self, new: NewRun) -> Option<u64> {
        let NewRun { pipeline, created, params, comment, trigger_mode, request } = new;
        let definition = self.setup.pipelines.get(&pipeline)?.clone();
        let of_pipeline = self.runs.iter().filter(|run| run.record.pipeline == pipeline);
        let ids = of_pipeline.map(|run| run.record.id).chain([definition.last_run]);
        let id = ids.max()?.checked_add(1)?;
        let by_api = request.is_some();
        let record = RunRecord { id, pipeline, params, comment, by_api, created, stopped: None, request };
        self.runs.push(Run { record, trigger_mode, pipeline: definition, gates: BTreeMap::new(), vanished: false });
        Some(id)
    }
}

/// Who sent a request, once that is certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// The AccessKey id, or `token`.
    pub(crate) name: String,
    pub(crate) nonce: Option<String>,
    /// The code with which everything it asks for is refused.
    pub(crate) refused_with: Option<String>,
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
