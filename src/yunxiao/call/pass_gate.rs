//! Approving a manual gate (人工卡点): `PassPipelineValidate`. Callers without permission are refused.

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct PassGate {
    pub run: u64,
    pub job: u64,
}

impl Call for PassGate {
    type Output = Accepted;

    fn request(&self, service: &Service) -> Request {
        let [run, job] = [self.run, self.job].map(|id| id.to_string());
        let path = ["pipelineRuns", &run, "jobs", &job, "pass"];
        service.request("PassPipelineValidate", "POST", &path, &path)
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
