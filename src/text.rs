//! One message in two languages.

use std::fmt;

/// A message in English and in Chinese. A container has no locale to choose by, so people get both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The English wording.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
}

impl Text {
    /// A text from its two wordings.
    pub fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { english: english.into(), chinese: chinese.into() }
    }

    /// This text and then another, a space between them in English, and in Chinese after an address.
    #[must_use]
    pub fn then(self, next: &Self) -> Self {
        let space = if self.english.is_empty() { "" } else { " " };
        // An address must not run into what follows it.
        let gap = if self.chinese.ends_with(|last: char| last.is_ascii_graphic()) { " " } else { "" };
        Self {
            english: format!("{}{space}{}", self.english, next.english),
            chinese: format!("{}{gap}{}", self.chinese, next.chinese),
        }
    }

    /// Both wordings on one line, for what is not an error.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        format!("{} / {}", self.english, self.chinese)
    }
}

/// English, then Chinese on a line of its own.
impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", self.english, self.chinese)
    }
}

/// A foreign text fit to stand in a log: one short line that moves no cursor, turns no direction, and is no command to a
/// CI system, of which GitHub's and Azure's look for `##[` and `##vso[` anywhere in a line.
#[must_use]
pub fn one_line(text: &str, longest: usize) -> String {
    let line = text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|character| !is_control(*character)).collect();
    let mut broken = String::with_capacity(line.len());
    for character in line.chars() {
        if character == '#' && broken.ends_with('#') {
            broken.push(' ');
        }
        broken.push(character);
    }
    let line = broken;
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A repository's address without the user and the password it may hold.
#[must_use]
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
#[must_use]
pub fn is_control(character: char) -> bool {
    let directs =
        matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || directs
}

/// A [`Text`] from two format strings over the same variables.
macro_rules! text {
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::text::Text::new(format!($english), format!($chinese))
    };
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_foreign_text_is_an_order() {
        for (text, expected) in [
            ("a ##[error]b", "a # #[error]b"),
            ("###[error]", "# # #[error]"),
            ("####vso[x]", "# # # #vso[x]"),
            ("a\n\tb\u{1b}[2J\u{202e}\u{61c}c", "a b[2Jc"),
        ] {
            assert_eq!(one_line(text, 100), expected);
        }
        assert_eq!(one_line("部署部署", 2), "部署…");
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
    fn an_address_does_not_run_into_what_follows_it() {
        let both = text!("See https://a/b", "见 https://a/b").then(&text!("Then.", "然后。"));
        assert_eq!(both, text!("See https://a/b Then.", "见 https://a/b 然后。"));
    }
}
