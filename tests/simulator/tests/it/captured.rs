//! What the simulator says has the members, and the types, of what was captured. Ids, names and addresses are made up.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yunxiao_simulator::{AccessKey, ConfigSources, Job, Machine, Request, Simulator, Source, Stage};

use crate::client::{HOST, PIPELINE, RUNS, answered, at, get, get_with_token, signed, start, start_with_token};

/// A run of two stages that failed in the first.
const FAILED: &str = r#"{"requestId":"R-1","errorMessage":"\"\"","success":true,"errorCode":"\"\"","pipelineRun":{
    "pipelineId":123,"pipelineRunId":7,"status":"FAIL","triggerMode":4,
    "creatorAccountId":"1","modifierAccountId":"1","createTime":1767230000000,"updateTime":1767230090000,
    "groups":[],"stageGroup":[["Group0-Stage0"],["Group1-Stage0"]],
    "sources":[{"sign":"demo","type":"codeup","data":{"branch":"release",
        "repo":"https://codeup.aliyun.com/5ebbc0228123212b59xxxxx/demo.git",
        "commint":"[{\"commitId\":\"0000000000000000000000000000000000000002\"},{\"commitId\":\"0000000000000000000000000000000000000001\"}]"}}],
    "stages":[
        {"name":"Group0-Stage0","stageInfo":{"name":"构建","status":"FAIL","startTime":1767230010000,
            "endTime":1767230080000,"jobs":[{"id":11,"name":"构建","status":"FAIL","startTime":1767230010000,
            "endTime":1767230080000,
            "params":"{\"CI_COMMIT_REF_NAME\":\"release\",\"FLOW_INST_RUNNING_COMMENT\":\"x\"}",
            "actions":[{"type":"LogPipelineJobRun","displayType":"LOG","disable":true,"data":"","params":{}},
                {"type":"RetryPipelineJobRun","displayType":"RETRY","disable":false,"params":{}}]}]}},
        {"name":"Group1-Stage0","stageInfo":{"name":"部署","status":"INIT","jobs":[
            {"id":12,"name":"主机部署","status":"INIT","params":"{}","actions":[]}]}}]}}"#;

/// A run that is still running, over the token API.
const RUNNING: &str = r#"{"pipelineId":123,"pipelineRunId":7,"pipelineConfigId":1,"status":"RUNNING","triggerMode":4,
    "creatorAccountId":"","modifierAccountId":"","createTime":1767230000000,"updateTime":1767230001000,
    "groups":[],"stageGroup":[],
    "globalParams":[{"key":"CI_COMMIT_REF_NAME","value":"release","encrypted":false},
        {"key":"CI_COMMIT_ID","value":"00000000","encrypted":false},
        {"key":"CI_COMMIT_SHA","value":"0000000000000000000000000000000000000002","encrypted":false},
        {"key":"CI_SOURCE_BRANCHES","value":"[{\"CI_COMMIT_REF_NAME\":\"release\",\"CI_COMMIT_ID\":\"0000000000000000000000000000000000000002\"}]","encrypted":false},
        {"key":"BUILD_REMARK","value":"x","encrypted":false}],
    "sources":[{"sign":"demo_x1","type":"codeup","name":"demo","data":{"branch":"release",
        "repo":"https://codeup.aliyun.com/5ebbc0228123212b59xxxxx/demo.git","label":"grp/demo","isTrigger":true}}],
    "stages":[{"index":"Group0-Stage0","name":"构建","stageInfo":{"id":1,"name":"构建","status":"RUNNING",
        "startTime":1767230001000,"endTime":null,"jobs":[{"id":11,"jobSign":"19_1","name":"构建","status":"RUNNING",
        "startTime":1767230001000,"endTime":null,"params":"{}","result":null,"actions":null}]}}]}"#;

const GATE: &str = r#"{"id":2,"name":"人工卡点","jobSign":"ManualValidate","status":"WAITING","actions":[
    {"type":"PassPipelineValidate","disable":true,"params":{"validators":["1"]}},
    {"type":"RefusePipelineValidate","disable":true,"params":{}}]}"#;

const BY_HAND: &str = r#"{"id":3,"name":"发布","status":"INIT","startTime":null,"actions":[
    {"type":"ExecutePipelineJobRun","displayType":"EXECUTE","disable":false,"params":{}}]}"#;

