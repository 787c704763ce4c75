//! What a run says that it builds.

use serde_json::{Value, json};
use yunxiao_simulator::{Simulator, Source};

use crate::client::{PIPELINE, RUNS, answered, at, get, get_with_token, start};

const BASE: &str = "https://codeup.aliyun.com/org/a.git";

/// A service on which a run of these sources was started with run parameters.
fn with_a_run(sources: Vec<Source>, params: &Value) -> Simulator {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| pipeline.sources = sources);
    assert_eq!(answered(&simulator.answer(at(0), &start(&params.to_string(), at(0)))).0, 200);
    simulator
}

fn sources(simulator: &Simulator) -> Value {
    get(simulator, "GetPipelineRun", &format!("{PIPELINE}/pipelineRuns/1"), at(3)).1["pipelineRun"]["sources"].clone()
}

/// A parameter as the token API has it for the run, and as both APIs have it for a job.
fn parameter(simulator: &Simulator, key: &str) -> (Value, Value) {
    let run = get_with_token(simulator, &format!("{RUNS}/1"), at(3)).1;
    let of_other_api = get(simulator, "GetPipelineRun", &format!("{PIPELINE}/pipelineRuns/1"), at(3)).1;
    let params = |run: &Value| {
        let text = run["stages"][0]["stageInfo"]["jobs"][0]["params"].as_str().unwrap().to_owned();
        serde_json::from_str::<Value>(&text).unwrap()[key].clone()
    };
    assert_eq!(params(&run), params(&of_other_api["pipelineRun"]));
    let found = run["globalParams"].as_array().unwrap().iter().find(|parameter| parameter["key"] == key);
    (found.map_or(Value::Null, |parameter| parameter["value"].clone()), params(&run))
}

#[test]
fn the_first_of_several_commits_is_the_one_that_is_built() {
    let source = Source::new("a", BASE).ancestors(&["bbb", "ccc"]);
    let commit = source.commit("master");
    let simulator = with_a_run(vec![source, Source::new("b", "https://codeup.aliyun.com/org/b.git")], &json!({}));
    let commits: Value = serde_json::from_str(sources(&simulator)[0]["data"]["commint"].as_str().unwrap()).unwrap();
    assert_eq!(commits, json!([{"commitId": commit}, {"commitId": "bbb"}, {"commitId": "ccc"}]));
    let same = |value: &str| (json!(value), json!(value));
    assert_eq!(parameter(&simulator, "CI_COMMIT_SHA"), same(&commit));
    assert_eq!(parameter(&simulator, "CI_COMMIT_ID"), (json!(commit[..8]), Value::Null));
    assert_eq!(parameter(&simulator, "CI_COMMIT_REF_NAME"), same("master"));
    assert_eq!(parameter(&simulator, "CI_COMMIT_REF_NAME_1"), same("master"));
    let (of_run, of_job) = parameter(&simulator, "CI_SOURCE_BRANCHES");
    assert_eq!(serde_json::from_str::<Value>(of_run.as_str().unwrap()).unwrap(), of_job);
    assert_eq!(of_job[0], json!({"CI_COMMIT_REF_NAME": "master", "CI_COMMIT_ID": commit}));
}

#[test]
fn another_branch_is_built_than_was_asked_for() {
    let params = json!({"runningBranchs": {BASE: "release"}});
    let built = |source: Source| {
        let simulator = with_a_run(vec![source], &params);
        let branch = sources(&simulator)[0]["data"]["branch"].as_str().unwrap().to_owned();
        (branch, parameter(&simulator, "CI_COMMIT_REF_NAME").0.as_str().unwrap().to_owned())
    };
    assert_eq!(built(Source::new("a", BASE)), ("release".into(), "release".into()));
    assert_eq!(built(Source::new("a", BASE).building("master")), ("master".into(), "master".into()));
    let shown = Source { shows_branch: Some("master".into()), ..Source::new("a", BASE) };
    assert_eq!(built(shown), ("master".into(), "release".into()));
}

#[test]
fn a_variable_of_the_run_comes_back_in_place_of_what_was_built() {
    let simulator = with_a_run(vec![Source::new("a", BASE)], &json!({"envs": {"CI_COMMIT_SHA": "x", "k": "v"}}));
    assert_eq!(parameter(&simulator, "CI_COMMIT_SHA"), (json!("x"), json!("x")));
    assert_eq!(parameter(&simulator, "k"), (json!("v"), json!("v")));
}

#[test]
fn in_branch_mode_the_integrated_branches_are_listed() {
    let params = json!({"branchModeBranchs": ["feature/x", "feature/y"], "releaseBranch": "release/z"});
    let names = |source: Source| {
        let simulator = with_a_run(vec![source.branch_mode()], &params);
        assert_eq!(sources(&simulator)[0]["data"]["branch"], "master", "the base");
        assert_eq!(parameter(&simulator, "CI_COMMIT_REF_NAME").0, "release/z");
        let branches = parameter(&simulator, "CI_SOURCE_BRANCHES").1;
        let branches = branches.as_array().unwrap().iter();
        assert!(branches.clone().all(|branch| branch["CI_COMMIT_ID"].is_string()));
        branches.map(|branch| branch["CI_COMMIT_REF_NAME"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(Source::new("a", BASE)), ["feature/x", "feature/y"]);
    let one = Source { integrates: Some(vec!["feature/x".into()]), ..Source::new("a", BASE) };
    assert_eq!(names(one), ["feature/x"]);
}
