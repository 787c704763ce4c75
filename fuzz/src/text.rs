//! Foreign text on its way to people: names, messages, lines.

use yunxiao_run::redaction::Redaction;
use yunxiao_run::sanitize;

use crate::orders::assert_harmless;
use crate::reveal::secret_in;
use crate::{SECRETS, texts};

/// Takes a text.
pub fn check(data: &[u8]) {
    let [text] = texts(data);
    let secrets = Redaction::of(SECRETS);
    assert_eq!(secrets.is_in(&text), secrets.apply(&text) != text, "{text:?}");
    if secret_in(&text).is_some() {
        assert!(secrets.is_in(&text), "{text:?}");
    }
    for line in text.split(['\n', '\r']) {
        let shown = secrets.line(line);
        assert_harmless(&shown);
        assert_eq!(secret_in(&shown), None, "{line:?} as {shown:?}");
        assert!(shown.len() <= 3 * line.len() + 8, "{line:?} as {shown:?}");
        assert_eq!(secrets.line(&shown), shown, "{line:?} twice");
        let clean = sanitize::line(line);
        assert_harmless(&clean);
        assert_eq!(sanitize::line(&clean), clean, "{line:?} twice");
    }
    let quoted = secrets.quote(&text, usize::MAX);
    assert_harmless(&quoted);
    assert!(!quoted.contains(['\n', '\r']), "{quoted:?}");
    assert_eq!(secret_in(&quoted), None, "{text:?} as {quoted:?}");
    assert_eq!(secrets.quote(&quoted, usize::MAX), quoted, "{text:?} twice");
    for longest in [0, 1, 7, 60, 300] {
        let cut = secrets.quote(&text, longest);
        let expected: String = quoted.chars().take(longest).collect();
        assert_eq!(cut.strip_suffix('…').unwrap_or(&cut), expected.strip_suffix('…').unwrap_or(&expected), "{text:?}");
        assert!(cut.chars().count() <= longest + 1);
    }
    let one = sanitize::one_line(&text);
    assert_harmless(&one);
    assert_eq!(sanitize::one_line(&one), one, "{text:?} twice");
}
