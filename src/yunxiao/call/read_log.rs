//! A log, complete each time: of a job `LogPipelineJobRun`, in the token API `GetPipelineJobRunLog`; of a machine of a
//! host deployment `LogVMDeployMachine` (its path and members: `PyPI` `alibabacloud-devops20210625` 5.0.3).

use serde_json::Value;

use super::{Answer, Api, Call, Redaction, Request, Service};

/// Which log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadLog {
    Job { run: u64, job: u64 },
    Machine { order: u64, machine: String },
}

impl ReadLog {
    /// The member that holds the log.
    pub(crate) fn member(&self) -> &'static str {
        match self {
            Self::Job { .. } => "content",
            Self::Machine { .. } => "deployLog",
        }
    }
}

impl Call for ReadLog {
    /// Whether the log will continue. The log itself was extracted while the response arrived.
    type Output = bool;

    fn request(&self, service: &Service) -> Request {
        match (self, &service.api) {
            // This call drops all the plurals.
            (Self::Job { run, job }, Api::AccessKey { organization }) => {
                let [pipeline, run, job] = [service.pipeline, *run, *job].map(|id| id.to_string());
                let run = ["pipeline", &pipeline, "pipelineRun", &run, "job", &job, "logs"];
                let segments: Vec<&str> = ["organization", organization].into_iter().chain(run).collect();
                service.access_key_request("LogPipelineJobRun", "GET", &segments)
            }
            (Self::Job { run, job }, Api::Token { organization }) => {
                let [run, job] = [run, job].map(ToString::to_string);
                service.token_request(organization.as_deref(), "GET", &["runs", &run, "job", &job, "log"])
            }
            (Self::Machine { order, machine }, _) => {
                let order = order.to_string();
                let path = ["deploy", &order, "machine", machine, "log"];
                service.request("LogVMDeployMachine", "GET", &path, &path)
            }
        }
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<bool> {
        let log = match (api, self) {
            (Api::AccessKey { .. }, Self::Job { .. }) => answer.member("log")?,
            (Api::AccessKey { .. }, Self::Machine { .. }) => answer.member("deployMachineLog")?,
            (Api::Token { .. }, _) => answer.whole(self.member())?,
        };
        Some(log["more"] == Value::Bool(true))
    }
}
