//! The token API.

use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_simulator::{
    AccessToken, Edition, ForeignRun, Job, Pipeline, Request, Setup, Simulator, Source, Stage, setup,
};

use crate::client::{PIPELINE, RUNS, answered, at, get, get_with_token, start_with_token, with_token};

fn get_run(simulator: &Simulator, seconds: u64) -> Value {
    let (status, run) = get_with_token(simulator, &format!("{RUNS}/1"), at(seconds));
    assert_eq!(status, 200, "{run}");
    run
}

#[test]
fn a_run_is_started_listed_followed_and_stopped() {
    let simulator = Simulator::default();
    let params = json!({"comment": "备注 [marker]", "envs": {"k": "v"}});
    let body = json!({"params": params.to_string()});
    assert_eq!(answered(&simulator.answer(at(0), &start_with_token(&body))), (200, json!(1)));

    let (_, rows) = get_with_token(&simulator, RUNS, at(2));
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["startTime"]), (1, &json!(1_786_001_576_000_u64)));
    assert_eq!((&rows[0]["pipelineRunId"], &rows[0]["triggerMode"]), (&json!(1), &json!(4)));

    let run = get_run(&simulator, 1);
    let parameters = run["globalParams"].as_array().unwrap();
    let parameter = |key: &str| {
        let found = parameters.iter().find(|parameter| parameter["key"] == key).unwrap();
        (found["value"].as_str().unwrap().to_owned(), found["encrypted"].as_bool().unwrap())
    };
    for (key, value) in [("FLOW_INST_RUNNING_COMMENT", "备注 [marker]"), ("BUILD_REMARK", "备注 [marker]"), ("k", "v")]
    {
        assert_eq!(parameter(key), (value.into(), false), "before there are jobs");
    }
    assert_eq!((&run["status"], &run["stages"]), (&json!("WAITING"), &json!([])));
    assert_eq!(run.get("startTime"), None);
    let run = get_run(&simulator, 2);
    let job = &run["stages"][0]["stageInfo"]["jobs"][0];
    assert!(job["params"].as_str().unwrap().contains("BUILD_REMARK"));
    assert_eq!((&run["stages"][0]["index"], &job["result"]), (&json!("1"), &json!("{}")));
    assert_eq!(get_with_token(&simulator, &format!("{RUNS}/latestPipelineRun"), at(2)), (200, run.clone()));

    let log = |time| get_with_token(&simulator, &format!("{RUNS}/1/job/{}/log", job["id"]), time);
    assert_eq!(log(at(3)), (200, json!({"content": "mvn package\n", "last": 1, "more": true})));
    assert_eq!(log(at(8)).1["last"], 2);

    assert_eq!(answered(&simulator.answer(at(9), &with_token("PUT", &format!("{RUNS}/1")))), (200, json!(true)));
    assert_eq!(get_run(&simulator, 9)["status"], "CANCELED");
    let started = &simulator.started()[0];
    assert_eq!((started.params.as_ref(), started.stopped), (Some(&params), Some(at(9))));
    let seen = simulator.seen();
    let actions: Vec<_> = seen.iter().map(|seen| seen.action.as_deref().unwrap()).collect();
    assert_eq!(actions[..3], ["StartPipelineRun", "ListPipelineRuns", "GetPipelineRun"]);
    assert_eq!(actions[4..7], ["GetLatestPipelineRun", "LogPipelineJobRun", "LogPipelineJobRun"]);
    assert_eq!((actions[7], seen[7].verified.as_deref()), ("StopPipelineRun", Some("token")));
}

#[test]
fn parameters_that_are_no_text_are_ignored_without_a_word() {
    let simulator = Simulator::default();
    let address = Source::default().repository;
    let branches = json!({"runningBranchs": {address: "release/1.0"}});
    let branch_of = |body: Value| {
        let (status, id) = answered(&simulator.answer(at(0), &start_with_token(&body)));
        assert_eq!(status, 200);
        get_with_token(&simulator, &format!("{RUNS}/{id}"), at(0)).1["sources"][0]["data"]["branch"].clone()
    };
    assert_eq!(branch_of(json!({"params": branches.to_string()})), "release/1.0");
    assert_eq!(branch_of(json!({"params": branches})), "master");
    assert_eq!(branch_of(json!({})), "master");
}

