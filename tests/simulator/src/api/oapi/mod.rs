//! The token API, as `alibabacloud-devops-mcp-server` on npm calls it and
//! <https://help.aliyun.com/zh/yunxiao/developer-reference/pipeline-running-instance/> describes it.
//!
//! The central edition has the organisation in the path, a Region edition does not. Runs are under `runs`, except for
//! what is done to their jobs, which is under `pipelineRuns`; a log is under the singular `job`.

mod present;
mod write;

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::flow::{self, Action, Call, Filter};
use super::present::View;
use super::query::Query;
use super::{Content, params};
use crate::encoding::decode;
use crate::error::Refusal;
use crate::request::Request;
use crate::run::Run;
use crate::setup::{AccessToken, Edition, Setup};
use crate::state::{Sender, State};

pub(super) use write::{refuse, translated, write};

/// Where everything of this API is.
pub(super) const PREFIX: &str = "/oapi/v1/";
/// The most rows that a page of a list may have.
const LONGEST_PAGE: u64 = 30;

pub(super) fn route(setup: &Setup, request: &Request) -> Option<Call> {
    let segments: Option<Vec<String>> = request.path.strip_prefix(PREFIX)?.split('/').map(decode).collect();
    let segments = segments?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let call = |action, organization: Option<&str>, pipeline: &str, run: &str, job: &str| {
        let [pipeline, run, job] = [pipeline, run, job].map(Into::into);
        Some(Call { action, organization: organization.map(Into::into), pipeline, run, job })
    };
    let method = request.method.as_str();
    let (organization, rest) = match (setup.edition, segments.as_slice()) {
        (_, ["platform", "user"]) if method == "GET" => return call(Action::GetUserByToken, None, "", "", ""),
        (Edition::Central, ["flow", "organizations", organization, "pipelines", rest @ ..]) => {
            (Some(*organization), rest)
        }
        (Edition::Region, ["flow", "pipelines", rest @ ..]) => (None, rest),
        _ => return None,
    };
    match (method, rest) {
        ("GET", [p]) => call(Action::GetPipeline, organization, p, "", ""),
        ("POST", [p, "runs"]) => call(Action::StartPipelineRun, organization, p, "", ""),
        ("GET", [p, "runs"]) => call(Action::ListPipelineRuns, organization, p, "", ""),
        ("GET", [p, "runs", "latestPipelineRun"]) => call(Action::GetLatestPipelineRun, organization, p, "", ""),
        ("GET", [p, "runs", r]) => call(Action::GetPipelineRun, organization, p, r, ""),
        ("PUT", [p, "runs", r]) => call(Action::StopPipelineRun, organization, p, r, ""),
        ("GET", [p, "runs", r, "job", j, "log"]) => call(Action::LogPipelineJobRun, organization, p, r, j),
        ("POST", [p, "pipelineRuns", r, "jobs", j, "pass"]) => {
            call(Action::PassPipelineValidate, organization, p, r, j)
        }
        ("POST", [p, "pipelineRuns", r, "jobs", j, "refuse"]) => {
            call(Action::RefusePipelineValidate, organization, p, r, j)
        }
        // Both spellings are documented.
        ("POST", [p, "pipelineRuns" | "runs", r, "jobs", j, "start"]) => {
            call(Action::ExecutePipelineJobRun, organization, p, r, j)
        }
        ("PUT", [p, "pipelineRuns", r, "jobs", j, "retry"]) => call(Action::RetryPipelineJobRun, organization, p, r, j),
        ("GET", [p, "deploy", order]) => call(Action::GetVMDeployOrder, organization, p, order, ""),
        ("PUT", [p, "deploy", order, "resume"]) => call(Action::ResumeVMDeployOrder, organization, p, order, ""),
        ("GET", [p, "deploy", order, "machine", sn, "log"]) => {
            call(Action::LogVMDeployMachine, organization, p, order, sn)
        }
        _ => None,
    }
}

pub(super) fn verify(setup: &Setup, request: &Request) -> Result<Sender, Refusal> {
    let sent = request.header("x-yunxiao-token").filter(|sent| !sent.is_empty());
    let sent = sent.ok_or_else(|| Refusal::of("Unauthorized"))?;
    let token = setup.access_tokens.iter().find(|token| token.value == sent);
    let token = token.ok_or_else(|| Refusal::of("InvalidTokenError"))?;
    if token.expired {
        return Err(Refusal::of("ExpiredTokenError"));
    }
    let AccessToken { account, denied, refused_with, .. } = token.clone();
    Ok(Sender { name: "token".into(), account, denied, nonce: None, refused_with })
}

