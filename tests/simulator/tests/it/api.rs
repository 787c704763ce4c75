//! The AccessKey API.

use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_simulator::{AccessKey, ErrorShape, ForeignRun, Job, Pipeline, Request, Setup, Simulator, Source, Stage};

use crate::client::{HOST, PIPELINE, RUN, answered, at, get, request, signed, start};

#[test]
fn a_run_is_started_listed_followed_and_stopped() {
    let simulator = Simulator::default();
    let params = r#"{"comment":"备注 [marker]","envs":{"k":"v"}}"#;
    let (status, answer) = answered(&simulator.answer(at(0), &start(params, at(0))));
    assert_eq!((status, &answer["pipelineRunId"], &answer["success"]), (200, &json!(1), &json!(true)));
    assert_eq!(answer["errorCode"], "\"\"", "as in the official example");

    let list = format!("{PIPELINE}/pipelineRuns");
    let row = |time| get(&simulator, "ListPipelineRuns", &list, time).1["pipelineRuns"][0].clone();
    assert_eq!(row(at(1))["startTime"], Value::Null, "it waits");
    assert_eq!(row(at(1)).get("createTime"), None);
    assert_eq!(row(at(2))["startTime"], 1_786_001_576_000_u64);

    let run = |time| get(&simulator, "GetPipelineRun", &format!("{list}/1"), time).1["pipelineRun"].clone();
    assert_eq!(run(at(1))["createTime"], 1_786_001_574_000_u64);
    assert_eq!((&run(at(1))["status"], &run(at(1))["stages"]), (&json!("WAITING"), &json!([])));
    let job = run(at(2))["stages"][0]["stageInfo"]["jobs"][0].clone();
    let parameters: Value = serde_json::from_str(job["params"].as_str().unwrap()).unwrap();
    assert_eq!(parameters["FLOW_INST_RUNNING_COMMENT"], "备注 [marker]");
    assert_eq!(parameters["BUILD_REMARK"], "备注 [marker]");

    let logs = format!("{}/job/{}/logs", PIPELINE.replace("pipelines", "pipeline") + "/pipelineRun/1", job["id"]);
    let log = |time| get(&simulator, "LogPipelineJobRun", &logs, time).1["log"].clone();
    assert_eq!(log(at(3)), json!({"content": "mvn package\n", "more": true}));
    assert_eq!(log(at(8)), json!({"content": "mvn package\nBUILD SUCCESS\n", "more": false}));

    let stop = request("StopPipelineRun", "PUT", &format!("{list}/1/stop"), at(9));
    assert_eq!(answered(&simulator.answer(at(9), &stop)).0, 200);
    assert_eq!(run(at(9))["status"], "CANCELED");
    let runs = simulator.started();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].params, Some(serde_json::from_str(params).unwrap()));
    assert_eq!((runs[0].comment.as_deref(), runs[0].stopped), (Some("备注 [marker]"), Some(at(9))));
    assert_eq!(runs[0].request, Some(0));
    assert_eq!(simulator.seen()[0].verified.as_deref(), Some("testAccessKeyId"));
}

#[test]
fn a_run_that_nobody_stops_succeeds() {
    let simulator = Simulator::default();
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    assert_eq!(simulator.status(at(11), 123, 1).as_deref(), Some("RUNNING"));
    assert_eq!(simulator.status(at(12), 123, 1).as_deref(), Some("SUCCESS"));
}

#[test]
fn lists_are_paged_from_the_newest_run_down_and_filtered() {
    let simulator = Simulator::default();
    for seconds in 0..5 {
        simulator.add_foreign_run(ForeignRun::new(at(seconds))).unwrap();
    }
    let _ = simulator.answer(at(5), &start("{}", at(5)));
    let page = |query: &str| {
        let (status, answer) = get(&simulator, "ListPipelineRuns", &format!("{PIPELINE}/pipelineRuns?{query}"), at(6));
        assert_eq!(status, 200, "{answer}");
        let rows = answer["pipelineRuns"].as_array().unwrap().iter();
        let ids: Vec<u64> = rows.map(|row| row["pipelineRunId"].as_u64().unwrap()).collect();
        (ids, answer["nextToken"].as_str().unwrap().to_owned(), answer["totalCount"].as_u64().unwrap())
    };
    assert_eq!(page("maxResults=4"), (vec![6, 5, 4, 3], "3".into(), 6));
    assert_eq!(page("maxResults=4&nextToken=3"), (vec![2, 1], String::new(), 6));
    assert_eq!(page("triggerMode=4").0, [6]);
    assert_eq!(page("status=WAITING").0, [6]);
    assert_eq!(page("startTime=1786001574000").0, [5, 4, 3, 2, 1], "a run that waits has no start time");
    assert_eq!(page("endTime=1786001577000").0, [2, 1]);
    let wrong = get(&simulator, "ListPipelineRuns", &format!("{PIPELINE}/pipelineRuns?maxResults=x"), at(6));
    assert_eq!((wrong.0, &wrong.1["Code"]), (400, &json!("InvalidParam.ParamNotPresent")));
}

