//! What the service knows at a time, and what it does with an admitted request.

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use serde_json::Value;

use crate::api;
use crate::error::Refusal;
use crate::fault::Plan;
use crate::request::Request;
use crate::run::{Run, RunRecord};
use crate::seen::Seen;
use crate::setup::Setup;
use crate::signature::{self, Verified};
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

    /// Finds out who sent a request.
    pub(crate) fn verify(&self, now: SystemTime, request: &Request) -> Result<Verified, Refusal> {
        signature::verify(request, &self.setup, self.clock(now))
    }

    /// Lets a verified request in, if its sender may act, and uses up its nonce.
    pub(crate) fn admit(&mut self, verified: &Verified) -> Result<(), Refusal> {
        if let Some(nonce) = &verified.nonce {
            let is_new = self.nonces.insert((verified.access_key_id.clone(), nonce.clone()));
            if !is_new && self.setup.refuses_used_nonces {
                return Err(Refusal::of("SignatureNonceUsed"));
            }
        }
        let key = self.setup.access_keys.iter().find(|key| key.id == verified.access_key_id);
        if let Some(code) = key.and_then(|key| key.refused_with.as_deref()) {
            return Err(Refusal::of(code));
        }
        Ok(())
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

/// What a run is created from.
pub(crate) struct NewRun {
    pub(crate) pipeline: u64,
    pub(crate) created: SystemTime,
    pub(crate) params: Option<Value>,
    pub(crate) comment: Option<String>,
    pub(crate) trigger_mode: u32,
    pub(crate) request: Option<usize>,
}
