//! Runs that are followed, for the promises beside this file.

use std::collections::BTreeMap;
use std::time::Duration;

use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Job, Simulator, Stage};

use super::BACKEND;
use crate::simulated::{Executed, Execution};

pub(super) const GET: &str = "GetPipelineRun";
pub(super) const LOG: &str = "LogPipelineJobRun";
pub(super) const STOP: &str = "StopPipelineRun";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A service whose pipeline has these stages.
pub(super) fn service(stages: Vec<Stage>) -> Simulator {
    let simulator = Simulator::default();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().stages = stages);
    simulator
}

pub(super) fn one(job: Job) -> Simulator {
    service(vec![Stage::new("构建", vec![job])])
}

/// A step that waits, with more inputs.
pub(super) fn waiting(simulator: &Simulator, inputs: &[(&'static str, &str)]) -> Execution {
    let mut execution = Execution::over(BACKEND, simulator);
    execution.inputs.push(("YUNXIAO_WAIT", "true".to_owned()));
    execution.inputs.extend(inputs.iter().map(|(name, value)| (*name, (*value).to_owned())));
    execution
}

/// What became of it, and what later steps read.
pub(super) fn run(mut execution: Execution) -> (Executed, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outputs");
    execution.inputs.push(("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap().to_owned()));
    let executed = execution.run();
    let written = std::fs::read_to_string(path).unwrap();
    let pairs = written.lines().map(|line| line.split_once('=').unwrap());
    (executed, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Exit code and output `status`.
pub(super) fn end(execution: Execution) -> (u8, String) {
    let (executed, outputs) = run(execution);
    assert_eq!(outputs["pipelineRunId"], "1", "{:?}", executed.outcome);
    assert_eq!(executed.stdout, "1\n");
    (executed.code(), outputs["status"].clone())
}

pub(super) fn is(code: u8, status: &str) -> (u8, String) {
    (code, status.to_owned())
}

/// An execution that follows run 1.
pub(super) fn following(simulator: &Simulator) -> Execution {
    let mut execution = Execution::over(BACKEND, simulator);
    execution.inputs.extend([("YUNXIAO_MODE", "follow".to_owned()), ("YUNXIAO_PIPELINE_RUN_ID", "1".to_owned())]);
    execution
}