#[test]
fn a_run_shows_up_late_where_lags_are_set() {
    let lag = Duration::from_secs(5);
    let simulator = Simulator::new(Setup { list_lag: lag, detail_lag: lag, ..Setup::default() });
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    let list = format!("{PIPELINE}/pipelineRuns");
    let listed = |time| get(&simulator, "ListPipelineRuns", &list, time).1["totalCount"].clone();
    let found = |time| get(&simulator, "GetPipelineRun", &format!("{list}/1"), time).0;
    assert_eq!((listed(at(4)), found(at(4))), (json!(0), 404));
    assert_eq!((listed(at(5)), found(at(5))), (json!(1), 200));
}

#[test]
fn wrong_paths_and_unknown_things_have_their_codes() {
    let simulator = Simulator::default();
    simulator.configure(|setup| {
        setup.pipelines.insert(124, Pipeline { read_only: true, ..Pipeline::default() });
        setup.access_keys.push(AccessKey::new("stranger", "secret").refused_with("InvalidUser.NotFound"));
    });
    let code = |action: &str, method: &str, target: &str| {
        let (status, answer) = answered(&simulator.answer(at(0), &request(action, method, target, at(0))));
        format!("{status} {}", answer["Code"].as_str().unwrap())
    };
    let singular = RUN.replace("organizations", "organization");
    assert_eq!(code("StartPipelineRun", "POST", &singular), "404 InvalidAction.NotFound");
    assert_eq!(code("StartPipelineRun", "PUT", RUN), "404 InvalidAction.NotFound");
    assert_eq!(code("GetPipeline", "POST", RUN), "404 InvalidAction.NotFound");
    let unknown = RUN.replace("5ebb", "xxxx");
    assert_eq!(code("StartPipelineRun", "POST", &unknown), "404 InvalidOrganization.NotFound");
    assert_eq!(code("StartPipelineRun", "POST", &RUN.replace("123/", "9/")), "404 InvalidPipeline.NotFound");
    assert_eq!(code("StartPipelineRun", "POST", &RUN.replace("123/", "x/")), "400 InvalidParam.ParamNotPresent");
    assert_eq!(code("StartPipelineRun", "POST", &RUN.replace("123/", "124/")), "403 Forbidden.AccessDenied");
    let run = format!("{PIPELINE}/pipelineRuns/7");
    assert_eq!(code("GetPipelineRun", "GET", &run), "404 InvalidPipelineRun.NotFound");
    assert_eq!(code("StopPipelineRun", "PUT", &format!("{run}/stop")), "404 InvalidPipelineRun.NotFound");

    let stranger = Request::new("GET", HOST, PIPELINE)
        .with_header("accept", "application/json")
        .with_header("x-acs-action", "GetPipeline");
    let (status, answer) = answered(&simulator.answer(at(0), &signed(stranger, at(0), "stranger", "secret")));
    assert_eq!((status, &answer["Code"]), (400, &json!("InvalidUser.NotFound")));
    assert!(simulator.runs().is_empty());
}

#[test]
fn a_nonce_is_good_for_one_request() {
    let simulator = Simulator::default();
    let request = start("{}", at(0));
    assert_eq!(answered(&simulator.answer(at(0), &request)).0, 200);
    let (status, answer) = answered(&simulator.answer(at(1), &request));
    assert_eq!((status, &answer["Code"]), (400, &json!("SignatureNonceUsed")));
    simulator.configure(|setup| setup.refuses_used_nonces = false);
    assert_eq!(answered(&simulator.answer(at(2), &request)).1["pipelineRunId"], 2);
}

#[test]
fn a_clock_that_is_ahead_shows_in_the_date_and_in_every_time() {
    let simulator = Simulator::new(Setup { clock_offset: 3600, ..Setup::default() });
    let outcome = simulator.answer(at(0), &start("{}", at(0)));
    let answer = outcome.answer().unwrap();
    assert_eq!(answer.header("date"), Some("Thu, 06 Aug 2026 08:32:54 GMT"));
    assert_eq!(answered(&outcome).1["Code"], "InvalidTimeStamp.Expired");
    let request = start("{}", at(3600));
    assert_eq!(answered(&simulator.answer(at(0), &request)).0, 200);
    simulator.configure(|setup| setup.clock_tolerance = None);
    let run = get(&simulator, "GetPipelineRun", &format!("{PIPELINE}/pipelineRuns/1"), at(0)).1;
    assert_eq!(run["pipelineRun"]["createTime"], 1_786_005_174_000_u64);
}

