//! What a run waits at, and what lets it go on.

use serde_json::{Value, json};
use yunxiao_simulator::{AccessToken, Job, Machine, Pipeline, Request, Simulator, Stage, setup};

use crate::client::{PIPELINE, RUNS, answered, at, get, get_with_token, request, start_with_token, with_token};

/// A service with a run of these stages.
fn with_a_run(stages: Vec<Stage>) -> Simulator {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| pipeline.stages = stages);
    simulator.pipeline(Pipeline::look_captured);
    assert_eq!(answered(&simulator.answer(at(0), &start_with_token(&json!({})))).0, 200);
    simulator
}

fn run(simulator: &Simulator, seconds: u64) -> Value {
    get_with_token(simulator, &format!("{RUNS}/1"), at(seconds)).1
}

/// The status of the run, then of each stage and its jobs.
fn statuses(simulator: &Simulator, seconds: u64) -> String {
    let run = run(simulator, seconds);
    let mut words = vec![run["status"].as_str().unwrap().to_owned()];
    for stage in run["stages"].as_array().unwrap() {
        let information = &stage["stageInfo"];
        let jobs = information["jobs"].as_array().unwrap().iter().map(|job| job["status"].as_str().unwrap());
        words.push(format!("{}({})", information["status"].as_str().unwrap(), jobs.collect::<Vec<_>>().join(" ")));
    }
    words.join(" ")
}

fn job(simulator: &Simulator, seconds: u64, stage: usize) -> Value {
    run(simulator, seconds)["stages"][stage]["stageInfo"]["jobs"][0].clone()
}

fn target(job: &Value, what: &str) -> String {
    format!("{}/1/jobs/{}/{what}", RUNS.replace("/runs", "/pipelineRuns"), job["id"])
}

fn send(simulator: &Simulator, seconds: u64, request: &Request) -> (u16, Value) {
    answered(&simulator.answer(at(seconds), request))
}

#[test]
fn a_job_is_started_by_hand() {
    let stages = || {
        vec![
            Stage::new("构建", vec![Job::new("构建", 5)]),
            Stage::new("发布", vec![Job::new("发布", 5).manual(), Job::new("通知", 1)]),
            Stage::new("收尾", vec![Job::new("收尾", 1)]),
        ]
    };
    let simulator = with_a_run(stages());
    assert_eq!(statuses(&simulator, 3), "RUNNING RUNNING(RUNNING) INIT(INIT INIT) INIT(INIT)");
    assert!(!simulator.start_job(at(3), 123, 1, "发布"), "it is not its turn");
    assert_eq!(statuses(&simulator, 60), "SWITCH_MANUAL SUCCESS(SUCCESS) SWITCH_MANUAL(INIT SUCCESS) INIT(INIT)");
    assert!(!simulator.start_job(at(60), 123, 1, "通知"));
    assert!(simulator.start_job(at(60), 123, 1, "发布"));
    assert_eq!(statuses(&simulator, 60), "RUNNING SUCCESS(SUCCESS) RUNNING(RUNNING SUCCESS) INIT(INIT)");
    assert_eq!(job(&simulator, 60, 1)["startTime"], 1_786_001_634_000_u64);
    assert_eq!(statuses(&simulator, 66), "SUCCESS SUCCESS(SUCCESS) SUCCESS(SUCCESS SUCCESS) SUCCESS(SUCCESS)");

    for runs in ["/pipelineRuns", "/runs"] {
        let simulator = with_a_run(stages());
        let waiting = job(&simulator, 60, 1);
        assert_eq!(waiting["actions"][0]["type"], "ExecutePipelineJobRun");
        let start = with_token("POST", &target(&waiting, "start").replace("/pipelineRuns", runs));
        assert_eq!(send(&simulator, 60, &start), (200, json!(true)));
        assert_eq!(send(&simulator, 61, &start).0, 404, "it has begun");
        assert_eq!(simulator.seen_for("ExecutePipelineJobRun").len(), 2);
    }

    let simulator = with_a_run(stages());
    assert!(simulator.stop(at(60), 123, 1));
    assert_eq!(statuses(&simulator, 60), "CANCELED SUCCESS(SUCCESS) CANCELED(INIT SUCCESS) INIT(INIT)");
    assert_eq!(job(&simulator, 60, 1)["actions"], Value::Null);
    assert!(!simulator.start_job(at(60), 123, 1, "发布"));
}

#[test]
fn a_conflict_is_resolved() {
    let stages =
        vec![Stage::new("集成", vec![Job::conflict("分支集成")]), Stage::new("构建", vec![Job::new("构建", 5)])];
    let simulator = with_a_run(stages);
    assert_eq!(statuses(&simulator, 60), "RUNNING RUNNING(RUNNING) INIT(INIT)");
    assert_eq!(job(&simulator, 60, 0)["actions"][0]["displayType"], "CONFLICT_MERGE");
    assert_eq!(simulator.resolve_conflicts(at(60), 123, 1), 1);
    assert_eq!(simulator.resolve_conflicts(at(60), 123, 1), 0);
    assert_eq!(statuses(&simulator, 60), "RUNNING SUCCESS(SUCCESS) RUNNING(RUNNING)");
    assert_eq!(statuses(&simulator, 65), "SUCCESS SUCCESS(SUCCESS) SUCCESS(SUCCESS)");
}

