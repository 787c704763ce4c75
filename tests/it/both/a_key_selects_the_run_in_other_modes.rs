//! `follow`, `stop`, `approve`, `reject` and `retry` take an idempotency key instead of a run's id.

use yunxiao_simulator::{Job, Simulator};

use super::keyed::{keyed, taking};
use crate::simulated::{beginning, seconds};

#[test]
fn the_other_modes_take_the_key_instead_of_the_runs_id() {
    let of_key = |simulator: &Simulator, mode: &str, at: u64| {
        keyed(simulator).at(beginning() + seconds(at)).with("YUNXIAO_MODE", mode)
    };
    // Stopping what a step that was killed had started, in one line.
    let simulator = taking(1000, "SUCCESS");
    assert_eq!(of_key(&simulator, "stop", 0).run().code(), 0, "there is nothing to stop");
    keyed(&simulator).run();
    let executed = of_key(&simulator, "stop", 20).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (0, "1"));
    assert!(simulator.started()[0].stopped.is_some());
    // Following: the newest that is still running, otherwise the newest, regardless of its parameters and its result.
    let simulator = taking(10, "FAIL");
    assert_eq!(of_key(&simulator, "follow", 0).run().code(), 4, "there is none");
    keyed(&simulator).run();
    let executed = of_key(&simulator, "follow", 60).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (1, "1"));
    simulator.pipeline(|pipeline| pipeline.stages[0].jobs[0] = Job::new("job", 100));
    keyed(&simulator).at(beginning() + seconds(120)).with("YUNXIAO_ENVS", "A=1").run();
    let executed = of_key(&simulator, "follow", 130).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (0, "2"));
    let retried = {
        let simulator = taking(10, "FAIL");
        keyed(&simulator).run();
        of_key(&simulator, "retry", 60).run()
    };
    assert_eq!((retried.code(), retried.outputs()["pipelineRunId"].as_str()), (0, "1"), "{:?}", retried.outcome);
    let rehearsed = of_key(&simulator, "stop", 131).with("YUNXIAO_DRY_RUN", "true").run();
    assert!(rehearsed.said.contains("Run 2 has this idempotency key"), "{}", rehearsed.said);
}
