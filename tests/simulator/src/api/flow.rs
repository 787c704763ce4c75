//! What both APIs of Flow do, however their requests and answers are written.
//!
//! Refusals have the codes of the AccessKey API here.

use std::time::SystemTime;

use serde_json::Value;

use super::present;
use super::query::integer;
use crate::error::Refusal;
use crate::pipeline::{Job, Pipeline};
use crate::run::{Deed, JobProgress, OrderDeed, Run, Waiting};
use crate::state::{NewRun, Sender, State};
use crate::time::milliseconds;

/// How a run that was started over an API is marked in lists.
const TRIGGERED_BY_API: u32 = 4;

/// What can be requested, by the names of the AccessKey API where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    StartPipelineRun,
    GetPipelineRun,
    GetLatestPipelineRun,
    ListPipelineRuns,
    StopPipelineRun,
    LogPipelineJobRun,
    PassPipelineValidate,
    RefusePipelineValidate,
    ExecutePipelineJobRun,
    RetryPipelineJobRun,
    GetVMDeployOrder,
    ResumeVMDeployOrder,
    LogVMDeployMachine,
    GetPipeline,
    GetUserByToken,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::StartPipelineRun => "StartPipelineRun",
            Self::GetPipelineRun => "GetPipelineRun",
            Self::GetLatestPipelineRun => "GetLatestPipelineRun",
            Self::ListPipelineRuns => "ListPipelineRuns",
            Self::StopPipelineRun => "StopPipelineRun",
            Self::LogPipelineJobRun => "LogPipelineJobRun",
            Self::PassPipelineValidate => "PassPipelineValidate",
            Self::RefusePipelineValidate => "RefusePipelineValidate",
            Self::ExecutePipelineJobRun => "ExecutePipelineJobRun",
            Self::RetryPipelineJobRun => "RetryPipelineJobRun",
            Self::GetVMDeployOrder => "GetVMDeployOrder",
            Self::ResumeVMDeployOrder => "ResumeVMDeployOrder",
            Self::LogVMDeployMachine => "LogVMDeployMachine",
            Self::GetPipeline => "GetPipeline",
            Self::GetUserByToken => "GetUserByToken",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::StartPipelineRun | Self::StopPipelineRun | Self::ResumeVMDeployOrder)
            || self.deed().is_some()
    }

    /// What it does to a job.
    pub(super) fn deed(self) -> Option<Deed> {
        match self {
            Self::PassPipelineValidate => Some(Deed::Pass),
            Self::RefusePipelineValidate => Some(Deed::Refuse),
            Self::ExecutePipelineJobRun => Some(Deed::Start),
            Self::RetryPipelineJobRun => Some(Deed::Retry),
            _ => None,
        }
    }
}

/// What a request asks for. Ids are as they came, empty where there is none.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) action: Action,
    /// `None` where the API has no organisations.
    pub(super) organization: Option<String>,
    pub(super) pipeline: String,
    /// The run, or the order of a deployment.
    pub(super) run: String,
    /// The job, or the machine of a deployment.
    pub(super) job: String,
}

/// Which runs are listed.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) earliest: Option<u64>,
    pub(super) latest: Option<u64>,
    pub(super) status: Option<&'a str>,
    pub(super) trigger_mode: Option<u64>,
}

/// The pipeline that is requested, if there is one and the caller may do this with it.
pub(super) fn pipeline<'a>(state: &'a State, call: &Call, sender: &Sender) -> Result<(u64, &'a Pipeline), Refusal> {
    if call.organization.as_ref().is_some_and(|asked| !state.setup.organizations.contains(asked)) {
        return Err(Refusal::of("InvalidOrganization.NotFound"));
    }
    let id: u64 = integer(&call.pipeline)?;
    let found = state.setup.pipelines.get(&id);
    let found = found.filter(|known| call.organization.as_ref().is_none_or(|asked| *asked == known.organization));
    let found = found.ok_or_else(|| Refusal::of("InvalidPipeline.NotFound"))?;
    if found.read_only && call.action.writes() || !sender.may(call.action.name()) {
        return Err(Refusal::of("Forbidden.AccessDenied"));
    }
    Ok((id, found))
}

/// Starts a run; the number is that of the request.
pub(super) fn start(
    state: &mut State,
    now: SystemTime,
    pipeline: u64,
    params: Option<Value>,
    number: usize,
) -> Result<u64, Refusal> {
    let comment = params.as_ref().and_then(|params| params.get("comment")).and_then(Value::as_str).map(Into::into);
    let new = NewRun { pipeline, created: now, params, comment, trigger_mode: TRIGGERED_BY_API, request: Some(number) };
    state.create_run(new)
}

