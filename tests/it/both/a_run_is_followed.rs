//! Following, in simulated time against the simulated service: what each end means for the step and later ones.

use serde_json::{Value, json};
use yunxiao_run::outcome::Signal;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Reply, Stage, When};

use super::{BACKEND, following, waiting};
use crate::simulated::{Execution, GET, STOP, beginning, is, milliseconds, one, seconds, staged};

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
        assert_eq!(waiting(&simulator).run().end(), is(code, status), "{result}");
        assert_eq!(simulator.started().len(), 1);
    }
}

#[test]
fn a_run_that_is_skipped_as_a_whole_counts_as_cancelled() {
    let simulator = one(Job::new("job", 5));
    let execution = waiting(&simulator).event(seconds(3), |simulator, _| {
        assert!(simulator.change_run(PIPELINE, 1, |pipeline| pipeline.running_status = "SKIP".to_owned()));
    });
    let executed = execution.run();
    assert_eq!(executed.end(), is(7, "canceled"));
    let said = executed.outcome.message();
    assert!(said.english.contains("or because a newer run replaced it"), "{}", said.english);
}

#[test]
fn known_outputs_are_written_while_the_step_waits() {
    let simulator = one(Job::new("job", 100));
    let execution = waiting(&simulator).look_at_outputs(seconds(50), |written| {
        let url = "https://flow.aliyun.com/pipelines/123/builds/1";
        assert!(written.starts_with(&format!("pipelineRunId=1\npipelineRunUrl={url}\n")), "{written}");
        assert!(written.contains("status=started\nfailedJobs=[]\nwaitingFor=\nwaitingJob=\nexitCode=\n"), "{written}");
    });
    let executed = execution.run();
    assert_eq!(executed.end(), is(0, "success"));
    assert!(executed.output_file().contains("status=success\nfailedJobs=[]\nwaitingFor=\nwaitingJob=\nexitCode=0\n"));
}

#[test]
fn failed_jobs_are_an_output_and_listed_in_the_error() {
    let simulator = staged(vec![
        Stage::new(
            "构建",
            vec![Job::new("编译", 5), Job::new("单元 测试", 6).ending("FAIL"), Job::new("检查", 7).ending("FAIL")],
        ),
        Stage::new("部署", vec![Job::new("主机", 5)]),
    ]);
    let executed = waiting(&simulator).run();
    assert_eq!(executed.code(), 1);
    let failed: Vec<Value> = serde_json::from_str(&executed.outputs()["failedJobs"]).unwrap();
    let names: Vec<_> = failed.iter().map(|job| (&job["stage"], &job["job"], &job["status"])).collect();
    assert_eq!(
        names,
        [(&json!("构建"), &json!("单元 测试"), &json!("failed")), (&json!("构建"), &json!("检查"), &json!("failed"))]
    );
    let said = executed.outcome.message();
    assert!(said.english.ends_with("/builds/1\n  构建 > 单元 测试\n  构建 > 检查"), "{}", said.english);
}

#[test]
fn stops_and_retries_by_other_people_are_followed() {
    // Stopped by someone, after a while in which it is stopping.
    let simulator = one(Job::new("job", 500));
    simulator.pipeline(|pipeline| pipeline.stopping = seconds(30));
    let execution = waiting(&simulator).event(seconds(100), |simulator, now| assert!(simulator.stop(now, PIPELINE, 1)));
    let executed = execution.run();
    assert_eq!(executed.end(), is(7, "canceled"));
    assert!(executed.said.contains("The run was canceled and is stopping"), "{}", executed.said);

    // A failed job is retried by hand while another goes on; stages come and go.
    let simulator = staged(vec![Stage::new(
        "构建",
        vec![Job::new("a", 10).ending("FAIL").log(0, "first try"), Job::new("b", 300)],
    )]);
    let execution = waiting(&simulator).event(seconds(60), |simulator, _| {
        assert!(simulator.change_run(PIPELINE, 1, |pipeline| {
            pipeline.stages[0].jobs[0] = Job::new("a", 200).log(0, "second try");
            pipeline.stages.push(Stage::new("部署", vec![Job::new("c", 5), Job::new("d", 0).ending("SKIP")]));
        }));
    });
    let executed = execution.run();
    assert_eq!((executed.code(), &*executed.outputs()["failedJobs"]), (0, "[]"), "{:?}", executed.outcome);
    for line in ["构建 > a: failed", "first try", "构建 > a: running again", "构建 > a: success", "部署 > d: skipped"]
    {
        assert!(executed.said.contains(line), "{line}: {}", executed.said);
    }
}

#[test]
fn another_steps_run_is_followed_and_left() {
    let simulator = one(Job::new("job", 100).ending("FAIL"));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    assert_eq!(following(&simulator).run().end(), is(1, "failed"));
    assert!(simulator.started().is_empty());

    let simulator = one(Job::new("job", 100));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    let execution = following(&simulator).signal(seconds(30), Signal::Terminate);
    assert_eq!(execution.run().end(), is(143, "started"));
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
        let execution = waiting(&simulator).with_all(inputs).signal(seconds(at), Signal::Interrupt);
        let executed = execution.run();
        assert_eq!(executed.end(), is(code, status));
        assert_eq!(simulator.started()[0].stopped.is_some(), stopped);
        assert!(executed.took < seconds(at) + milliseconds(200), "{:?}", executed.took);
    }
    // Also while a look takes its time.
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).after(2), Fault::new(Acts::Now, Reply::Silence));
    let execution = waiting(&simulator).signal(seconds(15), Signal::Interrupt);
    assert_eq!(execution.run().end(), is(130, "canceled"));
    assert!(simulator.started()[0].stopped.is_some());
}

#[test]
fn a_lost_output_only_matters_if_everything_else_succeeded() {
    for (result, code) in [("SUCCESS", 9), ("FAIL", 1)] {
        let simulator = one(Job::new("job", 5).ending(result));
        let executed = waiting(&simulator).with_broken_stdout().run();
        assert_eq!(executed.code(), code, "{:?}", executed.outcome);
        assert_eq!(simulator.started().len(), 1);
    }
}

#[test]
fn a_step_that_does_not_wait_says_so_at_the_end() {
    let simulator = one(Job::new("job", 5).ending("FAIL"));
    let executed = Execution::over(BACKEND, &simulator).run();
    assert_eq!(executed.code(), 0);
    let last = executed.said.lines().last().unwrap();
    assert!(last.contains("says nothing about the run's result") && last.contains("步骤成功不代表运行成功"), "{last}");
    assert!(simulator.seen_for(GET).is_empty());
}

#[test]
fn inputs_found_wrong_by_reading_pass_on_no_run() {
    let simulator = one(Job::new("job", 5));
    let executed = waiting(&simulator).with("YUNXIAO_RUNNING_BRANCHES", "https://github.com/no/such=main").run();
    let outputs = executed.outputs();
    assert_eq!((executed.code(), &*outputs["exitCode"], &*outputs["pipelineRunId"]), (2, "2", ""));
}
