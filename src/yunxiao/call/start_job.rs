//! Starting a manual job: `ExecutePipelineJobRun`, only in the token API.

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

pub(crate) struct StartJob<'a> {
    /// A Region edition has none.
    organization: Option<&'a str>,
    run: u64,
    job: u64,
}

impl<'a> StartJob<'a> {
    /// The call, where the service's API has it.
    pub(crate) fn of(service: &'a Service, run: u64, job: u64) -> Option<Self> {
        match &service.api {
            Api::AccessKey { .. } => None,
            Api::Token { organization } => Some(Self { organization: organization.as_deref(), run, job }),
        }
    }
}

impl Call for StartJob<'_> {
    type Output = Accepted;

    fn request(&self, service: &Service) -> Request {
        let [run, job] = [self.run, self.job].map(|id| id.to_string());
        service.token_request(self.organization, "POST", &["pipelineRuns", &run, "jobs", &job, "start"])
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
