//! Stopping a run: `StopPipelineRun`, in the token API `UpdatePipelineRun`. It is safe to repeat.

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct StopRun(pub u64);

impl Call for StopRun {
    type Output = Accepted;

    fn request(&self, service: &Service) -> Request {
        let run = self.0.to_string();
        service.request("StopPipelineRun", "PUT", &["pipelineRuns", &run, "stop"], &["runs", &run])
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
