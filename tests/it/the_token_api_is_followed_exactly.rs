//! What is peculiar to the API for personal access tokens.

use serde_json::{Value, json};
use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::inputs::Settings;
use yunxiao_simulator::setup::{ORGANIZATION, TOKEN};
use yunxiao_simulator::{Acts, Answer, Edition, Fault, ForeignRun, Job, Simulator, When};

use crate::simulated::{Backend, Execution, GET, LIST, START, STOP, beginning, losing, one};

fn execution(simulator: &Simulator) -> Execution {
    Execution::over(Backend::Token, simulator)
}

#[test]
fn parameters_are_json_as_a_text_within_json() {
    let simulator = Simulator::default();
    assert_eq!(execution(&simulator).with("YUNXIAO_ENVS", "A=部署 \"x\" & y").run().code(), 0);
    let seen = simulator.seen_for(START).remove(0);
    assert_eq!(seen.request.header("x-yunxiao-token"), Some(TOKEN));
    assert_eq!(seen.request.header("content-type"), Some("application/json"));
    assert!(seen.request.header("authorization").is_none());
    let body: Value = serde_json::from_slice(&seen.request.body).unwrap();
    let params: Value = serde_json::from_str(body["params"].as_str().expect("a text, never an object")).unwrap();
    assert_eq!(params["envs"], json!({"A": "部署 \"x\" & y"}));
}

#[test]
fn a_region_edition_has_shorter_paths_and_needs_no_organisation() {
    for (inputs, region) in [
        (&[("YUNXIAO_EDITION", "region")][..], true),
        (&[("YUNXIAO_EDITION", ""), ("YUNXIAO_ENDPOINT", "https://shop.devops.aliyuncs.com")], true),
        (&[("YUNXIAO_EDITION", ""), ("YUNXIAO_API_BASE_URL", "https://shop.devops.aliyuncs.com/")], true),
        (&[("YUNXIAO_EDITION", ""), ("ALIBABA_CLOUD_YUNXIAO_API_BASE_URL", "https://shop.devops.aliyuncs.com/")], true),
        (&[("YUNXIAO_EDITION", "central"), ("YUNXIAO_ENDPOINT", "https://shop.devops.aliyuncs.com")], false),
        (&[("YUNXIAO_EDITION", "")], false),
    ] {
        let simulator = Simulator::default();
        simulator.configure(|setup| setup.edition = if region { Edition::Region } else { Edition::Central });
        let organization = if region { "" } else { ORGANIZATION };
        let execution = execution(&simulator).with_all(inputs).with("YUNXIAO_ORGANIZATION_ID", organization);
        let executed = execution.with("YUNXIAO_WAIT", "true").with_outputs().run();
        assert_eq!(executed.code(), 0, "{inputs:?}: {:?}", executed.outcome);
        let start = simulator.seen_for(START).remove(0).request.path;
        let expected = if region {
            "/oapi/v1/flow/pipelines/123/runs".to_owned()
        } else {
            format!("/oapi/v1/flow/organizations/{ORGANIZATION}/pipelines/123/runs")
        };
        assert_eq!(start, expected);
        // Where a Region edition's pages are is not known unless it is given.
        assert_eq!(executed.outputs()["pipelineRunUrl"].is_empty(), region, "{}", executed.output_file());
        assert!(!region || executed.said.contains("Started run 1 of pipeline 123 / "), "{}", executed.said);
    }
    let simulator = Simulator::default();
    simulator.configure(|setup| setup.edition = Edition::Region);
    let inputs = [("YUNXIAO_EDITION", "region"), ("YUNXIAO_WEB_URL", "https://flow.shop.example.com")];
    let executed = execution(&simulator).with_all(&inputs).run();
    assert!(executed.said.contains("https://flow.shop.example.com/pipelines/123/builds/1"), "{}", executed.said);
}

