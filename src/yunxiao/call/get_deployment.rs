//! A host deployment (主机部署) under way: `GetVMDeployOrder`. The token needs 主机部署 (只读).

use serde_json::Value;

use super::{Answer, Api, Call, Redaction, Request, Service};
use crate::redaction::Foreign;
use crate::yunxiao::run::{Deployment, Status};

/// How many characters of a machine's name are shown.
const LONGEST_MACHINE: usize = 60;

/// By its order's id.
pub(crate) struct GetDeployment(pub u64);

impl Call for GetDeployment {
    type Output = Deployment;

    fn request(&self, service: &Service) -> Request {
        let order = self.0.to_string();
        service.request("GetVMDeployOrder", "GET", &["deploy", &order], &["deploy", &order])
    }

    fn read(&self, api: &Api, answer: &Answer, secrets: &Redaction) -> Option<Deployment> {
        let order = match api {
            Api::AccessKey { .. } => answer.member("deployOrder")?,
            Api::Token { .. } => answer.whole("status")?,
        };
        let machines = order["deployMachineInfo"]["deployMachines"].as_array().into_iter().flatten();
        let has_failed =
            |machine: &&Value| Status::of(machine["status"].as_str().unwrap_or_default()) == Status::Failed;
        let has_begun = |machine: &&Value| {
            let word = machine["status"].as_str().unwrap_or_default();
            !["", "Pending", "Queued"].iter().any(|waiting| word.eq_ignore_ascii_case(waiting))
        };
        let name = |machine: &Value| {
            let name = machine["machineSn"].as_str().filter(|name| !name.is_empty())?;
            Some(Foreign::new(name, secrets, LONGEST_MACHINE))
        };
        Some(Deployment {
            order: self.0,
            // The service's word for "paused between batches".
            is_paused: order["status"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("Waiting")),
            begun: Some(machines.clone().filter(has_begun).count()),
            failed_machines: machines.filter(has_failed).filter_map(name).collect(),
        })
    }
}
