//! The sanitizer: foreign text keeps its words and loses its orders.

use proptest::prelude::*;
use yunxiao_run::sanitize::{self, is_control, line, short_line, without_user_info};

#[test]
fn commands_are_defused_and_text_is_kept() {
    for (line, expected) in [
        ("std::fs is a path", "std::fs is a path"),
        ("::set-output name=a::b", r"\::set-output name=a::b"),
        (" \u{a0}::add-mask::x", "\\ \u{a0}::add-mask::x"),
        ("a ##[error]b ##[add-mask]c", r"a ##\[error]b ##\[add-mask]c"),
        ("##[[##vso[x]y###[z", r"##\[[##\vso[x]y###\[z"),
        ("##VSO[task.x]", r"##\VSO[task.x]"),
        ("## heading", "## heading"),
        ("\u{1b}[32mOK\u{1b}[0m", "OK"),
        ("\u{1b}[0Ksection_start:1:a\r\u{1b}[0Kb", "section_start:1:ab"),
        ("a\u{9b}2Kb\u{7}c\u{8}d", "abcd"),
        ("\u{1b}]0;title\u{7}x\u{1b}]8;;http://a\u{1b}\\link", "xlink"),
        ("\u{1b}]0;no end", "0;no end"),
        ("\u{1b}:\u{1b}::set-output::x", r":set-output::x"),
        ("\u{1b}(Bx\u{1b}", "x"),
        ("\u{1b}\u{1b}[1m::error::x", r"\::error::x"),
        ("\t- a\u{202e}b", "\t- ab"),
        ("部署 🚀 完成", "部署 🚀 完成"),
    ] {
        assert_eq!(sanitize::line(line), expected, "{line:?}");
    }
}

#[test]
fn a_name_is_one_line_without_orders_or_their_remains() {
    for (text, expected) in [
        ("a ##[error]b", r"a ##\[error]b"),
        ("a\n\tb\u{1b}[2J\u{202e}\u{61c}c", "a bc"),
        ("a\u{1b}[2J\nb", "a b"),
        (" ::error::x", r"\::error::x"),
    ] {
        assert_eq!(short_line(text, 100), expected, "{text:?}");
    }
    assert_eq!(short_line("部署部署", 2), "部署…");
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    for (address, expected) in [
        ("https://token:secret@host/a/b.git", "https://host/a/b.git"),
        ("https://secret@host/a/b.git", "https://host/a/b.git"),
        ("ssh://git:secret@host:22/a", "ssh://host:22/a"),
        ("ssh://git@host/a", "ssh://git@host/a"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("https://host.example/a@b", "https://host.example/a@b"),
        ("https://host:8443/a@b", "https://host:8443/a@b"),
        ("HTTPS://secret@host/a", "HTTPS://host/a"),
        ("git+https://user:secret@host/a", "git+https://host/a"),
        ("git://user:secret@host/a", "git://host/a"),
        ("https://user:sec/ret@host/a", "https://host/a"),
        ("https://user:sec#ret@host/a", "https://host/a"),
        ("https://user:se@c/ret@host/a", "https://host/a"),
        ("https://sec/ret@host/a", "https://host/a"),
        ("https://a:b@c@host", "https://host"),
        ("nonsense", "nonsense"),
    ] {
        assert_eq!(without_user_info(address), expected);
    }
}

#[test]
fn the_time_a_line_takes_does_not_grow_with_the_square_of_its_length() {
    // A thousand times as much as a line has; if it did, this would not end.
    for beginning in ["\u{1b}]", "\u{1b}P", "\u{9d}", "\u{1b}[", "##", "::"] {
        assert!(line(&beginning.repeat(4_000_000)).len() <= 16_000_000);
    }
}

proptest! {
    #[test]
    fn no_line_holds_an_order(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("::".to_owned()), Just("##[".to_owned()), Just("##".to_owned()), Just("[".to_owned()),
                Just("\u{1b}[".to_owned()), Just("\u{1b}".to_owned()), Just("\u{1b}]".to_owned()), Just("K".to_owned()),
                Just("vso[".to_owned()), Just(":".to_owned()), Just("#".to_owned()), Just(" ".to_owned()),
                Just("\u{9b}".to_owned()), Just("\r".to_owned()), Just("\u{7}".to_owned()), any::<String>(),
            ],
            0..12,
        )
    ) {
        let line = line(&pieces.concat()).into_owned();
        prop_assert!(!line.trim_start().starts_with("::"), "{line:?}");
        prop_assert!(!line.contains("##[") && !line.to_lowercase().contains("##vso["), "{line:?}");
        prop_assert!(!line.contains(|c: char| c != '\t' && is_control(c)), "{line:?}");
    }
}
