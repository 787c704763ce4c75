//! `mode: stop`, for hosts whose cancellation leaves no time.

use std::time::Duration;

use yunxiao_simulator::{Acts, ErrorShape, Fault, ForeignRun, Refusal, Reply, Simulator, When};

use super::BACKEND;
use crate::simulated::{Executed, Execution, GET, START, STOP, beginning, is};
use crate::step::{Step, service};

fn with_a_run() -> Simulator {
    let simulator = Simulator::default();
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator
}

fn stop(simulator: &Simulator, run: u64) -> Executed {
    Execution::over(BACKEND, simulator).in_mode("stop", run).run()
}

#[test]
fn a_running_run_is_stopped() {
    let simulator = with_a_run();
    let executed = stop(&simulator, 1);
    assert_eq!((executed.code(), executed.stdout.as_str()), (0, "1\n"), "{:?}", executed.outcome);
    assert!(simulator.runs()[0].stopped.is_some());
    assert!(simulator.seen_for(START).is_empty());
}

#[test]
fn stopping_an_ended_run_succeeds_and_reports_its_result() {
    let simulator = Simulator::default();
    simulator.add_foreign_run(ForeignRun::new(beginning() - Duration::from_mins(5)));
    // The real service may refuse it; whatever it says, the run itself is asked.
    let refusal = Reply::Refusal(Refusal::new(400, "InvalidParam.ParamNotPresent", "m"), ErrorShape::Gateway);
    simulator.plan(When::next_is(STOP), Fault::new(Acts::Never, refusal));
    let executed = Execution::over(BACKEND, &simulator).in_mode("stop", 1).with_outputs().run();
    assert_eq!(executed.end(), is(0, "success"));
    let said = executed.outcome.message();
    assert!(said.english.contains("Run 1 had already ended") && said.chinese.contains("此前已经结束"), "{said}");
}

#[test]
fn a_run_that_does_not_exist_is_exit_4_and_a_refusal_by_rights_exit_3() {
    assert_eq!(stop(&with_a_run(), 99).code(), 4);
    let simulator = with_a_run();
    simulator.pipeline(|pipeline| pipeline.read_only = true);
    assert_eq!(stop(&simulator, 1).code(), 3);
    assert!(simulator.runs()[0].stopped.is_none());
}

#[test]
fn a_refused_stop_keeps_the_run_id_in_the_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (simulator, server) = service();
    let step = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
    assert_eq!(step.run().code, 0);
    simulator.pipeline(|pipeline| pipeline.read_only = true);
    let ended = step.in_mode("stop", 1).run();
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("Nothing was changed."), "{}", ended.stderr);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("pipelineRunId=1\n"));
}

#[test]
fn a_stop_without_a_response_is_resent() {
    for acts in [Acts::Now, Acts::Never] {
        let simulator = with_a_run();
        simulator.plan(When::next_is(STOP).times(2), Fault::new(acts, Reply::Closed));
        let executed = stop(&simulator, 1);
        assert_eq!(executed.code(), 0, "{:?}", executed.outcome);
        assert!(simulator.runs()[0].stopped.is_some());
    }
}

#[test]
fn a_stop_without_any_response_is_exit_10() {
    let simulator = with_a_run();
    simulator.plan(When::next_is(STOP).always(), Fault::new(Acts::Never, Reply::Closed));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Never, Reply::Closed));
    let executed = stop(&simulator, 1);
    assert_eq!(executed.code(), 10, "{:?}", executed.outcome);
    assert!(executed.took <= Duration::from_mins(2), "{:?}", executed.took);
    let said = executed.outcome.message();
    assert!(
        said.english.contains("may or may not have been stopped") && said.chinese.contains("可以安全重复"),
        "{said}"
    );
}

#[test]
fn a_wrong_clock_is_corrected_only_once() {
    let off = || Fault::refusal("InvalidTimeStamp.Expired");
    let simulator = with_a_run();
    simulator.plan(When::next_is(STOP), Fault::throttling("Throttling.User", None));
    simulator.plan(When::next_is(STOP), off());
    assert_eq!(stop(&simulator, 1).code(), 0);
    assert_eq!(simulator.seen_for(STOP).len(), 3);
    let simulator = with_a_run();
    simulator.plan(When::next_is(STOP).always(), off());
    assert_eq!(stop(&simulator, 1).code(), 4);
    assert_eq!(simulator.seen_for(STOP).len(), 2);
}

#[test]
fn a_service_that_cannot_be_reached_is_exit_4() {
    let simulator = with_a_run();
    simulator.plan(When::next_is(STOP).always(), Fault::throttling("Throttling.User", None));
    assert_eq!(stop(&simulator, 1).code(), 4);
}