/// The rows of a list with their run ids, the newest first.
pub(super) fn rows(state: &State, now: SystemTime, pipeline: u64, filter: &Filter<'_>) -> Vec<(u64, Value)> {
    let mut rows: Vec<(u64, Value)> = Vec::new();
    for run in &state.runs {
        let record = &run.record;
        if run.vanished || record.pipeline != pipeline || record.created + state.setup.list_lag > now {
            continue;
        }
        let progress = run.progress(now);
        // A run that waits has no start time, and so is in no span of time.
        let started = progress.started.map(milliseconds);
        let in_time = filter.earliest.is_none_or(|bound| started.is_some_and(|time| time >= bound))
            && filter.latest.is_none_or(|bound| started.is_some_and(|time| time <= bound));
        let fits = filter.status.is_none_or(|status| status == progress.status)
            && filter.trigger_mode.is_none_or(|mode| mode == u64::from(run.trigger_mode));
        if in_time && fits {
            rows.push((record.id, present::row(run, &progress, state.setup.clock_offset)));
        }
    }
    rows.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    rows
}

/// A run, once it can be fetched.
pub(super) fn run<'a>(state: &'a mut State, now: SystemTime, pipeline: u64, id: &str) -> Result<&'a mut Run, Refusal> {
    let (id, lag): (u64, _) = (integer(id)?, state.setup.detail_lag);
    let run = state.run_mut(pipeline, id).filter(|run| !run.vanished && run.record.created + lag <= now);
    run.ok_or_else(|| Refusal::of("InvalidPipelineRun.NotFound"))
}

/// The run of a pipeline that was created last, once it can be fetched.
pub(super) fn latest(state: &State, now: SystemTime, pipeline: u64) -> Option<&Run> {
    let known = |run: &&Run| !run.vanished && run.record.created + state.setup.detail_lag <= now;
    let runs = state.runs.iter().filter(|run| run.record.pipeline == pipeline).filter(known);
    runs.max_by_key(|run| run.record.id)
}

/// Stops a run.
pub(super) fn stop(run: &mut Run, now: SystemTime) -> Result<(), Refusal> {
    let stopped = run.stop(now);
    run.pipeline.late_stop.as_deref().filter(|_| !stopped).map_or(Ok(()), |code| Err(Refusal::of(code)))
}

/// A job whose log is requested; a deployment has none but its machines'.
pub(super) fn logged_job(run: &Run, now: SystemTime, id: &str) -> Result<JobProgress, Refusal> {
    let job = run.job_at(now, integer(id)?);
    let job = job.filter(|job| run.definition(job).deployment.is_none());
    job.ok_or_else(|| Refusal::of("SYSTEM_NOT_FOUND_ERROR"))
}

/// Does to a job what can be done to it.
pub(super) fn act(run: &mut Run, now: SystemTime, job: &str, deed: Deed, sender: &Sender) -> Result<(), Refusal> {
    let job = integer(job)?;
    let known = run.job_at(now, job).ok_or_else(|| Refusal::of("SYSTEM_NOT_FOUND_ERROR"))?;
    if known.waiting == Some(Waiting::Gate) && !is_validator(run.definition(&known), sender) {
        return Err(Refusal::of("Forbidden.AccessDenied"));
    }
    if run.act(now, job, deed) { Ok(()) } else { Err(Refusal::of("SYSTEM_NOT_FOUND_ERROR")) }
}

/// Whether someone is among those who may decide a gate.
pub(super) fn is_validator(gate: &Job, sender: &Sender) -> bool {
    gate.validators.is_empty() || gate.validators.contains(&sender.account)
}

/// The run that an order of a deployment belongs to, and the order's id.
pub(super) fn ordering_run<'a>(
    state: &'a mut State,
    now: SystemTime,
    pipeline: u64,
    order: &str,
) -> Result<(&'a mut Run, u64), Refusal> {
    let id = integer(order)?;
    let mut runs = state.runs.iter_mut().filter(|run| run.record.pipeline == pipeline && !run.vanished);
    let run = runs.find(|run| run.order(now, id).is_some());
    run.map(|run| (run, id)).ok_or_else(|| Refusal::of("SYSTEM_NOT_FOUND_ERROR"))
}

/// What is asked about the order of a deployment, or done to it.
pub(super) fn on_order(
    state: &mut State,
    now: SystemTime,
    pipeline: u64,
    call: &Call,
) -> Result<Option<Value>, Refusal> {
    let unknown = || Refusal::of("SYSTEM_NOT_FOUND_ERROR");
    let offset = state.setup.clock_offset;
    let (run, id) = ordering_run(state, now, pipeline, &call.run)?;
    let order = run.order(now, id).ok_or_else(unknown)?;
    match call.action {
        Action::ResumeVMDeployOrder => {
            if run.act_on_order(now, id, OrderDeed::Resume) {
                Ok(None)
            } else {
                Err(unknown())
            }
        }
        Action::LogVMDeployMachine => {
            let machine = order.machines.iter().find(|machine| machine.sn == call.job).ok_or_else(unknown)?;
            Ok(Some(present::machine_log(id, machine, offset)))
        }
        _ => Ok(Some(present::order(&order))),
    }
}
