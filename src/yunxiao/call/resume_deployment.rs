//! Resuming a host deployment (主机部署) that is paused between batches: `ResumeVMDeployOrder`. The token needs
//! 主机部署 (读写).

use super::{Accepted, Answer, Api, Call, Redaction, Request, Service};

/// By its order's id.
pub(crate) struct ResumeDeployment(pub u64);

impl Call for ResumeDeployment {
    type Output = Accepted;

    fn request(&self, service: &Service) -> Request {
        let order = self.0.to_string();
        let path = ["deploy", &order, "resume"];
        service.request("ResumeVMDeployOrder", "PUT", &path, &path)
    }

    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Accepted> {
        Accepted::read(api, answer)
    }
}
