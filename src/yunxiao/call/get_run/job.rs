//! A job of a run.

use serde_json::Value;

use super::value::{status, unwrapped};
use crate::redaction::Foreign;
use crate::yunxiao::answer::{moment, whole_number};
use crate::yunxiao::run::{Blocker, Deployment, Job, Status};

pub(super) fn job(job: &Value, name: &impl Fn(&Value) -> Foreign) -> Job {
    let (status, result) = (status(&job["status"]), unwrapped(&job["result"]));
    let order = action(job, "GetVMDeployOrder").and_then(|action| whole_number(&action["params"]["deployOrderId"]));
    Job {
        id: whole_number(&job["id"]).unwrap_or_default(),
        name: name(&job["name"]),
        status,
        word: name(&job["status"]).shown().to_owned(),
        started: moment(&job["startTime"]),
        ended: moment(&job["endTime"]),
        blocker: blocker(job).filter(|_| !status.is_over()),
        deployment: order.map(|order| Deployment { order, ..Deployment::default() }),
        reason: reason(&result, name).filter(|_| status == Status::Failed),
        can_be_retried: action(job, "RetryPipelineJobRun").is_some(),
        artifacts: result.is_object().then(|| artifacts(&result["data"])),
    }
}

/// The artifacts in a job's output variables: lists, each as text.
fn artifacts(variables: &Value) -> Vec<Value> {
    let mut artifacts = Vec::new();
    for name in ["ARTIFACTS", "ARTIFACTSV2"] {
        let list = unwrapped(&variables[name]);
        for artifact in list.as_array().into_iter().flatten().filter(|artifact| artifact.is_object()) {
            if !artifacts.contains(artifact) {
                artifacts.push(artifact.clone());
            }
        }
    }
    artifacts
}

/// What a job's result says of its failure: a message, and the code that a search finds.
fn reason(result: &Value, name: &impl Fn(&Value) -> Foreign) -> Option<String> {
    let message = name(&result["message"]);
    let code = whole_number(&result["code"]).filter(|code| *code > 0).map(|code| format!(" ({code})"));
    (!message.shown().is_empty()).then(|| message.to_string() + &code.unwrap_or_default())
}

/// What a job's actions say it waits for. A disabled action is one that this caller isn't allowed to take.
fn blocker(job: &Value) -> Option<Blocker> {
    let has = |kind| action(job, kind).is_some();
    let is_conflict = |action: &Value| action["displayType"].as_str() == Some("CONFLICT_MERGE");
    match () {
        // Some answers of the token API call it `pass`.
        () if has("PassPipelineValidate") || has("pass") => Some(Blocker::Gate),
        () if has("ExecutePipelineJobRun") && moment(&job["startTime"]).is_none() => Some(Blocker::ManualJob),
        () if action(job, "ExecutePipelineJobAction").is_some_and(is_conflict) => Some(Blocker::Conflict),
        () => None,
    }
}

/// An action that a job lists.
fn action<'j>(job: &'j Value, kind: &str) -> Option<&'j Value> {
    let is = |action: &&Value| {
        let name = action.as_str().or_else(|| action["type"].as_str()).unwrap_or_default();
        name.eq_ignore_ascii_case(kind)
    };
    job["actions"].as_array()?.iter().find(is)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redaction::Redaction;

    #[test]
    fn what_a_job_waits_for_is_told_by_its_actions_whoever_may_take_them() {
        let pass = |disable: bool| json!([{"type": "PassPipelineValidate", "disable": disable}, {"type": "RefusePipelineValidate"}]);
        let conflict = |kind: &str| json!([{"type": "ExecutePipelineJobAction", "displayType": kind}]);
        for (status, actions, blocker) in [
            ("WAITING", pass(false), Some(Blocker::Gate)),
            ("WAITING", pass(true), Some(Blocker::Gate)),
            ("RUNNING", pass(false), Some(Blocker::Gate)),
            ("SUCCESS", pass(false), None),
            ("WAITING", json!(["pass", "refuse"]), Some(Blocker::Gate)),
            ("WAITING", json!(["refuse"]), None),
            ("INIT", json!([{"type": "ExecutePipelineJobRun"}]), Some(Blocker::ManualJob)),
            ("FAIL", json!([{"type": "ExecutePipelineJobRun"}]), None),
            ("RUNNING", conflict("CONFLICT_MERGE"), Some(Blocker::Conflict)),
            ("RUNNING", conflict("OTHER"), None),
            ("RUNNING", json!([{"type": "StopPipelineJobRun"}]), None),
            ("RUNNING", json!(null), None),
        ] {
            let job = job(&json!({"status": status, "actions": actions}), &|name| {
                Foreign::new(name.as_str().unwrap_or_default(), &Redaction::default(), 99)
            });
            assert_eq!(job.blocker, blocker, "{status} {actions}");
        }
        let job =
            json!({"status": "RUNNING", "actions": [{"type": "GetVMDeployOrder", "params": {"deployOrderId": 44}}]});
        assert_eq!(
            super::job(&job, &|name| Foreign::new(name.as_str().unwrap_or_default(), &Redaction::default(), 99))
                .deployment
                .map(|deployment| deployment.order),
            Some(44)
        );
    }

    #[test]
    fn a_failure_has_its_message_and_the_code_that_a_search_finds() {
        for (result, expected) in [
            (json!({"message": "no space left", "code": 70002}), Some("no space left (70002)")),
            (json!({"message": "no space left", "code": 0}), Some("no space left")),
            (json!({"message": "no space left"}), Some("no space left")),
            (json!({"code": 70002}), None),
        ] {
            let name = |value: &Value| Foreign::new(value.as_str().unwrap_or_default(), &Redaction::default(), 99);
            assert_eq!(reason(&result, &name).as_deref(), expected, "{result}");
        }
    }
}
