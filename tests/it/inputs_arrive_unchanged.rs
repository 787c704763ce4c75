use serde_json::{Value, json};
use yunxiao_simulator::Source;

use crate::simulated::TEMPORARY_KEY;
use crate::step::{Step, service};

/// The parameters of the one run that a step started, as the service received them, without the remark.
fn arrived(change: impl FnOnce(Step) -> Step) -> Value {
    let (simulator, server) = service();
    let sources = ["a", "b"].map(|name| Source::new(name, &format!("https://codeup.aliyun.com/o/{name}.git")));
    simulator.pipeline(|pipeline| pipeline.sources = sources.to_vec());
    let ended = change(Step::at(&server.http_url())).run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut params = simulator.started()[0].params.clone().unwrap();
    params.as_object_mut().unwrap().remove("comment");
    params
}

/// The remark of the one run that a step started.
fn remark(change: impl FnOnce(Step) -> Step) -> String {
    let (simulator, server) = service();
    let ended = change(Step::at(&server.http_url())).run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    simulator.started()[0].comment.clone().unwrap()
}

/// A remark without its marker, which must stand first.
fn after_marker(remark: &str) -> &str {
    let (marker, text) = remark.split_at("[yunxiao-run:0123456789abcdef0123456789abcdef]".len());
    assert!(marker.starts_with("[yunxiao-run:") && marker.ends_with(']'), "{remark}");
    text.trim_start()
}

#[test]
fn all_ten_keys_arrive_under_the_services_own_names() {
    let params = arrived(|step| {
        step.with("YUNXIAO_BRANCH_MODE_BRANCHES", "a, feature/b")
            .with("YUNXIAO_ENVS", "K1=v1\n\n  K2 = a=b \nEMPTY=")
            .with("YUNXIAO_RUNNING_BRANCHES", "https://codeup.aliyun.com/o/a.git=main")
            .with("YUNXIAO_RUNNING_TAGS", "https://codeup.aliyun.com/o/b.git=v1.0")
            .with("YUNXIAO_RUNNING_PIPELINE_ARTIFACTS", "3184679=12")
            .with("YUNXIAO_RUNNING_ACR_ARTIFACTS", "registry.example.com/a/b=89b20155")
            .with("YUNXIAO_RUNNING_PACKAGES_ARTIFACTS", "generic/repo/artifact=2024-06-04")
            .with("YUNXIAO_NEED_CREATE_BRANCH", "False")
            .with("YUNXIAO_RELEASE_BRANCH", "release/1")
            .with("YUNXIAO_COMMENT", "none")
    });
    let expected = json!({
        "branchModeBranchs": ["a", "feature/b"],
        "envs": {"K1": "v1", "K2": "a=b", "EMPTY": ""},
        "runningBranchs": {"https://codeup.aliyun.com/o/a.git": "main"},
        "runningTags": {"https://codeup.aliyun.com/o/b.git": "v1.0"},
        "runningPipelineArtifacts": {"3184679": "12"},
        "runningAcrArtifacts": {"registry.example.com/a/b": "89b20155"},
        "runningPackagesArtifacts": {"generic/repo/artifact": "2024-06-04"},
        "needCreateBranch": false,
        "releaseBranch": "release/1",
    });
    assert_eq!(params, expected);
}

#[test]
fn a_map_arrives_as_its_writer_and_the_ci_system_meant_it() {
    for (variable, value, expected) in [
        // Drone's and Woodpecker's list.
        ("PLUGIN_ENVS", "A=1,B=2", json!({"A": "1", "B": "2"})),
        ("PLUGIN_ENVS", "A=1, B=", json!({"A": "1", "B": ""})),
        ("PLUGIN_ENVS", "A=1,2", json!({"A": "1,2"})),
        ("PLUGIN_ENVS", "OPTS=a,b=2\nB=2", json!({"OPTS": "a,b=2", "B": "2"})),
        ("PLUGIN_ENVS", "A=1", json!({"A": "1"})),
        // Elsewhere a comma is a part of the value.
        ("YUNXIAO_ENVS", "OPTS=a=1,b=2", json!({"OPTS": "a=1,b=2"})),
        ("INPUT_ENVS", "A=1,B=2", json!({"A": "1,B=2"})),
        ("YUNXIAO_ENVS", "\u{feff}A=1\rB=2\r\nC=3\n\nD=4", json!({"A": "1", "B": "2", "C": "3", "D": "4"})),
        ("YUNXIAO_ENVS", "CMD=make -j 2 X=1", json!({"CMD": "make -j 2 X=1"})),
        ("YUNXIAO_ENVS", "Ä.b-c_1=x", json!({"Ä.b-c_1": "x"})),
    ] {
        let params = arrived(|step| step.with(variable, value));
        assert_eq!(params["envs"], expected, "{variable}={value:?}");
    }
    let branches = "https://codeup.aliyun.com/o/a.git=main,https://codeup.aliyun.com/o/b.git=x,y";
    let params = arrived(|step| step.with("PLUGIN_RUNNING_TAGS", branches.replace(",y", "")));
    let expected = json!({"https://codeup.aliyun.com/o/a.git": "main", "https://codeup.aliyun.com/o/b.git": "x"});
    assert_eq!(params["runningTags"], expected);
}

