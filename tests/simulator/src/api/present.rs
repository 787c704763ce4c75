//! Pipelines and runs as the AccessKey API shows them, and for the most part the token API, too.

mod built;
mod job;

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::pipeline::{ConfigSources, Pipeline, Source};
use crate::run::{MachineProgress, OrderProgress, Progress, Run, StageProgress};
use crate::setup::ACCOUNT;
use crate::state::Sender;
use crate::time::{milliseconds, shift};

pub(super) use built::global_parameters;
pub(super) use job::result;

/// Who looks at something, and when.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) now: SystemTime,
    pub(super) clock_offset: i64,
    pub(super) sender: &'a Sender,
}

impl View<'_> {
    fn write(&self, time: Option<SystemTime>) -> Value {
        write(time, self.clock_offset)
    }
}

/// A time by the service's clock, as the API writes it; `null` while it is not known.
fn write(time: Option<SystemTime>, clock_offset: i64) -> Value {
    time.map_or(Value::Null, |time| json!(milliseconds(shift(time, clock_offset))))
}

/// A row of the list: no creation time, and no start time while it waits.
pub(super) fn row(run: &Run, progress: &Progress, clock_offset: i64) -> Value {
    json!({
        "pipelineId": run.record.pipeline,
        "pipelineRunId": run.record.id,
        "status": progress.status,
        "startTime": write(progress.started, clock_offset),
        "endTime": write(progress.ended, clock_offset),
        "creatorAccountId": ACCOUNT,
        "triggerMode": run.trigger_mode,
    })
}

/// A run in full.
pub(super) fn run(run: &Run, view: &View<'_>) -> Value {
    let progress = run.progress(view.now);
    let captured = run.pipeline.captured;
    let names: Vec<String> = progress
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| if captured { index_name(index) } else { stage.name.clone() })
        .collect();
    let groups: Vec<Vec<&str>> = names.iter().map(|name| vec![name.as_str()]).collect();
    let stages = progress.stages.iter().zip(&names).map(|(progress, name)| stage(run, progress, name, view));
    let stages: Vec<Value> = stages.collect();
    let sources: Vec<Value> = run.pipeline.sources.iter().map(|known| source(run, known, view.now)).collect();
    let mut shown = json!({
        "pipelineId": run.record.pipeline,
        "pipelineRunId": run.record.id,
        "status": progress.status,
        "createTime": view.write(Some(run.record.created)),
        "updateTime": view.write(Some(progress.ended.unwrap_or(view.now))),
        "creatorAccountId": ACCOUNT,
        "modifierAccountId": ACCOUNT,
        "triggerMode": run.trigger_mode,
        "stageGroup": groups,
        "stages": stages,
        "sources": sources,
    });
    if captured {
        shown["groups"] = json!([]);
    }
    shown
}

/// What a stage is called where it is named by its place.
pub(super) fn index_name(index: usize) -> String {
    format!("Group{index}-Stage0")
}

fn stage(run: &Run, stage: &StageProgress, name: &str, view: &View<'_>) -> Value {
    let jobs: Vec<Value> = stage.jobs.iter().map(|progress| job::job(run, progress, view)).collect();
    let mut information = json!({
        "name": stage.name,
        "status": stage.status,
        "startTime": view.write(stage.started),
        "endTime": view.write(stage.ended),
        "jobs": jobs,
    });
    if run.pipeline.captured {
        job::leave_out_unknown_times(&mut information);
    }
    json!({"name": name, "stageInfo": information})
}

fn source(run: &Run, source: &Source, now: SystemTime) -> Value {
    if !source.is_code() {
        return json!({"sign": source.sign, "type": source.kind, "data": {}});
    }
    let reference = built::reference(run, source);
    let mut data = json!({"branch": source.shows_branch.as_ref().unwrap_or(&reference), "repo": source.repository});
    if let Some(commit) = built::commit(run, source, &reference, now) {
        let commits = [&commit].into_iter().chain(&source.ancestors);
        let commits: Vec<Value> = commits.map(|commit| json!({"commitId": commit})).collect();
        // The misspelled key is the API's. Of the commits the first is the one that is built.
        data["commint"] = json!(json!(commits).to_string());
    }
    json!({"sign": source.sign, "type": source.kind, "data": data})
}

/// The order of a deployment.
pub(super) fn order(order: &OrderProgress) -> Value {
    let machines = order.machines.iter().enumerate().map(|(index, machine)| {
        json!({
            "machineSn": machine.sn,
            "ip": format!("192.0.2.{}", index + 1),
            "batchNum": machine.batch,
            "status": machine.status,
        })
    });
    json!({
        "deployOrderId": order.id,
        "status": order.status,
        "creator": ACCOUNT,
        "currentBatch": order.batch,
        "totalBatch": order.batches,
        "deployMachineInfo": {"batchNum": order.batches, "deployMachines": machines.collect::<Vec<_>>()},
    })
}

/// The log of a machine.
pub(super) fn machine_log(order: u64, machine: &MachineProgress, clock_offset: i64) -> Value {
    json!({
        "deployLog": machine.log,
        "deployLogPath": format!("/root/deploy/{order}/{}.log", machine.sn),
        "deployBeginTime": write(machine.started, clock_offset),
    })
}

/// A pipeline, with its sources if they are to be shown.
pub(super) fn pipeline(id: u64, pipeline: &Pipeline) -> Value {
    let sources = pipeline.sources.iter().map(|source| {
        let data = if source.is_code() {
            json!({"branch": source.branch, "repo": source.repository, "isBranchMode": source.branch_mode})
        } else {
            json!({})
        };
        json!({"sign": source.sign, "type": source.kind, "data": data})
    });
    let mut config = Map::from_iter([("version".to_owned(), json!(35))]);
    config.extend(["flow", "settings"].map(|key| (key.to_owned(), json!(""))));
    match pipeline.config_sources {
        ConfigSources::Listed => drop(config.insert("sources".into(), sources.collect())),
        ConfigSources::Missing => {}
        ConfigSources::Null => drop(config.insert("sources".into(), Value::Null)),
    }
    json!({
        "id": id,
        "pipelineId": id,
        "name": pipeline.name,
        "creatorAccountId": ACCOUNT,
        "pipelineConfigId": 1,
        "pipelineConfig": config,
    })
}
