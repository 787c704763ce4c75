//! Executions with an idempotency key.

use std::time::Duration;

use yunxiao_simulator::{Job, Simulator};

use super::BACKEND;
use crate::simulated::{Executed, Execution, one};

pub(super) const KEY: (&str, &str) = ("YUNXIAO_IDEMPOTENCY_KEY", "deploy 1.4.2");

/// A service whose pipeline takes so many seconds and ends so.
pub(super) fn taking(duration: u64, ending: &str) -> Simulator {
    let simulator = one(Job::new("job", duration).ending(ending));
    simulator.pipeline(|pipeline| pipeline.queue = Duration::ZERO);
    simulator
}

pub(super) fn keyed(simulator: &Simulator) -> Execution {
    Execution::over(BACKEND, simulator).with_all(&[KEY]).with_outputs()
}

pub(super) fn reused(executed: &Executed) -> (u8, String, String) {
    let outputs = executed.outputs();
    (executed.code(), outputs["pipelineRunId"].clone(), outputs["reused"].clone())
}

pub(super) fn is(code: u8, run: &str, reused: &str) -> (u8, String, String) {
    (code, run.to_owned(), reused.to_owned())
}
