use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let response = http::Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
    Answer::read(&response, &[], &Redaction::default())
}

#[test]
fn a_code_is_the_services_own_word_only_with_a_message_or_a_request_id() {
    for (body, code, is_own) in [
        (json!({"Code": "Bad.Name", "Message": "m"}), "Bad.Name", true),
        (json!({"code": "Bad", "requestId": "A-1"}), "Bad", true),
        (json!({"errorCode": "Bad", "errorMsg": "m", "requestId": "A-1"}), "Bad", true),
        (json!({"errorCode": " Bad ", "errorDescription": "m"}), "Bad", true),
        // A code alone, or what is no code, is anyone's.
        (json!({"code": "Bad"}), "Bad", false),
        (json!({"Message": "m", "RequestId": "A"}), "", false),
        (json!({"code": 404, "message": "m"}), "404", false),
        (json!({"code": "not a code", "message": "m"}), "", false),
        (json!({"code": "-\u{e9}", "message": "m"}), "", false),
        (json!({"code": "x".repeat(121), "message": "m"}), "", false),
        (json!({"code": "x".repeat(120), "message": "m"}), &"x".repeat(120), true),
        (json!({"code": "\"\"", "message": "m"}), "", false),
        (json!({"code": "”“", "message": "m"}), "", false),
        (json!({"code": " ", "message": "m"}), "", false),
        (json!({"code": "Bad", "message": "\"\"", "requestId": "not an id"}), "Bad", false),
        (json!({"code": ["Bad"], "message": "m"}), "", false),
        (json!({}), "", false),
    ] {
        let answer = answer(400, &body.to_string());
        assert_eq!(answer.code().unwrap_or_default(), code, "{body}");
        assert_eq!(answer.is_from_the_service(), is_own, "{body}");
    }
    let both = answer(400, &json!({"Code": "One", "code": "Two", "errorCode": "Three"}).to_string());
    assert_eq!(both.codes().collect::<Vec<_>>(), ["One", "Two", "Three"]);
}

#[test]
fn a_number_that_may_have_been_cut_is_none() {
    let read = |body: &str, header: Option<(&str, &str)>| {
        let builder =
            header.into_iter().fold(http::Response::builder(), |builder, (name, value)| builder.header(name, value));
        Answer::read(&builder.body(body.as_bytes().to_vec()).unwrap(), &[], &Redaction::default()).value
    };
    // The connection's end is that of the body: 12 may have been 1234.
    assert_eq!(read("12", None), Value::Null);
    for header in [("content-length", "2"), ("transfer-encoding", "chunked")] {
        assert_eq!(read("12", Some(header)), json!(12), "{header:?}");
    }
    // These say themselves where they end.
    for whole in [json!("12"), json!({"pipelineRunId": 12}), json!(true), json!([12])] {
        assert_eq!(read(&whole.to_string(), None), whole);
    }
}

#[test]
fn success_is_what_it_says_and_what_cannot_be_read_is_none() {
    for (body, success, claims) in [
        (json!({"success": true}), Some(true), true),
        (json!({"success": " True "}), Some(true), true),
        (json!({"success": false}), Some(false), false),
        (json!({"success": "FALSE"}), Some(false), false),
        (json!({"success": "no"}), None, false),
        (json!({"success": 1}), None, false),
        (json!({"success": null}), None, false),
        (json!({}), None, true),
    ] {
        let said = body.to_string();
        assert_eq!((answer(200, &said).success(), answer(200, &said).claims_success()), (success, claims), "{body}");
        assert!(!answer(300, &said).claims_success() && !answer(199, &said).claims_success(), "{body}");
    }
}

