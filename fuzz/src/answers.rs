//! Answers of the service, as each call reads them over each API.

use serde_json::Value;
use yunxiao_run::redaction::Redaction;
use yunxiao_run::yunxiao::fuzzing::{RUN, Reading, readings};
use yunxiao_run::yunxiao::{Api, Certainty};

use crate::orders::assert_harmless;
use crate::reveal::secret_in;
use crate::{SECRETS, transport};

/// Takes an answer: status and headers, an empty line, the body.
pub fn check(data: &[u8]) {
    let response = transport::response(data);
    let secrets = Redaction::of(SECRETS);
    let access_key = Api::AccessKey { organization: "org".to_owned() };
    for api in [access_key, Api::Token { organization: None }] {
        for [reading, of_all] in readings(&api, &response, &secrets) {
            assert_eq!(reading, of_all, "what is passed over is not needed");
            for text in [&reading.shown, &reading.refusal] {
                assert_eq!(secret_in(text), None, "{}: {text}", reading.call);
                text.lines().for_each(assert_harmless);
            }
            agrees(&api, &reading, &response);
        }
    }
}

/// Holds what was read against the answer as a general reader has it.
fn agrees(api: &Api, reading: &Reading, response: &http::Response<Vec<u8>>) {
    let status = response.status().as_u16();
    if reading.brought.is_some() {
        assert!(matches!(status, 200..=299), "{} of {status}", reading.call);
    }
    let nothing_sent = matches!(reading.certainty, Certainty::NothingSent | Certainty::NeverSent);
    assert!(!nothing_sent, "an answer came, so something was sent");
    match (status, reading.certainty) {
        (500..=599 | 100..=199, certainty) => assert_eq!(certainty, Certainty::Unknown, "{status}"),
        (_, Certainty::Throttled { .. }) => assert!((400..500).contains(&status), "{status}"),
        _ => {}
    }
    let Ok(value) = serde_json::from_slice::<Value>(response.body()) else { return };
    // A start that may have acted is never said to have been refused: the answer names a run, wherever it does.
    if reading.call == "start" && (200..300).contains(&status) && names_a_run(&value) && reading.brought.is_none() {
        assert_eq!(reading.certainty, Certainty::Unknown, "{value}");
    }
    if let (Some(brought), false) = (&reading.brought, value["success"] == Value::Bool(true)) {
        let Value::Object(members) = &value else { return };
        assert!(
            members.get("success").is_none_or(|success| success
                .as_str()
                .is_some_and(|text| { text.trim().eq_ignore_ascii_case("true") })),
            "{brought} of {value}"
        );
    }
    if let ("run", Some(_)) = (reading.call, &reading.brought) {
        let run = if matches!(api, Api::AccessKey { .. }) { &value["pipelineRun"] } else { &value };
        let id = run["pipelineRunId"].as_u64().or_else(|| run["pipelineRunId"].as_str()?.trim().parse().ok());
        assert_eq!(id, Some(RUN), "another run's: {value}");
    }
}

/// Whether a number that is a run's stands under a name for one anywhere in an answer.
fn names_a_run(value: &Value) -> bool {
    let is_id = |value: &Value| value.as_i64().is_some_and(|id| id > 0);
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| (name == "pipelineRunId" && is_id(value)) || names_a_run(value))
        }
        Value::Array(items) => items.iter().any(names_a_run),
        _ => false,
    }
}