#[test]
fn a_list_of_a_pipe_arrives_as_lines() {
    let bitbucket = |step: Step| step.with("BITBUCKET_BUILD_NUMBER", "7").with("BITBUCKET_STEP_UUID", "{a}");
    let list = |step: Step| {
        step.with("YUNXIAO_ENVS_0", "A=1,2").with("YUNXIAO_ENVS_1", "B=x y").with("YUNXIAO_ENVS_COUNT", "2")
    };
    assert_eq!(arrived(|step| list(bitbucket(step)))["envs"], json!({"A": "1,2", "B": "x y"}));
    let branches = |step: Step| {
        let step = bitbucket(step).with("YUNXIAO_BRANCH_MODE_BRANCHES_COUNT", "2");
        step.with("YUNXIAO_BRANCH_MODE_BRANCHES_0", "a").with("YUNXIAO_BRANCH_MODE_BRANCHES_1", "b,c")
    };
    assert_eq!(arrived(branches)["branchModeBranchs"], json!(["a", "b,c"]));
    // Elsewhere nothing joins them.
    assert_eq!(arrived(list), json!({}));
}

#[test]
fn what_is_not_given_is_not_sent() {
    assert_eq!(arrived(|step| step), json!({}));
}

#[test]
fn values_arrive_with_every_character_they_have() {
    let value = "first line\nsecond \"quoted\" 'single' \\ back\n% & + = ? # / ; , <>\t中文 🚀 é\u{2028}end";
    let text = json!({"TEXT": value, "URL": "https://a/b?c=d&e=%20+f"}).to_string();
    let params = arrived(|step| step.with("YUNXIAO_ENVS", text));
    assert_eq!(params["envs"], json!({"TEXT": value, "URL": "https://a/b?c=d&e=%20+f"}));
}

