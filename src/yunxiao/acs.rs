//! The AccessKey API, version 2021-06-25: its paths, bodies and answers, as Alibaba Cloud's OpenAPI metadata and official
//! SDKs have them.

use serde_json::Value;

use super::Page;
use super::answer::{Answer, whole_number};
use super::api::Place;
use super::params::RunParams;
use super::request::{Body, Request};

/// How many runs are asked for at once.
const PAGE: &str = "30";

/// `StartPipelineRun`. Of the pipeline operations only this one is under `/organizations/`, in the plural.
pub(super) fn start(place: &Place<'_>, organization: &str, params: &RunParams) -> Request {
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("params", &params.to_json()).finish();
    let body = Body { content_type: "application/x-www-form-urlencoded", bytes: form.into_bytes() };
    let pipeline = place.pipeline.to_string();
    let segments = ["organizations", organization, "pipelines", &pipeline, "run"];
    Request { body: Some(body), ..request(place, "StartPipelineRun", "POST", &segments) }
}

/// `ListPipelineRuns`, from the page a token stands for.
pub(super) fn list(place: &Place<'_>, organization: &str, token: Option<&str>) -> Request {
    let mut parameters = vec![("maxResults".to_owned(), PAGE.to_owned())];
    parameters.extend(token.map(|token| ("nextToken".to_owned(), token.to_owned())));
    Request { parameters, ..of_pipeline(place, organization, "ListPipelineRuns", "GET", &["pipelineRuns"]) }
}

/// `GetPipelineRun`.
pub(super) fn get(place: &Place<'_>, organization: &str, run: u64) -> Request {
    of_pipeline(place, organization, "GetPipelineRun", "GET", &["pipelineRuns", &run.to_string()])
}

/// `StopPipelineRun`.
pub(super) fn stop(place: &Place<'_>, organization: &str, run: u64) -> Request {
    of_pipeline(place, organization, "StopPipelineRun", "PUT", &["pipelineRuns", &run.to_string(), "stop"])
}

/// `LogPipelineJobRun`, which drops all the plurals.
pub(super) fn log(place: &Place<'_>, organization: &str, run: u64, job: u64) -> Request {
    let (pipeline, run, job) = (place.pipeline.to_string(), run.to_string(), job.to_string());
    let segments = ["organization", organization, "pipeline", &pipeline, "pipelineRun", &run, "job", &job, "logs"];
    request(place, "LogPipelineJobRun", "GET", &segments)
}

/// `GetPipeline`.
pub(super) fn pipeline(place: &Place<'_>, organization: &str) -> Request {
    of_pipeline(place, organization, "GetPipeline", "GET", &[])
}

fn of_pipeline(place: &Place<'_>, organization: &str, action: &str, method: &'static str, tail: &[&str]) -> Request {
    let pipeline = place.pipeline.to_string();
    let segments: Vec<&str> =
        ["organization", organization, "pipelines", &pipeline].into_iter().chain(tail.iter().copied()).collect();
    request(place, action, method, &segments)
}

fn request(place: &Place<'_>, action: &str, method: &'static str, segments: &[&str]) -> Request {
    Request {
        method,
        host: place.host.clone(),
        segments: segments.iter().map(|segment| (*segment).to_owned()).collect(),
        parameters: Vec::new(),
        headers: vec![("x-acs-action", action.to_owned()), ("x-acs-version", "2021-06-25".to_owned())],
        body: None,
    }
}

/// A page of the list of runs.
pub(super) fn page(answer: &Answer) -> Option<Page> {
    let rows = answer.member("pipelineRuns")?.as_array()?;
    let runs = rows.iter().filter_map(|row| whole_number(row.get("pipelineRunId")?)).collect();
    let next = answer.value.get("nextToken").and_then(Value::as_str).filter(|token| !token.is_empty());
    Some(Page { runs, next: next.map(str::to_owned) })
}
