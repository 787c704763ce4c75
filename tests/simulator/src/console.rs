//! What people, and triggers other than the API, do on the Yunxiao side.

use std::time::SystemTime;

use serde_json::Value;

use crate::pipeline::Pipeline;
use crate::run::{Deed, OrderDeed};
use crate::setup::PIPELINE;
use crate::simulator::Simulator;
use crate::state::NewRun;

/// A run that something else started.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRun {
    /// The pipeline.
    pub pipeline: u64,
    /// When it is created.
    pub created: SystemTime,
    /// Its remark; someone may have copied one.
    pub comment: Option<String>,
    /// Its run parameters.
    pub params: Option<Value>,
    /// How it was started: 1 by hand, 2 on schedule, 3 by a push, 5 by a pipeline, 6 by a webhook.
    pub trigger_mode: u32,
}

impl ForeignRun {
    /// A run of the default pipeline, started by hand, without a remark.
    #[must_use]
    pub fn new(created: SystemTime) -> Self {
        Self { pipeline: PIPELINE, created, comment: None, params: None, trigger_mode: 1 }
    }

    /// The same with a remark.
    #[must_use]
    pub fn with_comment(mut self, comment: &str) -> Self {
        self.comment = Some(comment.into());
        self
    }
}

#[allow(clippy::must_use_candidate, reason = "all of them are called for what they do")]
impl Simulator {
    /// Adds a run that something else started; `None` when there is no such pipeline, or it takes no more runs.
    pub fn add_foreign_run(&self, run: ForeignRun) -> Option<u64> {
        let ForeignRun { pipeline, created, comment, params, trigger_mode } = run;
        let mut state = self.state();
        state.advance(created);
        state.create_run(NewRun { pipeline, created, params, comment, trigger_mode, request: None }).ok()
    }

    /// Changes what a run goes through: its own copy of its pipeline. Where the run is follows from that and the time,
    /// so an ended run may continue, as when someone retries a job by hand. `false`: there is no such run.
    pub fn change_run(&self, pipeline: u64, run: u64, change: impl FnOnce(&mut Pipeline)) -> bool {
        self.state().run_mut(pipeline, run).map(|run| change(&mut run.pipeline)).is_some()
    }

    /// Stops a run; `false` when there is none, or it is over.
    pub fn stop(&self, now: SystemTime, pipeline: u64, run: u64) -> bool {
        let mut state = self.state();
        state.advance(now);
        state.run_mut(pipeline, run).is_some_and(|run| run.stop(now))
    }

    /// Takes a run away: from now on requests are answered as if it had never been. [`Self::runs`] and
    /// [`Self::started`] still tell of it. `false`: there is no such run.
    pub fn vanish(&self, pipeline: u64, run: u64) -> bool {
        self.state().run_mut(pipeline, run).map(|run| run.vanished = true).is_some()
    }

    /// Decides every gate at which a run stands; returns how many there were.
    pub fn decide_gates(&self, now: SystemTime, pipeline: u64, run: u64, pass: bool) -> usize {
        self.act(now, pipeline, run, None, if pass { Deed::Pass } else { Deed::Refuse })
    }

    /// Whether some job of a run waits for someone.
    pub fn waits(&self, now: SystemTime, pipeline: u64, run: u64) -> bool {
        let mut state = self.state();
        state.advance(now);
        let stages = state.run_mut(pipeline, run).map(|run| run.progress(now).stages).unwrap_or_default();
        stages.into_iter().flat_map(|stage| stage.jobs).any(|job| job.waiting.is_some())
    }

    /// Starts a job that waits for that; `false`: there is none of this name.
    pub fn start_job(&self, now: SystemTime, pipeline: u64, run: u64, job: &str) -> bool {
        self.act(now, pipeline, run, Some(job), Deed::Start) > 0
    }

    /// Retries a job that failed; `false`: there is none of this name that can be.
    pub fn retry_job(&self, now: SystemTime, pipeline: u64, run: u64, job: &str) -> bool {
        self.act(now, pipeline, run, Some(job), Deed::Retry) > 0
    }

    /// Resolves every conflict at which a run stands; returns how many there were.
    pub fn resolve_conflicts(&self, now: SystemTime, pipeline: u64, run: u64) -> usize {
        self.act(now, pipeline, run, None, Deed::Resolve)
    }

    /// Lets the deployments of a run wait for someone after the batch that is still running; returns how many there
    /// were.
    pub fn pause_deployments(&self, now: SystemTime, pipeline: u64, run: u64) -> usize {
        self.act_on_orders(now, pipeline, run, &OrderDeed::Pause)
    }

    /// Lets the deployments of a run that wait go on; returns how many there were.
    pub fn resume_deployments(&self, now: SystemTime, pipeline: u64, run: u64) -> usize {
        self.act_on_orders(now, pipeline, run, &OrderDeed::Resume)
    }

    /// Makes a machine fail; `false`: no deployment of the run has one of this serial number that is not done.
    pub fn fail_machine(&self, now: SystemTime, pipeline: u64, run: u64, sn: &str) -> bool {
        self.act_on_orders(now, pipeline, run, &OrderDeed::Fail(sn.into())) > 0
    }

    /// Does something to every job of a run, or of this name, to which it can be done; returns how many there were.
    fn act(&self, now: SystemTime, pipeline: u64, run: u64, name: Option<&str>, deed: Deed) -> usize {
        let mut state = self.state();
        state.advance(now);
        let Some(run) = state.run_mut(pipeline, run) else {
            return 0;
        };
        let jobs = run.progress(now).stages.into_iter().flat_map(|stage| stage.jobs);
        let jobs = jobs.filter(|job| name.is_none_or(|name| job.name == name));
        // A gate that is only reached once another is passed is not one of them.
        let jobs = jobs.filter(|job| !matches!(deed, Deed::Pass | Deed::Refuse) || job.waiting.is_some());
        let jobs: Vec<u64> = jobs.map(|job| job.id).collect();
        jobs.into_iter().filter(|job| run.act(now, *job, deed)).count()
    }

    /// The same to deployments.
    fn act_on_orders(&self, now: SystemTime, pipeline: u64, run: u64, deed: &OrderDeed) -> usize {
        let mut state = self.state();
        state.advance(now);
        let Some(run) = state.run_mut(pipeline, run) else {
            return 0;
        };
        let jobs = run.progress(now).stages.into_iter().flat_map(|stage| stage.jobs);
        let orders: Vec<u64> = jobs.filter_map(|job| job.order).map(|order| order.id).collect();
        orders.into_iter().filter(|order| run.act_on_order(now, *order, deed.clone())).count()
    }
}
