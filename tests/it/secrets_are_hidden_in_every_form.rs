//! Redaction: a secret is hidden in whatever spelling a service quotes it.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
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

/// Ways that lie deeper, or that only people and languages write.
const DEEPER: &[(&str, Writer)] = &[
    ("JSON three times", |text| (0..3).fold(text.to_owned(), |text, _| SPELLINGS[1].1(&text))),
    ("JSON of ASCII alone, three times more", |text| {
        (0..3).fold(SPELLINGS[3].1(text), |text, _| SPELLINGS[1].1(&text))
    }),
    ("percent-encoded four times", |text| (0..4).fold(text.to_owned(), |text, _| SPELLINGS[5].1(&text))),
    ("hexadecimal", |text| HEXLOWER.encode(text.as_bytes())),
    ("hexadecimal in upper case", |text| HEXUPPER.encode(text.as_bytes())),
    ("hexadecimal within more of it", |text| format!("a{}b0", HEXLOWER.encode(text.as_bytes()))),
    ("bytes of a string", |text| text.bytes().map(|byte| format!("\\x{byte:02X}")).collect()),
    ("octal", |text| text.bytes().map(|byte| format!("\\{byte:03o}")).collect()),
    ("octal as echo has it", |text| text.bytes().map(|byte| format!("\\0{byte:03o}")).collect()),
    ("octal within JSON", |text| SPELLINGS[1].1(&DEEPER[7].1(text))),
    ("characters in braces", |text| {
        text.chars().map(|character| format!("\\u{{{:x}}}", u32::from(character))).collect()
    }),
    ("characters of eight digits", |text| {
        text.chars().map(|character| format!("\\U{:08x}", u32::from(character))).collect()
    }),
    ("several ways at once", |text| {
        let ways: [Writer; 3] = [SPELLINGS[3].1, SPELLINGS[6].1, SPELLINGS[10].1];
        text.chars().zip(ways.iter().cycle()).map(|(character, way)| way(&character.to_string())).collect()
    }),
];

#[test]
fn a_secret_is_hidden_in_what_was_quoted_again_and_again_or_written_by_a_language() {
    const SECRETS: &[&str] = &["s3cr/t k=y\"~*<é", "a+b/c==&%41\\n", "50% of #1", "LTAI5tEXAMPLEkey"];
    let redaction = Redaction::of(SECRETS.iter().copied());
    for secret in SECRETS {
        for (name, spelt) in DEEPER {
            let form = spelt(secret);
            let shown = redaction.apply(&format!("<{form}>")).replace("a***b0", "***");
            assert_eq!(shown, "<***>", "{name}: {form}");
            assert!(redaction.is_in(&form), "{name}: {form}");
        }
    }
}

#[test]
fn a_secret_is_hidden_with_unseen_characters_between_its_own() {
    let redaction = Redaction::of(["correct horse"]);
    for unseen in "\u{ad}\u{34f}\u{61c}\u{180e}\u{200b}\u{200d}\u{2060}\u{2063}\u{feff}\u{fe0f}\u{e0041}".chars() {
        let text = "correct horse".chars().flat_map(|character| [character, unseen, unseen]).collect::<String>();
        let shown = redaction.apply(&text);
        assert!(shown.starts_with("***") && shown.chars().count() < 6, "{:x}: {shown}", u32::from(unseen));
    }
    // They stay in other texts: some languages and pictures need them.
    let family = "\u{1f468}\u{200d}\u{1f467} می\u{200c}خواهم，中文。";
    assert_eq!(redaction.line(family), family);
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