pub(super) fn act(
    state: &mut State,
    now: SystemTime,
    request: &Request,
    number: usize,
    sender: &Sender,
) -> Result<Content, Refusal> {
    let call = route(&state.setup, request).ok_or_else(|| Refusal::of("NotFound"))?;
    if call.action == Action::GetUserByToken {
        return Ok(present::user(&state.setup).into());
    }
    let strings = state.setup.answers_strings;
    let (pipeline, definition) = flow::pipeline(state, &call, sender)?;
    let plain = state.setup.plain_gate_actions;
    let view = View { now, clock_offset: state.setup.clock_offset, sender };
    let bare = |value: Value| if strings { json!(value.to_string()) } else { value };
    match call.action {
        Action::GetPipeline => Ok(present::pipeline(pipeline, definition).into()),
        Action::ListPipelineRuns => list(state, now, pipeline, &request.query),
        Action::StartPipelineRun => {
            let params = params::of_json(request, state.setup.refuses_unknown_params)?;
            let id = flow::start(state, now, pipeline, params, number)?;
            Ok(bare(json!(id)).into())
        }
        Action::GetLatestPipelineRun => {
            let run = flow::latest(state, now, pipeline).ok_or_else(|| Refusal::of("InvalidPipelineRun.NotFound"))?;
            Ok(present::run(run, &view, plain).into())
        }
        Action::GetPipelineRun => {
            let run = flow::run(state, now, pipeline, &call.run)?;
            Ok(present::run(run, &view, plain).into())
        }
        Action::GetVMDeployOrder | Action::ResumeVMDeployOrder | Action::LogVMDeployMachine => {
            let found = flow::on_order(state, now, pipeline, &call)?;
            Ok(found.unwrap_or_else(|| bare(json!(true))).into())
        }
        action => {
            let run = flow::run(state, now, pipeline, &call.run)?;
            match (action, action.deed()) {
                (Action::LogPipelineJobRun, _) => return log(run, now, &call.job),
                (_, Some(deed)) => flow::act(run, now, &call.job, deed, sender)?,
                _ => flow::stop(run, now)?,
            }
            Ok(bare(json!(true)).into())
        }
    }
}

/// A bare array; everything about its page is in headers.
fn list(state: &State, now: SystemTime, pipeline: u64, query: &str) -> Result<Content, Refusal> {
    let query = Query::of(query)?;
    let filter = Filter {
        earliest: query.number("startTime")?,
        // The misspelled name is the API's.
        latest: query.number("endTme")?,
        status: query.text("status"),
        trigger_mode: query.number("triggerMode")?,
    };
    let (page, per_page) = (query.number("page")?.unwrap_or(1), query.number("perPage")?.unwrap_or(10));
    if page == 0 || per_page == 0 || per_page > LONGEST_PAGE {
        return Err(Refusal::of("InvalidParam.ParamNotPresent").saying("page or perPage is out of range"));
    }
    let rows = flow::rows(state, now, pipeline, &filter);
    let total = rows.len() as u64;
    let pages = total.div_ceil(per_page);
    let neighbour = |exists: bool, page: u64| if exists { page.to_string() } else { String::new() };
    let headers = [
        ("x-page", page.to_string()),
        ("x-per-page", per_page.to_string()),
        ("x-next-page", neighbour(page < pages, page + 1)),
        ("x-prev-page", neighbour(page > 1, page - 1)),
        ("x-total", total.to_string()),
        ("x-total-pages", pages.to_string()),
    ];
    let before = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
    let here = usize::try_from(per_page).unwrap_or(usize::MAX);
    let body = rows.into_iter().skip(before).take(here).map(|(_, row)| row).collect();
    Ok(Content { body, headers: headers.into() })
}

fn log(run: &Run, now: SystemTime, job: &str) -> Result<Content, Refusal> {
    let job = flow::logged_job(run, now, job)?;
    let (content, more) = (job.log(), job.ended.is_none());
    let last = content.lines().count();
    // Not by `json!`, which would copy what may be hundreds of megabytes.
    let log = [("content", Value::String(content)), ("last", json!(last)), ("more", Value::Bool(more))];
    let log: Map<String, Value> = log.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(Value::Object(log).into())
}
