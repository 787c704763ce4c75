//! What happens to a run on the Yunxiao side while someone follows it.

use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_simulator::{ForeignRun, Job, Simulator, Stage};

use crate::client::{PIPELINE, answered, at, get, request, start};

/// A service on which one run was started.
fn with_a_run(stages: Vec<Stage>) -> Simulator {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| pipeline.stages = stages);
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    simulator
}

fn run(simulator: &Simulator, seconds: u64) -> Value {
    let target = format!("{PIPELINE}/pipelineRuns/1");
    get(simulator, "GetPipelineRun", &target, at(seconds)).1["pipelineRun"].clone()
}

#[test]
fn a_job_is_retried_by_hand_and_stages_come_and_go() {
    let simulator = with_a_run(vec![Stage::new("构建", vec![Job::new("构建", 5).ending("FAIL")])]);
    let status = |seconds| simulator.status(at(seconds), 123, 1).unwrap();
    assert_eq!(status(7), "FAIL");
    assert!(simulator.change_run(123, 1, |pipeline| pipeline.stages[0].jobs[0] = Job::new("构建", 20)));
    assert_eq!(status(8), "RUNNING");
    assert_eq!(status(22), "SUCCESS");
    assert!(
        simulator.change_run(123, 1, |pipeline| pipeline.stages.push(Stage::new("部署", vec![Job::new("部署", 9)])))
    );
    assert_eq!((status(30), run(&simulator, 30)["stages"].as_array().unwrap().len()), ("RUNNING".into(), 2));
    assert!(simulator.change_run(123, 1, |pipeline| pipeline.running_status = "PROCESSING".into()));
    assert_eq!(status(30), "PROCESSING");
    assert!(simulator.change_run(123, 1, |pipeline| drop(pipeline.stages.remove(0))));
    assert_eq!(status(30), "SUCCESS");
    assert!(!simulator.change_run(123, 2, |_| panic!("there is no such run")));

    let _ = simulator.answer(at(40), &start("{}", at(40)));
    assert_eq!(simulator.status(at(47), 123, 2).as_deref(), Some("FAIL"), "other runs are as they were");
}

#[test]
fn a_person_stops_a_run() {
    let simulator = with_a_run(vec![Stage::new("构建", vec![Job::new("构建", 50)])]);
    simulator.change_run(123, 1, |pipeline| pipeline.stopping = Duration::from_secs(5));
    assert!(simulator.stop(at(10), 123, 1));
    assert!(simulator.stop(at(11), 123, 1), "it still goes on");
    assert_eq!(run(&simulator, 14)["status"], "CANCELLING");
    let rows = get(&simulator, "ListPipelineRuns", &format!("{PIPELINE}/pipelineRuns?status=CANCELLING"), at(14)).1;
    assert_eq!(rows["totalCount"], 1);
    assert_eq!(run(&simulator, 15)["status"], "CANCELED");
    assert!(!simulator.stop(at(15), 123, 1) && !simulator.stop(at(15), 123, 2));
    assert_eq!(simulator.started()[0].stopped, Some(at(10)));
}

#[test]
fn a_run_vanishes_from_every_answer() {
    let simulator = with_a_run(vec![Stage::new("卡点", vec![Job::gate("审批")])]);
    simulator.add_foreign_run(ForeignRun::new(at(1))).unwrap();
    assert!(!simulator.vanish(123, 3) && simulator.vanish(123, 1));
    let runs = format!("{PIPELINE}/pipelineRuns");
    let logs = format!("{}/pipelineRun/1/job/123001000/logs", PIPELINE.replace("pipelines", "pipeline"));
    for (action, method, target) in [
        ("GetPipelineRun", "GET", format!("{runs}/1")),
        ("StopPipelineRun", "PUT", format!("{runs}/1/stop")),
        ("LogPipelineJobRun", "GET", logs),
        ("PassPipelineValidate", "POST", format!("{runs}/1/jobs/123001000/pass")),
    ] {
        let (status, answer) = answered(&simulator.answer(at(5), &request(action, method, &target, at(5))));
        assert_eq!((status, &answer["Code"]), (404, &json!("InvalidPipelineRun.NotFound")), "{action}");
    }
    let rows = get(&simulator, "ListPipelineRuns", &runs, at(5)).1;
    assert_eq!((&rows["totalCount"], &rows["pipelineRuns"][0]["pipelineRunId"]), (&json!(1), &json!(2)));
    assert_eq!((simulator.runs().len(), simulator.started().len()), (2, 1));
    let next = answered(&simulator.answer(at(6), &start("{}", at(6)))).1;
    assert_eq!(next["pipelineRunId"], 3, "its id is not given again");
}

#[test]
fn a_source_shows_its_commit_when_it_is_time() {
    let simulator = with_a_run(vec![Stage::new("构建", vec![Job::new("构建", 50)])]);
    let set = |after| simulator.change_run(123, 1, |pipeline| pipeline.sources[0].commit_after = after);
    let shown = |seconds| {
        let run = run(&simulator, seconds);
        let parameters = run["stages"][0]["stageInfo"]["jobs"][0]["params"].as_str().unwrap().to_owned();
        let of_source = run["sources"][0]["data"].get("commint").is_some();
        assert_eq!(parameters.contains("CI_COMMIT_ID"), of_source, "both places agree");
        of_source
    };
    assert!(shown(2));
    set(Duration::from_secs(10));
    assert!(!shown(9) && shown(10));
    set(Duration::MAX);
    assert!(!shown(40));
}

#[test]
fn a_log_is_as_long_as_it_should_be() {
    let job = Job::new("构建", 50).log(0, "mvn package").filling(100_000);
    let simulator = with_a_run(vec![Stage::new("构建", vec![job])]);
    let logs = format!("{}/pipelineRun/1/job/123001000/logs", PIPELINE.replace("pipelines", "pipeline"));
    let log = get(&simulator, "LogPipelineJobRun", &logs, at(2)).1["log"].clone();
    let content = log["content"].as_str().unwrap();
    assert_eq!(content.len(), "mvn package\n".len() + 100_000);
    assert_eq!(content.lines().nth(1).unwrap().split(' ').next(), Some("000000000001"));
    assert_eq!(content.lines().last().unwrap().split(' ').next(), Some("000000001000"));
    let again = get(&simulator, "LogPipelineJobRun", &logs, at(40)).1["log"].clone();
    assert_eq!(again, log);
}