#[test]
fn the_answer_to_a_start_is_read_leniently_but_never_made_up() {
    for (answer, run) in [
        ("7", Some("7\n")),
        ("\"7\"", Some("7\n")),
        (" 7\n", Some("7\n")),
        (r#"{"pipelineRunId":7}"#, Some("7\n")),
        (r#"{"pipelineRunId":"7"}"#, Some("7\n")),
        (r#"{"object":7}"#, Some("7\n")),
        (r#"{"success":true,"object":7}"#, Some("7\n")),
        ("0", None),
        ("-1", None),
        ("7.5", None),
        ("null", None),
        ("true", None),
        ("[7]", None),
        ("\"\"", None),
        ("\"run 7\"", None),
        ("{}", None),
        (r#"{"id":7}"#, None),
        (r#"{"success":"maybe","object":7}"#, None),
        ("9223372036854775808", None),
    ] {
        let simulator = Simulator::default();
        let fault = Answer::new(200, "application/json", answer);
        simulator.plan(When::next_is(START), Fault::answer(Acts::Never, fault));
        let executed = execution(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
        match run {
            Some(run) => assert_eq!((executed.code(), executed.stdout.as_str()), (0, run), "{answer}"),
            None => assert_eq!((executed.code(), executed.stdout.as_str()), (5, ""), "{answer}"),
        }
        assert_eq!(simulator.seen_for(START).len(), 1);
    }
}

#[test]
fn its_refusals_have_advice_of_their_own() {
    for (status, code, exit, advice) in [
        (401, "InvalidTokenError", 3, "The access token is invalid"),
        (401, "ExpiredTokenError", 3, "The access token has expired"),
        (400, "UnsupportedCurrentTokenType", 4, "doesn't accept this kind of token"),
        (403, "Forbidden", 3, "流水线运行实例"),
        (403, "Forbidden.InvalidUser.UserNotInCurrentOrganization", 3, "is not a member of this organization"),
        (403, "Forbidden.InvalidOrganizationMember", 3, "is not a member of this organization"),
        (404, "NotFound", 4, "`edition`"),
        (400, "1209300", 4, "Look up the code"),
    ] {
        let simulator = Simulator::default();
        let body = json!({"errorCode": code, "errorMessage": "no", "requestId": "r-1"});
        simulator.plan(When::next_is(START), Fault::answer(Acts::Never, Answer::json(status, &body)));
        let executed = execution(&simulator).run();
        let said = executed.outcome.message().english;
        assert_eq!((executed.code(), simulator.seen().len()), (exit, 1), "{said}");
        assert!(said.contains(advice) && said.contains("request id r-1"), "{said}");
    }
    let simulator = Simulator::default();
    simulator
        .plan(When::next_is(START), Fault::answer(Acts::Never, Answer::redirect("https://account.aliyun.com/login")));
    let executed = execution(&simulator).run();
    let said = executed.outcome.message().english;
    assert!(
        executed.code() == 4 && said.contains("A redirect means that the address is wrong: check `endpoint`"),
        "{said}"
    );
}

#[test]
fn gates_are_seen_in_either_of_their_forms() {
    for plain in [true, false] {
        let simulator = one(Job::gate("卡点"));
        simulator.configure(|setup| setup.plain_gate_actions = plain);
        let executed = execution(&simulator).with("YUNXIAO_WAIT", "true").with("YUNXIAO_ON_GATE", "fail").run();
        assert_eq!(executed.code(), 8, "{:?}", executed.outcome);
    }
}

#[test]
fn a_stop_is_accepted_by_a_bare_true_or_an_object_that_says_so() {
    for (status, answer, code) in [
        (200, "true", 0),
        (200, r#"{"success":true}"#, 0),
        (200, r#"{"success":"true","requestId":"r"}"#, 0),
        (200, "false", 10),
        (200, "1", 10),
        (200, "{}", 10),
        (200, r#"{"success":"maybe"}"#, 10),
        (200, r#"{"success":false,"errorCode":"NotFound","errorMessage":"m"}"#, 4),
        (500, "true", 10),
    ] {
        let simulator = Simulator::default();
        simulator.add_foreign_run(ForeignRun::new(beginning()));
        let fault = Fault::answer(Acts::Never, Answer::new(status, "application/json", answer));
        simulator.plan(When::next_is(STOP).always(), fault);
        let execution = execution(&simulator).in_mode("stop", 1).with("YUNXIAO_RETRY_TIMEOUT", "1s");
        assert_eq!(execution.run().code(), code, "{status} {answer}");
    }
}

#[test]
fn pages_continue_by_the_header_or_by_their_size() {
    let rows = |count: u64| json!((0..count).map(|run| json!({"pipelineRunId": 100 - run})).collect::<Vec<_>>());
    for (count, header, pages) in [
        (30, None, vec!["1", "2"]),
        (29, None, vec!["1"]),
        (30, Some(""), vec!["1"]),
        (30, Some("0"), vec!["1"]),
        (30, Some("nonsense"), vec!["1"]),
        (1, Some("7"), vec!["1", "7"]),
    ] {
        let simulator = losing(Acts::Never);
        let answer = Answer::json(200, &rows(count));
        let answer = match header {
            Some(header) => answer.with_header("x-next-page", header),
            None => answer,
        };
        simulator.plan(When::next_is(LIST), Fault::answer(Acts::Now, answer));
        let last = Fault::answer(Acts::Now, Answer::json(200, &json!([])).with_header("x-next-page", ""));
        simulator.plan(When::next_is(LIST).after(1).always(), last);
        for index in 0..count {
            let other = json!({
                "pipelineRunId": 100 - index,
                "status": "RUNNING",
                "globalParams": [{"key": "BUILD_REMARK", "value": "x"}],
            });
            let answer = Fault::answer(Acts::Now, Answer::json(200, &other));
            simulator.plan(When::next_is(GET).after(usize::try_from(index).unwrap()), answer);
        }
        assert_eq!(execution(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "1s").run().code(), 5);
        let seen = simulator.seen_for(LIST);
        let asked: Vec<_> = seen.iter().take(pages.len() + 1).map(|seen| seen.request.query.as_str()).collect();
        let expected: Vec<_> = pages.iter().map(|page| format!("page={page}&perPage=30")).collect();
        assert_eq!(
            asked[..expected.len()],
            expected.iter().map(String::as_str).collect::<Vec<_>>(),
            "{count} {header:?}"
        );
        // What comes after them is the next round.
        assert!(asked.get(expected.len()).is_none_or(|next| *next == "page=1&perPage=30"), "{asked:?}");
    }
}

#[test]
fn the_log_says_once_which_edition_an_address_is_taken_for() {
    for (inputs, said) in [
        (&[][..], None),
        (&[("YUNXIAO_ENDPOINT", "https://openapi-rdc.aliyuncs.com/")], None),
        (
            &[("YUNXIAO_ENDPOINT", "https://yunxiao.example.com")],
            Some("Edition: Region, because the endpoint is yunxiao.example.com (`edition: central` if"),
        ),
        (&[("YUNXIAO_API_BASE_URL", "https://yunxiao.example.com")], Some("Edition: Region, because")),
        (
            &[("YUNXIAO_ENDPOINT", "https://yunxiao.example.com"), ("YUNXIAO_EDITION", "region")],
            Some("Edition: Region"),
        ),
        (
            &[("YUNXIAO_ENDPOINT", "https://yunxiao.example.com"), ("YUNXIAO_EDITION", "central")],
            Some("Edition: central"),
        ),
    ] {
        let always =
            [("YUNXIAO_ACCESS_TOKEN", "pt-1"), ("YUNXIAO_ORGANIZATION_ID", "org"), ("YUNXIAO_PIPELINE_ID", "1")];
        let environment = Environment::new(always.iter().chain(inputs).copied());
        let settings = Settings::read(&*detect(&environment, false), &|_| Err(std::io::ErrorKind::NotFound.into()))
            .settings
            .unwrap();
        let words: Vec<_> = settings.notices.iter().filter(|notice| notice.english.starts_with("Edition")).collect();
        assert_eq!(words.len(), usize::from(said.is_some()), "{inputs:?}: {words:?}");
        assert!(said.is_none_or(|said| words[0].english.starts_with(said)), "{inputs:?}: {words:?}");
    }
}
