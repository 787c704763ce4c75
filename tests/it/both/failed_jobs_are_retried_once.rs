//! `mode: retry`: each failed job that can be retried is retried once, and the old failure is not taken for the new end.

use std::time::Duration;

use yunxiao_run::outcome::{Known, Outcome, Signal};
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Job, Pipeline, Reply, Simulator, Stage, When, Wire};

use super::BACKEND;
use crate::simulated::{CONNECTING, Execution, GET, LOG, STOP, beginning, is, milliseconds, seconds, staged};

const RETRY: &str = "RetryPipelineJobRun";

/// A service with a run of these stages that was created a while ago.
fn with_a_run(stages: Vec<Stage>) -> Simulator {
    let simulator = staged(stages);
    simulator.pipeline(Pipeline::look_captured);
    simulator.add_foreign_run(ForeignRun::new(beginning() - seconds(600)));
    simulator
}

/// A run that failed in two of three jobs, of which the retries take 30 seconds.
fn failed() -> Simulator {
    with_a_run(vec![
        Stage::new(
            "测试",
            vec![Job::new("单元测试", 30).ending("FAIL"), Job::new("接口测试", 30).ending("FAIL"), Job::new("检查", 5)],
        ),
        Stage::new("发布", vec![Job::new("发布", 10)]),
    ])
}

fn retry(simulator: &Simulator) -> Execution {
    Execution::over(BACKEND, simulator).in_mode("retry", 1).with_outputs()
}

/// Which jobs' retries acted, by the last digits of their ids.
fn acted(simulator: &Simulator) -> Vec<String> {
    let seen = simulator.seen_for(RETRY).into_iter().filter(|seen| seen.acts != Acts::Never);
    let mut jobs: Vec<_> = seen.map(|seen| job(&seen.request.path)).collect();
    jobs.sort();
    jobs
}

/// The last digits of the job's id in a path.
fn job(path: &str) -> String {
    let id = path.split("/jobs/").nth(1).unwrap().split('/').next().unwrap();
    id[id.len() - 2..].to_owned()
}

#[test]
fn every_failed_job_is_retried_once_and_no_other() {
    let simulator = failed();
    let executed = retry(&simulator).run();
    assert_eq!(executed.end(), is(0, "started"), "{}", executed.said);
    assert_eq!(acted(&simulator), ["00", "01"]);
    let connections: Vec<_> = simulator.seen_for(RETRY).iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [Some(1), Some(2)], "each on one of its own");
    assert!(executed.took < seconds(5), "{:?}", executed.took);
    let said = executed.outcome.message().english;
    assert!(said.ends_with("/builds/1\n  测试 > 单元测试\n  测试 > 接口测试"), "{said}");
}

#[test]
fn the_run_is_followed_to_its_new_end() {
    for (after, end) in [("SUCCESS", is(0, "success")), ("FAIL", is(1, "failed"))] {
        let job = |name| Job::new(name, 30).ending("FAIL").ending_after_retry(after).log(0, "the log of a try");
        let simulator =
            with_a_run(vec![Stage::new("测试", vec![job("单元测试")]), Stage::new("发布", vec![Job::new("发布", 10)])]);
        let executed = retry(&simulator).with("YUNXIAO_WAIT", "true").run();
        assert_eq!(executed.end(), end, "{}", executed.said);
        assert!(executed.took > seconds(30), "{:?}", executed.took);
        assert!(executed.said.contains("测试 > 单元测试: running again"), "{}", executed.said);
        assert_eq!(acted(&simulator), ["00"]);
    }
}

#[test]
fn a_run_that_is_not_followed_shows_no_log() {
    let simulator =
        with_a_run(vec![Stage::new("测试", vec![Job::new("单元测试", 30).ending("FAIL").log(0, "the log of a try")])]);
    assert_eq!(retry(&simulator).with("YUNXIAO_LOGS", "all").run().end(), is(0, "started"));
    assert!(simulator.seen_for(LOG).is_empty());
}

#[test]
fn a_running_run_is_retried_too() {
    let simulator =
        with_a_run(vec![Stage::new("测试", vec![Job::new("单元测试", 30).ending("FAIL"), Job::new("长测试", 3000)])]);
    let executed = retry(&simulator).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(executed.end(), is(0, "success"), "{}", executed.said);
    assert_eq!(acted(&simulator), ["00"]);
}

