//! What both APIs of Flow do, however their requests and answers are written.
//!
//! Refusals have the codes of the AccessKey API here.

use std::time::SystemTime;

use serde_json::Value;

use super::present;
use super::query::integer;
use crate::error::Refusal;
use crate::pipeline::Pipeline;
use crate::run::{JobProgress, Run};
use crate::state::{NewRun, State};
use crate::time::milliseconds;

/// How a run that was started over an API is marked in lists.
const TRIGGERED_BY_API: u32 = 4;

/// What can be asked for, by the names of the AccessKey API where it has one.
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
            Self::GetPipeline => "GetPipeline",
            Self::GetUserByToken => "GetUserByToken",
        }
    }

    fn writes(self) -> bool {
        use Action::{PassPipelineValidate, RefusePipelineValidate, StartPipelineRun, StopPipelineRun};
        matches!(self, StartPipelineRun | StopPipelineRun | PassPipelineValidate | RefusePipelineValidate)
    }
}

/// What a request asks for. Ids are as they came, empty where there is none.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) action: Action,
    /// `None` where the API has no organisations.
    pub(super) organization: Option<String>,
    pub(super) pipeline: String,
    pub(super) run: String,
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

/// The pipeline that is asked for, if there is one and the caller may do this with it.
pub(super) fn pipeline<'a>(state: &'a State, call: &Call) -> Result<(u64, &'a Pipeline), Refusal> {
    if call.organization.as_ref().is_some_and(|asked| !state.setup.organizations.contains(asked)) {
        return Err(Refusal::of("InvalidOrganization.NotFound"));
    }
    let id: u64 = integer(&call.pipeline)?;
    let found = state.setup.pipelines.get(&id);
    let found = found.filter(|known| call.organization.as_ref().is_none_or(|asked| *asked == known.organization));
    let found = found.ok_or_else(|| Refusal::of("InvalidPipeline.NotFound"))?;
    if found.read_only && call.action.writes() {
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
    state.create_run(new).ok_or_else(|| Refusal::of("InvalidPipeline.NotFound"))
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

pub(super) fn job(run: &Run, now: SystemTime, id: &str) -> Result<JobProgress, Refusal> {
    let id: u64 = integer(id)?;
    let mut jobs = run.progress(now).stages.into_iter().flat_map(|stage| stage.jobs);
    jobs.find(|job| job.id == id).ok_or_else(|| Refusal::of("SYSTEM_NOT_FOUND_ERROR"))
}

/// Passes or refuses a gate.
pub(super) fn decide(run: &mut Run, now: SystemTime, job: &str, pass: bool) -> Result<(), Refusal> {
    if run.decide(now, integer(job)?, pass) { Ok(()) } else { Err(Refusal::of("SYSTEM_NOT_FOUND_ERROR")) }
}
