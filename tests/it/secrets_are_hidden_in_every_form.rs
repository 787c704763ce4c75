//! Redaction: a secret is hidden however a service may quote it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use yunxiao_run::redaction::Redaction;

#[test]
fn a_secret_is_hidden_in_every_form_a_service_may_quote_it_in() {
    let redaction = Redaction::of(["s3cr/t k=y\"~*<é", "dev"]);
    for form in [
        "s3cr/t k=y\"~*<é",
        "s3cr/t k=y\\\"~*<é",
        "s3cr%2Ft%20k%3Dy%22~%2A%3C%C3%A9",
        "s3cr%2ft%20k%3dy%22~%2a%3c%c3%a9",
        "s3cr%2Ft+k%3Dy%22%7E*%3C%C3%A9",
        "s3cr%2Ft+k%3Dy%5C%22%7E*%3C%C3%A9",
        "s3cr/t k=y\"~*&lt;é",
        "s3cr/t k=y&quot;~*&lt;é",
        &STANDARD_NO_PAD.encode("s3cr/t k=y\"~*<é"),
    ] {
        assert_eq!(redaction.apply(&format!("<{form}>")), "<***>");
    }
    assert_eq!(redaction.apply("a developer"), "a developer");
    assert!(redaction.hides("s3cr/t k=y\"~*<é") && !redaction.hides("a s3cr/t k=y\"~*<é"));
}

#[test]
fn a_value_that_contains_another_leaves_nothing_of_itself() {
    assert_eq!(Redaction::of(["abcd", "abcdefgh"]).apply("abcdefgh abcd"), "*** ***");
}
