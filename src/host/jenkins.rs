//! Jenkins.

use super::system::Host;
use crate::environment::Environment;

pub(super) struct Jenkins(pub(super) Environment);

impl Host for Jenkins {
    /// It knows its own address only if somebody told it (core, `CoreEnvironmentContributor.java`).
    fn is_here(&self) -> bool {
        self.0.get("JENKINS_URL").is_some() || self.0.get("BUILD_TAG").is_some_and(|tag| tag.starts_with("jenkins-"))
    }

    /// The tag has the job's name and the build's number.
    fn work(&self) -> Option<Vec<String>> {
        let stage = self.0.get("STAGE_NAME").unwrap_or_default().to_owned();
        Some(self.0.all(&["BUILD_TAG"])?.into_iter().chain([stage]).collect())
    }

    /// `GIT_BRANCH` is `origin/main` (git-plugin, `GitSCM.java`).
    fn remote_of_branches(&self) -> Option<&'static str> {
        Some("origin/")
    }
}