#[test]
fn the_old_failure_does_not_end_the_step_before_the_run_changes() {
    let simulator = failed();
    // The service takes its time to show it.
    simulator.plan(When::next_is(GET).after(1).times(4), Fault::answer(Acts::Now, old_answer()));
    let executed = retry(&simulator).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(executed.end(), is(0, "success"), "{}", executed.said);
    assert_eq!(acted(&simulator), ["00", "01"]);

    // It never does.
    let simulator = failed();
    simulator.plan(When::next_is(GET).after(1).always(), Fault::answer(Acts::Now, old_answer()));
    let executed = retry(&simulator).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(executed.end(), is(10, "unknown"), "{}", executed.said);
    let said = executed.outcome.message();
    assert!(said.english.contains("Run 1 does not show whether the retry took effect"), "{said}");
    assert!(executed.took >= Duration::from_mins(2) && executed.took < seconds(130), "{:?}", executed.took);
}

/// What the service says of the run at the beginning.
fn old_answer() -> Answer {
    let simulator = failed();
    assert_eq!(Execution::over(BACKEND, &simulator).in_mode("follow", 1).run().code(), 1);
    let request = simulator.seen_for(GET).remove(0).request;
    let Wire::Answer(answer) = failed().answer(beginning(), &request).wire else { panic!("it is answered") };
    answer
}

#[test]
fn a_lost_response_is_settled_by_reading_and_nothing_is_resent() {
    for (acts, end) in
        [(Acts::Now, is(0, "started")), (Acts::After(seconds(30)), is(0, "started")), (Acts::Never, is(10, "unknown"))]
    {
        let simulator = failed();
        simulator.plan(When::next_is(RETRY), Fault::new(acts, Reply::Closed));
        let executed = retry(&simulator).run();
        assert_eq!(executed.end(), end, "{acts:?}: {}", executed.said);
        assert_eq!(simulator.seen_for(RETRY).len(), 2, "one for each job");
    }
}

#[test]
fn what_certainly_was_not_acted_on_is_sent_again() {
    let simulator = failed();
    simulator.plan(When::next_is(RETRY), Fault::throttling("Throttling.User", None));
    assert_eq!(retry(&simulator).run().end(), is(0, "started"));
    assert_eq!((acted(&simulator).len(), simulator.seen_for(RETRY).len()), (2, 3));
}

#[test]
fn a_successful_run_needs_no_retry() {
    let simulator = with_a_run(vec![Stage::new("测试", vec![Job::new("单元测试", 5)])]);
    let executed = retry(&simulator).run();
    assert_eq!(executed.end(), is(0, "success"));
    assert!(executed.outcome.message().english.contains("succeeded; nothing to retry"), "{:?}", executed.outcome);
}

#[test]
fn exit_4_lists_the_failed_jobs_if_none_can_be_retried() {
    for (stages, status, said) in [
        (
            vec![Stage::new("测试", vec![Job::new("单元测试", 5).ending("FAIL").not_retryable()])],
            "failed",
            "doesn't allow retrying its failed jobs; start a new run instead:\n  测试 > 单元测试",
        ),
        (vec![Stage::new("测试", vec![Job::new("单元测试", 5000)])], "started", "It has no failed job."),
        (
            vec![Stage::new("测试", vec![Job::new("单元测试", 5).ending("CANCELED")])],
            "canceled",
            "It has no failed job.",
        ),
    ] {
        let simulator = with_a_run(stages);
        let executed = retry(&simulator).run();
        assert_eq!(executed.end(), is(4, status), "{:?}", executed.outcome);
        let message = executed.outcome.message().english;
        assert!(message.contains(said) && message.contains("Nothing was changed"), "{message}");
        assert!(simulator.seen_for(RETRY).is_empty());
    }
}

#[test]
fn a_caller_without_permission_to_retry_gets_exit_3() {
    let simulator = failed();
    simulator.plan(When::next_is(RETRY), Fault::refusal("Forbidden.AccessDenied"));
    let executed = retry(&simulator).run();
    assert_eq!(executed.code(), 3, "{:?}", executed.outcome);
    assert!(executed.outcome.message().english.contains("Nothing was changed."), "{:?}", executed.outcome);
    assert_eq!(simulator.seen_for(RETRY).len(), 1, "the others would be refused as well");

    // The second alone is refused.
    let simulator = failed();
    simulator.plan(When::next_is(RETRY).after(1), Fault::refusal("Forbidden.AccessDenied"));
    let executed = retry(&simulator).run();
    assert_eq!(executed.end(), is(10, "started"), "{:?}", executed.outcome);
    let said = executed.outcome.message().english;
    assert!(said.contains("Not all failed jobs of run 1 were retried") && said.ends_with("测试 > 单元测试"), "{said}");
    assert_eq!(acted(&simulator), ["00"]);

    // The run is still followed.
    let simulator = failed();
    simulator.plan(When::next_is(RETRY).after(1), Fault::refusal("Forbidden.AccessDenied"));
    let executed = retry(&simulator).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(executed.end(), is(1, "failed"), "{:?}", executed.outcome);
    assert!(executed.said.contains("not all failed jobs were retried"), "{}", executed.said);
    assert!(executed.took >= seconds(30), "{:?}", executed.took);
}