#[test]
fn json_scalars_become_strings_just_as_they_are_written() {
    let params =
        arrived(|step| step.with("YUNXIAO_ENVS", r#"{"A":1.10,"B":true,"C":1e3,"D":12345678901234567890123,"E":"é"}"#));
    let expected = json!({"A": "1.10", "B": "true", "C": "1e3", "D": "12345678901234567890123", "E": "é"});
    assert_eq!(params["envs"], expected);
}

#[test]
fn lists_are_one_an_item_line_or_commas_or_json() {
    for list in ["a\nb,c\nd", "a\r\nb,c\r\nd", r#"["a","b,c","d"]"#] {
        let params = arrived(|step| step.with("YUNXIAO_BRANCH_MODE_BRANCHES", list));
        assert_eq!(params["branchModeBranchs"], json!(["a", "b,c", "d"]), "{list:?}");
    }
    let params = arrived(|step| step.with("YUNXIAO_BRANCH_MODE_BRANCHES", "a, b"));
    assert_eq!(params["branchModeBranchs"], json!(["a", "b"]));
}

#[test]
fn single_inputs_override_params_and_unknown_keys_pass_with_a_warning() {
    let (simulator, server) = service();
    simulator.configure(|setup| setup.refuses_unknown_params = false);
    let params = json!({
        "envs": {"A": "params", "B": "params"},
        "runningBranchs": {"https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git": "main"},
        "branchModeBranchs": ["params"],
        "needCreateBranch": true,
        "somethingNew": {"deep": [1, 2.50]},
    });
    let ended = Step::at(&server.http_url())
        .with("YUNXIAO_PARAMS", params.to_string())
        .with("YUNXIAO_ENVS", "B=input\nC=input")
        .with("YUNXIAO_BRANCH_MODE_BRANCHES", "input")
        .with("YUNXIAO_NEED_CREATE_BRANCH", "FALSE")
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: `params` has the key `somethingNew`"), "{}", ended.stderr);
    let arrived = simulator.started()[0].params.clone().unwrap();
    assert_eq!(arrived["envs"], json!({"A": "params", "B": "input", "C": "input"}));
    assert_eq!(arrived["runningBranchs"], params["runningBranchs"]);
    assert_eq!(arrived["branchModeBranchs"], json!(["input"]));
    assert_eq!(arrived["needCreateBranch"], json!(false));
    assert_eq!(arrived["somethingNew"], params["somethingNew"]);
}

#[test]
fn the_remark_is_the_users_own_or_of_params_or_says_where_it_was_triggered_from() {
    let own = "部署 \"prod\" & `go`";
    assert_eq!(after_marker(&remark(|step| step.with("YUNXIAO_COMMENT", own))), own);
    assert_eq!(after_marker(&remark(|step| step.with("YUNXIAO_PARAMS", r#"{"comment":"222"}"#))), "222");
    let over = |step: Step| step.with("YUNXIAO_PARAMS", r#"{"comment":"222"}"#).with("YUNXIAO_COMMENT", "333");
    assert_eq!(after_marker(&remark(over)), "333");
    let none = |step: Step| step.with("YUNXIAO_PARAMS", r#"{"comment":"222"}"#).with("YUNXIAO_COMMENT", "none");
    assert_eq!(after_marker(&remark(none)), "");
    assert_eq!(after_marker(&remark(|step| step)), "");
}

#[test]
fn on_github_and_gitlab_the_remark_says_where_it_was_triggered_from() {
    let folder = tempfile::tempdir().unwrap();
    let github = remark(|step| {
        step.on_github(&folder.path().join("output"))
            .with("GITHUB_REPOSITORY", "owner/shop")
            .with("GITHUB_REF_NAME", "7/merge")
            .with("GITHUB_HEAD_REF", "fix;reboot")
            .with("GITHUB_SHA", "1a2b3c4d5e6f7a8b9c0d")
            .with("GITHUB_ACTOR", "alice")
            .with("GITHUB_SERVER_URL", "https://github.com")
            .with("GITHUB_RUN_ID", "42")
    });
    let expected = "owner/shop fix_reboot@1a2b3c4 by alice https://github.com/owner/shop/actions/runs/42";
    assert_eq!(after_marker(&github), expected);

    let gitlab = remark(|step| {
        step.with("GITLAB_CI", "true")
            .with("CI_PROJECT_DIR", folder.path().to_str().unwrap())
            .with("CI_PROJECT_PATH", "group/shop")
            .with("CI_COMMIT_REF_NAME", "main")
            .with("CI_COMMIT_SHA", "1a2b3c4d5e6f7a8b9c0d")
            .with("GITLAB_USER_LOGIN", "bob")
            .with("CI_JOB_URL", "https://gitlab.com/group/shop/-/jobs/1?$(x)")
            .with("CI_COMMIT_TITLE", "$(reboot)")
    });
    assert_eq!(after_marker(&gitlab), "group/shop main@1a2b3c4 by bob https://gitlab.com/group/shop/-/jobs/1___x_");
}

#[test]
fn two_runs_never_have_the_same_marker() {
    let (simulator, server) = service();
    let step = Step::at(&server.http_url());
    assert_eq!((step.run().code, step.run().code), (0, 0));
    let runs = simulator.started();
    assert_ne!(runs[0].comment, runs[1].comment);
}

#[test]
fn both_signatures_and_an_sts_token_are_accepted() {
    let (simulator, server) = service();
    for algorithm in ["ACS3-HMAC-SHA256", "HMAC-SHA1"] {
        let step = Step::at(&server.http_url()).with("YUNXIAO_SIGNATURE_ALGORITHM", algorithm);
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let ended = step.with_all(&TEMPORARY_KEY).run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stderr.contains("Credentials: an AccessKey with an STS token, from YUNXIAO_ACCESS_KEY_ID"));
    }
    assert_eq!(simulator.started().len(), 4);
    let classic = &simulator.seen()[2].request;
    assert!(classic.header("content-md5").is_some(), "without it the classic signature does not cover the body");
}

#[test]
fn secrets_can_be_in_files_and_credentials_can_be_ambient() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, format!("{}\n", yunxiao_simulator::setup::ACCESS_KEY_SECRET)).unwrap();
    let (simulator, server) = service();
    let ended = Step::at(&server.http_url())
        .without("YUNXIAO_ACCESS_KEY_SECRET")
        .with("YUNXIAO_ACCESS_KEY_SECRET_FILE", path.to_str().unwrap())
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let ended = Step::at(&server.http_url())
        .without("YUNXIAO_ACCESS_KEY_ID")
        .without("YUNXIAO_ACCESS_KEY_SECRET")
        .without("YUNXIAO_ORGANIZATION_ID")
        .with("ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID", yunxiao_simulator::setup::ORGANIZATION)
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", yunxiao_simulator::setup::ACCESS_KEY_ID)
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", yunxiao_simulator::setup::ACCESS_KEY_SECRET)
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("Credentials: an AccessKey, from ALIBABA_CLOUD_ACCESS_KEY_ID"));
    assert_eq!(simulator.started().len(), 2);
}

#[test]
fn one_line_says_that_the_default_branch_runs_unless_a_ref_is_given() {
    let (_, server) = service();
    let step = Step::at(&server.http_url());
    assert!(step.run().stderr.contains("running the pipeline's default branch"));
    let given = step.with("YUNXIAO_RUNNING_BRANCHES", "https://codeup.aliyun.com/o/a.git=main");
    assert!(!given.run().stderr.contains("default branch"));
    let release = Step::at(&server.http_url()).with("YUNXIAO_RELEASE_BRANCH", "release/1");
    assert!(!release.run().stderr.contains("default branch"));
}

#[test]
fn a_start_says_that_the_result_is_unknown() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).run();
    assert_eq!(ended.stdout, "1\n");
    let said = ended.stderr.replace(&server.http_url(), "[SERVER]");
    insta::assert_snapshot!(said, @r"
    Credentials: an AccessKey, from YUNXIAO_ACCESS_KEY_ID / 凭证：AccessKey，来自 YUNXIAO_ACCESS_KEY_ID
    Endpoint [SERVER], from YUNXIAO_ENDPOINT / 服务地址 [SERVER]，来自 YUNXIAO_ENDPOINT
    No branch or tag is given: running the pipeline's default branch / 未指定分支或标签：将按流水线配置的默认分支运行
    Started run 1 of pipeline 123 / 已触发流水线 123 的运行 1: https://flow.aliyun.com/pipelines/123/builds/1
    The run was started but not followed: this step's success says nothing about the run's result / 本步骤只触发、不跟踪运行：步骤成功不代表运行成功
    ");
}

#[test]
fn settings_with_hyphens_arrive_as_drone_passes_them() {
    for (host, value) in [("DRONE", "true"), ("CNB", "true"), ("CI", "woodpecker")] {
        let (simulator, server) = service();
        let given = Step::at(&server.http_url()).without("YUNXIAO_PIPELINE_ID").without("YUNXIAO_ORGANIZATION_ID");
        let step = given
            .with(host, value)
            .with("PLUGIN_PIPELINE-ID", "123")
            .with("PLUGIN_ORGANIZATION_ID", yunxiao_simulator::setup::ORGANIZATION)
            // A list, a map, a boolean and a number, as both write them.
            .with("PLUGIN_BRANCH-MODE-BRANCHES", "a,feature/b")
            .with("PLUGIN_ENVS", r#"{"REPLICAS":3,"CANARY":true,"NAME":"a,b"}"#)
            .with("PLUGIN_NEED-CREATE-BRANCH", "true")
            .with("PLUGIN_RUNNING-PIPELINE-ARTIFACTS", "3184679=12,3184680=7")
            .with("PLUGIN_WAIT", "");
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let params = simulator.started()[0].params.clone().unwrap();
        assert_eq!(params["branchModeBranchs"], json!(["a", "feature/b"]));
        assert_eq!(params["envs"], json!({"REPLICAS": "3", "CANARY": "true", "NAME": "a,b"}));
        assert_eq!(params["needCreateBranch"], json!(true));
        assert_eq!(params["runningPipelineArtifacts"], json!({"3184679": "12", "3184680": "7"}));

        let ended = step.with("PLUGIN_PIPELINE-ID", "main").run();
        assert!(ended.code == 2 && ended.stderr.contains("pipeline-id: must be"), "{}", ended.stderr);
    }
}
