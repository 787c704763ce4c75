//! Forgejo Actions.

use std::time::SystemTime;

use super::github;
use super::names::{Names, Origin};
use super::outputs::Destination;
use super::system::{Fold, Host};
use crate::environment::Environment;

pub(super) struct Forgejo(pub(super) Environment);

impl Host for Forgejo {
    fn name(&self) -> &'static str {
        "forgejo"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &github::NAMES
    }

    /// It sets `GITEA_ACTIONS` and `GITHUB_ACTIONS` too (forgejo-runner, `internal/app/run/runner.go`).
    fn is_here(&self) -> bool {
        self.0.get("FORGEJO_ACTIONS") == Some("true")
    }

    fn origin(&self) -> Origin {
        github::origin(&self.0, "GITHUB_RUN_NUMBER")
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
}
