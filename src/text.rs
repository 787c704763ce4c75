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

    /// This text and then another, a space between them in English only.
    #[must_use]
    pub fn then(self, next: &Self) -> Self {
        let space = if self.english.is_empty() { "" } else { " " };
        Self {
            english: format!("{}{space}{}", self.english, next.english),
            chinese: format!("{}{}", self.chinese, next.chinese),
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

/// A [`Text`] from two format strings over the same variables.
macro_rules! text {
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::text::Text::new(format!($english), format!($chinese))
    };
}
pub(crate) use text;
