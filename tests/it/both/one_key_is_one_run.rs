//! An idempotency key: executions that follow each other start one run between them, and take its result for their own.

use std::time::Duration;

use serde_json::json;
use yunxiao_run::outcome::Signal;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{ForeignRun, Job};

use super::BACKEND;
use super::keyed::{KEY, is, keyed, reused, taking};
use crate::simulated::{Execution, GET, LIST, beginning, seconds};

#[test]
fn a_running_run_is_continued_as_if_this_step_had_started_it() {
    let simulator = taking(100, "SUCCESS");
    assert_eq!(reused(&keyed(&simulator).run()), is(0, "1", "false"));
    let later = beginning() + seconds(20);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(reused(&executed), is(0, "1", "true"));
    assert!((seconds(79)..seconds(95)).contains(&executed.took), "{:?}", executed.took);
    assert!(executed.said.contains("Continuing with run 1, which an earlier execution started"), "{}", executed.said);
    // Its cancellation stops the run.
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let cancelled =
        keyed(&simulator).at(later).with("YUNXIAO_WAIT", "true").signal(seconds(10), Signal::Terminate).run();
    assert_eq!(cancelled.code(), 143);
    assert!(simulator.started()[0].stopped.is_some());
}

#[test]
fn lost_outputs_say_whether_a_re_run_would_start_another_run() {
    const ANOTHER: &str = "Don't run this step again: it would start another run.";
    const SAFE: &str = "It is safe to run this step again.";
    let (wait, start) = (("YUNXIAO_WAIT", "true"), ("YUNXIAO_ON_SUCCEEDED", "start"));
    for (variables, said) in [
        (&[][..], ANOTHER),
        (&[wait], ANOTHER),
        (&[KEY], SAFE),
        (&[KEY, wait], SAFE),
        (&[KEY, start], ANOTHER),
        (&[KEY, wait, start], ANOTHER),
    ] {
        let simulator = taking(10, "SUCCESS");
        let execution = || Execution::over(BACKEND, &simulator).with_broken_stdout();
        let executed = execution().with_all(variables).run();
        let message = executed.outcome.message();
        assert!(executed.code() == 9 && message.english.ends_with(said), "{variables:?}: {message}");
        let followed = execution().in_mode("follow", 1).run();
        assert!(followed.code() == 9 && followed.outcome.message().english.ends_with(SAFE), "{:?}", followed.outcome);
    }
}

#[test]
fn a_successful_run_is_reused_unless_another_is_requested() {
    let simulator = taking(10, "SUCCESS");
    keyed(&simulator).run();
    let later = beginning() + seconds(60);
    for wait in ["true", "false"] {
        let executed = keyed(&simulator).at(later).with("YUNXIAO_WAIT", wait).run();
        assert_eq!(reused(&executed), is(0, "1", "true"));
        assert_eq!(executed.outputs()["status"], "success");
        assert!(executed.said.contains(
            "Run 1, which an earlier execution started with this idempotency key, \
                                        succeeded"
        ));
        assert!(!executed.said.contains("The pipeline has run since"));
    }
    simulator.add_foreign_run(ForeignRun::new(beginning() + seconds(70)));
    let executed = keyed(&simulator).at(later + seconds(60)).run();
    assert!(executed.said.contains("The pipeline has run since then (runs 2)"), "{}", executed.said);
    let another = keyed(&simulator).at(later + seconds(120)).with("YUNXIAO_ON_SUCCEEDED", "start").run();
    assert_eq!(reused(&another), is(0, "3", "false"));
}

#[test]
fn a_run_that_ended_badly_does_not_count() {
    for ending in ["FAIL", "CANCELED"] {
        let simulator = taking(10, ending);
        keyed(&simulator).run();
        assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(60)).run()), is(0, "2", "false"), "{ending}");
        // It has not been read: the list says that it failed.
        assert!(simulator.seen_for(GET).is_empty());
    }
}

#[test]
fn a_run_that_is_being_stopped_is_waited_for() {
    let simulator = taking(1000, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.stopping = seconds(30));
    keyed(&simulator).run();
    simulator.stop(beginning() + seconds(10), PIPELINE, 1);
    let executed = keyed(&simulator).at(beginning() + seconds(20)).run();
    assert_eq!(reused(&executed), is(0, "2", "false"));
    assert!((seconds(20)..seconds(28)).contains(&executed.took), "{:?}", executed.took);
}

#[test]
fn the_key_of_other_work_is_refused_and_of_another_pipelines_is_none() {
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let later = beginning() + seconds(20);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_ENVS", "A=1").run();
    assert_eq!(executed.code(), 2);
    let said = executed.outcome.message();
    assert!(said.english.contains("YUNXIAO_IDEMPOTENCY_KEY: is already the key of run 1"), "{said}");
    assert_eq!(simulator.started().len(), 1);
    let other = Execution::over(BACKEND, &simulator).with("YUNXIAO_IDEMPOTENCY_KEY", "deploy 1.4.3").at(later).run();
    assert_eq!((other.code(), simulator.started().len()), (0, 2));
}

