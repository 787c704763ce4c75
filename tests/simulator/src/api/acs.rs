//! The AccessKey API of 2021-06-25, as `alibabacloud-devops20210625` on `PyPI` calls it and
//! <https://help.aliyun.com/document_detail/460556.html> describes it.
//!
//! Only starting a run is under `/organizations`; everything else is under `/organization`, and logs drop more plurals.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::{form, present, request_id, xml};
use crate::encoding::{decode_pairs, decode_segment};
use crate::error::{ErrorShape, Refusal};
use crate::request::{Answer, Request};
use crate::run::Run;
use crate::setup::Setup;
use crate::state::{NewRun, State};
use crate::time::milliseconds;

const VERSION: &str = "2021-06-25";
/// How a run that was started over the API is marked in lists.
const TRIGGERED_BY_API: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    StartPipelineRun,
    GetPipelineRun,
    ListPipelineRuns,
    StopPipelineRun,
    LogPipelineJobRun,
    PassPipelineValidate,
    RefusePipelineValidate,
    GetPipeline,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::StartPipelineRun => "StartPipelineRun",
            Self::GetPipelineRun => "GetPipelineRun",
            Self::ListPipelineRuns => "ListPipelineRuns",
            Self::StopPipelineRun => "StopPipelineRun",
            Self::LogPipelineJobRun => "LogPipelineJobRun",
            Self::PassPipelineValidate => "PassPipelineValidate",
            Self::RefusePipelineValidate => "RefusePipelineValidate",
            Self::GetPipeline => "GetPipeline",
        }
    }

    fn writes(self) -> bool {
        use Action::{PassPipelineValidate, RefusePipelineValidate, StartPipelineRun, StopPipelineRun};
        matches!(self, StartPipelineRun | StopPipelineRun | PassPipelineValidate | RefusePipelineValidate)
    }
}

/// What a request asks for. Ids are as they came.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) action: Action,
    organization: String,
    pipeline: String,
    run: String,
    job: String,
}

pub(super) fn route(request: &Request) -> Option<Call> {
    let segments: Option<Vec<String>> = request.path.strip_prefix('/')?.split('/').map(decode_segment).collect();
    let segments = segments?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (action, organization, pipeline, run, job) = match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["organizations", o, "pipelines", p, "run"]) => (Action::StartPipelineRun, o, p, "", ""),
        ("GET", ["organization", o, "pipelines", p]) => (Action::GetPipeline, o, p, "", ""),
        ("GET", ["organization", o, "pipelines", p, "pipelineRuns"]) => (Action::ListPipelineRuns, o, p, "", ""),
        ("GET", ["organization", o, "pipelines", p, "pipelineRuns", r]) => (Action::GetPipelineRun, o, p, *r, ""),
        ("PUT", ["organization", o, "pipelines", p, "pipelineRuns", r, "stop"]) => {
            (Action::StopPipelineRun, o, p, *r, "")
        }
        ("POST", ["organization", o, "pipelines", p, "pipelineRuns", r, "jobs", j, "pass"]) => {
            (Action::PassPipelineValidate, o, p, *r, *j)
        }
        ("POST", ["organization", o, "pipelines", p, "pipelineRuns", r, "jobs", j, "refuse"]) => {
            (Action::RefusePipelineValidate, o, p, *r, *j)
        }
        ("GET", ["organization", o, "pipeline", p, "pipelineRun", r, "job", j, "logs"]) => {
            (Action::LogPipelineJobRun, o, p, *r, *j)
        }
        _ => return None,
    };
    let [organization, pipeline, run, job] = [*organization, *pipeline, run, job].map(Into::into);
    Some(Call { action, organization, pipeline, run, job })
}

/// The action is named twice, by the path and by a header that classic clients leave out; both have to agree.
pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let call = route(request).ok_or_else(|| Refusal::of("InvalidAction.NotFound"))?;
    let named = request.header("x-acs-action").is_none_or(|action| action == call.action.name());
    // Without a version the signature is incomplete; that is said elsewhere.
    let known = request.header("x-acs-version").is_none_or(|version| version == VERSION);
    if named && known { Ok(()) } else { Err(Refusal::of("InvalidAction.NotFound")) }
}

pub(super) fn act(state: &mut State, now: SystemTime, request: &Request, number: usize) -> Result<Value, Refusal> {
    let call = route(request).ok_or_else(|| Refusal::of("InvalidAction.NotFound"))?;
    if !state.setup.organizations.contains(&call.organization) {
        return Err(Refusal::of("InvalidOrganization.NotFound"));
    }
    let pipeline: u64 = integer(&call.pipeline)?;
    let definition = state.setup.pipelines.get(&pipeline).filter(|known| known.organization == call.organization);
    let definition = definition.ok_or_else(|| Refusal::of("InvalidPipeline.NotFound"))?;
    if definition.read_only && call.action.writes() {
        return Err(Refusal::of("Forbidden.AccessDenied"));
    }
    match call.action {
        Action::GetPipeline => return Ok(json!({"pipeline": present::pipeline(pipeline, definition)})),
        Action::ListPipelineRuns => return list(state, now, pipeline, &request.query),
        Action::StartPipelineRun => return start(state, now, pipeline, request, number),
        _ => {}
    }

    let (offset, lag) = (state.setup.clock_offset, state.setup.detail_lag);
    let id: u64 = integer(&call.run)?;
    let run = state
        .runs
        .iter_mut()
        .find(|run| run.record.pipeline == pipeline && run.record.id == id && run.record.created + lag <= now);
    let run = run.filter(|run| !run.vanished).ok_or_else(|| Refusal::of("InvalidPipelineRun.NotFound"))?;
    match call.action {
        Action::StopPipelineRun => {
            run.stop(now);
            Ok(json!({}))
        }
        Action::LogPipelineJobRun => log(run, now, integer(&call.job)?),
        Action::PassPipelineValidate => decide(run, now, integer(&call.job)?, true),
        Action::RefusePipelineValidate => decide(run, now, integer(&call.job)?, false),
        _ => Ok(json!({"pipelineRun": present::run(run, now, offset)})),
    }
}

