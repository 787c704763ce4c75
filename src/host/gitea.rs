//! Gitea Actions, and Forgejo's, which derive from them.

use std::io;
use std::time::SystemTime;

use super::github;
use super::names::{Names, Origin};
use super::outputs::Destination;
use super::system::{Fold, Host};
use crate::environment::Environment;

pub(super) struct Gitea {
    environment: Environment,
    is_forgejo: bool,
}

pub(super) fn gitea(environment: Environment) -> Gitea {
    Gitea { environment, is_forgejo: false }
}

/// It sets `GITEA_ACTIONS` too (forgejo-runner, `internal/app/run/runner.go`), so it is checked first.
pub(super) fn forgejo(environment: Environment) -> Gitea {
    Gitea { environment, is_forgejo: true }
}

impl Host for Gitea {
    fn name(&self) -> &'static str {
        if self.is_forgejo { "forgejo" } else { "gitea" }
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn names(&self) -> &'static Names {
        &github::NAMES
    }

    /// Both set `GITHUB_ACTIONS` too (gitea/runner, `internal/app/run/runner.go`).
    fn is_here(&self) -> bool {
        self.environment.get(if self.is_forgejo { "FORGEJO_ACTIONS" } else { "GITEA_ACTIONS" }) == Some("true")
    }

    /// A run's page is numbered by its id since Gitea says what it is capable of, and by its number before and on Forgejo.
    fn origin(&self) -> Origin {
        let has_id = self.environment.is_set("GITEA_ACTIONS_CAPABILITIES") && !self.is_forgejo;
        github::origin(&self.environment, if has_id { "GITHUB_RUN_ID" } else { "GITHUB_RUN_NUMBER" })
    }

    fn is_public(&self) -> bool {
        github::is_public(&self.environment)
    }

    fn mask(&self, secret: &str) -> Option<String> {
        Some(github::mask(secret))
    }

    fn own_destination(&self) -> Option<Destination> {
        github::output_file(&self.environment, "GITHUB_OUTPUT")
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        github::open_plain_group(fold)
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        github::CLOSE_PLAIN_GROUP.to_owned()
    }

    /// Gitea since 1.27, which says so.
    fn publish_summary(&self, markdown: &dyn Fn() -> String) -> Option<io::Result<()>> {
        let capabilities = self.environment.get("GITEA_ACTIONS_CAPABILITIES").filter(|_| !self.is_forgejo);
        capabilities.filter(|known| known.contains("job-summary"))?;
        self.environment.get("GITHUB_STEP_SUMMARY").map(|path| github::append_summary(path, &markdown()))
    }
}
