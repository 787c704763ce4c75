//! Rejecting a manual gate (人工卡点): `RefusePipelineValidate`.

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct RefuseGate {
    pub run: u64,
    pub job: u64,
}

impl Call for RefuseGate {
    type Output = Accepted;

    fn request(&self, service: &Service) -> Request {
        let [run, job] = [self.run, self.job].map(|id| id.to_string());
        let path = ["pipelineRuns", &run, "jobs", &job, "refuse"];
        service.request("RefusePipelineValidate", "POST", &path, &path)
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
