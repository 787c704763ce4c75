//! Jenkins.

use super::system::Host;
use crate::environment::Environment;

pub(super) struct Jenkins(pub(super) Environment);

impl Host for Jenkins {
    /// It knows its own address only if somebody told it (core, `CoreEnvironmentContributor.java`).
    fn is_here(&self) -> bool {
        self.0.get("JENKINS_URL").is_some() || self.0.get("BUILD_TAG").is_some_and(|tag| tag.starts_with("jenkins-"))
    }

    /// `GIT_BRANCH` is `origin/main` (git-plugin, `GitSCM.java`).
    fn remote_of_branches(&self) -> Option<&'static str> {
        Some("origin/")
    }
}
