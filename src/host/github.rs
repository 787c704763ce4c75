//! GitHub Actions, and Gitea's, Forgejo's and act's likeness of it.

use std::path::{Path, PathBuf};

use tracing::Level;

use super::{Format, Host, Origin};
use crate::inputs::Environment;

pub(super) struct GitHub {
    pub(super) environment: Environment,
}

impl Host for GitHub {
    fn origin(&self) -> Origin {
        let get = |name| self.environment.get(name).map(str::to_owned);
        let repository = get("GITHUB_REPOSITORY");
        let url = match (get("GITHUB_SERVER_URL"), &repository, get("GITHUB_RUN_ID")) {
            (Some(server), Some(repository), Some(run)) => Some(format!("{server}/{repository}/actions/runs/{run}")),
            _ => None,
        };
        Origin {
            // In a pull request GITHUB_REF_NAME is `<number>/merge`.
            reference: get("GITHUB_HEAD_REF").or_else(|| get("GITHUB_REF_NAME")),
            commit: get("GITHUB_SHA"),
            actor: get("GITHUB_ACTOR"),
            repository,
            url,
        }
    }

    fn debug(&self) -> bool {
        self.environment.get("RUNNER_DEBUG") == Some("1")
    }

    fn output_file(&self, _: Option<&Path>) -> Option<(PathBuf, Format)> {
        self.environment.get("GITHUB_OUTPUT").map(|path| (PathBuf::from(path), Format::Heredoc))
    }

    fn has_an_output_file_of_its_own(&self) -> bool {
        true
    }

    /// Warnings, errors and debug lines become workflow commands; the rest is kept from being one.
    fn line(&self, level: Level, message: &str) -> String {
        // The runner's own escapes for a command's data: actions/runner, ActionCommand.cs.
        let data = || message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        match level {
            Level::ERROR => format!("::error::{}", data()),
            Level::WARN => format!("::warning::{}", data()),
            Level::INFO => harmless(message),
            _ => format!("::debug::{}", data()),
        }
    }
}

/// Text in which the runner finds no command: `::` counts at the start of a line, `##[` anywhere in one.
fn harmless(message: &str) -> String {
    let lines = message.split(['\n', '\r']).map(|line| {
        let line = line.replace("##[", "##\u{200b}[");
        if line.trim_start().starts_with("::") { format!("\u{200b}{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level, message: &str) -> String {
        GitHub { environment: Environment::default() }.line(level, message)
    }

    #[test]
    fn warnings_errors_and_debug_lines_are_one_command_each() {
        assert_eq!(line(Level::ERROR, "50%\nor\r\n::warning::x"), "::error::50%25%0Aor%0D%0A::warning::x");
        assert_eq!(line(Level::WARN, "a"), "::warning::a");
        assert_eq!(line(Level::DEBUG, "a"), "::debug::a");
    }

    #[test]
    fn an_ordinary_line_is_never_a_command() {
        for attack in ["::set-output name=a::b", "  ::x::", "a\n::x::", "a\r::x::", "a ##[error]b", "##[add-mask]b"] {
            for line in line(Level::INFO, attack).lines() {
                assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{attack:?} gives {line:?}");
            }
        }
        assert_eq!(line(Level::INFO, "std::fs is a path"), "std::fs is a path");
    }
}
