//! Any other CI system, and a person at a terminal.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::Level;

use super::{Fold, Format, Host, Origin};
use crate::sanitize;

pub(super) struct Plain {
    pub(super) is_terminal: bool,
    /// Whether anybody may read the log, as Drone and Woodpecker say it.
    pub(super) is_public: bool,
}

impl Host for Plain {
    fn origin(&self) -> Origin {
        Origin::default()
    }

    fn debug(&self) -> bool {
        false
    }

    fn is_public(&self) -> bool {
        self.is_public
    }

    fn output_file(&self, asked: Option<&Path>) -> Option<(PathBuf, Format)> {
        asked.map(|path| (path.to_owned(), Format::Dotenv))
    }

    fn line(&self, level: Level, message: &str) -> String {
        line(level, message, self.is_terminal)
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        format!("--- {} ---\n", sanitize::line(&fold.title))
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        "---\n".to_owned()
    }
}

/// A line for people: its level in front unless it is ordinary, and no order in it, whoever else may read it.
pub(super) fn line(level: Level, message: &str, colour: bool) -> String {
    let clean = message.split('\n').map(sanitize::line).collect::<Vec<_>>().join("\n");
    let (name, code) = match level {
        Level::ERROR => ("error: ", "31"),
        Level::WARN => ("warning: ", "33"),
        Level::INFO => return clean,
        _ => ("debug: ", "2"),
    };
    if colour { format!("\u{1b}[{code}m{name}\u{1b}[0m{clean}") } else { format!("{name}{clean}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_moves_no_cursor_and_closes_no_fold() {
        assert_eq!(line(Level::INFO, "a\u{1b}[2Kb\rc\u{7}\nd", false), "abc\nd");
        assert_eq!(line(Level::ERROR, "no", false), "error: no");
        assert_eq!(line(Level::WARN, "oh", true), "\u{1b}[33mwarning: \u{1b}[0moh");
    }
}