#[test]
fn answers_come_in_the_other_documented_forms() {
    let simulator = Simulator::new(Setup { answers_strings: true, ..Setup::default() });
    let (_, answer) = answered(&simulator.answer(at(0), &start("{}", at(0))));
    assert_eq!((&answer["pipelineRunId"], &answer["success"]), (&json!("1"), &json!("true")));

    let mut without_accept = start("{}", at(0));
    without_accept.headers.retain(|(name, _)| name != "accept");
    let outcome = simulator.answer(at(0), &without_accept);
    let answer = outcome.answer().unwrap();
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
    assert!(answer.body.contains("<StartPipelineRunResponse>"), "{}", answer.body);
    assert!(answer.body.contains("<pipelineRunId>2</pipelineRunId>"), "{}", answer.body);
    let outcome = simulator.answer(at(0), &without_accept);
    assert!(outcome.answer().unwrap().body.contains("<Code>SignatureNonceUsed</Code>"));

    for (shape, key) in
        [(ErrorShape::LowerCase, "code"), (ErrorShape::Envelope, "errorCode"), (ErrorShape::ErrorMsg, "errorCode")]
    {
        simulator.configure(|setup| setup.error_shape = shape);
        let (status, answer) = get(&simulator, "GetPipeline", &PIPELINE.replace("/123", "/9"), at(0));
        assert_eq!((status, &answer[key]), (404, &json!("InvalidPipeline.NotFound")));
    }
}

#[test]
fn sources_show_the_branch_and_commit_of_a_run() {
    let address = "https://codeup.aliyun.com/org/repo.git";
    let mut source = Source::new("repo", address);
    source.commits.insert("release/1.0".into(), "1a2b3c".into());
    let pipeline = Pipeline { sources: vec![source], ..Pipeline::default() };
    let simulator = Simulator::new(Setup { pipelines: [(123, pipeline)].into(), ..Setup::default() });
    let params = json!({"runningBranchs": {address: "release/1.0", "https://unknown.git": "x"}});
    let _ = simulator.answer(at(0), &start(&params.to_string(), at(0)));
    let run = get(&simulator, "GetPipelineRun", &format!("{PIPELINE}/pipelineRuns/1"), at(0)).1;
    let data = &run["pipelineRun"]["sources"][0]["data"];
    assert_eq!((&data["branch"], &data["repo"]), (&json!("release/1.0"), &json!(address)));
    assert!(data["commint"].as_str().unwrap().contains("1a2b3c"));
    let (_, pipeline) = get(&simulator, "GetPipeline", PIPELINE, at(0));
    let sources = &pipeline["pipeline"]["pipelineConfig"]["sources"];
    assert_eq!((&sources[0]["data"]["branch"], &sources[0]["data"]["isBranchMode"]), (&json!("master"), &json!(false)));
}

#[test]
fn a_gate_is_shown_and_passed() {
    let stages = vec![Stage::new("卡点", vec![Job::gate("审批")]), Stage::new("部署", vec![Job::new("部署", 5)])];
    let pipeline = Pipeline { stages, ..Pipeline::default() };
    let simulator = Simulator::new(Setup { pipelines: [(123, pipeline)].into(), ..Setup::default() });
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    let target = format!("{PIPELINE}/pipelineRuns/1");
    let run = get(&simulator, "GetPipelineRun", &target, at(60)).1["pipelineRun"].clone();
    let job = &run["stages"][0]["stageInfo"]["jobs"][0];
    assert_eq!((&run["status"], &job["actions"][0]["type"]), (&json!("RUNNING"), &json!("PassPipelineValidate")));
    let pass = format!("{target}/jobs/{}/pass", job["id"]);
    assert_eq!(answered(&simulator.answer(at(60), &request("PassPipelineValidate", "POST", &pass, at(60)))).0, 200);
    assert_eq!(simulator.status(at(65), 123, 1).as_deref(), Some("SUCCESS"));
    assert_eq!(simulator.decide_gates(at(65), 123, 1, true), 0);
}

#[test]
fn what_was_verified_is_recorded_even_when_it_is_refused() {
    let simulator = Simulator::default();
    let request = start("{}", at(0));
    let mut forged = start("{}", at(0));
    forged.body.push(b'x');
    for request in [&request, &request, &forged] {
        let _ = simulator.answer(at(0), request);
    }
    let seen = simulator.seen();
    let of = |index: usize| (seen[index].verified.as_deref(), seen[index].refused.as_deref());
    assert_eq!(of(0), (Some("testAccessKeyId"), None));
    assert_eq!(of(1), (Some("testAccessKeyId"), Some("SignatureNonceUsed")));
    assert_eq!(of(2), (None, Some("SignatureDoesNotMatch")));
}
