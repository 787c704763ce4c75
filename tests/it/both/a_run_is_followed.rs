//! Following, in simulated time against the simulated service: what each end means for the step, and what it costs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_run::run::cancel::Signal;
use yunxiao_simulator::setup::{ORGANIZATION, PIPELINE};
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Pipeline, Reply, Simulator, Source, Stage, When};

use super::BACKEND;
use crate::simulated::{Backend, Executed, Execution, beginning};

const GET: &str = "GetPipelineRun";
const LOG: &str = "LogPipelineJobRun";
const STOP: &str = "StopPipelineRun";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A service whose pipeline has these stages.
fn service(stages: Vec<Stage>) -> Simulator {
    let simulator = Simulator::default();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().stages = stages);
    simulator
}

fn one(job: Job) -> Simulator {
    service(vec![Stage::new("构建", vec![job])])
}

/// A step that waits, with more inputs.
fn waiting(simulator: &Simulator, inputs: &[(&'static str, &str)]) -> Execution {
    let mut execution = Execution::over(BACKEND, simulator);
    execution.inputs.push(("YUNXIAO_WAIT", "true".to_owned()));
    execution.inputs.extend(inputs.iter().map(|(name, value)| (*name, (*value).to_owned())));
    execution
}

/// What became of it, and what later steps read.
fn run(mut execution: Execution) -> (Executed, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outputs");
    execution.inputs.push(("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap().to_owned()));
    let executed = execution.run();
    let written = std::fs::read_to_string(path).unwrap();
    let pairs = written.lines().map(|line| line.split_once('=').unwrap());
    (executed, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Exit code and output `status`.
fn end(execution: Execution) -> (u8, String) {
    let (executed, outputs) = run(execution);
    assert_eq!(outputs["pipelineRunId"], "1", "{:?}", executed.result);
    assert_eq!(executed.stdout, "1\n");
    (executed.code(), outputs["status"].clone())
}

fn is(code: u8, status: &str) -> (u8, String) {
    (code, status.to_owned())
}

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
    let said = executed.result.unwrap_err().report();
    assert!(said.english.ends_with("/builds/1\n  构建 > 单元 测试\n  构建 > 检查"), "{}", said.english);
}

#[test]
fn a_run_that_takes_too_long_is_left_or_stopped() {
    let queue = || {
        let simulator = one(Job::new("job", 5));
        simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = seconds(4000));
        simulator
    };
    for (simulator, inputs, after, left) in [
        (queue(), &[][..], 1800, true),
        (queue(), &[("YUNXIAO_QUEUE_TIMEOUT", "10m")], 600, true),
        (queue(), &[("YUNXIAO_QUEUE_TIMEOUT", "10m"), ("YUNXIAO_ON_TIMEOUT", "stop")], 600, false),
        (one(Job::new("job", 9000)), &[], 7202, true),
        (one(Job::new("job", 9000)), &[("YUNXIAO_TIMEOUT", "1m")], 62, true),
        (one(Job::new("job", 9000)), &[("YUNXIAO_TIMEOUT", "1m"), ("YUNXIAO_ON_TIMEOUT", "stop")], 62, false),
    ] {
        let (executed, outputs) = run(waiting(&simulator, inputs));
        assert_eq!((executed.code(), outputs["status"].as_str()), (6, "timeout"), "{inputs:?}");
        let late = executed.took.saturating_sub(seconds(after));
        assert!(executed.took >= seconds(after - 1) && late < seconds(3), "{inputs:?}: {:?}", executed.took);
        assert_eq!(simulator.started()[0].stopped.is_none(), left, "{inputs:?}");
        assert_eq!(simulator.seen_for(STOP).len(), usize::from(!left));
    }
    let endless = one(Job::new("job", 100_000));
    let inputs = [("YUNXIAO_TIMEOUT", "0"), ("YUNXIAO_QUEUE_TIMEOUT", "0")];
    assert_eq!(end(waiting(&endless, &inputs)), is(0, "success"));
}

#[test]
fn a_run_that_ends_just_before_it_is_stopped_counts_as_it_ended() {
    for (result, code, status) in [("SUCCESS", 0, "success"), ("FAIL", 1, "failed"), ("CANCELED", 7, "canceled")] {
        let simulator = one(Job::new("job", 60).ending(result));
        // The last look is answered as late as it may be, and the stop finds the run at its end.
        simulator.plan(When::next_is(STOP), Fault::refusal("InvalidPipelineRun.NotFound").delayed(seconds(20)));
        let inputs = [("YUNXIAO_TIMEOUT", "55s"), ("YUNXIAO_ON_TIMEOUT", "stop")];
        assert_eq!(end(waiting(&simulator, &inputs)), is(code, status));
    }
}

#[test]
fn at_a_gate_no_time_counts() {
    let gated = || {
        service(vec![
            Stage::new("检查", vec![Job::new("a", 5)]),
            Stage::new("发布", vec![Job::gate("卡点"), Job::new("b", 2)]),
        ])
    };
    let inputs = [("YUNXIAO_TIMEOUT", "1m"), ("YUNXIAO_QUEUE_TIMEOUT", "1m")];
    for (pass, code, status) in [(true, 0, "success"), (false, 1, "failed")] {
        let simulator = gated();
        let mut execution = waiting(&simulator, &inputs);
        execution.events.push((
            seconds(50_000),
            Box::new(move |simulator, now| {
                assert_eq!(simulator.decide_gates(now, PIPELINE, 1, pass), 1);
            }),
        ));
        let (executed, outputs) = run(execution);
        assert_eq!((executed.code(), outputs["status"].as_str()), (code, status), "{:?}", executed.result);
        assert!(executed.said.contains("发布 > 卡点: stands at this manual gate"), "{}", executed.said);
    }
    assert_eq!(end(waiting(&gated(), &[("YUNXIAO_ON_GATE", "fail")])), is(8, "gate"));
    assert_eq!(end(waiting(&gated(), &[("YUNXIAO_ON_GATE", "succeed")])), is(0, "gate"));
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
    assert!(executed.said.contains("The run was cancelled, and is stopping"), "{}", executed.said);

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
    assert_eq!((executed.code(), outputs["failedJobs"].as_str()), (0, "[]"), "{:?}", executed.result);
    for line in ["构建 > a: failed", "first try", "构建 > a: running again", "构建 > a: success", "部署 > d: skipped"]
    {
        assert!(executed.said.contains(line), "{line}: {}", executed.said);
    }
}

#[test]
fn a_run_that_vanishes_goes_on_unseen() {
    let simulator = one(Job::new("job", 500));
    let mut execution = waiting(&simulator, &[]);
    execution.events.push((seconds(100), Box::new(|simulator, _| assert!(simulator.vanish(PIPELINE, 1)))));
    let (executed, outputs) = run(execution);
    assert_eq!((executed.code(), outputs["status"].as_str(), executed.stdout.as_str()), (10, "unknown", "1\n"));
    // The default patience is two minutes.
    assert!((seconds(210)..seconds(245)).contains(&executed.took), "{:?}", executed.took);
    assert!(simulator.seen_for(STOP).is_empty());
    let said = executed.result.unwrap_err().report().english;
    let code = if BACKEND == Backend::Token { "404 NotFound" } else { "InvalidPipelineRun.NotFound" };
    assert!(said.contains(code) && said.contains("can no longer be followed; this step has not changed it"), "{said}");
}

#[test]
fn looks_that_fail_for_a_while_are_no_end() {
    for fault in [
        Fault::new(Acts::Now, Reply::Closed),
        Fault::new(Acts::Now, Reply::Garbage("nonsense".to_owned())),
        Fault::new(Acts::Now, Reply::Half(40)),
        Fault::refusal("InternalError"),
        Fault::refusal("ServiceUnavailable"),
        Fault::refusal("Throttling.User"),
        Fault::refusal("Forbidden.RAM"),
        Fault::answer(Acts::Now, yunxiao_simulator::Answer::html(502)),
        Fault::answer(Acts::Now, yunxiao_simulator::Answer::empty(401)),
    ] {
        let simulator = one(Job::new("job", 100));
        simulator.plan(When::next_is(GET).after(3).times(8), fault.clone());
        let (executed, outputs) = run(waiting(&simulator, &[]));
        assert_eq!((executed.code(), outputs["status"].as_str()), (0, "success"), "{fault:?}");
        assert!(executed.said.contains("can't be seen at the moment") && executed.said.contains("in sight again"));
    }
}

#[test]
fn credentials_that_end_on_the_way_end_following_and_say_so() {
    let simulator = one(Job::new("job", 1000));
    simulator.plan(When::next_is(GET).after(5).always(), Fault::refusal("InvalidSecurityToken.Expired"));
    let (executed, outputs) = run(waiting(&simulator, &[]));
    assert_eq!((executed.code(), outputs["status"].as_str()), (10, "unknown"));
    let said = executed.result.unwrap_err().report();
    assert!(said.english.contains("The STS token has expired") && said.chinese.contains("STS token 已过期"), "{said}");
    assert!(simulator.started()[0].stopped.is_none());
}

#[test]
fn another_commit_than_the_expected_stops_the_run() {
    let service = |commit: &str, after: u64| {
        let simulator = one(Job::new("job", 300));
        simulator.configure(|setup| {
            let commits = BTreeMap::from([("master".to_owned(), commit.to_owned())]);
            let source = Source { commits, commit_after: seconds(after), ..Source::default() };
            setup.pipelines.get_mut(&PIPELINE).unwrap().sources = vec![source];
        });
        simulator
    };
    let other = "ffffffffffffffffffffffffffffffffffffffff";
    let inputs = [("YUNXIAO_EXPECT_COMMIT", "0123456789ABCDEF0123456789ABCDEF01234567")];
    assert_eq!(end(waiting(&service(COMMIT, 100), &inputs)), is(0, "success"));

    let simulator = service(other, 100);
    let (executed, outputs) = run(waiting(&simulator, &inputs));
    assert_eq!((executed.code(), outputs["status"].as_str()), (1, "failed"));
    assert!(executed.took < seconds(115), "{:?}", executed.took);
    assert!(simulator.started()[0].stopped.is_some());
    let said = executed.result.unwrap_err().report();
    for words in ["代码库镜像未同步", COMMIT, &format!("Codeup-Demo.git master {other}"), "Its stop was accepted"]
    {
        assert!(said.english.contains(words), "{words}: {}", said.english);
    }
    // Another step's run is stopped for this too.
    let simulator = service(other, 0);
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    let mut execution = waiting(&simulator, &inputs);
    execution.inputs.extend([("YUNXIAO_MODE", "follow".to_owned()), ("YUNXIAO_PIPELINE_RUN_ID", "1".to_owned())]);
    assert_eq!(end(execution), is(1, "failed"));
    assert!(simulator.runs()[0].stopped.is_some());

    assert_eq!(end(waiting(&service(other, 10_000), &inputs)), is(1, "failed"), "nothing was shown");
}

/// An execution that follows run 1.
fn following(simulator: &Simulator) -> Execution {
    let mut execution = Execution::over(BACKEND, simulator);
    execution.inputs.extend([("YUNXIAO_MODE", "follow".to_owned()), ("YUNXIAO_PIPELINE_RUN_ID", "1".to_owned())]);
    execution
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
fn a_run_that_was_never_seen_is_not_known_to_exist() {
    let unknown = |fault: Option<Fault>, retry: &str| {
        let simulator = one(Job::new("job", 100));
        if let Some(fault) = fault {
            simulator.plan(When::next_is(GET).always(), fault);
        }
        let mut execution = following(&simulator);
        execution.inputs.push(("YUNXIAO_RETRY_TIMEOUT", retry.to_owned()));
        let (executed, outputs) = run(execution);
        assert_eq!(
            (executed.stdout.as_str(), outputs["status"].as_str(), outputs["pipelineRunId"].as_str()),
            ("", "", "")
        );
        (executed.code(), executed.took)
    };
    // There is no such run; one that was started just now may take some seconds to be found.
    let (code, took) = unknown(None, "2m");
    assert!(code == 4 && (seconds(9)..seconds(22)).contains(&took), "{code} {took:?}");
    assert_eq!(unknown(Some(Fault::refusal("Forbidden.AccessDenied")), "2m"), (3, Duration::from_millis(50)));
    let (code, took) = unknown(Some(Fault::new(Acts::Never, Reply::Closed)), "10s");
    assert!(code == 4 && (seconds(10)..seconds(12)).contains(&took), "{code} {took:?}");
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
        assert_eq!(executed.code(), code, "{:?}", executed.result);
        assert_eq!(simulator.started().len(), 1);
    }
}

#[test]
fn following_costs_few_requests_and_notices_the_end_soon() {
    let (mut most, mut slowest) = (0, Duration::ZERO);
    for duration in 1..=600 {
        for result in ["SUCCESS", "FAIL"] {
            let simulator = one(Job::new("job", duration).ending(result).log(0, "a line"));
            simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = Duration::ZERO);
            let executed = waiting(&simulator, &[]).run();
            assert_eq!(executed.code(), u8::from(result == "FAIL"));
            let requests: Vec<_> = simulator
                .seen()
                .into_iter()
                .filter(|seen| seen.action.as_deref() != Some("StartPipelineRun"))
                .collect();
            let connections: std::collections::BTreeSet<_> = requests.iter().map(|seen| seen.connection).collect();
            assert_eq!(connections.len(), 1, "a start has a connection of its own; all else shares one");
            most = most.max(requests.len());
            let ended = simulator.started()[0].created + seconds(duration);
            let noticed = requests.iter().find(|seen| seen.at >= ended).unwrap().at;
            slowest = slowest.max(noticed.duration_since(ended).unwrap());
        }
    }
    println!("runs of 1 s to 10 min: at most {most} requests, the end noticed within {slowest:?}");
    assert!(most <= 60, "{most}");
    assert!(slowest <= seconds(12), "{slowest:?}");
}

#[test]
fn logs_are_shown_as_asked() {
    let simulator = || {
        service(vec![Stage::new(
            "构建",
            vec![
                Job::new("好", 30).log(0, "good 1").log(20, "good 2"),
                Job::new("坏", 31).ending("FAIL").log(0, "bad 1").log(25, "bad 2"),
            ],
        )])
    };
    let said = |inputs: &[(&'static str, &str)]| {
        let simulator = simulator();
        let (executed, _) = run(waiting(&simulator, inputs));
        assert_eq!(executed.code(), 1);
        let lines = ["good 1", "good 2", "bad 1", "bad 2"];
        let counts = lines.map(|line| executed.said.lines().filter(|said| *said == line).count());
        (counts, simulator.seen_for(LOG).len())
    };
    assert_eq!(said(&[]), ([0, 0, 1, 1], 1));
    assert_eq!(said(&[("YUNXIAO_LOGS", "failed")]), ([0, 0, 1, 1], 1));
    assert_eq!(said(&[("YUNXIAO_LOGS", "none")]), ([0; 4], 0));
    let (counts, requests) = said(&[("YUNXIAO_LOGS", "all")]);
    assert_eq!(counts, [1; 4], "each line once, however often the log was read");
    assert!((4..12).contains(&requests), "{requests}");
    // Nobody but the user may decide that anybody reads them.
    for public in [
        &[("GITLAB_CI", "true"), ("CI_PROJECT_VISIBILITY", "public")][..],
        &[("DRONE_REPO_VISIBILITY", "public")],
        &[("CI_REPO_PRIVATE", "false")],
    ] {
        assert_eq!(said(public), ([0; 4], 0), "{public:?}");
    }
    let asked = [("DRONE_REPO_VISIBILITY", "public"), ("YUNXIAO_LOGS", "failed")];
    assert_eq!(said(&asked), ([0, 0, 1, 1], 1));
}

#[test]
fn of_a_long_log_the_last_lines_are_shown() {
    let job = (0..500).fold(Job::new("job", 5).ending("FAIL"), |job, line| job.log(0, &format!("line {line}")));
    let (executed, _) = run(waiting(&one(job), &[]));
    assert!(
        !executed.said.contains("line 459\n")
            && executed.said.contains("line 460\n")
            && executed.said.contains("line 499\n")
    );
}

#[test]
fn a_log_that_cannot_be_read_is_said_and_is_no_reason_to_fail() {
    let simulator = one(Job::new("job", 5).log(0, "never seen"));
    simulator.plan(When::next_is(LOG).always(), Fault::refusal("Forbidden.AccessDenied"));
    let (executed, _) = run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")]));
    assert_eq!(executed.code(), 0);
    assert!(executed.said.contains("The log of 构建 > job can't be read"), "{}", executed.said);
    // Twice while it ran, and six times when its log would grow no more.
    assert_eq!(simulator.seen_for(LOG).len(), 8);
    // One that breaks on the way is read again, and no line is shown twice.
    let job = (0..300).fold(Job::new("job", 5), |job, line| job.log(0, &format!("line {line}.")));
    let simulator = one(job);
    simulator.plan(When::next_is(LOG), Fault::new(Acts::Now, Reply::Silence));
    let (executed, _) = run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")]));
    assert!((0..300).all(|line| executed.said.matches(&format!("line {line}.\n")).count() == 1));
}

#[test]
fn a_job_that_vanishes_with_its_log_unread_holds_nothing_up() {
    let stages = vec![Stage::new("a", vec![Job::new("gone", 5).ending("FAIL").log(0, "x"), Job::new("other", 60)])];
    let simulator = service(stages);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let mut execution = waiting(&simulator, &[]);
    execution.events.push((
        seconds(12),
        Box::new(|simulator, _| {
            simulator.change_run(PIPELINE, 1, |pipeline| pipeline.stages[0].jobs.truncate(0));
        }),
    ));
    let (executed, _) = run(execution);
    assert_eq!(executed.code(), 0);
    assert!(executed.took < seconds(120), "{:?}", executed.took);
}

#[test]
fn a_long_log_that_could_not_be_read_in_time_does_not_outlast_the_run() {
    // Its job ends early, and reading it is cut short by the next look.
    let long = Job { filler: 20_000_000, ..Job::new("long", 100) };
    let simulator = service(vec![Stage::new("a", vec![long, Job::new("other", 200)])]);
    let (executed, _) = run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")]));
    assert_eq!(executed.code(), 0);
    assert!(executed.took < seconds(250), "{:?}", executed.took);
    assert!(executed.said.len() > 20_000_000, "all of it was shown");
}

#[test]
fn a_log_that_stays_empty_is_asked_for_every_ten_seconds_at_most() {
    let simulator = one(Job::new("silent", 300));
    assert_eq!(run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")])).0.code(), 0);
    let requests = simulator.seen_for(LOG).len();
    assert!((20..=31).contains(&requests), "{requests}");
}

#[test]
fn a_long_log_is_read_seldom_while_it_grows() {
    let requests = |filler| {
        let simulator = one(Job { filler, ..Job::new("job", 1200) });
        assert_eq!(run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")])).0.code(), 0);
        simulator.seen_for(LOG).len()
    };
    let (short, long) = (requests(1000), requests(10_000_000));
    assert!(short > 90 && long < 12, "{short} {long}");
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
fn a_run_that_cannot_be_seen_is_not_said_to_take_too_long_and_not_stopped_for_it() {
    // It begins in time, and is out of sight at the limit.
    let simulator = one(Job::new("job", 100));
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = seconds(50));
    simulator.plan(When::next_is(GET).after(9).times(6), Fault::new(Acts::Never, Reply::Closed));
    let inputs = [("YUNXIAO_QUEUE_TIMEOUT", "60s"), ("YUNXIAO_ON_TIMEOUT", "stop")];
    assert_eq!(end(waiting(&simulator, &inputs)), is(0, "success"));
    // It was never seen at all.
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Never, Reply::Closed));
    let mut execution = following(&simulator);
    execution.inputs.extend([("YUNXIAO_QUEUE_TIMEOUT", "1m".to_owned()), ("YUNXIAO_ON_TIMEOUT", "stop".to_owned())]);
    assert_eq!(execution.run().code(), 4);
    assert!(simulator.seen_for(STOP).is_empty());
}

#[test]
fn a_run_that_ends_as_it_is_stopped_has_to_show_the_commit_all_the_same() {
    let simulator = one(Job::new("job", 60));
    simulator.configure(|setup| {
        let source = Source { commit_after: seconds(57), ..Source::default() };
        setup.pipelines.get_mut(&PIPELINE).unwrap().sources = vec![source];
    });
    simulator.plan(When::next_is(STOP), Fault::refusal("InvalidPipelineRun.NotFound").delayed(seconds(20)));
    let inputs = [("YUNXIAO_TIMEOUT", "54s"), ("YUNXIAO_ON_TIMEOUT", "stop"), ("YUNXIAO_EXPECT_COMMIT", COMMIT)];
    assert_eq!(end(waiting(&simulator, &inputs)), is(1, "failed"));
}

#[test]
fn the_end_is_handed_on_before_the_logs_are_read_and_outlives_a_signal() {
    let simulator = one(Job::new("job", 20).ending("FAIL").log(0, "why"));
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outputs");
    let mut execution = waiting(&simulator, &[("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap())]);
    let early = path.clone();
    execution.events.push((
        seconds(45),
        Box::new(move |_, _| assert!(std::fs::read_to_string(early).unwrap().contains("status=failed\n"))),
    ));
    execution.signals = vec![(seconds(60), Signal::Interrupt)];
    let executed = execution.run();
    assert_eq!(executed.code(), 130);
    assert!(executed.took < seconds(61), "{:?}", executed.took);
    let said = executed.result.unwrap_err().report().english;
    assert!(said.contains("Run 1 is known, and had ended already"), "{said}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("status=failed\n"));
    // Without a signal it gives up on them in time.
    let simulator = service(vec![Stage::new("a", (0..10).map(|_| Job::new("job", 5).ending("FAIL")).collect())]);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let (executed, _) = run(waiting(&simulator, &[]));
    assert!(executed.code() == 1 && executed.took < seconds(330), "{:?}", executed.took);
    assert!(executed.said.contains("Not all logs could be read in time"), "{}", executed.said);
}

#[test]
fn a_log_that_is_said_to_go_on_is_read_again() {
    let simulator = one(Job::new("job", 5).ending("FAIL").log(0, "the reason"));
    let (content, more) = ("not yet\n", true);
    let body = match BACKEND {
        Backend::Token => json!({"content": content, "more": more, "last": 1}),
        _ => json!({"success": true, "log": {"content": content, "more": more}}),
    };
    let early = Fault::answer(Acts::Never, yunxiao_simulator::Answer::json(200, &body));
    simulator.plan(When::next_is(LOG).times(2), early);
    let (executed, _) = run(waiting(&simulator, &[]));
    assert!(executed.said.contains("\nthe reason\n") && !executed.said.contains("not yet"), "{}", executed.said);
}

#[test]
fn a_log_that_hangs_starves_no_other() {
    let jobs = (0..20).map(|job| Job::new(&format!("j{job}"), 400).log(0, &format!("line of {job}."))).collect();
    let simulator = service(vec![Stage::new("a", jobs)]);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Usual).delayed(seconds(1)));
    let (executed, _) = run(waiting(&simulator, &[("YUNXIAO_LOGS", "all")]));
    let shown = (0..20).filter(|job| executed.said.contains(&format!("line of {job}.\n"))).count();
    assert_eq!((executed.code(), shown), (0, 20));
    let requests = simulator.seen_for(LOG);
    let early: std::collections::BTreeSet<_> =
        requests.iter().filter(|seen| seen.at < beginning() + seconds(120)).map(|seen| &seen.request.path).collect();
    assert_eq!(early.len(), 20);
}

#[test]
fn cancelled_before_it_was_seen_a_run_of_others_is_not_known() {
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Silence));
    let mut execution = following(&simulator);
    execution.signals = vec![(seconds(3), Signal::Terminate)];
    let (executed, outputs) = run(execution);
    assert_eq!((executed.code(), executed.stdout.as_str(), outputs["status"].as_str()), (143, "", ""));
    assert!(executed.took < seconds(4));
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

#[test]
fn random_histories_end_as_the_run_did() {
    let pipeline = |random: &mut fastrand::Rng| {
        let mut job = || {
            let result = *random
                .choice(["SUCCESS", "SUCCESS", "SUCCESS", "FINISH", "SKIP", "FAIL", "CANCELED"].as_slice().iter())
                .unwrap();
            let job = if random.u8(0..10) == 0 { Job::gate("卡点") } else { Job::new("job", random.u64(0..300)) };
            job.ending(result).log(0, "a line")
        };
        let mut stages = Vec::new();
        for _ in 0..3 {
            stages.push(Stage::new("stage", vec![job(), job()]));
        }
        Pipeline { organization: ORGANIZATION.to_owned(), stages, ..Pipeline::default() }
    };
    let mut codes = BTreeMap::<u8, usize>::new();
    for seed in 0..400 {
        let mut random = fastrand::Rng::with_seed(seed);
        let simulator = Simulator::default();
        let made = Pipeline { queue: seconds(random.u64(0..100)), ..pipeline(&mut random) };
        simulator.configure(|setup| drop(setup.pipelines.insert(PIPELINE, made)));
        for _ in 0..random.usize(0..4) {
            let fault = match random.u8(0..4) {
                0 => Fault::new(Acts::Now, Reply::Closed),
                1 => Fault::refusal("Throttling.User"),
                2 => Fault::new(Acts::Now, Reply::Silence),
                _ => Fault::answer(Acts::Never, yunxiao_simulator::Answer::html(502)),
            };
            simulator.plan(When::next_is(GET).after(random.usize(0..30)).times(random.usize(1..15)), fault);
        }
        let on_gate = *["wait", "succeed", "fail"].get(random.usize(0..3)).unwrap();
        let on_timeout = if random.bool() { "stop" } else { "leave" };
        let mut execution = waiting(
            &simulator,
            &[
                ("YUNXIAO_ON_GATE", on_gate),
                ("YUNXIAO_ON_TIMEOUT", on_timeout),
                ("YUNXIAO_QUEUE_TIMEOUT", "80s"),
                ("YUNXIAO_TIMEOUT", "12m"),
                ("YUNXIAO_LOGS", if random.bool() { "all" } else { "failed" }),
            ],
        );
        let at = seconds(random.u64(0..600));
        match random.u8(0..10) {
            0 => execution.events.push((
                at,
                Box::new(|simulator, now| {
                    simulator.stop(now, PIPELINE, 1);
                }),
            )),
            1 => execution.events.push((
                at,
                Box::new(|simulator, _| {
                    simulator.vanish(PIPELINE, 1);
                }),
            )),
            _ => {}
        }
        // Nobody waits at a gate for ever.
        let pass = random.bool();
        for at in (700..4000).step_by(100) {
            execution.events.push((
                seconds(at),
                Box::new(move |simulator, now| {
                    simulator.decide_gates(now, PIPELINE, 1, pass);
                }),
            ));
        }
        let (executed, outputs) = run(execution);
        let code = executed.code();
        *codes.entry(code).or_default() += 1;
        let status = simulator.status(beginning() + executed.took, PIPELINE, 1).unwrap();
        let is_so = match (code, outputs["status"].as_str()) {
            (0, "success") => ["SUCCESS", "FINISH", "SKIP"].contains(&status.as_str()),
            (0, "gate") => on_gate == "succeed" && status == "RUNNING",
            (8, "gate") => on_gate == "fail" && status == "RUNNING",
            (1, "failed") => status == "FAIL",
            (7, "canceled") => status == "CANCELED" || status == "SKIP",
            // The last look may have failed, so the run may have ended unseen.
            (6, "timeout") | (10, "unknown") => true,
            _ => false,
        };
        assert!(is_so, "seed {seed}: {code} {outputs:?}, the run is {status}");
        assert_eq!((executed.stdout.as_str(), simulator.started().len()), ("1\n", 1), "seed {seed}");
        let stopped = simulator.started()[0].stopped.is_some();
        assert!(!stopped || code != 0, "seed {seed}: {code}");
    }
    println!("400 histories by exit code: {codes:?}");
    assert!([0, 1, 6, 7, 8, 10].iter().all(|code| codes.contains_key(code)), "{codes:?}");
}