const CONFLICT: &str = r#"{"id":4,"name":"分支集成","status":"RUNNING","actions":[{"type":"ExecutePipelineJobAction",
    "displayType":"CONFLICT_MERGE","disable":false,"params":{"actionId":"9"},
    "data":"{\"featureBranch\":\"feature/x\",\"featureBranchCommitId\":\"x\",\"releaseBranch\":\"release/y\"}"}]}"#;

const DEPLOYMENT: &str = r#"{"id":5,"name":"主机部署","status":"RUNNING",
    "result":"{\"message\":\"deploy.running\",\"successful\":true}","actions":[{"type":"GetVMDeployOrder",
    "displayType":"DEPLOY_ORDER","data":"{\"deployOrderId\":44,\"status\":\"RUNNING\"}",
    "params":{"deployOrderId":44}}]}"#;

const ORDER: &str = r#"{"deployOrderId":44,"status":"Waiting","deployMachineInfo":{"deployMachines":[
    {"machineSn":"sn-1","status":"Success"},{"machineSn":"sn-2","status":"Pending"}]}}"#;

const MACHINE_LOG: &str = r#"{"deployLog":"x","deployLogPath":"/x","deployBeginTime":1767230001000}"#;

const FAILED_RESULT: &str =
    r#"{"successful":false,"code":1903005,"message":"运行失败，请查看日志","data":{},"requestId":"x"}"#;

const BUILD_RESULT: &str = r#"{"successful":true,"data":{"RELEASE_INFO":"[]","ARTIFACTSV2":"[]","ARTIFACTS":"[]"}}"#;

const NOT_FOUND: &str = r#"{"errorCode":"NotFound","errorMessage":"Not Found","requestId":"x"}"#;

const NO_PERMISSION: &str = r#"{"Code":"InvalidPipeline.NotHavePipelinePermission","Message":"x","RequestId":"x",
    "HostId":"devops.cn-hangzhou.aliyuncs.com","Recommend":"https://api.aliyun.com/troubleshoot"}"#;

const WITHOUT_SOURCES: &str = r#"{"id":123,"name":"demo","pipelineConfigId":1,"pipelineConfig":{"version":35}}"#;

/// What is compared besides the members that were captured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    /// There are no others, except within JSON texts.
    None,
    /// There may be: the capture is an extract.
    Allowed,
}

/// Where something differs in its members or types; lists that differ in length are compared by their elements' shapes.
fn differences(captured: &Value, said: &Value, others: Others, path: &str) -> Vec<String> {
    match (captured, said) {
        (Value::Object(captured), Value::Object(said)) => {
            let missing =
                captured.keys().filter(|key| !said.contains_key(*key)).map(|key| format!("{path}.{key}: missing"));
            let added = said.keys().filter(|key| others == Others::None && !captured.contains_key(*key));
            let added = added.map(|key| format!("{path}.{key}: not in the capture"));
            let within = captured
                .iter()
                .filter_map(|(key, value)| Some(differences(value, said.get(key)?, others, &format!("{path}.{key}"))));
            missing.chain(added).chain(within.flatten()).collect()
        }
        (Value::Array(captured), Value::Array(said)) if captured.len() == said.len() => {
            let pairs = captured.iter().zip(said).enumerate();
            pairs
                .flat_map(|(index, (captured, said))| differences(captured, said, others, &format!("{path}[{index}]")))
                .collect()
        }
        (Value::Array(captured), Value::Array(said)) => {
            if said.is_empty() {
                return vec![format!("{path}: empty")];
            }
            let unlike = |said: &&Value| captured.iter().all(|known| !differences(known, said, others, "").is_empty());
            said.iter().filter(unlike).map(|said| format!("{path}: {said}")).collect()
        }
        (Value::String(captured), Value::String(said)) => match serde_json::from_str::<Value>(captured) {
            Ok(captured @ (Value::Object(_) | Value::Array(_))) => match serde_json::from_str(said) {
                Ok(said) => differences(&captured, &said, Others::Allowed, &format!("{path}:")),
                Err(_) => vec![format!("{path}: no JSON: {said}")],
            },
            _ => Vec::new(),
        },
        _ if std::mem::discriminant(captured) == std::mem::discriminant(said) => Vec::new(),
        _ => vec![format!("{path}: {captured} is said as {said}")],
    }
}

#[track_caller]
fn assert_alike(captured: &str, said: &Value, others: Others) {
    let captured: Value = serde_json::from_str(captured).unwrap();
    assert_eq!(differences(&captured, said, others, ""), [""; 0], "{said:#}");
}

