//! Starting a run: `StartPipelineRun`, in the token API `CreatePipelineRun`.

use serde_json::json;

use super::{Api, Call, Redaction, Service};
use crate::yunxiao::answer::{Answer, whole_number};
use crate::yunxiao::certainty::{self, Certainty};
use crate::yunxiao::params::RunParams;
use crate::yunxiao::request::{Body, Request};

pub(crate) struct StartRun<'a>(pub &'a RunParams);

/// A run that the service reports as started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The pipeline's own counter, so unique only within the pipeline.
    pub run: u64,
    pub request_id: Option<String>,
}

impl Call for StartRun<'_> {
    type Output = Started;

    fn request(&self, service: &Service) -> Request {
        let params = self.0.to_json();
        let pipeline = service.pipeline.to_string();
        match &service.api {
            // Of the pipeline's calls only this one is under `organizations`, in the plural.
            Api::AccessKey { organization } => {
                let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("params", &params).finish();
                let body = Body { content_type: "application/x-www-form-urlencoded", bytes: form.into_bytes() };
                let segments = ["organizations", organization, "pipelines", &pipeline, "run"];
                Request { body: Some(body), ..service.access_key_request("StartPipelineRun", "POST", &segments) }
            }
            // The parameters are JSON as a text within the JSON of the body: an object in its place is ignored in silence.
            Api::Token { organization } => {
                let bytes = json!({"params": params}).to_string().into_bytes();
                let body = Body { content_type: "application/json", bytes };
                Request { body: Some(body), ..service.token_request(organization.as_deref(), "POST", &["runs"]) }
            }
        }
    }

    fn certainty(&self, answer: &Answer) -> Certainty {
        certainty::of_start(answer)
    }

    /// The run's number: a member in the AccessKey API; in the token API bare, which other versions of it may wrap.
    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Started> {
        let run = match api {
            Api::AccessKey { .. } => answer.number("pipelineRunId"),
            Api::Token { .. } => {
                let bare = whole_number(&answer.value).filter(|run| *run > 0);
                bare.or_else(|| ["pipelineRunId", "object"].iter().find_map(|name| answer.number(name)))
            }
        };
        Some(Started { run: run.filter(|_| answer.claims_success())?, request_id: answer.request_id() })
    }
}
