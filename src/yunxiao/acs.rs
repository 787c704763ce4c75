//! The AccessKey API, version 2021-06-25: its paths, bodies and answers, as Alibaba Cloud's OpenAPI metadata and official
//! SDKs have them.

use serde_json::Value;

use super::answer::{Answer, whole_number};
use super::params::RunParams;
use super::run::RunDetail;
use super::signature::{Body, Request};
use super::{Certainty, Page, Started};

/// How many runs are asked for at once.
const PAGE: &str = "30";

/// Where requests go.
pub(super) struct Place<'a> {
    pub(super) host: String,
    pub(super) organization: &'a str,
    pub(super) pipeline: u64,
}

impl Place<'_> {
    /// `StartPipelineRun`. Of the pipeline operations only this one is under `/organizations/`, in the plural.
    pub(super) fn start(&self, params: &RunParams) -> Request {
        let form =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("params", &params.to_json()).finish();
        let body = Body { content_type: "application/x-www-form-urlencoded", bytes: form.into_bytes() };
        let request = self.request("StartPipelineRun", "POST", "organizations", &["run"]);
        Request { body: Some(body), ..request }
    }

    /// `ListPipelineRuns`, from the page a token stands for.
    pub(super) fn list(&self, token: Option<&str>) -> Request {
        let request = self.request("ListPipelineRuns", "GET", "organization", &["pipelineRuns"]);
        let mut parameters = vec![("maxResults".to_owned(), PAGE.to_owned())];
        parameters.extend(token.map(|token| ("nextToken".to_owned(), token.to_owned())));
        Request { parameters, ..request }
    }

    /// `GetPipelineRun`.
    pub(super) fn get(&self, run: u64) -> Request {
        self.request("GetPipelineRun", "GET", "organization", &["pipelineRuns", &run.to_string()])
    }

    /// `StopPipelineRun`.
    pub(super) fn stop(&self, run: u64) -> Request {
        self.request("StopPipelineRun", "PUT", "organization", &["pipelineRuns", &run.to_string(), "stop"])
    }

    /// `LogPipelineJobRun`, which of all paths drops the plurals.
    pub(super) fn log(&self, run: u64, job: u64) -> Request {
        let pipeline = self.pipeline.to_string();
        let (run, job) = (run.to_string(), job.to_string());
        let segments =
            ["organization", self.organization, "pipeline", &pipeline, "pipelineRun", &run, "job", &job, "logs"];
        let request = self.request("LogPipelineJobRun", "GET", "organization", &[]);
        Request { segments: segments.map(str::to_owned).to_vec(), ..request }
    }

    fn request(&self, action: &str, method: &'static str, root: &str, tail: &[&str]) -> Request {
        let pipeline = self.pipeline.to_string();
        let head = [root, self.organization, "pipelines", pipeline.as_str()];
        Request {
            method,
            host: self.host.clone(),
            segments: head.iter().chain(tail).map(|segment| (*segment).to_owned()).collect(),
            parameters: Vec::new(),
            headers: vec![("x-acs-action", action.to_owned()), ("x-acs-version", "2021-06-25".to_owned())],
            body: None,
        }
    }
}

/// The run that the answer to a start names, if it says that it was started.
pub(super) fn started(answer: &Answer) -> Option<Started> {
    let run = answer.number("pipelineRunId").filter(|_| answer.claims_success())?;
    Some(Started { run, request_id: answer.request_id() })
}

/// What an answer to a start makes certain that does not name a started run: the whole rule.
pub(super) fn certainty_of_start(answer: &Answer) -> Certainty {
    // A code that a start that acted could bring as well, and a refusal that names a run.
    let ambiguous = says_one_of(answer, &["SignatureNonceUsed", "InvalidPipelineRun.NotFound"]);
    if ambiguous || answer.number("pipelineRunId").is_some() { Certainty::Unknown } else { certainty(answer) }
}

/// What an answer other than the one that was hoped for makes certain, for any request.
pub(super) fn certainty(answer: &Answer) -> Certainty {
    const AMBIGUOUS: &[&str] = &["InternalError", "ServiceUnavailable", "SYSTEM_UNKNOWN_ERROR", "UnknownError"];
    let code = answer.code();
    let code = code.as_deref().unwrap_or_default();
    match answer.status {
        _ if says_one_of(answer, AMBIGUOUS) => Certainty::Unknown,
        429 => Certainty::Throttled { wait: answer.wait },
        200..=299 if answer.success() == Some(false) => Certainty::Refused,
        408 => Certainty::Unknown,
        400..=499 if !answer.is_from_the_service() => Certainty::Unknown,
        400..=499 if code.starts_with("Throttling") => Certainty::Throttled { wait: answer.wait },
        400..=499 if code == "InvalidTimeStamp.Expired" && answer.date.is_some() => Certainty::ClockIsOff,
        // A redirect comes from a wrong address; it is not followed.
        300..=499 => Certainty::Refused,
        _ => Certainty::Unknown,
    }
}

/// Whether any of an answer's codes is one of these, or a kind of one of these (`InternalError.Timeout`).
fn says_one_of(answer: &Answer, names: &[&str]) -> bool {
    let is =
        |code: &str, name: &str| code.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    answer.codes().any(|code| names.iter().any(|name| is(&code, name)))
}

/// A page of the list of runs.
pub(super) fn page(answer: &Answer) -> Option<Page> {
    let rows = answer.members.get("pipelineRuns").filter(|_| answer.claims_success())?.as_array()?;
    let runs = rows.iter().filter_map(|row| whole_number(row.get("pipelineRunId")?)).collect();
    let next = answer.members.get("nextToken").and_then(Value::as_str).filter(|token| !token.is_empty());
    Some(Page { runs, next: next.map(str::to_owned) })
}

/// A run in detail.
pub(super) fn detail(answer: &Answer) -> Option<RunDetail> {
    let run = answer.members.get("pipelineRun").filter(|_| answer.claims_success())?;
    Some(RunDetail::read(run))
}

/// Whether a job's log goes on. The log itself was taken out of the answer as it came.
pub(super) fn log_goes_on(answer: &Answer) -> Option<bool> {
    let log = answer.members.get("log").filter(|_| answer.claims_success())?;
    Some(log.get("more") == Some(&Value::Bool(true)))
}
