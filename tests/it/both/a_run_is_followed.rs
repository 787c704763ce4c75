//! Following, in simulated time against the simulated service: what each end means for the step and later ones.

use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_run::outcome::Signal;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Reply, Stage, When};

use super::BACKEND;
use super::following::{GET, STOP, end, following, is, one, run, seconds, service, waiting};
use crate::simulated::{Execution, beginning};

#[test]
fn the_step_takes_over_how_the_run_ends() {
    for (result, code, status) in [
        ("SUCCESS", 0, "success"),
        ("FINISH", 0, "success"),
        ("FAIL", 1, "failed"),
        ("FAILED", 1, "failed"),
        ("ERROR", 1, "failed"),
        ("CANCELED", 7, "canceled"),
        ("CANCELLED", 7, "canceled"),
        ("ABORTED", 7, "canceled"),
        ("TERMINATED", 7, "canceled"),
    ] {
        let simulator = one(Job::new("job", 5).ending(result));
        assert_eq!(end(waiting(&simulator, &[])), is(code, status), "{result}");
        assert_eq!(simulator.started().len(), 1);
    }
}

#[test]
fn a_run_that_is_skipped_as_a_whole_counts_as_cancelled() {
    let simulator = one(Job::new("job", 5));
    let mut execution = waiting(&simulator, &[]);
    execution.events.push((
        seconds(3),
        Box::new(|simulator, _| {
            assert!(simulator.change_run(PIPELINE, 1, |pipeline| pipeline.running_status = "SKIP".to_owned()));
        }),
    ));
    assert_eq!(end(execution), is(7, "canceled"));
}

