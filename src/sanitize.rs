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
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        // What everybody reaches a repository by over ssh is no secret.
        Some((user, host)) if user.contains(':') || scheme.starts_with("http") => format!("{scheme}://{host}{path}"),
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
