//! The one sanitizer: foreign text without orders in it, to a terminal or to whatever CI system reads this output. Also
//! when no CI system is recognised, for `docker run` in a step of one looks like any other place.

use std::borrow::Cow;

/// A line in which no terminal and no CI system finds an order.
pub fn line(line: &str) -> Cow<'_, str> {
    // Nearly every line is harmless as it is. Of the characters outside ASCII, those that may not be begin with one of
    // these two bytes.
    let suspicious = |byte| matches!(byte, 0..=8 | 10..=31 | 0x7f | 0xc2 | 0xe2);
    if !line.bytes().any(suspicious) && !line.contains("##") && !line.contains("::") {
        return Cow::Borrowed(line);
    }
    let plain: String = without_escapes(line).chars().filter(|c| *c == '\t' || !is_control(*c)).collect();
    Cow::Owned(without_commands(&plain))
}

/// A name or a message on one line, cut to `longest` characters.
pub fn short_line(text: &str, longest: usize) -> String {
    let plain = without_escapes(text);
    let words = plain.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line = without_commands(&words.chars().filter(|character| !is_control(*character)).collect::<String>());
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A repository's address without the user and the password it may hold.
pub fn without_user_info(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        // What everybody reaches a repository by over ssh is no secret.
        Some((user, _)) if !user.contains(':') && !scheme.starts_with("http") => address.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => address.to_owned(),
    }
}

/// Whether a character moves the cursor, begins an escape sequence, or turns the direction of writing.
pub fn is_control(character: char) -> bool {
    let directs =
        matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || directs
}

/// A line in which no CI system finds a command. One is broken by a backslash, as GitHub's runner itself does: the runner
/// compares by the rules of a language, and those may pass over characters without a width (actions/runner,
/// `ActionCommand.cs` and `OutputManager.cs`).
fn without_commands(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    // `::` counts at the start of a line.
    if line.trim_start().starts_with("::") {
        result.push('\\');
    }
    // `##[`, `##vso[` and `##teamcity[` count anywhere in one.
    for character in line.chars() {
        if result.ends_with("##") && (character == '[' || character.is_ascii_alphabetic()) {
            result.push('\\');
        }
        result.push(character);
    }
    result
}

/// The text without the escape sequences of terminals (ECMA-48), whole ones and what is left of broken ones.
fn without_escapes(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    // Looked for in vain once, a terminator is not looked for again: a line of nothing but beginnings must not take the time
    // of its length squared.
    let mut has_terminator = true;
    while let Some(start) = rest.find(['\u{1b}', '\u{9b}', '\u{9d}']) {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut characters = rest.chars();
        let introducer = match characters.next() {
            Some('\u{1b}') => characters.clone().next(),
            Some('\u{9b}') => Some('['),
            _ => Some(']'),
        };
        if rest.starts_with('\u{1b}') && introducer.is_some_and(|next| !is_control(next)) {
            characters.next();
        }
        rest = characters.as_str();
        match introducer {
            // A control sequence: parameters, intermediates, one final byte.
            Some('[') => {
                rest = rest.trim_start_matches(|next| matches!(next, '\u{20}'..='\u{3f}'));
                rest = rest.strip_prefix(|next| matches!(next, '\u{40}'..='\u{7e}')).unwrap_or(rest);
            }
            // A string for the terminal, such as its title or a link: to its terminator, if it has one.
            Some(']' | 'P' | 'X' | '^' | '_') if has_terminator => {
                let ends = [rest.find(['\u{7}', '\u{9c}']), rest.find("\u{1b}\\")];
                match ends.into_iter().flatten().min() {
                    Some(end) => rest = rest[end..].trim_start_matches(['\u{7}', '\u{9c}']),
                    None => has_terminator = false,
                }
            }
            // Any other is two characters long, with perhaps some intermediates between them.
            Some('\u{20}'..='\u{2f}') => {
                rest = rest.trim_start_matches(|next| matches!(next, '\u{20}'..='\u{2f}'));
                rest = rest.strip_prefix(|next| matches!(next, '\u{30}'..='\u{7e}')).unwrap_or(rest);
            }
            _ => {}
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn orders_are_broken_and_words_are_kept() {
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
            assert_eq!(super::line(line), expected, "{line:?}");
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
            ("https://host/a@b", "https://host/a@b"),
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
}
