//! The API for personal access tokens: its paths, bodies and answers, as its swagger and the official MCP server (npm
//! `alibabacloud-devops-mcp-server`) have them. Most of its answers are bare values.

use serde_json::{Value, json};

use super::Page;
use super::answer::{Answer, whole_number};
use super::api::Place;
use super::params::RunParams;
use super::request::{Body, Request};

/// How many runs are asked for at once: the most there may be.
const PAGE: usize = 30;

/// `CreatePipelineRun`. The run's parameters are JSON as a text within the JSON of the body: an object in its place is
/// passed over in silence.
pub(super) fn start(place: &Place<'_>, organization: Option<&str>, params: &RunParams) -> Request {
    let bytes = json!({"params": params.to_json()}).to_string().into_bytes();
    let body = Body { content_type: "application/json", bytes };
    Request { body: Some(body), ..request(place, organization, "POST", &["runs"]) }
}

/// `ListPipelineRuns`: a page by its number.
pub(super) fn list(place: &Place<'_>, organization: Option<&str>, page: Option<&str>) -> Request {
    let page = page.unwrap_or("1").to_owned();
    let parameters = vec![("perPage".to_owned(), PAGE.to_string()), ("page".to_owned(), page)];
    Request { parameters, ..request(place, organization, "GET", &["runs"]) }
}

/// `GetPipelineRun`.
pub(super) fn get(place: &Place<'_>, organization: Option<&str>, run: u64) -> Request {
    request(place, organization, "GET", &["runs", &run.to_string()])
}

/// `UpdatePipelineRun`, which is how a run is stopped here.
pub(super) fn stop(place: &Place<'_>, organization: Option<&str>, run: u64) -> Request {
    request(place, organization, "PUT", &["runs", &run.to_string()])
}

/// `GetPipelineJobRunLog`.
pub(super) fn log(place: &Place<'_>, organization: Option<&str>, run: u64, job: u64) -> Request {
    request(place, organization, "GET", &["runs", &run.to_string(), "job", &job.to_string(), "log"])
}

/// `GetPipeline`.
pub(super) fn pipeline(place: &Place<'_>, organization: Option<&str>) -> Request {
    request(place, organization, "GET", &[])
}

/// A Region edition has the same paths without the organisation.
fn request(place: &Place<'_>, organization: Option<&str>, method: &'static str, tail: &[&str]) -> Request {
    let pipeline = place.pipeline.to_string();
    let organization = organization.map(|organization| ["organizations", organization]);
    let segments = ["oapi", "v1", "flow"].into_iter().chain(organization.into_iter().flatten());
    let segments = segments.chain(["pipelines", &pipeline]).chain(tail.iter().copied());
    Request {
        method,
        host: place.host.clone(),
        segments: segments.map(str::to_owned).collect(),
        parameters: Vec::new(),
        headers: Vec::new(),
        body: None,
    }
}

/// The run that the answer to a start names: a bare number, which other versions of the API may wrap.
pub(super) fn started(answer: &Answer) -> Option<u64> {
    let wrapped = || ["pipelineRunId", "object"].iter().find_map(|name| answer.number(name));
    let bare = whole_number(&answer.value).filter(|run| *run > 0);
    bare.or_else(wrapped).filter(|_| answer.claims_success())
}

/// Whether a stop was accepted: a bare `true`, or an object that says so.
pub(super) fn stopped(answer: &Answer) -> bool {
    answer.claims_success() && (answer.value == Value::Bool(true) || answer.success().is_some())
}

/// A page of the list of runs: a bare list, and the next page's number in a header.
pub(super) fn page(answer: &Answer, page: Option<&str>) -> Option<Page> {
    let rows = answer.value.as_array().filter(|_| answer.claims_success())?;
    let runs = rows.iter().filter_map(|row| whole_number(row.get("pipelineRunId")?)).collect();
    let next = match &answer.next_page {
        Some(next) => Some(next.clone()).filter(|next| next.parse::<u64>().is_ok_and(|next| next > 0)),
        // Something on the way has taken the header: a full page has another after it, or an empty one.
        None if rows.len() >= PAGE => page.unwrap_or("1").parse::<u64>().ok().map(|page| (page + 1).to_string()),
        None => None,
    };
    Some(Page { runs, next })
}
