//! Redaction: a secret is hidden in whatever spelling a service quotes it.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use yunxiao_run::redaction::Redaction;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type Writer = fn(&str) -> String;

/// The ways in which services, their libraries and this program write a text into another.
const SPELLINGS: &[(&str, Writer)] = &[
    ("as it is", str::to_owned),
    ("JSON", |text| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }),
    ("JSON with slashes escaped", |text| SPELLINGS[1].1(text).replace('/', "\\/")),
    ("JSON of ASCII alone", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("JSON safe within HTML", |text| SPELLINGS[1].1(text).replace('=', "\\u003d").replace('&', "\\u0026")),
    ("percent-encoded", |text| utf8_percent_encode(text, RESERVED).to_string()),
    ("percent-encoded in lower case", |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect()),
    ("percent-encoded where a path needs it", |text| {
        text.replace('%', "%25").replace(' ', "%20").replace('?', "%3F").replace('#', "%23")
    }),
    ("a form", |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect()),
    ("XML", |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")),
    ("XML by number", |text| text.chars().map(|character| format!("&#{};", u32::from(character))).collect()),
    ("XML by hexadecimal number", |text| {
        text.chars().map(|character| format!("&#x{:X};", u32::from(character))).collect()
    }),
];

#[test]
fn a_secret_is_hidden_in_every_spelling_and_every_spelling_of_that() {
    const SECRETS: &[&str] =
        &["s3cr/t k=y\"~*<é", "a+b/c==&%41\\n", "50% of #1", "\u{1f600} smile", "LTAI5tEXAMPLEkey"];
    let redaction = Redaction::of(SECRETS.iter().copied().chain(["dev"]));
    for secret in SECRETS {
        for (outer, outside) in SPELLINGS {
            for (inner, inside) in SPELLINGS {
                let form = outside(&inside(secret));
                assert_eq!(redaction.apply(&format!("<{form}>")), "<***>", "{outer} of {inner}: {form}");
                assert!(redaction.is_in(&form), "{outer} of {inner}: {form}");
            }
        }
        for base64 in [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD] {
            let shown = redaction.apply(&base64.encode(secret.as_bytes())).replace('=', "");
            assert_eq!(shown, "***");
            // As a user's password, with the user before it: all but the characters that say something of both.
            for user in ["", "a", "ab", "abc"] {
                let form = base64.encode(format!("{user}:{secret}:").as_bytes());
                let shown = redaction.apply(&form);
                assert!(shown.contains("***") && shown.len() < 16, "{user}: {shown}");
            }
        }
    }
    assert_eq!(
        redaction.apply("a developer, 100% \\o/ &c. %zz \\u12 &#; a+b"),
        "a developer, 100% \\o/ &c. %zz \\u12 &#; a+b"
    );
}

#[test]
fn a_quick_look_misses_no_spelling_but_base64() {
    let several = "first line\nsecond secret line";
    for secret in ["s3cr/t k=y\"~*<é", "a+b/c==&%41\\n", "50% of #1", "LTAI5tEXAMPLEkey", several] {
        let redaction = Redaction::of([secret]);
        for (name, spelt) in SPELLINGS {
            assert!(redaction.may_be_in(&format!("Endpoint {}", spelt(secret))), "{name} of {secret}");
        }
        assert!(!redaction.may_be_in("Endpoint https://flow.example.com, from endpoint"), "{secret}");
    }
    assert!(Redaction::of([several]).may_be_in("a second secret line"));
    assert!(Redaction::of(["correct horse"]).may_be_in("correct \u{200b}horse"), "it may be joined when it is shown");
    assert!(!Redaction::default().may_be_in("100% é"));
}

#[test]
fn a_value_that_contains_another_is_redacted_completely() {
    assert_eq!(Redaction::of(["abcd", "abcdefgh"]).apply("abcdefgh abcd"), "*** ***");
    assert_eq!(Redaction::of(["abcdef", "defghi"]).apply("abcdefghi"), "***");
}

#[test]
fn neutralising_text_does_not_assemble_a_secret() {
    let redaction = Redaction::of(["a##[b secret"]);
    for text in ["a##[b\u{7} secret", "a#\u{1b}[0m#[b secret", "a##[\u{202e}b secret"] {
        assert_eq!(redaction.quote(text, 99), "***", "{text:?}");
        assert_eq!(redaction.line(text), "***", "{text:?}");
    }
}

#[test]
fn truncating_a_long_name_reveals_no_secret() {
    let secret = "correct horse battery staple";
    let redaction = Redaction::of([secret]);
    for (_, spelt) in SPELLINGS {
        let form = spelt(secret);
        // Escape sequences are taken out, so the end of what is looked at is what is shown.
        for offset in (15_000..19_000).step_by(7) {
            let text = format!("{}{form}{form}{}", "\u{1b}[m".repeat(offset / 3), "y".repeat(4000));
            let shown = redaction.quote(&text, 300);
            let left = shown.replace("***", "");
            assert!(!(4..=form.len()).any(|length| left.contains(&form[..length])), "{offset}: {shown}");
        }
    }
}

fn secrets() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{4,40}", "[a-zA-Z0-9+/]{16,64}={0,2}", "[a-z%\\\\&+ ]{4,12}", "[ -~é中😀]{4,20}"]
        .prop_filter("short", |secret| secret.trim().chars().count() >= 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Wherever it stands and wherever the text is cut: nothing longer than the shortest hidden value is left of it.
    #[test]
    fn no_secret_remains_in_any_position_or_spelling(
        secret in secrets(),
        (outer, inner) in (0..SPELLINGS.len(), 0..SPELLINGS.len()),
        before in "[a-z 中.,]{0,30}",
        after in "[a-z 中.,]{0,30}",
        longest in 1..60_usize,
    ) {
        let form = SPELLINGS[outer].1(&SPELLINGS[inner].1(&secret));
        let redaction = Redaction::of([secret.as_str()]);
        let text = format!("{before}{form}{after}");
        prop_assert!(redaction.is_in(&text));
        let expected: String = redaction.quote(&format!("{before}\u{1}***\u{1}{after}"), longest);
        prop_assert_eq!(redaction.quote(&text, longest), expected, "{}", form);
    }

    #[test]
    fn text_without_secrets_is_left_alone(text in "[ -~é中]{0,80}") {
        prop_assert_eq!(Redaction::of(["no such secret here"]).apply(&text), text.as_str());
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>(), secret in any::<String>()) {
        let redaction = Redaction::of([secret.as_str()]);
        let _ = (redaction.quote(&text, 20), redaction.line(&text).into_owned());
    }
}
