//! The AccessKey API, version 2021-06-25: its paths, bodies and answers, as Alibaba Cloud's OpenAPI metadata and official
//! SDKs have them.

use crate::redaction::Redaction;
use crate::transport::Failure;

use super::answer::Answer;
use super::params::RunParams;
use super::signature::{Body, Request};
use super::{Cause, Certainty, Setback, Started};

/// Codes that do not say whether the service acted.
const AMBIGUOUS: &[&str] = &[
    "InternalError",
    "InvalidPipelineRun.NotFound",
    "ServiceUnavailable",
    "SignatureNonceUsed",
    "SYSTEM_UNKNOWN_ERROR",
    "UnknownError",
];

/// `StartPipelineRun`. Of the pipeline operations only this one is under `/organizations/`, in the plural.
pub(super) fn start(host: String, organization: &str, pipeline: u64, params: &RunParams) -> Request {
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("params", &params.to_json()).finish();
    Request {
        method: "POST",
        host,
        segments: ["organizations", organization, "pipelines", &pipeline.to_string(), "run"].map(str::to_owned).into(),
        parameters: Vec::new(),
        headers: headers("StartPipelineRun"),
        body: Some(Body { content_type: "application/x-www-form-urlencoded", bytes: form.into_bytes() }),
    }
}

fn headers(action: &str) -> Vec<(&'static str, String)> {
    vec![("x-acs-action", action.to_owned()), ("x-acs-version", "2021-06-25".to_owned())]
}

/// What the answer to a start, or the lack of one, makes certain.
pub(super) fn judge_start(
    outcome: Result<http::Response<Vec<u8>>, Failure>,
    redaction: &Redaction,
) -> Result<Started, Setback> {
    let answer = match outcome {
        Ok(response) => Answer::read(&response),
        Err(failure) => {
            let certainty = if failure.may_have_sent() { Certainty::Unknown } else { Certainty::NothingSent };
            return Err(Setback { certainty, cause: Cause::NoAnswer(failure) });
        }
    };
    let run = answer.number("pipelineRunId");
    if let (200..=299, Some(run), None | Some(true)) = (answer.status, run, answer.success()) {
        return Ok(Started { run, request_id: answer.request_id() });
    }
    let certainty = certainty(&answer, run.is_some());
    Err(Setback { certainty, cause: Cause::Answer { refusal: answer.refusal(redaction), body: answer.body } })
}

/// The whole rule, for every answer that is not a started run.
fn certainty(answer: &Answer, names_a_run: bool) -> Certainty {
    let code = answer.code();
    let ambiguous = code.as_deref().is_some_and(|code| AMBIGUOUS.contains(&code));
    let throttled = code.as_deref().is_some_and(|code| code.starts_with("Throttling"));
    match answer.status {
        _ if ambiguous || names_a_run => Certainty::Unknown,
        429 => Certainty::Throttled { wait: answer.wait },
        200..=299 if answer.success() == Some(false) => Certainty::NotStarted,
        300..=399 => Certainty::NotStarted,
        408 => Certainty::Unknown,
        400..=499 if !answer.is_from_the_service() => Certainty::Unknown,
        400..=499 if throttled => Certainty::Throttled { wait: answer.wait },
        400..=499 => match (code.as_deref(), answer.date) {
            (Some("InvalidTimeStamp.Expired"), Some(server)) => Certainty::ClockIsOff { server },
            _ => Certainty::NotStarted,
        },
        _ => Certainty::Unknown,
    }
}
