//! The one sanitizer: foreign text without orders in it, to a terminal or to whatever CI system reads this output. Also
//! when no CI system is recognised, for `docker run` in a step of one looks like any other place.

use std::borrow::Cow;

/// A line in which no terminal and no CI system finds an order.
pub fn line(line: &str) -> Cow<'_, str> {
    both(without_controls(line), without_commands)
}

/// A name or a message on one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    both(in_one_line(text), without_commands)
}

/// A name or a message on one line, cut to `longest` characters.
pub fn short_line(text: &str, longest: usize) -> String {
    cut(one_line(text), longest)
}

/// A text cut to `longest` characters.
pub fn cut(text: Cow<'_, str>, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// A line without what a terminal takes for an order.
pub(crate) fn without_controls(line: &str) -> Cow<'_, str> {
    // Nearly every line is harmless as it is. Of the characters outside ASCII, those that may not be begin with one of
    // these three bytes.
    let suspicious = |byte| matches!(byte, 0..=8 | 10..=31 | 0x7f | 0xc2 | 0xd8 | 0xe2);
    if !line.bytes().any(suspicious) {
        return Cow::Borrowed(line);
    }
    Cow::Owned(without_escapes(line).chars().filter(|c| *c == '\t' || !is_control(*c)).collect())
}

/// The same of a name or a message: its words, on one line.
pub(crate) fn in_one_line(text: &str) -> Cow<'_, str> {
    let is_shown = |character: &char| character.is_whitespace() || !is_control(*character);
    let plain: String = without_escapes(text).chars().filter(is_shown).collect();
    Cow::Owned(plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What two steps make of a text, the second of what the first left.
pub(crate) fn both(text: Cow<'_, str>, then: impl Fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    match then(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// A repository's address without the user and the password it may hold. A password may hold `/`, `#` or `@` as they are:
/// where that can't be ruled out, too much is left out rather than too little.
pub fn without_user_info(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return without_password(address) };
    let Some((user, host)) = rest.rsplit_once('@') else { return address.to_owned() };
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    let is_host = match authority.split_once(':') {
        Some((_, port)) => port.bytes().all(|byte| byte.is_ascii_digit()),
        None => authority.contains('.'),
    };
    let is_ssh = ["ssh", "git+ssh", "ssh+git"].iter().any(|ssh| scheme.eq_ignore_ascii_case(ssh));
    // What everybody reaches a repository by over ssh is no secret.
    let is_name = is_ssh && !user.contains([':', '/', '@']);
    let has_user = authority.contains('@') || !is_host;
    if has_user && !is_name { format!("{scheme}://{host}") } else { address.to_owned() }
}

/// The same of what is no address by its form. `git@host:path` is one, and has no secret.
fn without_password(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((user, host)) if user.contains([':', '/']) => host.to_owned(),
        _ => address.to_owned(),
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
pub(crate) fn without_commands(line: &str) -> Cow<'_, str> {
    let begins_with_order = begins_with_order(line);
    if !begins_with_order && !line.contains("##") {
        return Cow::Borrowed(line);
    }
    let mut result = String::with_capacity(line.len() + 1);
    if begins_with_order {
        result.push('\\');
    }
    // `##[`, `##vso[` and `##teamcity[` count anywhere in one.
    for character in line.chars() {
        if result.ends_with("##") && (character == '[' || character.is_ascii_alphabetic()) {
            result.push('\\');
        }
        result.push(character);
    }
    Cow::Owned(result)
}

/// Whether a line is an order by how it begins: `::`, on BlueKing after a quote too (bk-ci, `CommandLineUtils.kt`); on
/// Buildkite what opens a group of lines, or the one before (buildkite/agent, `header_times_streamer.go`).
fn begins_with_order(line: &str) -> bool {
    let start = line.trim_start();
    let is_followed_by_space = |rest: &str| rest.starts_with(char::is_whitespace);
    start.trim_start_matches('"').starts_with("::")
        || ["---", "+++", "~~~"].iter().any(|mark| start.strip_prefix(mark).is_some_and(is_followed_by_space))
        || start.strip_prefix("^^^").is_some_and(|rest| is_followed_by_space(rest) && rest.trim() == "+++")
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
