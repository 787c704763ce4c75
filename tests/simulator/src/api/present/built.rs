//! What a run says of what it builds: references, commits, parameters.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::pipeline::Source;
use crate::run::Run;

/// The first digits of a commit, which are shown in its stead.
const SHORT_COMMIT: usize = 8;

/// The branch or tag of a source that a run is of; in branch mode the base. An address that no source has changes
/// nothing.
pub(super) fn reference(run: &Run, source: &Source) -> String {
    let given = ["runningTags", "runningBranchs"].iter().find_map(|key| {
        let map = run.record.params.as_ref()?.get(key)?;
        map.get(&source.repository)?.as_str()
    });
    source.builds.as_deref().or(given).unwrap_or(&source.branch).into()
}

/// The commit that a branch or tag of a source is at, once the run shows it.
pub(super) fn commit(run: &Run, source: &Source, reference: &str, now: SystemTime) -> Option<String> {
    let shown_from = run.record.created.checked_add(source.commit_after)?;
    (shown_from <= now).then(|| source.commit(reference))
}

/// A run's parameters, which are there as soon as it is.
pub(in crate::api) fn global_parameters(run: &Run, now: SystemTime) -> Value {
    let mut parameters = parameters(run);
    built(&mut parameters, run, now, true);
    let branches = source_branches(run, now).to_string();
    parameters.insert("CI_SOURCE_BRANCHES".into(), json!(branches));
    let parameters = parameters.into_iter().map(|(key, value)| json!({"key": key, "value": value, "encrypted": false}));
    parameters.collect()
}

/// A job's parameters: undeclared, but seen by others.
pub(super) fn job_parameters(run: &Run, now: SystemTime) -> Map<String, Value> {
    let mut parameters = parameters(run);
    built(&mut parameters, run, now, false);
    parameters.insert("CI_SOURCE_BRANCHES".into(), source_branches(run, now));
    parameters
}

/// A run's parameters, its variables and its remark among them.
fn parameters(run: &Run) -> Map<String, Value> {
    let mut parameters = Map::new();
    if let Some(envs) = run.record.params.as_ref().and_then(|params| params.get("envs")).and_then(Value::as_object) {
        parameters.extend(envs.clone());
    }
    let source = if run.record.by_api { "POP_API" } else { "CONSOLE" };
    parameters.insert("BUILD_NUMBER".into(), json!(run.record.id.to_string()));
    parameters.insert("PIPELINE_ID".into(), json!(run.record.pipeline.to_string()));
    parameters.insert("PIPELINE_NAME".into(), json!(run.pipeline.name));
    parameters.insert("FLOW_SYSTEM_IDENTIFICATION_PARAM_TRIGGER_SOURCE".into(), json!(source));
    if let Some(comment) = &run.record.comment {
        let comment: String = comment.chars().take(run.pipeline.longest_remark.unwrap_or(usize::MAX)).collect();
        parameters.insert("FLOW_INST_RUNNING_COMMENT".into(), json!(comment));
        parameters.insert("BUILD_REMARK".into(), json!(comment));
    }
    parameters
}

/// Adds what is built of each source, unless a variable of the run has the name: no one said which of them is shown.
fn built(parameters: &mut Map<String, Value>, run: &Run, now: SystemTime, short: bool) {
    let sources = run.pipeline.sources.iter().filter(|source| source.is_code());
    for (index, source) in sources.enumerate() {
        let name = |name: &str| if index == 0 { name.to_owned() } else { format!("{name}_{index}") };
        let mut add = |key: &str, value: &str| {
            parameters.entry(name(key)).or_insert_with(|| json!(value));
        };
        let reference = if source.branch_mode { release_branch(run, source) } else { reference(run, source) };
        add("CI_COMMIT_REF_NAME", &reference);
        if let Some(commit) = commit(run, source, &reference, now) {
            add("CI_COMMIT_SHA", &commit);
            if short {
                add("CI_COMMIT_ID", commit.get(..SHORT_COMMIT).unwrap_or(&commit));
            }
        }
    }
}

/// The branch into which others are integrated.
fn release_branch(run: &Run, source: &Source) -> String {
    let given = run.record.params.as_ref().and_then(|params| params.get("releaseBranch")).and_then(Value::as_str);
    let made_up = || format!("release/{}", run.record.id);
    source.builds.as_deref().or(given).map_or_else(made_up, Into::into)
}

/// The branches that are built; in branch mode those that are integrated.
fn source_branches(run: &Run, now: SystemTime) -> Value {
    let mut branches = Vec::new();
    for source in run.pipeline.sources.iter().filter(|source| source.is_code()) {
        let references = if source.branch_mode { integrated(run, source) } else { vec![reference(run, source)] };
        branches.extend(references.into_iter().map(|reference| {
            let mut branch = json!({"CI_COMMIT_REF_NAME": reference});
            if let Some(commit) = commit(run, source, &reference, now) {
                branch["CI_COMMIT_ID"] = json!(commit);
            }
            branch
        }));
    }
    branches.into()
}

fn integrated(run: &Run, source: &Source) -> Vec<String> {
    if let Some(branches) = &source.integrates {
        return branches.clone();
    }
    let asked = run.record.params.as_ref().and_then(|params| params.get("branchModeBranchs")?.as_array());
    let asked = asked.map(|asked| asked.iter().filter_map(Value::as_str).map(Into::into).collect());
    asked.unwrap_or_else(|| vec![source.branch.clone()])
}