#[test]
fn lists_have_pages_in_their_headers() {
    let simulator = Simulator::default();
    for seconds in 0..5 {
        simulator.add_foreign_run(ForeignRun::new(at(seconds))).unwrap();
    }
    let page = |query: &str| {
        let outcome = simulator.answer(at(60), &with_token("GET", &format!("{RUNS}?{query}")));
        let (status, rows) = answered(&outcome);
        assert_eq!(status, 200, "{rows}");
        let ids: Vec<u64> = rows.as_array().unwrap().iter().map(|row| row["pipelineRunId"].as_u64().unwrap()).collect();
        let names = ["x-page", "x-per-page", "x-next-page", "x-prev-page", "x-total", "x-total-pages"];
        let answer = outcome.answer().unwrap();
        (ids, names.map(|name| answer.header(name).unwrap().to_owned()).join("|"))
    };
    assert_eq!(page(""), (vec![5, 4, 3, 2, 1], "1|10|||5|1".into()));
    assert_eq!(page("perPage=2"), (vec![5, 4], "1|2|2||5|3".into()));
    assert_eq!(page("perPage=2&page=2"), (vec![3, 2], "2|2|3|1|5|3".into()));
    assert_eq!(page("perPage=2&page=3"), (vec![1], "3|2||2|5|3".into()));
    assert_eq!(page("page=9").0, [0; 0]);
    assert_eq!(page("endTme=1786001577000").0, [2, 1]);
    assert_eq!(page("endTime=1786001577000").0.len(), 5, "the right spelling is not the API's");
    assert_eq!(page("status=FAIL&triggerMode=1").0, [0; 0]);
    for wrong in ["perPage=31", "perPage=0", "page=0", "page=x"] {
        let (status, answer) = get_with_token(&simulator, &format!("{RUNS}?{wrong}"), at(60));
        assert_eq!((status, &answer["errorCode"]), (400, &json!("BadRequest")), "{wrong}");
    }
}

#[test]
fn a_run_shows_up_late_and_vanishes_as_in_the_other_api() {
    let lag = Duration::from_secs(5);
    let simulator = Simulator::new(Setup { list_lag: lag, detail_lag: lag, clock_offset: 60, ..Setup::default() });
    let _ = simulator.answer(at(0), &start_with_token(&json!({})));
    let listed = |time| get_with_token(&simulator, RUNS, time).1.as_array().unwrap().len();
    let found = |what: &str, time| get_with_token(&simulator, &format!("{RUNS}/{what}"), time).0;
    assert_eq!((listed(at(4)), found("1", at(4)), found("latestPipelineRun", at(4))), (0, 404, 404));
    assert_eq!((listed(at(5)), found("1", at(5)), found("latestPipelineRun", at(5))), (1, 200, 200));
    assert_eq!(get_run(&simulator, 5)["createTime"], 1_786_001_634_000_u64);
    assert!(simulator.vanish(123, 1));
    assert_eq!((listed(at(6)), found("1", at(6)), found("latestPipelineRun", at(6))), (0, 404, 404));
}

#[test]
fn what_is_bare_may_be_a_text() {
    let simulator = Simulator::new(Setup { answers_strings: true, ..Setup::default() });
    assert_eq!(answered(&simulator.answer(at(0), &start_with_token(&json!({})))).1, "1");
    assert_eq!(answered(&simulator.answer(at(0), &with_token("PUT", &format!("{RUNS}/1")))).1, "true");
}

#[test]
fn tokens_and_paths_are_looked_at() {
    let simulator = Simulator::default();
    simulator.configure(|setup| {
        setup.access_tokens.push(AccessToken::new("pt-old").expired());
        setup.access_tokens.push(AccessToken::new("pt-poor").refused_with("Forbidden.InvalidOrganizationMember"));
        setup.pipelines.insert(124, Pipeline { read_only: true, ..Pipeline::default() });
    });
    let code = |request: &Request| {
        let (status, answer) = answered(&simulator.answer(at(0), request));
        assert!(answer["errorMessage"].is_string() && answer["requestId"].is_string(), "{answer}");
        format!("{status} {}", answer["errorCode"].as_str().unwrap())
    };
    let of = |token: &str| Request::new("GET", "", RUNS).with_header("x-yunxiao-token", token);
    assert_eq!(code(&Request::new("GET", "", RUNS)), "401 Unauthorized");
    assert_eq!(code(&of("pt-other")), "401 InvalidTokenError");
    assert_eq!(code(&of("pt-old")), "401 ExpiredTokenError");
    assert_eq!(code(&of("pt-poor")), "403 Forbidden.InvalidOrganizationMember");
    let get = |target: &str| code(&with_token("GET", target));
    assert_eq!(get(&RUNS.replace("5ebb", "xxxx")), "403 Forbidden.InvalidUser.UserNotInCurrentOrganization");
    assert_eq!(get(&RUNS.replace("123/", "9/")), "404 NotFound");
    assert_eq!(get(&RUNS.replace("123/", "x/")), "400 BadRequest");
    assert_eq!(get(&format!("{RUNS}/1")), "404 NotFound");
    assert_eq!(get(&RUNS.replace("/runs", "/pipelineRuns")), "404 NotFound");
    assert_eq!(get(&RUNS.replace("/organizations/5ebbc0228123212b59xxxxx", "")), "404 NotFound");
    let mut start = start_with_token(&json!({}));
    start.path = start.path.replace("123/", "124/");
    assert_eq!(code(&start), "403 Forbidden");
    assert_eq!(code(&start_with_token(&json!({"params": "[]"}))), "400 BadRequest");
    assert!(simulator.runs().is_empty());
    let refused: Vec<_> = simulator.seen().into_iter().map(|seen| (seen.verified, seen.refused)).collect();
    assert_eq!(refused[1], (None, Some("InvalidTokenError".into())));
    assert_eq!(refused[3], (Some("token".into()), Some("Forbidden.InvalidOrganizationMember".into())));
}

