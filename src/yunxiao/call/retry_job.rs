//! Retrying a failed job: `RetryPipelineJobRun`. Only a job that lists the action can be retried.

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct RetryJob {
    pub run: u64,
    pub job: u64,
}

impl Call for RetryJob {
    type Output = Accepted;

    /// In the AccessKey API the job alone, in the token API with the word.
    fn request(&self, service: &Service) -> Request {
        let [run, job] = [self.run, self.job].map(|id| id.to_string());
        let path = ["pipelineRuns", &run, "jobs", &job, "retry"];
        service.request("RetryPipelineJobRun", "PUT", &path[..4], &path)
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
