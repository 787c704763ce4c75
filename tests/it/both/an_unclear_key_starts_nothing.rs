//! While it can't be told which runs have an idempotency key, nothing is started, stopped or changed.

use serde_json::{Value, json};
use yunxiao_run::outcome::Signal;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Reply, When};

use super::BACKEND;
use super::keyed::{keyed, taking};
use crate::simulated::{Backend, GET, LIST, beginning, prompt, seconds};

#[test]
fn what_cannot_be_seen_is_waited_for_and_then_nothing_is_started() {
    let simulator = prompt();
    simulator.pipeline(|pipeline| pipeline.queue = seconds(3600));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    let later = beginning() + seconds(60);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_RETRY_TIMEOUT", "30s").run();
    // Over the token API a run shows its remark while it is queued.
    if BACKEND == Backend::Token {
        assert_eq!(executed.code(), 0);
    } else {
        assert_eq!((executed.code(), simulator.started().len()), (5, 0));
        assert!((seconds(30)..seconds(35)).contains(&executed.took), "{:?}", executed.took);
        let said = executed.outcome.message().english;
        assert!(said.contains("No run was started") && said.contains("/builds/1"), "{said}");
    }
    for (fault, code) in [(Fault::refusal("Forbidden.AccessDenied"), 3), (Fault::new(Acts::Never, Reply::Closed), 4)] {
        let simulator = prompt();
        simulator.plan(When::next_is(LIST).always(), fault);
        let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_eq!((executed.code(), simulator.started().len()), (code, 0), "{:?}", executed.outcome);
    }
    let simulator = prompt();
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Closed));
    let executed = keyed(&simulator).at(later).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
    assert_eq!((executed.code(), simulator.started().len()), (5, 0));
}

/// A list that shows these runs and says that there are so many.
fn list(runs: &[u64], total: u64) -> Fault {
    let row = |run: &u64| json!({"pipelineId": 123, "pipelineRunId": run, "status": "FAIL", "startTime": 1_700_000_000_000_u64});
    let rows: Vec<Value> = runs.iter().map(row).collect();
    let body = match BACKEND {
        Backend::Token => json!(rows),
        Backend::AccessKey | Backend::Role => {
            json!({"success": true, "pipelineRuns": rows, "totalCount": total, "nextToken": ""})
        }
    };
    let fault = Fault::answer(Acts::Never, Answer::json(200, &body));
    if BACKEND == Backend::Token {
        fault.with_header("x-total", &total.to_string()).with_header("x-next-page", "")
    } else {
        fault
    }
}

#[test]
fn a_list_with_fewer_runs_than_it_counts_makes_nothing_certain() {
    // The runs that it does not show may have the key.
    for (runs, total, code) in [
        (&[3, 2, 1][..], 3, 0),
        (&[3, 2, 1], 4, 5),
        // Whatever this counts, no run is missing: some services count those of a page.
        (&[3, 2, 1], 2, 0),
        (&[], 1, 5),
        (&[], 0, 0),
        (&[3, 3, 2, 1], 3, 0),
    ] {
        let simulator = prompt();
        simulator.plan(When::next_is(LIST).always(), list(runs, total));
        let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        let started = usize::from(code == 0);
        assert_eq!((executed.code(), simulator.started().len()), (code, started), "{runs:?} of {total}");
        if code != 0 {
            let said = executed.outcome.message().english;
            assert!(said.contains("fewer runs than it counts") && said.contains("No run was started"), "{said}");
        }
    }
    // It is read again: another run may have begun between two pages.
    let simulator = prompt();
    simulator.plan(When::next_is(LIST), list(&[], 1));
    let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
    assert_eq!((executed.code(), simulator.started().len(), simulator.seen_for(LIST).len()), (0, 1, 2));
}

#[test]
fn a_list_without_end_takes_no_more_requests_than_its_time_has_room_for() {
    if BACKEND != Backend::Token {
        return; // The next page's token is the service's there, and one that repeats itself is the end.
    }
    let simulator = prompt();
    let row = |run: u64| json!({"pipelineId": 123, "pipelineRunId": run, "status": "FAIL"});
    let page = json!((1..=30).rev().map(row).collect::<Vec<_>>());
    // Full, and without a word of the next: so there is one.
    simulator.plan(When::next_is(LIST).always(), Fault::answer(Acts::Never, Answer::json(200, &page)));
    let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "60s").run();
    assert_eq!((executed.code(), simulator.started().len()), (5, 0));
    let asked = simulator.seen_for(LIST).len();
    assert!(asked < 34 * 20 + 600, "{asked}");
}

#[test]
fn a_run_that_may_have_the_key_is_identified_before_it_is_stopped() {
    let simulator = taking(1000, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(30));
    keyed(&simulator).run();
    let stopping = |retry: &str| {
        keyed(&simulator)
            .at(beginning() + seconds(5))
            .with("YUNXIAO_MODE", "stop")
            .with("YUNXIAO_RETRY_TIMEOUT", retry.to_owned())
            .run()
    };
    if BACKEND != Backend::Token {
        let executed = stopping("10s");
        assert_eq!(executed.code(), 5);
        assert!(executed.outcome.message().english.contains("Nothing was changed"), "{:?}", executed.outcome);
    }
    assert_eq!(stopping("2m").code(), 0);
    assert!(simulator.started()[0].stopped.is_some());
}

