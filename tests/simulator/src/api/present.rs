//! Pipelines and runs as the AccessKey API shows them, and for the most part the token API, too.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::pipeline::{Pipeline, Source};
use crate::run::{JobProgress, Progress, Run, StageProgress};
use crate::time::{milliseconds, shift};

const CREATOR: &str = "1234567890";

/// Times by the service's clock, as the API writes them; `null` while they are not known.
#[derive(Clone, Copy)]
struct Clock(i64);

impl Clock {
    fn write(self, time: Option<SystemTime>) -> Value {
        time.map_or(Value::Null, |time| json!(milliseconds(shift(time, self.0))))
    }
}

/// A row of the list: no creation time, and no start time while it waits.
pub(super) fn row(run: &Run, progress: &Progress, clock_offset: i64) -> Value {
    let clock = Clock(clock_offset);
    json!({
        "pipelineId": run.record.pipeline,
        "pipelineRunId": run.record.id,
        "status": progress.status,
        "startTime": clock.write(progress.started),
        "endTime": clock.write(progress.ended),
        "creatorAccountId": CREATOR,
        "triggerMode": run.trigger_mode,
    })
}

/// A run in full.
pub(super) fn run(run: &Run, now: SystemTime, clock_offset: i64) -> Value {
    let clock = Clock(clock_offset);
    let progress = run.progress(now);
    let groups: Vec<Vec<&str>> = progress.stages.iter().map(|stage| vec![stage.name.as_str()]).collect();
    let stages: Vec<Value> = progress.stages.iter().map(|progress| stage(run, progress, now, clock)).collect();
    let sources: Vec<Value> = run.pipeline.sources.iter().map(|known| source(run, known, now)).collect();
    json!({
        "pipelineId": run.record.pipeline,
        "pipelineRunId": run.record.id,
        "status": progress.status,
        "createTime": clock.write(Some(run.record.created)),
        "updateTime": clock.write(Some(progress.ended.unwrap_or(now))),
        "creatorAccountId": CREATOR,
        "modifierAccountId": CREATOR,
        "triggerMode": run.trigger_mode,
        "stageGroup": groups,
        "stages": stages,
        "sources": sources,
    })
}

fn stage(run: &Run, stage: &StageProgress, now: SystemTime, clock: Clock) -> Value {
    let jobs: Vec<Value> = stage.jobs.iter().map(|progress| job(run, progress, now, clock)).collect();
    json!({
        "name": stage.name,
        "stageInfo": {
            "name": stage.name,
            "status": stage.status,
            "startTime": clock.write(stage.started),
            "endTime": clock.write(stage.ended),
            "jobs": jobs,
        },
    })
}

fn job(run: &Run, job: &JobProgress, now: SystemTime, clock: Clock) -> Value {
    let actions = if job.open_gate {
        let action = |name: &str| json!({"type": name, "disable": false, "params": {}});
        vec![action("PassPipelineValidate"), action("RefusePipelineValidate")]
    } else {
        Vec::new()
    };
    json!({
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "startTime": clock.write(job.started),
        "endTime": clock.write(job.ended),
        "params": Value::Object(job_parameters(run, now)).to_string(),
        "actions": actions,
    })
}

/// A job's parameters: undeclared, but seen by others.
fn job_parameters(run: &Run, now: SystemTime) -> Map<String, Value> {
    let mut parameters = parameters(run);
    let branches = run.pipeline.sources.iter().filter(|source| source.is_code()).map(|source| {
        let mut branch = json!({"CI_COMMIT_REF_NAME": reference(run, source)});
        if let Some(commit) = commit(run, source, now) {
            branch["CI_COMMIT_ID"] = json!(commit);
        }
        branch
    });
    parameters.insert("CI_SOURCE_BRANCHES".into(), branches.collect());
    parameters
}

/// A run's parameters, the remark among them.
pub(super) fn parameters(run: &Run) -> Map<String, Value> {
    let mut parameters = Map::new();
    if let Some(envs) = run.record.params.as_ref().and_then(|params| params.get("envs")).and_then(Value::as_object) {
        parameters.extend(envs.clone());
    }
    let source = if run.record.by_api { "POP_API" } else { "CONSOLE" };
    parameters.insert("BUILD_NUMBER".into(), json!(run.record.id.to_string()));
    parameters.insert("PIPELINE_ID".into(), json!(run.record.pipeline.to_string()));
    parameters.insert("FLOW_SYSTEM_IDENTIFICATION_PARAM_TRIGGER_SOURCE".into(), json!(source));
    if let Some(comment) = &run.record.comment {
        let comment: String = comment.chars().take(run.pipeline.longest_remark.unwrap_or(usize::MAX)).collect();
        parameters.insert("FLOW_INST_RUNNING_COMMENT".into(), json!(comment));
        parameters.insert("BUILD_REMARK".into(), json!(comment));
    }
    parameters
}

/// The branch or tag of a source that a run is of. An address that no source has changes nothing.
fn reference(run: &Run, source: &Source) -> String {
    let given = ["runningTags", "runningBranchs"].iter().find_map(|key| {
        let map = run.record.params.as_ref()?.get(key)?;
        map.get(&source.repository)?.as_str()
    });
    given.unwrap_or(&source.branch).into()
}

/// The commit of a source that a run is of, once the run shows it.
fn commit(run: &Run, source: &Source, now: SystemTime) -> Option<String> {
    let shown_from = run.record.created.checked_add(source.commit_after)?;
    (shown_from <= now).then(|| source.commit(&reference(run, source)))
}

fn source(run: &Run, source: &Source, now: SystemTime) -> Value {
    if !source.is_code() {
        return json!({"sign": source.sign, "type": source.kind, "data": {}});
    }
    let mut data = json!({"branch": reference(run, source), "repo": source.repository});
    if let Some(commit) = commit(run, source, now) {
        // The misspelt key is the API's; what is in the text is declared nowhere.
        data["commint"] = json!(json!({"commitId": commit}).to_string());
    }
    json!({"sign": source.sign, "type": source.kind, "data": data})
}

/// A pipeline with its sources.
pub(super) fn pipeline(id: u64, pipeline: &Pipeline) -> Value {
    let sources = pipeline.sources.iter().map(|source| {
        let data = if source.is_code() {
            json!({"branch": source.branch, "repo": source.repository, "isBranchMode": source.branch_mode})
        } else {
            json!({})
        };
        json!({"sign": source.sign, "type": source.kind, "data": data})
    });
    let sources: Vec<Value> = sources.collect();
    json!({
        "pipelineId": id,
        "name": pipeline.name,
        "creatorAccountId": CREATOR,
        "pipelineConfig": {"flow": "", "settings": "", "sources": sources},
    })
}
