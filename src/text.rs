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
    let line = line.replace("##", "# #");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether a character moves the cursor, begins an escape sequence, or turns the direction of writing.
#[must_use]
pub fn is_control(character: char) -> bool {
    let directs = matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || directs
}

/// A [`Text`] from two format strings over the same variables.
macro_rules! text {
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::text::Text::new(format!($english), format!($chinese))
    };
}
pub(crate) use text;
