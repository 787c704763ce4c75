use base64::Engine as _;
use serde_json::json;
use yunxiao_run::yunxiao::request::encode;
use yunxiao_simulator::setup::{STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN};
use yunxiao_simulator::{Acts, Answer, ErrorShape, Fault, Refusal, Reply, When};

use crate::step::{Step, service};

const VARIABLE: &str = "pass word/of+production=1~*\"é";

/// Each secret, as it is and as it could be spelt on its way somewhere.
fn forms() -> Vec<String> {
    let mut forms = Vec::new();
    for secret in [STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN, VARIABLE] {
        let encoded = encode(secret);
        forms.push(secret.to_owned());
        forms.push(encoded.replace("%20", "+"));
        forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
        let json = serde_json::Value::from(secret).to_string();
        forms.push(json[1..json.len() - 1].to_owned());
        forms.push(url::form_urlencoded::byte_serialize(&json.as_bytes()[1..json.len() - 1]).collect());
        forms.push(encoded);
        forms.push(base64::engine::general_purpose::STANDARD.encode(secret));
        forms.push(base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret));
    }
    forms
}

/// Everything that can happen to a step: good, refused, ambiguous, with a service that quotes what it was sent.
fn faults() -> Vec<Option<Fault>> {
    let quoting = forms().join(" ") + " server string to sign is: POST x-acs-security-token:" + STS_SECURITY_TOKEN;
    let quote = |code: &str| Reply::Refusal(Refusal::of(code).saying(&quoting), ErrorShape::Gateway);
    vec![
        None,
        Some(Fault::new(Acts::Never, quote("SignatureDoesNotMatch"))),
        Some(Fault::new(Acts::Never, quote("SYSTEM_UNKNOWN_ERROR"))),
        Some(Fault::new(Acts::Never, quote("Throttling.User"))),
        Some(Fault::answer(
            Acts::Never,
            Answer::json(
                400,
                &json!({"Code": STS_ACCESS_KEY_SECRET, "Message": "m", "RequestId": STS_ACCESS_KEY_SECRET}),
            ),
        )),
        Some(Fault::answer(
            Acts::Now,
            Answer::json(200, &json!({"success": true, "pipelineRunId": 1, "requestId": STS_ACCESS_KEY_SECRET})),
        )),
        Some(Fault::new(Acts::Now, Reply::Closed)),
        Some(Fault::new(Acts::Never, Reply::Garbage(quoting.clone()))),
    ]
}

#[test]
fn no_byte_written_at_any_level_on_any_host_holds_a_secret_in_any_form() {
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for level in ["error", "warn", "info", "debug"] {
        for fault in faults() {
            for host in ["github", "gitlab", "plain"] {
                let (simulator, server) = service();
                if let Some(fault) = &fault {
                    simulator.plan(When::next(), fault.clone());
                }
                let output = folder.path().join(format!("output{checked}"));
                let step = Step::at(&server.http_url())
                    .with("YUNXIAO_ACCESS_KEY_ID", STS_ACCESS_KEY_ID)
                    .with("YUNXIAO_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET)
                    .with("YUNXIAO_SECURITY_TOKEN", STS_SECURITY_TOKEN)
                    .with("YUNXIAO_ENVS", json!({"PASSWORD": VARIABLE}).to_string())
                    .with("YUNXIAO_LOG_LEVEL", level)
                    .with("YUNXIAO_RETRY_TIMEOUT", "100ms");
                let ended = match host {
                    "github" => step.on_github(&output),
                    "gitlab" => step.with("GITLAB_CI", "true").with("YUNXIAO_OUTPUT_FILE", output.to_str().unwrap()),
                    _ => step.with("YUNXIAO_OUTPUT_FILE", output.to_str().unwrap()),
                }
                .run();
                let file = std::fs::read_to_string(&output).unwrap();
                assert!(!file.is_empty());
                for form in forms() {
                    for written in [&ended.stdout, &ended.stderr, &file] {
                        assert!(!written.contains(&form), "{form} at {level} on {host} after {fault:?}:\n{written}");
                    }
                }
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 4 * 8 * 3);
}

#[test]
fn a_complaint_about_a_secret_does_not_show_it() {
    let ended = Step::empty()
        .with("YUNXIAO_ACCESS_KEY_ID", "hush hush one")
        .with("YUNXIAO_ACCESS_KEY_SECRET", "hush hush two")
        .with("YUNXIAO_ENVS", "hush hush three\nA=1")
        .with("YUNXIAO_PARAMS", "{\"envs\":{\"A\":hush hush four")
        .with("YUNXIAO_PIPELINE_ID", "hush hush five")
        .with("YUNXIAO_LOG_LEVEL", "debug")
        .run();
    assert_eq!(ended.code, 2);
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
}

#[test]
fn secrets_travel_in_headers_and_bodies_only() {
    let (simulator, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_ENVS", format!("P={VARIABLE}")).run().code, 0);
    let request = &simulator.seen()[0].request;
    assert_eq!(
        (request.path.as_str(), request.query.as_str()),
        ("/organizations/5ebbc0228123212b59xxxxx/pipelines/123/run", "")
    );
}
