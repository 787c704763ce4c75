//! GitLab CI.

use std::path::{Path, PathBuf};

use tracing::Level;

use super::{Format, Host, Origin, plain};
use crate::inputs::Environment;

pub(super) struct GitLab {
    pub(super) environment: Environment,
}

impl Host for GitLab {
    fn origin(&self) -> Origin {
        let get = |name| self.environment.get(name).map(str::to_owned);
        Origin {
            repository: get("CI_PROJECT_PATH"),
            reference: get("CI_COMMIT_REF_NAME"),
            commit: get("CI_COMMIT_SHA"),
            actor: get("GITLAB_USER_LOGIN"),
            url: get("CI_JOB_URL"),
        }
    }

    fn debug(&self) -> bool {
        self.environment.get("CI_DEBUG_TRACE") == Some("true")
    }

    /// A file for `artifacts:reports:dotenv`, whose paths are relative to the project's directory.
    fn output_file(&self, asked: Option<&Path>) -> Option<(PathBuf, Format)> {
        let project = Path::new(self.environment.get("CI_PROJECT_DIR").unwrap_or_default());
        Some((project.join(asked.unwrap_or(Path::new("yunxiao.env"))), Format::Dotenv))
    }

    fn line(&self, level: Level, message: &str) -> String {
        plain::line(level, message, true)
    }
}