#[test]
fn a_region_edition_has_no_organisations_in_its_paths() {
    let simulator = Simulator::new(Setup { edition: Edition::Region, ..Setup::default() });
    let runs = "/oapi/v1/flow/pipelines/123/runs";
    let mut start = start_with_token(&json!({}));
    assert_eq!(answered(&simulator.answer(at(0), &start)).0, 404);
    start.path = runs.into();
    assert_eq!(answered(&simulator.answer(at(0), &start)), (200, json!(1)));
    assert_eq!(get_with_token(&simulator, &format!("{runs}/1"), at(0)).1["pipelineRunId"], 1);
    let user = "/oapi/v1/platform/user";
    assert_eq!(get_with_token(&simulator, user, at(0)).1["lastOrganization"], setup::ORGANIZATION);
    let actions: Vec<_> = simulator.seen().into_iter().map(|seen| seen.action).collect();
    assert_eq!(actions[0], None);
    assert_eq!(actions[3].as_deref(), Some("GetUserByToken"));
}

#[test]
fn a_gate_is_shown_in_two_ways_and_decided() {
    let stages = vec![Stage::new("卡点", vec![Job::gate("审批")]), Stage::new("部署", vec![Job::new("部署", 5)])];
    let pipeline = Pipeline { stages, ..Pipeline::default() };
    let simulator = Simulator::new(Setup { pipelines: [(123, pipeline)].into(), ..Setup::default() });
    let _ = simulator.answer(at(0), &start_with_token(&json!({})));
    let job = || get_run(&simulator, 60)["stages"][0]["stageInfo"]["jobs"][0].clone();
    assert_eq!(job()["actions"][1]["type"], "RefusePipelineValidate");
    assert_eq!(job()["actions"][1]["disable"], false);
    simulator.configure(|setup| setup.plain_gate_actions = true);
    assert_eq!(job()["actions"], json!(["pass", "refuse"]));
    let gate = |word: &str| format!("{}/1/jobs/{}/{word}", RUNS.replace("/runs", "/pipelineRuns"), job()["id"]);
    assert_eq!(answered(&simulator.answer(at(60), &with_token("POST", &gate("pass")))), (200, json!(true)));
    assert_eq!(answered(&simulator.answer(at(61), &with_token("POST", &gate("refuse")))).0, 404, "it is decided");
    assert_eq!(simulator.status(at(65), 123, 1).as_deref(), Some("SUCCESS"));
}

#[test]
fn sources_of_every_kind_are_shown_by_both_apis() {
    let kinds = ["codeup", "github", "gitlab", "customGitlab", "gitee", "git"];
    let code = kinds.map(|kind| Source::new(kind, &format!("https://{kind}.example/repo.git")).with_kind(kind));
    let others = ["flowPipeline", "acr", "packages"].map(|kind| Source::artifacts(kind, kind));
    let sources: Vec<Source> = code.into_iter().chain(others).collect();
    let pipeline = Pipeline { sources, ..Pipeline::default() };
    let simulator = Simulator::new(Setup { pipelines: [(123, pipeline)].into(), ..Setup::default() });
    let _ = simulator.answer(at(0), &start_with_token(&json!({})));
    let of_token_api = get_with_token(&simulator, &RUNS.replace("/runs", ""), at(0)).1;
    assert_eq!(of_token_api["name"], "demo");
    let of_token_api = of_token_api["pipelineConfig"]["sources"].clone();
    let of_other_api =
        get(&simulator, "GetPipeline", PIPELINE, at(0)).1["pipeline"]["pipelineConfig"]["sources"].clone();
    assert_eq!(of_token_api, of_other_api);
    let run = get_run(&simulator, 5);
    for (index, kind) in kinds.iter().enumerate() {
        let address = format!("https://{kind}.example/repo.git");
        assert_eq!(
            (&of_token_api[index]["type"], &of_token_api[index]["data"]["repo"]),
            (&json!(kind), &json!(address))
        );
        assert_eq!(run["sources"][index]["data"]["repo"], address.as_str());
    }
    for index in 6..9 {
        assert_eq!((&of_token_api[index]["data"], &run["sources"][index]["data"]), (&json!({}), &json!({})));
    }
    let parameters = run["stages"][0]["stageInfo"]["jobs"][0]["params"].as_str().unwrap().to_owned();
    assert_eq!(parameters.matches("CI_COMMIT_ID").count(), 6, "only code has commits");
}
