//! Pipelines and runs as the token API shows them: what the AccessKey API shows, and more.

use serde_json::{Map, Value, json};

use crate::api::present::{self as shared, View};
use crate::pipeline::{Pipeline, Source};
use crate::run::{JobProgress, Run};
use crate::setup::Setup;

/// When pipelines were made, as far as this API tells.
const CREATED: u64 = 1_586_863_220_000;

/// A run in full; what can be done at a gate as words, if it is to be plain.
pub(super) fn run(run: &Run, view: &View<'_>, plain: bool) -> Value {
    let captured = run.pipeline.captured;
    let mut shown = shared::run(run, view);
    shown["groups"] = json!([]);
    shown["globalParams"] = shared::global_parameters(run, view.now);
    if captured {
        shown["pipelineConfigId"] = json!(1);
        shown["stageGroup"] = json!([]);
        shown["creatorAccountId"] = json!("");
        shown["modifierAccountId"] = json!("");
    } else {
        shown["pipelineType"] = json!("default");
    }
    for (source, known) in list(&mut shown["sources"]).iter_mut().zip(&run.pipeline.sources) {
        source["name"] = source["sign"].clone();
        if captured {
            show_without_commits(source, known);
        }
    }
    let progress = run.progress(view.now);
    let stages = list(&mut shown["stages"]).iter_mut().zip(progress.stages);
    for (index, (stage, progress)) in stages.enumerate() {
        stage["index"] = json!((index + 1).to_string());
        if captured {
            stage["index"] = json!(shared::index_name(index));
            stage["name"] = json!(progress.name);
            stage["stageInfo"]["id"] = json!(index + 1);
            show_unknown_times(&mut stage["stageInfo"]);
        }
        for (shown, progress) in list(&mut stage["stageInfo"]["jobs"]).iter_mut().zip(&progress.jobs) {
            show_job(shown, run, progress, plain);
        }
    }
    shown
}

fn list(value: &mut Value) -> &mut [Value] {
    value.as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// A source whose commit is among the run's parameters alone.
fn show_without_commits(source: &mut Value, known: &Source) {
    let address = known.repository.trim_end_matches(".git");
    let path = address.split_once("://").map_or(address, |(_, rest)| rest).split_once('/').map_or("", |(_, path)| path);
    source["name"] = json!(path.rsplit('/').next());
    if let Some(data) = source["data"].as_object_mut().filter(|data| !data.is_empty()) {
        data.remove("commint");
        data.insert("label".into(), json!(path));
        data.insert("isTrigger".into(), json!(true));
    }
}

fn show_unknown_times(shown: &mut Value) {
    for time in ["startTime", "endTime"] {
        if let Some(members) = shown.as_object_mut() {
            members.entry(time).or_insert(Value::Null);
        }
    }
}

fn show_job(shown: &mut Value, run: &Run, job: &JobProgress, plain: bool) {
    let captured = run.pipeline.captured;
    let (stage, position) = job.place;
    let sign = if captured { format!("{}_{}", stage + 1, position + 1) } else { format!("job_{}", job.id) };
    shown["jobSign"] = json!(sign);
    shown["result"] = shared::result(run, job).map_or(if captured { Value::Null } else { json!("{}") }, Value::String);
    show_unknown_times(shown);
    // That a log can be read goes without saying here.
    let actions = shown["actions"].as_array().into_iter().flatten();
    let actions = actions.filter(|action| action["type"] != "LogPipelineJobRun").enumerate();
    let actions: Vec<Value> = actions.map(|(order, action)| show_action(order, action, plain)).collect();
    shown["actions"] = if actions.is_empty() && captured { Value::Null } else { Value::Array(actions) };
}

/// What can be done: an object as documented, or one word for a gate, as others have seen it.
fn show_action(order: usize, action: &Value, plain: bool) -> Value {
    let (word, title) = match action["type"].as_str() {
        Some("PassPipelineValidate") => ("pass", "通过"),
        Some("RefusePipelineValidate") => ("refuse", "拒绝"),
        _ => return action.clone(),
    };
    if plain {
        return json!(word);
    }
    let mut shown = Map::from_iter([
        ("displayType".to_owned(), json!("BUTTON")),
        ("data".to_owned(), Value::Null),
        ("name".to_owned(), json!(word)),
        ("order".to_owned(), json!(order + 1)),
        ("title".to_owned(), json!(title)),
    ]);
    shown.extend(action.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
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