#[test]
fn a_job_retried_by_someone_else_is_not_retried_again() {
    let simulator = failed();
    // Both requests arrive too late.
    let late = || Fault::refusal("SYSTEM_NOT_FOUND_ERROR").delayed(seconds(5));
    simulator.plan(When::next_is(RETRY).times(2), late());
    let execution = retry(&simulator).with("YUNXIAO_WAIT", "true").event(seconds(1), |simulator, now| {
        for name in ["单元测试", "接口测试"] {
            assert!(simulator.retry_job(now, PIPELINE, 1, name));
        }
    });
    let executed = execution.run();
    assert_eq!(executed.end(), is(0, "success"), "{:?}", executed.outcome);
    assert!(acted(&simulator).is_empty());
}

#[test]
fn only_a_run_of_the_expected_commit_is_retried() {
    let simulator = failed();
    let inputs = [("YUNXIAO_WAIT", "true"), ("YUNXIAO_EXPECT_COMMIT", "ffffffffffffffffffffffffffffffffffffffff")];
    let executed = retry(&simulator).with_all(&inputs).run();
    assert_eq!(executed.end(), is(1, "failed"), "{:?}", executed.outcome);
    assert!(matches!(executed.outcome, Outcome::OtherCommit { .. }), "{:?}", executed.outcome);
    assert!(simulator.seen_for(RETRY).is_empty());
}

#[test]
fn after_a_signal_no_other_job_is_retried_and_the_retried_run_is_stopped() {
    // Before anything was sent: the first look takes one connection, the first retry another.
    let simulator = failed();
    let executed = retry(&simulator).signal(CONNECTING * 3 / 2, Signal::Interrupt).run();
    assert_eq!(executed.end(), is(130, "started"), "{:?}", executed.outcome);
    assert!(matches!(executed.outcome, Outcome::Cancelled { known: Known::Untouched(_), .. }));
    assert_eq!((simulator.seen_for(RETRY).len(), simulator.seen_for(STOP).len()), (0, 0));

    for (reply, inputs, stopped, status, next) in [
        // Stopped first: there is little time.
        (Reply::Usual, &[][..], true, "canceled", Some(STOP)),
        (Reply::Closed, &[], true, "canceled", Some(GET)),
        (Reply::Usual, &[("YUNXIAO_ON_CANCEL", "leave")], false, "started", None),
    ] {
        let simulator = failed();
        simulator.plan(When::next_is(RETRY), Fault::new(Acts::Now, reply).delayed(milliseconds(500)));
        let execution = retry(&simulator).with_all(inputs).signal(milliseconds(300), Signal::Interrupt);
        let executed = execution.run();
        assert_eq!(executed.end(), is(130, status), "{:?}", executed.outcome);
        assert_eq!((acted(&simulator).len(), simulator.runs()[0].stopped.is_some()), (1, stopped));
        let seen = simulator.seen();
        let mut after = seen.iter().map(|seen| seen.action.as_deref()).skip_while(|action| *action != Some(RETRY));
        assert_eq!(after.nth(1).flatten(), next);
    }
    // While it is followed afterwards.
    let simulator = failed();
    let execution = retry(&simulator).with("YUNXIAO_WAIT", "true").signal(seconds(20), Signal::Interrupt);
    assert_eq!(execution.run().end(), is(130, "canceled"));
    assert!(simulator.runs()[0].stopped.is_some());
}

#[test]
fn a_dry_run_says_what_would_be_retried() {
    let simulator = failed();
    let executed = retry(&simulator).with("YUNXIAO_DRY_RUN", "true").run();
    assert_eq!(executed.code(), 0);
    assert!(executed.said.contains("Would be retried: 测试 > 接口测试"), "{}", executed.said);
    assert!(simulator.seen_for(RETRY).is_empty());
    assert_eq!(executed.outputs()["exitCode"], "0");
}