/// The details of a run that is still running or has succeeded, in shapes that don't show its remark where it is
/// searched for.
#[test]
fn a_run_with_an_unreadable_remark_is_not_assumed_to_be_anothers() {
    let marker = {
        let simulator = taking(100, "SUCCESS");
        keyed(&simulator).run();
        simulator.started()[0].comment.clone().unwrap()
    };
    let job = |params: &str| json!({"id": 1, "name": "j", "status": "RUNNING", "params": params});
    for (jobs, status, code) in [
        (json!([job("")]), "RUNNING", 5),
        (json!([job("{}")]), "RUNNING", 5),
        (json!([job(&format!("{{\"BUILD_REMARK\":\"{marker}"))]), "RUNNING", 5),
        (json!([job(&json!({"REMARK": marker}).to_string())]), "RUNNING", 5),
        (json!([job(&json!({"BUILD_REMARK": {"text": marker}}).to_string())]), "RUNNING", 5),
        (json!([]), "RUNNING", 5),
        (json!([]), "SUCCESS", 5),
        // These show it.
        (json!([job(&json!({"BUILD_REMARK": "", "FLOW_INST_RUNNING_COMMENT": marker}).to_string())]), "RUNNING", 0),
        (
            json!([job(&json!({"BUILD_REMARK": " "}).to_string()), job(&json!({"BUILD_REMARK": marker}).to_string())]),
            "RUNNING",
            0,
        ),
    ] {
        let simulator = taking(100, "SUCCESS");
        simulator.add_foreign_run(ForeignRun::new(beginning()).with_comment("by hand"));
        let detail = json!({"pipelineRunId": 1, "status": status, "createTime": 1_700_000_000_000_u64,
                            "stages": [{"stageInfo": {"name": "s", "jobs": jobs}}]});
        let body = match BACKEND {
            Backend::Token => detail.clone(),
            Backend::AccessKey | Backend::Role => json!({"success": true, "pipelineRun": detail}),
        };
        simulator.plan(When::next_is(GET).always(), Fault::answer(Acts::Never, Answer::json(200, &body)));
        let executed = keyed(&simulator).at(beginning() + seconds(20)).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_eq!((executed.code(), simulator.started().len()), (code, 0), "{body}");
    }
}

#[test]
fn the_look_ends_at_once_where_nothing_is_at_stake() {
    // When the step is cancelled.
    let simulator = taking(100, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(3600));
    (0..40).for_each(|_| _ = simulator.add_foreign_run(ForeignRun::new(beginning())));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Usual).delayed(seconds(1)));
    let executed = keyed(&simulator).at(beginning() + seconds(60)).signal(seconds(3), Signal::Terminate).run();
    assert_eq!((executed.code(), simulator.started().len()), (143, 0));
    assert!(executed.took < seconds(6), "{:?}", executed.took);
    // When this caller isn't allowed to read runs.
    let simulator = taking(100, "SUCCESS");
    (0..3).for_each(|_| _ = simulator.add_foreign_run(ForeignRun::new(beginning())));
    simulator.plan(When::next_is(GET).always(), Fault::refusal("Forbidden.AccessDenied"));
    let executed = keyed(&simulator).at(beginning() + seconds(60)).run();
    assert_eq!((executed.code(), simulator.started().len(), simulator.seen_for(GET).len()), (3, 0, 1));
    assert!(executed.took < seconds(1), "{:?}", executed.took);
}

#[test]
fn runs_that_are_read_again_are_counted_once() {
    let simulator = taking(100, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(50));
    (0..60).for_each(|_| _ = simulator.add_foreign_run(ForeignRun::new(beginning())));
    let executed = keyed(&simulator).at(beginning() + seconds(1)).run();
    assert_eq!((executed.code(), simulator.started().len()), (0, 1), "{:?}", executed.outcome);
}

#[test]
fn a_partly_read_list_rules_nothing_out() {
    let rows = |id: Value| json!([{"pipelineRunId": id, "status": "RUNNING"}]);
    let wrapped = |rows: Value, next: Value| match BACKEND {
        Backend::Token => rows,
        Backend::AccessKey | Backend::Role => json!({"success": true, "pipelineRuns": rows, "nextToken": next}),
    };
    for body in [
        wrapped(rows(json!(null)), json!("")),
        wrapped(rows(json!(1.5)), json!("")),
        wrapped(rows(json!("+1")), json!("")),
        json!({"success": true, "pipelineRuns": [], "nextToken": {"a": 1}}),
    ] {
        let simulator = taking(100, "SUCCESS");
        simulator.plan(When::next_is(LIST).always(), Fault::answer(Acts::Never, Answer::json(200, &body)));
        let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_ne!(executed.code(), 0, "{body}");
        assert!(simulator.started().is_empty(), "{body}");
    }
}