fn start(
    state: &mut State,
    now: SystemTime,
    pipeline: u64,
    request: &Request,
    number: usize,
) -> Result<Value, Refusal> {
    let params = form::run_params(request, state.setup.refuses_unknown_params)?;
    let comment = params.as_ref().and_then(|params| params.get("comment")).and_then(Value::as_str).map(Into::into);
    let new = NewRun { pipeline, created: now, params, comment, trigger_mode: TRIGGERED_BY_API, request: Some(number) };
    let id = state.create_run(new).ok_or_else(|| Refusal::of("InvalidPipeline.NotFound"))?;
    Ok(json!({"pipelineRunId": if state.setup.answers_strings { json!(id.to_string()) } else { json!(id) }}))
}

fn list(state: &State, now: SystemTime, pipeline: u64, query: &str) -> Result<Value, Refusal> {
    let pairs = decode_pairs(query).ok_or_else(|| Refusal::of("InvalidParam.ParamNotPresent"))?;
    let text = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let number = |name: &str| text(name).map(integer).transpose();
    let (earliest, latest) = (number("startTime")?, number("endTime")?);
    let (trigger_mode, below) = (number("triggerMode")?, number("nextToken")?);
    let maximum = usize::try_from(number("maxResults")?.unwrap_or(10).clamp(1, 30)).unwrap_or(10);

    let mut rows: Vec<(u64, Value)> = Vec::new();
    for run in &state.runs {
        let record = &run.record;
        if run.vanished || record.pipeline != pipeline || record.created + state.setup.list_lag > now {
            continue;
        }
        let progress = run.progress(now);
        // A run that waits has no start time, and so is in no span of time.
        let started = progress.started.map(milliseconds);
        let in_time = earliest.is_none_or(|bound| started.is_some_and(|time| time >= bound))
            && latest.is_none_or(|bound| started.is_some_and(|time| time <= bound));
        let fits = text("status").is_none_or(|status| status == progress.status)
            && trigger_mode.is_none_or(|mode| mode == u64::from(run.trigger_mode));
        if in_time && fits {
            rows.push((record.id, present::row(run, &progress, state.setup.clock_offset)));
        }
    }
    rows.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let total = rows.len();
    rows.retain(|(id, _)| below.is_none_or(|below| *id < below));
    let more = rows.len() > maximum;
    rows.truncate(maximum);
    let next = rows.last().filter(|_| more).map_or(String::new(), |(id, _)| id.to_string());
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(json!({"totalCount": total, "nextToken": next, "pipelineRuns": rows}))
}

fn log(run: &Run, now: SystemTime, id: u64) -> Result<Value, Refusal> {
    let jobs = run.progress(now).stages.into_iter().flat_map(|stage| stage.jobs);
    let job = jobs.into_iter().find(|job| job.id == id).ok_or_else(|| Refusal::of("SYSTEM_NOT_FOUND_ERROR"))?;
    // Not by `json!`, which would copy what may be hundreds of megabytes.
    let log = [("content".into(), Value::String(job.log())), ("more".into(), Value::Bool(job.ended.is_none()))];
    Ok(Value::Object(Map::from_iter([("log".into(), Value::Object(log.into_iter().collect()))])))
}

fn decide(run: &mut Run, now: SystemTime, id: u64, pass: bool) -> Result<Value, Refusal> {
    if run.decide(now, id, pass) { Ok(json!({})) } else { Err(Refusal::of("SYSTEM_NOT_FOUND_ERROR")) }
}

fn integer(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::of("InvalidParam.ParamNotPresent"))
}

/// The envelope. On success the two error fields are two quotation marks, as in the official example.
pub(super) fn write(setup: &Setup, request: &Request, number: usize, decided: Result<Value, Refusal>) -> Answer {
    let accepts_json = request.header("accept").is_some_and(|accept| accept.contains("application/json"));
    let as_xml = setup.xml_unless_json_accepted && !accepts_json;
    let request_id = request_id(number);
    let mut body = match decided {
        Ok(body) => body,
        Err(refusal) => {
            let shape = if as_xml { ErrorShape::Xml } else { setup.error_shape };
            return refusal.answer(shape, &request.host, &request_id);
        }
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("requestId".into(), json!(request_id));
        fields.insert("success".into(), if setup.answers_strings { json!("true") } else { json!(true) });
        fields.insert("errorCode".into(), json!("\"\""));
        fields.insert("errorMessage".into(), json!("\"\""));
    }
    let answer = if as_xml {
        let name = route(request).map_or("", |call| call.action.name());
        Answer::new(200, "text/xml;charset=utf-8", xml::document(&format!("{name}Response"), &body))
    } else {
        Answer::json(200, &body)
    };
    answer.with_header("x-acs-request-id", &request_id)
}
