//! The AccessKey API of 2021-06-25, as `alibabacloud-devops20210625` on `PyPI` calls it and
//! <https://help.aliyun.com/document_detail/460556.html> describes it.
//!
//! Only starting a run is under `/organizations`; everything else is under `/organization`, and logs drop more plurals.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::flow::{self, Action, Call, Filter};
use super::present::View;
use super::query::Query;
use super::{params, present, request_id};
use crate::encoding::decode;
use crate::error::{ErrorShape, Refusal};
use crate::request::{Answer, Request};
use crate::run::Run;
use crate::setup::{AccessKey, Setup};
use crate::signature;
use crate::state::{Sender, State};
use crate::xml;

const VERSION: &str = "2021-06-25";

pub(super) fn route(request: &Request) -> Option<Call> {
    let segments: Option<Vec<String>> = request.path.strip_prefix('/')?.split('/').map(decode).collect();
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
        ("PUT", ["organization", o, "pipelines", p, "pipelineRuns", r, "jobs", j]) => {
            (Action::RetryPipelineJobRun, o, p, *r, *j)
        }
        ("GET", ["organization", o, "pipelines", p, "deploy", order]) => (Action::GetVMDeployOrder, o, p, *order, ""),
        ("PUT", ["organization", o, "pipelines", p, "deploy", order, "resume"]) => {
            (Action::ResumeVMDeployOrder, o, p, *order, "")
        }
        ("GET", ["organization", o, "pipelines", p, "deploy", order, "machine", sn, "log"]) => {
            (Action::LogVMDeployMachine, o, p, *order, *sn)
        }
        ("GET", ["organization", o, "pipeline", p, "pipelineRun", r, "job", j, "logs"]) => {
            (Action::LogPipelineJobRun, o, p, *r, *j)
        }
        _ => return None,
    };
    let [organization, pipeline, run, job] = [*organization, *pipeline, run, job].map(Into::into);
    Some(Call { action, organization: Some(organization), pipeline, run, job })
}

/// The action is named twice, by the path and by a header that classic clients leave out; both have to agree.
pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let call = route(request).ok_or_else(|| Refusal::of("InvalidAction.NotFound"))?;
    let named = request.header("x-acs-action").is_none_or(|action| action == call.action.name());
    // Without a version the signature is incomplete; that is said elsewhere.
    let known = request.header("x-acs-version").is_none_or(|version| version == VERSION);
    if named && known { Ok(()) } else { Err(Refusal::of("InvalidAction.NotFound")) }
}

pub(super) fn verify(state: &State, now: SystemTime, request: &Request) -> Result<Sender, Refusal> {
    let verified = signature::verify(request, &state.setup, state.clock(now))?;
    let key = state.setup.access_keys.iter().find(|key| key.id == verified.access_key_id);
    let AccessKey { account, denied, refused_with, .. } = key.cloned().unwrap_or_default();
    Ok(Sender { name: verified.access_key_id, account, denied, nonce: verified.nonce, refused_with })
}

pub(super) fn act(
    state: &mut State,
    now: SystemTime,
    request: &Request,
    number: usize,
    sender: &Sender,
) -> Result<Value, Refusal> {
    let call = route(request).ok_or_else(|| Refusal::of("InvalidAction.NotFound"))?;
    let view = View { now, clock_offset: state.setup.clock_offset, sender };
    let (pipeline, definition) = flow::pipeline(state, &call, sender)?;
    match call.action {
        Action::GetPipeline => Ok(json!({"pipeline": present::pipeline(pipeline, definition)})),
        Action::ListPipelineRuns => list(state, now, pipeline, &request.query),
        Action::StartPipelineRun => {
            let params = params::of_form(request, state.setup.refuses_unknown_params)?;
            let id = flow::start(state, now, pipeline, params, number)?;
            Ok(json!({"pipelineRunId": if state.setup.answers_strings { json!(id.to_string()) } else { json!(id) }}))
        }
        Action::GetVMDeployOrder | Action::ResumeVMDeployOrder | Action::LogVMDeployMachine => {
            let name = if call.action == Action::GetVMDeployOrder { "deployOrder" } else { "deployMachineLog" };
            let found = flow::on_order(state, now, pipeline, &call)?;
            Ok(found.map_or(json!({}), |found| json!({name: found})))
        }
        action => {
            let run = flow::run(state, now, pipeline, &call.run)?;
            match (action, action.deed()) {
                (Action::StopPipelineRun, _) => flow::stop(run, now).map(|()| json!({})),
                (Action::LogPipelineJobRun, _) => log(run, now, &call.job),
                (_, Some(deed)) => flow::act(run, now, &call.job, deed, sender).map(|()| json!({})),
                _ => Ok(json!({"pipelineRun": present::run(run, &view)})),
            }
        }
    }
}

fn list(state: &State, now: SystemTime, pipeline: u64, query: &str) -> Result<Value, Refusal> {
    let query = Query::of(query)?;
    let filter = Filter {
        earliest: query.number("startTime")?,
        latest: query.number("endTime")?,
        status: query.text("status"),
        trigger_mode: query.number("triggerMode")?,
    };
    let below = query.number("nextToken")?;
    let maximum = usize::try_from(query.number("maxResults")?.unwrap_or(10).clamp(1, 30)).unwrap_or(10);
    let mut rows = flow::rows(state, now, pipeline, &filter);
    let total = rows.len();
    rows.retain(|(id, _)| below.is_none_or(|below| *id < below));
    let more = rows.len() > maximum;
    rows.truncate(maximum);
    let next = rows.last().filter(|_| more).map_or(String::new(), |(id, _)| id.to_string());
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(json!({"totalCount": total, "nextToken": next, "pipelineRuns": rows}))
}

fn log(run: &Run, now: SystemTime, job: &str) -> Result<Value, Refusal> {
    let job = flow::logged_job(run, now, job)?;
    // Not by `json!`, which would copy what may be hundreds of megabytes.
    let log = [("content".into(), Value::String(job.log())), ("more".into(), Value::Bool(job.ended.is_none()))];
    Ok(Value::Object(Map::from_iter([("log".into(), Value::Object(log.into_iter().collect()))])))
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
