//! Stopping a run: `StopPipelineRun`, in the token API `UpdatePipelineRun`. It may be sent any number of times.

use serde_json::Value;

use super::{Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct StopRun(pub u64);

impl Call for StopRun {
    /// The request's id, if the service gave one.
    type Output = Option<String>;

    fn request(&self, service: &Service) -> Request {
        let run = self.0.to_string();
        service.request("StopPipelineRun", "PUT", &["pipelineRuns", &run, "stop"], &["runs", &run])
    }

    /// In the token API a bare `true`, or an object that says so.
    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Option<String>> {
        let says_so = match api {
            Api::AccessKey { .. } => answer.success().is_some(),
            Api::Token { .. } => answer.value == Value::Bool(true) || answer.success().is_some(),
        };
        (answer.claims_success() && says_so).then(|| answer.request_id())
    }
}
