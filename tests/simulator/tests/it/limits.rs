//! What is refused: runs too many, stops too late, logs to whom they are denied.

use serde_json::{Value, json};
use yunxiao_simulator::{AccessKey, AccessToken, Concurrency, Request, Simulator};

use crate::client::{
    HOST, PIPELINE, RUNS, answered, at, get_with_token, request, signed, start, start_with_token, with_token,
};

#[test]
fn a_new_run_cancels_the_oldest() {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| pipeline.concurrency = Some(Concurrency::preempt_oldest(2)));
    for seconds in 0..3 {
        assert_eq!(answered(&simulator.answer(at(seconds), &start("{}", at(seconds)))).0, 200);
    }
    let statuses = |seconds| [1, 2, 3].map(|run| simulator.status(at(seconds), 123, run).unwrap());
    assert_eq!(statuses(3), ["CANCELED", "RUNNING", "WAITING"]);
    assert_eq!(simulator.runs()[0].stopped, Some(at(2)));
    assert_eq!(answered(&simulator.answer(at(60), &start("{}", at(60)))).0, 200);
    assert_eq!(statuses(60), ["CANCELED", "SUCCESS", "SUCCESS"], "only runs that go on count");
}

#[test]
fn a_run_too_many_is_refused() {
    let simulator = Simulator::default();
    simulator.pipeline(|pipeline| pipeline.concurrency = Some(Concurrency::reject_new(1)));
    let started = |seconds| answered(&simulator.answer(at(seconds), &start_with_token(&json!({}))));
    assert_eq!(started(0), (200, json!(1)));
    let (status, answer) = started(1);
    assert_eq!((status, &answer["errorCode"]), (400, &json!("PipelineRunLimitExceeded")));
    assert_eq!(started(60), (200, json!(2)));
}

#[test]
fn a_run_that_is_over_is_stopped_with_or_without_a_refusal() {
    let simulator = Simulator::default();
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    let stop = |seconds| {
        let target = format!("{PIPELINE}/pipelineRuns/1/stop");
        let of_other_api =
            answered(&simulator.answer(at(seconds), &request("StopPipelineRun", "PUT", &target, at(seconds))));
        (answered(&simulator.answer(at(seconds), &with_token("PUT", &format!("{RUNS}/1")))), of_other_api.0)
    };
    assert_eq!(stop(60), ((200, json!(true)), 200));
    assert_eq!(simulator.runs()[0].stopped, None);
    simulator.change_run(123, 1, |pipeline| pipeline.late_stop = Some("SYSTEM_NOT_FOUND_ERROR".into()));
    let ((status, answer), of_other_api) = stop(60);
    assert_eq!((status, &answer["errorCode"], of_other_api), (404, &json!("NotFound"), 404));
}

#[test]
fn a_caller_is_denied_an_action() {
    let simulator = Simulator::default();
    simulator.configure(|setup| {
        setup.access_tokens.push(AccessToken::new("pt-reader").denied("LogPipelineJobRun"));
        setup.access_keys.push(AccessKey::new("reader", "secret").denied("LogPipelineJobRun"));
    });
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    let log = format!("{RUNS}/1/job/123001000/log");
    let code = |request: Request| {
        let (status, answer) = answered(&simulator.answer(at(3), &request));
        (status, answer.get("errorCode").or(answer.get("Code")).cloned().unwrap_or(Value::Null))
    };
    let of = |target: &str| Request::new("GET", "", target).with_header("x-yunxiao-token", "pt-reader");
    assert_eq!(code(of(&log)), (403, json!("Forbidden")));
    assert_eq!(code(of(&format!("{RUNS}/1"))), (200, Value::Null));
    assert_eq!(get_with_token(&simulator, &log, at(3)).0, 200);
    let logs = format!("{}/pipelineRun/1/job/123001000/logs", PIPELINE.replace("pipelines", "pipeline"));
    let logs = Request::new("GET", HOST, &logs)
        .with_header("accept", "application/json")
        .with_header("x-acs-action", "LogPipelineJobRun");
    assert_eq!(code(signed(logs, at(3), "reader", "secret")), (403, json!("Forbidden.AccessDenied")));
}
