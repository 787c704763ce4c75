//! Gitea Actions.

use std::io;
use std::time::SystemTime;

use super::github;
use super::names::{Names, Origin};
use super::outputs::Destination;
use super::system::{Fold, Host};
use crate::environment::Environment;

pub(super) struct Gitea(pub(super) Environment);

impl Host for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &github::NAMES
    }

    /// It sets `GITHUB_ACTIONS` too (gitea/runner, `internal/app/run/runner.go`).
    fn is_here(&self) -> bool {
        self.0.get("GITEA_ACTIONS") == Some("true")
    }

    /// A run's page is numbered by its id since Gitea says what it is capable of, and by its number before.
    fn origin(&self) -> Origin {
        let says_more = self.0.is_set("GITEA_ACTIONS_CAPABILITIES");
        github::origin(&self.0, if says_more { "GITHUB_RUN_ID" } else { "GITHUB_RUN_NUMBER" })
    }

    fn is_public(&self) -> bool {
        github::is_public(&self.0)
    }

    fn mask(&self, secret: &str) -> Option<String> {
        Some(github::mask(secret))
    }

    fn own_destination(&self) -> Option<Destination> {
        github::output_file(&self.0, "GITHUB_OUTPUT")
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        github::open_plain_group(fold)
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        github::CLOSE_PLAIN_GROUP.to_owned()
    }

    /// Since 1.27, which says so.
    fn publish_summary(&self, markdown: &str) -> Option<io::Result<()>> {
        self.0.get("GITEA_ACTIONS_CAPABILITIES").filter(|known| known.contains("job-summary"))?;
        self.0.get("GITHUB_STEP_SUMMARY").map(|path| github::append_summary(path, markdown))
    }
}
