//! Each thing that can keep a lost run from being found, once.

use std::time::Duration;

use yunxiao_simulator::setup::STS_ACCESS_KEY_ID;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Reply, Simulator, When};

use super::BACKEND;
use crate::simulated::{
    self, Backend, CONNECTING, Executed, Execution, GET, LIST, START, TEMPORARY_KEY, beginning, milliseconds, prompt,
    seconds,
};

/// A service that loses the answer to a start; the start itself acts at once.
fn losing(queue: Duration) -> Simulator {
    let simulator = simulated::losing(Acts::Now);
    simulator.pipeline(|pipeline| pipeline.queue = queue);
    simulator
}

fn run(simulator: &Simulator) -> Executed {
    Execution::over(BACKEND, simulator).run()
}

#[track_caller]
fn assert_found(executed: &Executed, run: u64) {
    let said = &executed.said;
    assert_eq!((executed.code(), executed.stdout.as_str()), (0, format!("{run}\n").as_str()), "{said}");
    assert!(said.contains("a run may have been started, searching for it"), "{said}");
    assert!(said.contains(&format!("The run was started: run {run} has this step's marker")), "{said}");
    assert!(said.contains("带有本步骤的标记"), "{said}");
}

#[test]
fn a_run_that_has_no_jobs_yet_is_waited_for() {
    assert_found(&run(&losing(milliseconds(1500))), 1);
}

#[test]
fn a_list_that_lags_is_read_again() {
    let simulator = losing(Duration::ZERO);
    simulator.configure(|setup| (setup.list_lag, setup.detail_lag) = (milliseconds(1500), seconds(2)));
    assert_found(&run(&simulator), 1);
}

#[test]
fn a_run_that_appears_late_is_found() {
    assert_found(&run(&simulated::losing(Acts::After(milliseconds(1500)))), 1);
}

#[test]
fn a_late_response_counts_as_none() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(seconds(3)));
    assert_found(&Execution::over(BACKEND, &simulator).with("YUNXIAO_REQUEST_TIMEOUT", "1s").run(), 1);
}

#[test]
fn the_id_of_an_ambiguously_answered_request_is_kept() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::unsuccessful(Acts::Now, "SYSTEM_UNKNOWN_ERROR"));
    let executed = Execution::over(BACKEND, &simulator).with_outputs().run();
    assert_found(&executed, 1);
    assert!(executed.outputs()["requestId"].starts_with("00000001-"), "{}", executed.output_file());
}

#[test]
fn failed_reads_are_retried() {
    let simulator = losing(Duration::ZERO);
    for action in [LIST, GET] {
        simulator.plan(When::next_is(action), Fault::new(Acts::Never, Reply::Closed));
        simulator.plan(When::next_is(action), Fault::throttling("Throttling.User", None));
    }
    assert_found(&run(&simulator), 1);
}

#[test]
fn other_runs_are_distinguished_and_a_copied_remark_is_not_ours() {
    let simulator = losing(milliseconds(1200));
    for age in (0..70).rev() {
        simulator.add_foreign_run(ForeignRun::new(beginning() - seconds(age * 20)));
    }
    let execution = Execution::over(BACKEND, &simulator).event(CONNECTING * 3 / 2, |simulator, now| {
        let remark = simulator.started()[0].comment.clone().unwrap();
        simulator.add_foreign_run(ForeignRun::new(now).with_comment(&remark));
        simulator.add_foreign_run(ForeignRun::new(now).with_comment("by hand"));
    });
    let executed = execution.run();
    assert_found(&executed, 71);
    assert!(executed.said.contains("Run 72 has the same marker"), "{}", executed.said);
    assert!(executed.said.contains("运行 72 带有相同的标记"), "{}", executed.said);
    assert!(!executed.said.contains("Run 71 has") && !executed.said.contains("Run 73 has"), "{}", executed.said);
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn a_truncated_remark_leaves_a_candidate() {
    let simulator = losing(Duration::ZERO);
    simulator.pipeline(|pipeline| pipeline.longest_remark = Some(20));
    simulator.add_foreign_run(ForeignRun::new(beginning()).with_comment("somebody else's"));
    let executed = run(&simulator);
    let report = executed.outcome.message().english;
    assert_eq!(executed.code(), 5, "{report}");
    assert!(
        report.contains("that may be this step's (1):\n  https://flow.aliyun.com/pipelines/123/builds/2"),
        "{report}"
    );
}

#[test]
fn credentials_that_expire_end_the_search_with_an_explanation() {
    let simulator = losing(Duration::from_mins(1));
    let execution = match BACKEND {
        Backend::AccessKey | Backend::Role => {
            simulator.configure(|setup| {
                let key = setup.access_keys.iter_mut().find(|key| key.id == STS_ACCESS_KEY_ID).unwrap();
                key.expires = Some(beginning() + milliseconds(1500));
            });
            Execution::over(BACKEND, &simulator).with_all(&TEMPORARY_KEY)
        }
        Backend::Token => {
            // It can be found at once, so it is not to be read.
            simulator.plan(When::next_is(GET).always(), Fault::refusal("ExpiredTokenError"));
            simulator.plan(When::next_is(LIST).after(1).always(), Fault::refusal("ExpiredTokenError"));
            Execution::over(BACKEND, &simulator)
        }
    };
    let executed = execution.run();
    let report = executed.outcome.message().english;
    assert_eq!(executed.code(), 5, "{report}");
    assert!(executed.took < seconds(5), "{:?}", executed.took);
    assert!(report.contains("Reading the runs was refused:"), "{report}");
    assert!(
        report.contains("that may be this step's (1):\n  https://flow.aliyun.com/pipelines/123/builds/1"),
        "{report}"
    );
}

#[test]
fn a_tolerated_clock_error_does_not_hide_the_run() {
    for offset in [-800, 800] {
        let simulator = losing(Duration::ZERO);
        simulator.configure(|setup| setup.clock_offset = offset);
        assert_found(&run(&simulator), 1);
    }
}
