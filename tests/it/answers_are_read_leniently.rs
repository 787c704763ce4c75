use serde_json::json;
use yunxiao_simulator::{Acts, Answer, Fault, When};

use crate::simulated::START;
use crate::step::{Step, service};

fn code_and_id(answer: Answer) -> (i32, String) {
    let (simulator, server) = service();
    simulator.plan(When::next_is(START).always(), Fault::answer(Acts::Never, answer));
    let ended = Step::at(&server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    let is_throttled = ended.code == 4 && ended.stderr.contains("Throttling");
    assert_eq!(simulator.seen_for(START).len() > 1, is_throttled, "sent again, or not:\n{}", ended.stderr);
    (ended.code, ended.stdout)
}

#[test]
fn a_started_run_is_recognised_in_every_documented_form() {
    for answer in [
        Answer::json(200, &json!({"success": true, "pipelineRunId": 7, "errorCode": "\"\"", "errorMessage": "\"\""})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": 7, "errorCode": "”“", "requestId": "A-B"})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": 7, "errorCode": "OK"})),
        Answer::json(200, &json!({"success": "true", "pipelineRunId": "7"})),
        Answer::json(200, &json!({"success": "True", "pipelineRunId": " 7 "})),
        Answer::json(200, &json!({"pipelineRunId": 7})),
        Answer::json(201, &json!({"success": true, "pipelineRunId": 7})),
        Answer::new(200, "text/plain", "\u{feff} {\"success\":true,\"pipelineRunId\":7}\n"),
    ] {
        let told = answer.body.clone();
        assert_eq!(code_and_id(answer), (0, "7\n".to_owned()), "{told}");
    }
}

#[test]
fn only_the_gateways_own_xml_error_is_trusted() {
    let error = |inside: &str| format!("<?xml version='1.0' encoding='UTF-8'?>\n<Error>{inside}</Error>");
    let refusal =
        "<Code>InvalidPipeline.NotFound</Code><Message>a &lt;b&gt; &amp;amp; c</Message><RequestId>A</RequestId>";
    let throttling = "<Code>Throttling</Code><Message>m</Message><RequestId>A</RequestId>";
    for (status, body, code) in [
        (404, error(refusal), 4),
        (404, error(&format!("\n  {refusal}\n  <HostId/>\n")), 4),
        (429, error(throttling), 4),
        // A proxy's words, whatever they are: a start must not be resent because of them.
        (503, format!("<html><body>{throttling}</body></html>"), 5),
        (403, format!("<Response>{refusal}</Response>"), 5),
        (400, format!("<Response><Error>{throttling}</Error></Response>"), 5),
        (400, error(&format!("<Inner>{throttling}</Inner>")), 5),
        (400, format!("{}<!-- more -->", error(throttling)), 5),
        (400, error("<Code>Throttling"), 5),
        (200, "<R><pipelineRunId>7</pipelineRunId><success>true</success></R>".to_owned(), 5),
    ] {
        assert_eq!(code_and_id(Answer::new(status, "text/xml", body.clone())).0, code, "{body}");
    }
}

#[test]
fn a_response_without_a_run_id_is_never_a_success() {
    for answer in [
        Answer::json(200, &json!({"success": true})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": 0})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": -7})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": null})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": 7.5})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": "seven"})),
        Answer::json(200, &json!({"success": "perhaps", "Code": "X", "Message": "m"})),
        Answer::json(200, &json!({"success": "no", "pipelineRunId": 7})),
        Answer::json(200, &json!({"success": 0, "pipelineRunId": 7})),
        Answer::json(200, &json!({"success": null, "pipelineRunId": 7})),
        Answer::json(200, &json!({"success": " false ", "pipelineRunId": 7})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": "+7"})),
        Answer::json(200, &json!({"success": true, "pipelineRunId": u64::MAX})),
        Answer::new(200, "application/json", "{".repeat(5_000_000)),
        Answer::json(
            200,
            &json!({"code": "200", "errorCode": "SYSTEM_UNKNOWN_ERROR", "success": false, "requestId": "A"}),
        ),
        Answer::json(400, &json!({"Code": "InternalError.Timeout", "Message": "m", "RequestId": "A"})),
        Answer::json(200, &json!([{"pipelineRunId": 7}])),
        Answer::json(200, &json!(7)),
        Answer::json(200, &json!({})),
        Answer::empty(200),
        Answer::empty(204),
        Answer::html(200),
        Answer::new(200, "application/json", "{\"success\":true,\"pipelineRunId\":7"),
        Answer::new(200, "text/plain", "OK"),
    ] {
        let told: String = answer.body.chars().take(200).collect();
        assert_eq!(code_and_id(answer), (5, String::new()), "{told}");
    }
}

#[test]
fn a_refusal_that_also_names_a_run_is_not_trusted() {
    for named in [
        json!({"pipelineRunId": 7}),
        json!({"pipelineRunId": "7"}),
        json!({"object": 7}),
        json!({"data": {"pipelineRunId": 7}}),
        json!({"data": [{"run": {"pipelineRunId": 7}}]}),
        json!({"result": {"object": "7"}}),
    ] {
        let mut answer = json!({"success": false, "errorCode": "InvalidPipeline.NotFound", "errorMessage": "m"});
        answer.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        assert_eq!(code_and_id(Answer::json(200, &answer)), (5, String::new()), "{answer}");
        assert_eq!(code_and_id(Answer::json(404, &answer)), (5, String::new()), "{answer}");
    }
}

#[test]
fn a_run_variable_equal_to_the_run_id_redacts_nothing() {
    let (simulator, server) = service();
    let answer = json!({"success": "true", "pipelineRunId": "1234"});
    simulator.plan(When::next(), Fault::answer(Acts::Now, Answer::json(200, &answer)));
    let ended = Step::at(&server.http_url()).with("YUNXIAO_ENVS", "BUILD=1234\nOK=true").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1234\n"), "{}", ended.stderr);
}
