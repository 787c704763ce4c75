//! Jobs, and what can be done to them.

use serde_json::{Map, Value, json};

use super::{View, built};
use crate::api::flow;
use crate::run::{JobProgress, Run, Waiting};

/// What is done with a conflict; its number means nothing.
const CONFLICT_ACTION: &str = "9";

pub(super) fn job(run: &Run, job: &JobProgress, view: &View<'_>) -> Value {
    let captured = run.pipeline.captured;
    let parameters = if captured && job.started.is_none() { Map::new() } else { built::job_parameters(run, view.now) };
    let mut shown = json!({
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "startTime": view.write(job.started),
        "endTime": view.write(job.ended),
        "params": Value::Object(parameters).to_string(),
        "actions": actions(run, job, view),
    });
    if captured {
        leave_out_unknown_times(&mut shown);
    }
    shown
}

pub(super) fn leave_out_unknown_times(shown: &mut Value) {
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, value| !value.is_null() || !["startTime", "endTime"].contains(&name.as_str()));
    }
}

fn actions(run: &Run, job: &JobProgress, view: &View<'_>) -> Vec<Value> {
    let definition = run.definition(job);
    let mut actions = Vec::new();
    match job.waiting {
        Some(Waiting::Gate) => {
            let disable = |action: &str| {
                let may = view.sender.may(action) && flow::is_validator(definition, view.sender);
                definition.disable.unwrap_or(!may)
            };
            let validators = match definition.validators.as_slice() {
                [] => json!({}),
                validators => json!({"validators": validators}),
            };
            for (name, params) in [("PassPipelineValidate", validators), ("RefusePipelineValidate", json!({}))] {
                actions.push(json!({"type": name, "disable": disable(name), "params": params}));
            }
            return actions;
        }
        Some(Waiting::Start) => {
            let name = "ExecutePipelineJobRun";
            let disable = !view.sender.may(name);
            return vec![json!({"type": name, "displayType": "EXECUTE", "disable": disable, "params": {}})];
        }
        Some(Waiting::Conflict) => {
            let conflict = definition.conflict.clone().unwrap_or_default();
            let data = json!({
                "featureBranch": conflict.feature_branch,
                "featureBranchCommitId": conflict.feature_commit,
                "releaseBranch": conflict.release_branch,
            });
            actions.push(json!({
                "type": "ExecutePipelineJobAction",
                "displayType": "CONFLICT_MERGE",
                "disable": false,
                "params": {"actionId": CONFLICT_ACTION},
                "data": data.to_string(),
            }));
        }
        None => {}
    }
    if let Some(order) = &job.order {
        let data = json!({"deployOrderId": order.id, "status": order.status.to_uppercase()});
        actions.push(json!({
            "type": "GetVMDeployOrder",
            "displayType": "DEPLOY_ORDER",
            "data": data.to_string(),
            "params": {"deployOrderId": order.id},
        }));
    } else if job.started.is_some() && job.waiting.is_none() {
        let name = "LogPipelineJobRun";
        actions.push(json!({"type": name, "displayType": "LOG", "disable": true, "data": "", "params": {}}));
    }
    if job.retryable {
        let name = "RetryPipelineJobRun";
        let disable = !view.sender.may(name);
        actions.push(json!({"type": name, "displayType": "RETRY", "disable": disable, "params": {}}));
    }
    actions
}

/// What the token API says of how a job went: JSON in a text; `None`: nothing yet.
pub(in crate::api) fn result(run: &Run, job: &JobProgress) -> Option<String> {
    let definition = run.definition(job);
    if let Some(text) = &definition.result_text {
        return Some(text.clone());
    }
    if job.order.is_some() && job.ended.is_none() {
        return Some(json!({"message": "deploy.running", "successful": true}).to_string());
    }
    let says = definition.code.is_some() || definition.message.is_some() || !definition.outputs.is_empty();
    job.ended.filter(|_| says)?;
    let mut result = json!({"successful": !job.failed, "data": definition.outputs});
    if job.failed {
        result["code"] = json!(definition.code);
        result["message"] = json!(definition.message);
        result["requestId"] = json!(format!("result-of-{}", job.id));
    }
    Some(result.to_string())
}