#[test]
fn only_approvers_can_decide_a_gate() {
    let simulator = with_a_run(vec![Stage::new("卡点", vec![Job::gate("审批").validators(&["7"])])]);
    simulator.configure(|setup| {
        setup.access_tokens.push(AccessToken::new("pt-validator").of_account("7"));
        setup.access_tokens.push(AccessToken::new("pt-denied").of_account("7").denied("PassPipelineValidate"));
    });
    let as_of = |token: &str, method: &str, target: &str| {
        let mut request = with_token(method, target);
        request.headers.retain(|(name, _)| name != "x-yunxiao-token");
        send(&simulator, 60, &request.with_header("x-yunxiao-token", token))
    };
    let gate = job(&simulator, 60, 0);
    let pass = target(&gate, "pass");
    let disable = |token: &str| {
        let run = as_of(token, "GET", &format!("{RUNS}/1")).1;
        let actions = run["stages"][0]["stageInfo"]["jobs"][0]["actions"].clone();
        assert_eq!(actions[0]["params"]["validators"], json!(["7"]));
        [0, 1].map(|index| actions[index]["disable"].as_bool().unwrap())
    };
    assert_eq!(disable(setup::TOKEN), [true, true]);
    assert_eq!(disable("pt-denied"), [true, false]);
    assert_eq!(disable("pt-validator"), [false, false]);
    simulator.change_run(123, 1, |pipeline| pipeline.stages[0].jobs[0].disable = Some(true));
    assert_eq!(disable("pt-validator"), [true, true]);

    for token in [setup::TOKEN, "pt-denied"] {
        assert_eq!(as_of(token, "POST", &pass).0, 403, "{token}");
    }
    let of_other_api = format!("{PIPELINE}/pipelineRuns/1/jobs/{}/pass", gate["id"]);
    let (status, answer) = send(&simulator, 60, &request("PassPipelineValidate", "POST", &of_other_api, at(60)));
    assert_eq!((status, &answer["Code"]), (403, &json!("Forbidden.AccessDenied")));
    assert_eq!(as_of("pt-validator", "POST", &pass), (200, json!(true)));
    assert_eq!(statuses(&simulator, 60), "SUCCESS SUCCESS(SUCCESS)");
}

fn machines() -> Vec<Vec<Machine>> {
    let machine = |sn| Machine::new(sn, 5).log(0, "stopping").log(4, "started");
    vec![vec![machine("sn-1"), machine("sn-2")], vec![machine("sn-3")]]
}