#[test]
fn auto_is_this_job_of_this_ci_run_and_other_parameters_are_other_work() {
    let simulator = taking(100, "SUCCESS");
    let mut at = beginning();
    let mut job = |pipeline: &str, job: &str, envs: &str| {
        at += seconds(1);
        let execution = Execution::over(BACKEND, &simulator).at(at);
        let execution = execution.with("YUNXIAO_ENVS", envs).with("CI_PIPELINE_ID", pipeline).with("CI_JOB_NAME", job);
        let host =
            [("GITLAB_CI", "true"), ("CI_SERVER_URL", "https://gitlab.example"), ("YUNXIAO_IDEMPOTENCY_KEY", "auto")];
        execution.with_all(&host).run().stdout
    };
    assert_eq!(job("1", "deploy", "TO=staging"), "1\n");
    assert_eq!(job("1", "deploy", "TO=staging"), "1\n");
    assert_eq!(job("1", "deploy", "TO=production"), "2\n");
    assert_eq!(job("2", "deploy", "TO=staging"), "3\n");
    assert_eq!(job("1", "deploy 1/2", "TO=staging"), "4\n");
    assert_eq!(job("1", "deploy", "TO=production"), "2\n");
}

#[test]
fn only_the_remarks_own_beginning_counts() {
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let remark = simulator.started()[0].comment.clone().unwrap();
    let simulator = taking(100, "SUCCESS");
    // What someone else wrote after it, and what a variable of the run says.
    let mut foreign = ForeignRun::new(beginning()).with_comment(&format!("as {remark}"));
    foreign.params = Some(json!({"envs": {"CI_COMMIT_TITLE": remark}}));
    simulator.add_foreign_run(foreign);
    assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(20)).run()), is(0, "2", "false"));
}

#[test]
fn a_run_with_a_copied_remark_is_not_ours() {
    let simulator = taking(10, "FAIL");
    keyed(&simulator).run();
    let remark = simulator.started()[0].comment.clone().unwrap();
    simulator.pipeline(|pipeline| pipeline.stages[0].jobs[0] = Job::new("job", 1000));
    simulator.add_foreign_run(ForeignRun::new(beginning() + seconds(30)).with_comment(&remark));
    assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(60)).run()), is(0, "3", "false"));
}

#[test]
fn the_window_ends_the_search_and_so_do_five_hundred_runs() {
    let simulator = taking(10, "SUCCESS");
    keyed(&simulator).run();
    let day = Duration::from_hours(24);
    assert_eq!(reused(&keyed(&simulator).at(beginning() + day - seconds(1)).run()), is(0, "1", "true"));
    assert_eq!(reused(&keyed(&simulator).at(beginning() + day + seconds(1)).run()), is(0, "2", "false"));
    let simulator = taking(10, "SUCCESS");
    for _ in 0..501 {
        simulator.add_foreign_run(ForeignRun::new(beginning()));
    }
    let later = beginning() + seconds(3600);
    let executed = keyed(&simulator).at(later).run();
    assert_eq!((executed.code(), simulator.started().len()), (5, 0));
    assert!(executed.outcome.message().english.contains("Narrow `idempotency-window`"));
    assert_eq!(
        reused(&keyed(&simulator).at(later).with("YUNXIAO_IDEMPOTENCY_WINDOW", "30m").run()),
        is(0, "502", "false")
    );
}

#[test]
fn a_dry_run_says_what_the_key_would_find() {
    let simulator = taking(100, "SUCCESS");
    let rehearsed = |at: u64| keyed(&simulator).at(beginning() + seconds(at)).with("YUNXIAO_DRY_RUN", "true").run();
    assert!(rehearsed(0).said.contains("No run with this idempotency key is running or has succeeded"));
    keyed(&simulator).run();
    assert!(rehearsed(20).said.contains("Continuing with run 1"));
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn what_a_key_costs() {
    for runs in [0, 10, 200, 499] {
        let simulator = taking(10, "SUCCESS");
        for _ in 0..runs {
            simulator.add_foreign_run(ForeignRun::new(beginning()));
        }
        let executed = keyed(&simulator).at(beginning() + seconds(3600)).run();
        let reads = simulator.seen_for(LIST).len() + simulator.seen_for(GET).len();
        println!("{BACKEND:?}: {runs} runs within the window cost {reads} requests and {:?}", executed.took);
        assert_eq!(executed.code(), 0);
        assert!(reads <= runs + runs / 30 + 1, "{reads}");
    }
}

#[test]
fn a_run_older_than_the_window_is_continued_while_it_runs() {
    let simulator = taking(200_000, "SUCCESS");
    keyed(&simulator).run();
    let executed = keyed(&simulator).at(beginning() + Duration::from_hours(30)).run();
    assert_eq!(reused(&executed), is(0, "1", "true"));
}
