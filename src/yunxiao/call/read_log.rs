//! The log of a job, whole each time: `LogPipelineJobRun`, in the token API `GetPipelineJobRunLog`.

use serde_json::Value;

use super::{Answer, Api, Call, Redaction, Request, Service};

pub struct ReadLog {
    pub run: u64,
    pub job: u64,
}

impl Call for ReadLog {
    /// Whether the log goes on. The log itself was taken out of the answer as it came.
    type Output = bool;

    fn request(&self, service: &Service) -> Request {
        let [pipeline, run, job] = [service.pipeline, self.run, self.job].map(|id| id.to_string());
        match &service.api {
            // This call drops all the plurals.
            Api::AccessKey { organization } => {
                let run = ["pipeline", &pipeline, "pipelineRun", &run, "job", &job, "logs"];
                let segments: Vec<&str> = ["organization", organization].into_iter().chain(run).collect();
                service.access_key_request("LogPipelineJobRun", "GET", &segments)
            }
            Api::Token { organization } => {
                service.token_request(organization.as_deref(), "GET", &["runs", &run, "job", &job, "log"])
            }
        }
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<bool> {
        let log = match api {
            Api::AccessKey { .. } => answer.member("log")?,
            Api::Token { .. } => answer.whole("content")?,
        };
        Some(log["more"] == Value::Bool(true))
    }
}
