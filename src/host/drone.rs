//! Drone, and Harness Open Source, which derives from it.

use super::names::{Names, Public};
use super::system::{Host, Spelling};
use crate::environment::Environment;

pub(super) struct Drone(pub(super) Environment);

/// drone/runner-go, `environ`. Harness has them too. `DRONE_BRANCH` is a pull request's target.
pub(super) const NAMES: Names = Names {
    repository: &["DRONE_REPO"],
    address: &["DRONE_REPO_LINK", "DRONE_GIT_HTTP_URL"],
    reference: &["DRONE_TAG", "DRONE_SOURCE_BRANCH", "DRONE_BRANCH"],
    commit: &["DRONE_COMMIT_SHA"],
    actor: &["DRONE_BUILD_TRIGGER"],
    url: &["DRONE_BUILD_LINK"],
    work: &["DRONE_REPO", "DRONE_BUILD_NUMBER", "DRONE_STAGE_NAME", "DRONE_STEP_NAME"],
    debug: Some(("DRONE_BUILD_DEBUG", "true")),
    public: Public::Said("DRONE_REPO_VISIBILITY", "public"),
    ..Names::NONE
};

impl Host for Drone {
    fn name(&self) -> &'static str {
        "drone"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("DRONE") == Some("true")
    }

    /// A setting is upper-cased and otherwise unchanged: `pipeline-id` is `PLUGIN_PIPELINE-ID`
    /// (drone-runner-docker, `engine/compiler/step.go`). Woodpecker turns hyphens into underscores.
    fn input_spellings(&self) -> &'static [Spelling] {
        const PLAIN: Spelling = Spelling { prefix: "PLUGIN_", between_words: "_", is_hidden: false, joins_lists: true };
        &[PLAIN, Spelling { between_words: "-", is_hidden: true, ..PLAIN }]
    }
}
