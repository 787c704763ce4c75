//! Percent-encoding and form-encoding, stricter than the crates for it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what RFC 3986 leaves unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Decodes `%XX`; `None` when it is not UTF-8 or an escape is broken, which the crate would leave as it is.
pub(crate) fn decode(text: &str) -> Option<String> {
    let is_whole = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    text.split('%').skip(1).all(is_whole).then(|| decoded.into_owned())
}

/// The pairs of a query or of a form body, in their order. A key without `=` has an empty value.
pub(crate) fn decode_pairs(text: &str) -> Option<Vec<(String, String)>> {
    decode(text)?;
    Some(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
}

/// RFC 3986: everything but the unreserved characters is escaped, with upper-case digits.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_in_a_query_and_a_plus_in_a_path() {
        assert_eq!(decode("a+b%20c").as_deref(), Some("a+b c"));
        assert_eq!(decode_pairs("k=a+b%2Bc&e"), Some(vec![("k".into(), "a b+c".into()), ("e".into(), String::new())]));
    }

    #[test]
    fn broken_escapes_are_not_decoded() {
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("a-_.~*/ 中"), "a-_.~%2A%2F%20%E4%B8%AD");
    }
}