fn source() -> Source {
    let mut source = Source::new("demo", "https://codeup.aliyun.com/5ebbc0228123212b59xxxxx/demo.git")
        .ancestors(&["0000000000000000000000000000000000000001"]);
    source.branch = "release".into();
    source.commits.insert("release".into(), "0000000000000000000000000000000000000002".into());
    source
}

/// A service with a run, started over an API, of these jobs, one in each stage.
fn with_a_run(start: &Request, jobs: Vec<Job>) -> Simulator {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| {
        pipeline.stages = jobs.into_iter().map(|job| Stage { name: job.name.clone(), jobs: vec![job] }).collect();
        pipeline.sources = vec![source()];
        pipeline.look_captured();
    });
    assert_eq!(answered(&simulator.answer(at(0), start)).0, 200);
    simulator
}

fn over_token(jobs: Vec<Job>) -> Simulator {
    with_a_run(&start_with_token(&json!({"params": r#"{"comment":"x"}"#})), jobs)
}

fn run_over_token(simulator: &Simulator, seconds: u64) -> Value {
    let (status, run) = get_with_token(simulator, &format!("{RUNS}/1"), at(seconds));
    assert_eq!(status, 200, "{run}");
    run
}

fn job_of(run: &Value, stage: usize) -> Value {
    run["stages"][stage]["stageInfo"]["jobs"][0].clone()
}

#[test]
fn a_failed_run_with_a_stage_that_never_began() {
    let jobs = vec![Job::new("构建", 5).ending("FAIL"), Job::new("主机部署", 5)];
    let simulator = with_a_run(&start(r#"{"comment":"x"}"#, at(0)), jobs);
    let run = get(&simulator, "GetPipelineRun", &format!("{PIPELINE}/pipelineRuns/1"), at(9)).1;
    assert_alike(FAILED, &run, Others::None);
    let captured: Value = serde_json::from_str(FAILED).unwrap();
    for place in [
        "/pipelineRun/status",
        "/pipelineRun/stageGroup",
        "/pipelineRun/sources/0/data",
        "/pipelineRun/stages/0/name",
        "/pipelineRun/stages/0/stageInfo/jobs/0/actions",
        "/pipelineRun/stages/1/name",
        "/pipelineRun/stages/1/stageInfo/status",
        "/pipelineRun/stages/1/stageInfo/jobs/0/params",
    ] {
        assert_eq!(run.pointer(place), captured.pointer(place), "{place}");
    }
}

#[test]
fn a_run_that_goes_on_over_the_token_api() {
    let run = run_over_token(&over_token(vec![Job::new("构建", 5)]), 3);
    assert_alike(RUNNING, &run, Others::None);
    let captured: Value = serde_json::from_str(RUNNING).unwrap();
    let parameters = |run: &Value| {
        let read = |text: &str| serde_json::from_str(text).ok().filter(Value::is_array).unwrap_or_else(|| json!(text));
        let parameters = run["globalParams"].as_array().unwrap().iter();
        let pairs =
            parameters.map(|one| (one["key"].as_str().unwrap().to_owned(), read(one["value"].as_str().unwrap())));
        pairs.collect::<BTreeMap<String, Value>>()
    };
    let said = parameters(&run);
    for (key, value) in parameters(&captured) {
        assert_eq!(said.get(&key), Some(&value), "{key}");
    }
    assert_eq!(run.pointer("/stages/0/index"), captured.pointer("/stages/0/index"));
}

#[test]
fn what_waits_for_somebody() {
    for (captured, job) in [
        (GATE, Job::gate("人工卡点").validators(&["1"])),
        (BY_HAND, Job::new("发布", 5).manual()),
        (CONFLICT, Job::conflict("分支集成")),
        (DEPLOYMENT, Job::deployment("主机部署", vec![vec![Machine::new("sn-1", 5)]])),
    ] {
        let job = job_of(&run_over_token(&over_token(vec![job]), 3), 0);
        assert_alike(captured, &job, Others::Allowed);
        let captured: Value = serde_json::from_str(captured).unwrap();
        assert_eq!(job["status"], captured["status"], "{captured}");
        for (said, captured) in job["actions"].as_array().unwrap().iter().zip(captured["actions"].as_array().unwrap()) {
            assert_eq!((&said["type"], &said["disable"]), (&captured["type"], &captured["disable"]), "{captured}");
        }
    }
}

#[test]
fn the_order_of_a_deployment_and_the_log_of_a_machine() {
    let machines = vec![vec![Machine::new("sn-1", 5).log(0, "deploying")], vec![Machine::new("sn-2", 5)]];
    let simulator = over_token(vec![Job::deployment("主机部署", machines).pausing()]);
    let id = job_of(&run_over_token(&simulator, 9), 0)["actions"][0]["params"]["deployOrderId"].clone();
    let target = format!("{}/deploy/{id}", RUNS.replace("/runs", ""));
    let order = get_with_token(&simulator, &target, at(9)).1;
    assert_alike(ORDER, &order, Others::Allowed);
    assert_eq!(order["status"], "Waiting");
    let log = get_with_token(&simulator, &format!("{target}/machine/sn-1/log"), at(9)).1;
    assert_alike(MACHINE_LOG, &log, Others::None);

    let target = format!("{PIPELINE}/deploy/{id}");
    let of_other_api = get(&simulator, "GetVMDeployOrder", &target, at(9)).1;
    assert_eq!((&of_other_api["deployOrder"], &of_other_api["success"]), (&order, &json!(true)));
    let of_other_api = get(&simulator, "LogVMDeployMachine", &format!("{target}/machine/sn-1/log"), at(9)).1;
    assert_eq!(of_other_api["deployMachineLog"], log);
}

#[test]
fn results() {
    let simulator = over_token(vec![
        Job::new("构建", 5).output("RELEASE_INFO", "[]").output("ARTIFACTSV2", "[]").artifacts("[]"),
        Job::new("测试", 5).failing(1_903_005, "运行失败，请查看日志"),
    ]);
    let run = run_over_token(&simulator, 60);
    let result = |stage: usize| serde_json::from_str(job_of(&run, stage)["result"].as_str().unwrap()).unwrap();
    assert_alike(BUILD_RESULT, &result(0), Others::None);
    assert_eq!(result(0), serde_json::from_str::<Value>(BUILD_RESULT).unwrap());
    assert_alike(FAILED_RESULT, &result(1), Others::None);
}

#[test]
fn refusals() {
    let simulator = Simulator::default();
    let (status, answer) = get_with_token(&simulator, &format!("{RUNS}/9"), at(0));
    assert_alike(NOT_FOUND, &answer, Others::None);
    assert_eq!((status, &answer["errorMessage"]), (404, &json!("Not Found")));

    let key = |code: &str| AccessKey::new("stranger", "secret").refused_with(code);
    simulator.configure(|setup| setup.access_keys.push(key("InvalidPipeline.NotHavePipelinePermission")));
    let stranger = Request::new("GET", HOST, PIPELINE)
        .with_header("accept", "application/json")
        .with_header("x-acs-action", "GetPipeline");
    let stranger = signed(stranger, at(0), "stranger", "secret");
    let (status, answer) = answered(&simulator.answer(at(0), &stranger));
    assert_alike(NO_PERMISSION, &answer, Others::None);
    assert_eq!(status, 403);
}

#[test]
fn a_pipeline_without_sources() {
    let simulator = Simulator::default();
    let shown = |sources| {
        simulator.pipeline(|pipeline| pipeline.config_sources = sources);
        let of_token_api = get_with_token(&simulator, &RUNS.replace("/runs", ""), at(0)).1;
        let of_other_api = get(&simulator, "GetPipeline", PIPELINE, at(0)).1["pipeline"].clone();
        assert_eq!(of_token_api["pipelineConfig"], of_other_api["pipelineConfig"]);
        for pipeline in [&of_token_api, &of_other_api] {
            assert_alike(WITHOUT_SOURCES, pipeline, Others::Allowed);
        }
        of_token_api["pipelineConfig"].get("sources").cloned()
    };
    assert!(shown(ConfigSources::Listed).unwrap().is_array());
    assert_eq!(shown(ConfigSources::Missing), None);
    assert_eq!(shown(ConfigSources::Null), Some(Value::Null));
}

#[test]
fn the_comparison_sees_what_differs() {
    let captured = json!({"a": 1, "b": [{"c": null}], "d": "{\"e\":1}"});
    let differs = |said: Value| differences(&captured, &said, Others::None, "");
    assert_eq!(differs(json!({"a": 2, "b": [{"c": null}], "d": "{\"e\":2,\"f\":3}"})), [""; 0]);
    assert_eq!(differs(json!({"a": 1, "b": [], "d": "{}"})), [".b: empty", ".d:.e: missing"]);
    assert_eq!(
        differs(json!({"a": "1", "b": [{"c": 1}], "d": "x", "g": 1})),
        [".g: not in the capture", ".a: 1 is said as \"1\"", ".b[0].c: null is said as 1", ".d: no JSON: x"]
    );
}