#[test]
fn half_a_character_is_replaced_and_nothing_else_is() {
    let read = |body: &str| answer(200, body).value;
    for (body, expected) in [
        (r#"{"a":"x\ud83dy"}"#, json!({"a": "x\u{fffd}y"})),
        (r#"{"a":"x\udc00y"}"#, json!({"a": "x\u{fffd}y"})),
        (r#"{"a":"\ud83d"}"#, json!({"a": "\u{fffd}"})),
        (r#"{"a":"\ud83d\ud83d\ude00"}"#, json!({"a": "\u{fffd}\u{1f600}"})),
        (r#"{"a":"\ud83d\u0041"}"#, json!({"a": "\u{fffd}A"})),
        (r#"{"a":"\\ud83d \ud83d \\"}"#, json!({"a": "\\ud83d \u{fffd} \\"})),
        (r#"{"a":"\ud83d\n中\"}"}"#, json!({"a": "\u{fffd}\n中\"}"})),
    ] {
        assert_eq!(read(body), expected, "{body}");
    }
    for body in [r#"{"a":"\ud83d"#, r#"{"a":\ud83d}"#, r#"{"a":"\u12"}"#, "\\", "{\"\\ud83d"] {
        assert_eq!(read(body), Value::Null, "{body}");
    }
}

#[test]
fn of_xml_only_a_flat_error_has_members() {
    let members = |body: &str| match answer(400, body) {
        Answer { body: BodyKind::Members, value, .. } => Some(value),
        _ => None,
    };
    assert_eq!(
        members(
            "<?xml version='1.0'?> <Error> <Code>A.B</Code>\n<Message>a &lt;b&gt; &amp;lt; &quot;&apos;</Message><X/></Error>"
        ),
        Some(json!({"Code": "A.B", "Message": "a <b> &lt; \"'", "X": ""}))
    );
    assert_eq!(members("<Error></Error>"), Some(json!({})));
    for odd in [
        "<Error>",
        "<Error><Code>A</Code>",
        "<Error><Code>A</Kode></Error>",
        "<Error><Code>A<B/></Code></Error>",
        "<Error><Code a='b'>A</Code></Error>",
        "<Error><>A</></Error>",
        "<Error><C:d>A</C:d></Error>",
        "<Error>text</Error>",
        "<Error></Error> more",
        "<?xml <Error></Error>",
        "<error></error>",
    ] {
        assert_eq!(members(odd), None, "{odd}");
    }
}

#[test]
fn a_body_is_told_by_what_it_is() {
    for (body, kind) in [
        ("", BodyKind::Empty),
        (" \n", BodyKind::Empty),
        ("\u{feff}{}", BodyKind::Members),
        ("[]", BodyKind::Other),
        ("7", BodyKind::Other),
        ("<!DOCTYPE HTML><p>", BodyKind::Page),
        ("<html lang='en'>", BodyKind::Page),
        ("<!doctype svg>", BodyKind::Other),
        ("<htm>", BodyKind::Other),
        ("text", BodyKind::Other),
    ] {
        assert_eq!(answer(200, body).body, kind, "{body:?}");
    }
}

#[test]
fn a_request_id_that_holds_a_secret_is_none_and_dates_have_an_end() {
    let redaction = Redaction::of(["hush-hush"]);
    let read = |body: Value, header: &str, date: &str| {
        let response = http::Response::builder().header("x-acs-request-id", header).header("date", date);
        Answer::read(&response.body(body.to_string().into_bytes()).unwrap(), &[], &redaction)
    };
    let good = "Tue, 14 Nov 2023 22:13:20 GMT";
    assert_eq!(read(json!({"requestId": "A"}), "B", good).request_id().as_deref(), Some("A"));
    assert_eq!(read(json!({"requestId": "x-hush-hush"}), "B", good).request_id().as_deref(), Some("B"));
    assert_eq!(read(json!({}), "hush-hush", good).request_id(), None);
    // Only a request's id is dropped: a message is redacted when it is quoted.
    let message = json!({"Code": "Bad", "message": "it is hush-hush", "RequestId": "A"});
    assert_eq!(read(message, "B", good).refusal(&redaction).message.as_deref(), Some("it is ***"));
    assert_eq!(read(json!({}), "B", good).date, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
    // 253,000,000,000 seconds after 1970, and one less.
    for (date, is_believed) in [("Thu, 02 Apr 9987 17:46:40 GMT", false), ("Thu, 02 Apr 9987 17:46:39 GMT", true)] {
        let parsed = httpdate::parse_http_date(date).unwrap();
        assert_eq!(parsed < SystemTime::UNIX_EPOCH + LATEST_DATE, is_believed, "the test's own dates");
        assert_eq!(read(json!({}), "B", date).date.is_some(), is_believed, "{date}");
    }
}