#[test]
fn outputs_that_are_known_are_there_while_it_waits() {
    let simulator = one(Job::new("job", 100));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outputs");
    let mut execution = waiting(&simulator, &[("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap())]);
    let early = path.clone();
    execution.events.push((
        seconds(50),
        Box::new(move |_, _| {
            let written = std::fs::read_to_string(early).unwrap();
            assert!(
                written.starts_with("pipelineRunId=1\npipelineRunUrl=https://flow.aliyun.com/pipelines/123/builds/1\n")
            );
            assert!(written.ends_with("status=started\nfailedJobs=[]\n"), "{written}");
        }),
    ));
    let executed = execution.run();
    assert_eq!(executed.code(), 0);
    assert!(std::fs::read_to_string(path).unwrap().ends_with("status=success\nfailedJobs=[]\n"));
}

#[test]
fn failed_jobs_are_an_output_and_stand_in_the_error() {
    let simulator = service(vec![
        Stage::new(
            "构建",
            vec![Job::new("编译", 5), Job::new("单元 测试", 6).ending("FAIL"), Job::new("检查", 7).ending("FAIL")],
        ),
        Stage::new("部署", vec![Job::new("主机", 5)]),
    ]);
    let (executed, outputs) = run(waiting(&simulator, &[]));
    assert_eq!(executed.code(), 1);
    let failed: Vec<Value> = serde_json::from_str(&outputs["failedJobs"]).unwrap();
    let names: Vec<_> = failed.iter().map(|job| (&job["stage"], &job["job"], &job["status"])).collect();
    assert_eq!(
        names,
        [(&json!("构建"), &json!("单元 测试"), &json!("failed")), (&json!("构建"), &json!("检查"), &json!("failed"))]
    );
    let said = executed.outcome.message();
    assert!(said.english.ends_with("/builds/1\n  构建 > 单元 测试\n  构建 > 检查"), "{}", said.english);
}

#[test]
fn what_people_do_to_the_run_meanwhile_is_ordinary() {
    // Stopped by somebody, after a while in which it is stopping.
    let simulator = one(Job::new("job", 500));
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().stopping = seconds(30));
    let mut execution = waiting(&simulator, &[]);
    execution.events.push((seconds(100), Box::new(|simulator, now| assert!(simulator.stop(now, PIPELINE, 1)))));
    let (executed, outputs) = run(execution);
    assert_eq!((executed.code(), outputs["status"].as_str()), (7, "canceled"));
    assert!(executed.said.contains("The run was canceled and is stopping"), "{}", executed.said);

    // A failed job is retried by hand while another goes on; stages come and go.
    let simulator = service(vec![Stage::new(
        "构建",
        vec![Job::new("a", 10).ending("FAIL").log(0, "first try"), Job::new("b", 300)],
    )]);
    let mut execution = waiting(&simulator, &[]);
    execution.events.push((
        seconds(60),
        Box::new(|simulator, _| {
            assert!(simulator.change_run(PIPELINE, 1, |pipeline| {
                pipeline.stages[0].jobs[0] = Job::new("a", 200).log(0, "second try");
                pipeline.stages.push(Stage::new("部署", vec![Job::new("c", 5), Job::new("d", 0).ending("SKIP")]));
            }));
        }),
    ));
    let (executed, outputs) = run(execution);
    assert_eq!((executed.code(), outputs["failedJobs"].as_str()), (0, "[]"), "{:?}", executed.outcome);
    for line in ["构建 > a: failed", "first try", "构建 > a: running again", "构建 > a: success", "部署 > d: skipped"]
    {
        assert!(executed.said.contains(line), "{line}: {}", executed.said);
    }
}

#[test]
fn another_steps_run_is_followed_and_left() {
    let simulator = one(Job::new("job", 100).ending("FAIL"));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    assert_eq!(end(following(&simulator)), is(1, "failed"));
    assert!(simulator.started().is_empty());

    let simulator = one(Job::new("job", 100));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    let mut execution = following(&simulator);
    execution.signals = vec![(seconds(30), Signal::Terminate)];
    assert_eq!(end(execution), is(143, "started"));
    assert!(simulator.seen_for(STOP).is_empty());
}

#[test]
fn cancelling_reaches_a_run_that_is_followed() {
    for (at, inputs, code, status, stopped) in [
        (1, &[][..], 130, "canceled", true),
        (40, &[], 130, "canceled", true),
        (40, &[("YUNXIAO_ON_CANCEL", "leave")], 130, "started", false),
    ] {
        let simulator = one(Job::new("job", 100));
        let mut execution = waiting(&simulator, inputs);
        execution.signals = vec![(seconds(at), Signal::Interrupt)];
        let (executed, outputs) = run(execution);
        assert_eq!((executed.code(), outputs["status"].as_str()), (code, status));
        assert_eq!(simulator.started()[0].stopped.is_some(), stopped);
        assert!(executed.took < seconds(at) + Duration::from_millis(200), "{:?}", executed.took);
    }
    // Also while a look takes its time.
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).after(2), Fault::new(Acts::Now, Reply::Silence));
    let mut execution = waiting(&simulator, &[]);
    execution.signals = vec![(seconds(15), Signal::Interrupt)];
    assert_eq!(end(execution), is(130, "canceled"));
    assert!(simulator.started()[0].stopped.is_some());
}

#[test]
fn an_output_that_is_lost_matters_only_if_nothing_else_does() {
    for (result, code) in [("SUCCESS", 9), ("FAIL", 1)] {
        let simulator = one(Job::new("job", 5).ending(result));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outputs");
        std::fs::write(&path, "").unwrap();
        let mut execution = waiting(&simulator, &[]);
        execution.broken_stdout = true;
        let executed = execution.run();
        assert_eq!(executed.code(), code, "{:?}", executed.outcome);
        assert_eq!(simulator.started().len(), 1);
    }
}

#[test]
fn a_step_that_does_not_wait_says_so_last() {
    let simulator = one(Job::new("job", 5).ending("FAIL"));
    let executed = Execution::over(BACKEND, &simulator).run();
    assert_eq!(executed.code(), 0);
    let last = executed.said.lines().last().unwrap();
    assert!(last.contains("says nothing about its result") && last.contains("步骤成功不代表运行成功"), "{last}");
    assert!(simulator.seen_for(GET).is_empty());
}

#[test]
fn wrong_inputs_that_only_reading_can_tell_write_no_outputs() {
    let simulator = one(Job::new("job", 5));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outputs");
    let inputs = [
        ("YUNXIAO_RUNNING_BRANCHES", "https://github.com/no/such=main"),
        ("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()),
    ];
    assert_eq!(waiting(&simulator, &inputs).run().code(), 2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
}
