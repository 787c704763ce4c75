//! An unknown CI system, or a person at a terminal.

use super::system::{Host, wants_colour};
use crate::environment::Environment;

/// What the input `host` calls it.
pub(super) const PLAIN: &str = "plain";

pub(super) struct Plain {
    pub(super) environment: Environment,
    pub(super) is_terminal: bool,
}

impl Host for Plain {
    fn name(&self) -> &'static str {
        PLAIN
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn is_here(&self) -> bool {
        true
    }

    fn has_colour(&self) -> bool {
        self.is_terminal && wants_colour(&self.environment)
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_line_moves_no_cursor_and_closes_no_fold() {
        let plain = |is_terminal| Plain { environment: Environment::default(), is_terminal };
        let line = |level, message| plain(false).line(level, message);
        assert_eq!(line(Level::INFO, "a\u{1b}[2Kb\rc\u{7}\nd"), "abc\nd");
        assert_eq!(line(Level::ERROR, "no"), "error: no");
        assert_eq!(plain(true).line(Level::WARN, "oh"), "\u{1b}[33mwarning: \u{1b}[0moh");
    }
}
