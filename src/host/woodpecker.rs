//! Woodpecker. It passes on settings as Drone does.

use super::names::{Names, Public};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Woodpecker(pub(super) Environment);

/// `CI_COMMIT_BRANCH` is a pull request's target.
const NAMES: Names = Names {
    repository: &["CI_REPO"],
    address: &["CI_REPO_URL", "CI_REPO_CLONE_URL"],
    reference: &["CI_COMMIT_TAG", "CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH"],
    commit: &["CI_COMMIT_SHA"],
    actor: &["CI_PIPELINE_AUTHOR"],
    url: &["CI_STEP_URL", "CI_PIPELINE_URL"],
    work: &["CI_REPO", "CI_PIPELINE_NUMBER", "CI_WORKFLOW_NAME", "CI_STEP_NAME"],
    public: Public::Said("CI_REPO_PRIVATE", "false"),
    ..Names::NONE
};

impl Host for Woodpecker {
    fn name(&self) -> &'static str {
        "woodpecker"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    /// Its plugins have Drone's variables too, except `DRONE` itself.
    fn is_here(&self) -> bool {
        self.0.get("CI") == Some("woodpecker")
    }
}
