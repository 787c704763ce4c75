//! Pipelines and runs as the token API shows them: what the AccessKey API shows, and more.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::api::present as shared;
use crate::pipeline::Pipeline;
use crate::run::Run;
use crate::setup::Setup;

/// When pipelines were made, as far as this API tells.
const CREATED: u64 = 1_586_863_220_000;

/// A run in full.
pub(super) fn run(run: &Run, now: SystemTime, setup: &Setup) -> Value {
    let mut shown = shared::run(run, now, setup.clock_offset);
    shown["pipelineType"] = json!("default");
    shown["groups"] = json!([]);
    shown["globalParams"] = global_parameters(run);
    for source in list(&mut shown["sources"]) {
        source["name"] = source["sign"].clone();
    }
    for (index, stage) in list(&mut shown["stages"]).iter_mut().enumerate() {
        stage["index"] = json!((index + 1).to_string());
        for job in list(&mut stage["stageInfo"]["jobs"]) {
            job["jobSign"] = json!(format!("job_{}", job["id"]));
            job["result"] = json!("{}");
            let open = list(&mut job["actions"]).iter().enumerate();
            job["actions"] = open.map(|(order, action)| gate_action(order, action, setup.plain_gate_actions)).collect();
        }
    }
    shown
}

fn list(value: &mut Value) -> &mut [Value] {
    value.as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// What can be done at a gate: an object as documented, or one word, as others have seen it.
fn gate_action(order: usize, action: &Value, plain: bool) -> Value {
    let (word, title) =
        if action["type"] == "PassPipelineValidate" { ("pass", "通过") } else { ("refuse", "拒绝") };
    if plain {
        return json!(word);
    }
    json!({
        "type": action["type"],
        "displayType": "BUTTON",
        "data": null,
        "disable": false,
        "name": word,
        "order": order + 1,
        "title": title,
        "params": {},
    })
}

/// A run's parameters, which are there as soon as it is.
fn global_parameters(run: &Run) -> Value {
    let parameters = shared::parameters(run);
    let parameters = parameters.into_iter().map(|(key, value)| json!({"key": key, "value": value, "encrypted": false}));
    parameters.collect()
}

/// A pipeline with its sources.
pub(super) fn pipeline(id: u64, pipeline: &Pipeline) -> Value {
    let mut shown = shared::pipeline(id, pipeline);
    for (key, value) in [
        ("createTime", json!(CREATED)),
        ("updateTime", json!(CREATED)),
        ("modifierAccountId", shown["creatorAccountId"].clone()),
        ("envId", json!(0)),
        ("envName", json!("")),
        ("groupId", json!(0)),
        ("tagList", json!([])),
    ] {
        shown[key] = value;
    }
    shown
}

/// Who holds a token.
pub(super) fn user(setup: &Setup) -> Value {
    json!({
        "id": "99d1abcd-6124",
        "name": "示例用户名",
        "username": "demo",
        "lastOrganization": setup.organizations.first(),
    })
}