/// The status of the order of the run's only job, then of each machine.
fn order(simulator: &Simulator, seconds: u64) -> String {
    let id = job(simulator, seconds, 0)["actions"][0]["params"]["deployOrderId"].clone();
    let order = get_with_token(simulator, &format!("{}/deploy/{id}", RUNS.replace("/runs", "")), at(seconds)).1;
    let machines = order["deployMachineInfo"]["deployMachines"].as_array().unwrap().iter();
    let words = [&order["status"]].into_iter().chain(machines.map(|machine| &machine["status"]));
    words.map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_deployment_pauses_and_is_resumed() {
    let simulator = with_a_run(vec![Stage::new("部署", vec![Job::deployment("主机部署", machines()).pausing()])]);
    assert_eq!(order(&simulator, 3), "Running Running Running Pending");
    assert_eq!(simulator.resume_deployments(at(3), 123, 1), 0);
    assert_eq!(order(&simulator, 60), "Waiting Success Success Pending");
    assert_eq!(statuses(&simulator, 60), "RUNNING RUNNING(RUNNING)");

    let id = job(&simulator, 60, 0)["actions"][0]["params"]["deployOrderId"].clone();
    let of_token_api = format!("{}/deploy/{id}", RUNS.replace("/runs", ""));
    let log = |sn: &str, seconds| get_with_token(&simulator, &format!("{of_token_api}/machine/{sn}/log"), at(seconds));
    assert_eq!(log("sn-1", 60).1["deployLog"], "stopping\nstarted\n");
    assert_eq!(log("sn-3", 60).1["deployBeginTime"], Value::Null);
    assert_eq!(log("sn-9", 60).0, 404);

    let resume = request("ResumeVMDeployOrder", "PUT", &format!("{PIPELINE}/deploy/{id}/resume"), at(60));
    assert_eq!(send(&simulator, 60, &resume).0, 200);
    assert_eq!(order(&simulator, 61), "Running Success Success Running");
    assert_eq!(send(&simulator, 61, &with_token("PUT", &format!("{of_token_api}/resume"))).0, 404, "it goes on");
    assert_eq!(log("sn-3", 61).1["deployLog"], "stopping\n");
    assert_eq!(order(&simulator, 65), "Success Success Success Success");
    assert_eq!(statuses(&simulator, 65), "SUCCESS SUCCESS(SUCCESS)");
}

#[test]
fn a_person_pauses_a_deployment_and_a_machine_fails() {
    let simulator = with_a_run(vec![Stage::new("部署", vec![Job::deployment("主机部署", machines())])]);
    assert_eq!(simulator.pause_deployments(at(3), 123, 1), 1);
    assert_eq!(order(&simulator, 6), "Running Running Running Pending", "after the batch that goes on");
    assert_eq!(order(&simulator, 60), "Waiting Success Success Pending");
    assert_eq!(simulator.resume_deployments(at(60), 123, 1), 1);
    assert!(!simulator.fail_machine(at(61), 123, 1, "sn-1"), "it is done");
    assert!(simulator.fail_machine(at(61), 123, 1, "sn-3"));
    assert_eq!(order(&simulator, 61), "Cancelled Success Success Failed");
    assert_eq!(statuses(&simulator, 61), "FAIL FAIL(FAIL)");

    let simulator = with_a_run(vec![Stage::new("部署", vec![Job::deployment("主机部署", machines())])]);
    assert!(simulator.fail_machine(at(4), 123, 1, "sn-2"));
    assert_eq!(order(&simulator, 5), "Running Running Failed Pending");
    assert_eq!(order(&simulator, 60), "Cancelled Success Failed Cancelled");
    assert!(simulator.retry_job(at(60), 123, 1, "主机部署"));
    assert_eq!(order(&simulator, 61), "Running Running Running Pending");
    assert!(simulator.stop(at(66), 123, 1));
    assert_eq!(order(&simulator, 67), "Cancelled Success Success Cancelled");
}

#[test]
fn a_deployment_has_no_log_but_its_machines() {
    let simulator = with_a_run(vec![Stage::new("部署", vec![Job::deployment("主机部署", machines())])]);
    let deployment = job(&simulator, 60, 0);
    let actions: Vec<_> = deployment["actions"].as_array().unwrap().iter().map(|action| &action["type"]).collect();
    assert_eq!(actions, ["GetVMDeployOrder"]);
    assert_eq!(get_with_token(&simulator, &format!("{RUNS}/1/job/{}/log", deployment["id"]), at(60)).0, 404);
    let logs = format!("{}/pipelineRun/1/job/{}/logs", PIPELINE.replace("pipelines", "pipeline"), deployment["id"]);
    assert_eq!(get(&simulator, "LogPipelineJobRun", &logs, at(60)).0, 404);
}

#[test]
fn a_failed_job_is_retried() {
    let failing = Job::new("构建", 5).ending("FAIL");
    let stages = vec![Stage::new("构建", vec![failing.clone()]), Stage::new("部署", vec![Job::new("部署", 5)])];
    let simulator = with_a_run(stages.clone());
    let failed = job(&simulator, 60, 0);
    assert_eq!(failed["actions"][0]["type"], "RetryPipelineJobRun");
    let retry = with_token("PUT", &target(&failed, "retry"));
    assert_eq!(send(&simulator, 60, &retry), (200, json!(true)));
    assert_eq!(statuses(&simulator, 60), "RUNNING RUNNING(RUNNING) INIT(INIT)");
    assert_eq!(job(&simulator, 60, 0)["startTime"], 1_786_001_634_000_u64);
    assert_eq!(send(&simulator, 61, &retry).0, 404);
    assert_eq!(statuses(&simulator, 70), "SUCCESS SUCCESS(SUCCESS) SUCCESS(SUCCESS)");

    let simulator = with_a_run(stages);
    let of_other_api = format!("{PIPELINE}/pipelineRuns/1/jobs/{}", failed["id"]);
    assert_eq!(send(&simulator, 60, &request("RetryPipelineJobRun", "PUT", &of_other_api, at(60))).0, 200);
    assert_eq!(statuses(&simulator, 65), "RUNNING SUCCESS(SUCCESS) RUNNING(RUNNING)");

    let simulator = with_a_run(vec![Stage::new("构建", vec![failing.clone().ending_after_retry("FAIL")])]);
    assert!(simulator.retry_job(at(60), 123, 1, "构建"));
    assert_eq!(statuses(&simulator, 65), "FAIL FAIL(FAIL)");

    let simulator = with_a_run(vec![Stage::new("构建", vec![failing.not_retryable()])]);
    assert_eq!(job(&simulator, 60, 0)["actions"], Value::Null);
    assert!(!simulator.retry_job(at(60), 123, 1, "构建"));
}

#[test]
fn a_status_may_be_any_word() {
    for word in ["SKIPPED", "SUCCEED", "SUCCEEDED"] {
        let job = Job::new("a", 5).ending(word).showing("QUEUED");
        let simulator = with_a_run(vec![Stage::new("1", vec![job]), Stage::new("2", vec![Job::new("b", 5)])]);
        assert_eq!(statuses(&simulator, 3), "RUNNING RUNNING(QUEUED) INIT(INIT)");
        assert_eq!(statuses(&simulator, 8), format!("RUNNING SUCCESS({word}) RUNNING(RUNNING)"));
        simulator.change_run(123, 1, |pipeline| pipeline.success_status = word.into());
        assert_eq!(statuses(&simulator, 60), format!("{word} {word}({word}) {word}(SUCCESS)"));
    }
}
