//! Jenkins. KubeSphere DevOps and CODING's classic builds are Jenkins too.

use super::names::{Names, Origin};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Jenkins(pub(super) Environment);

/// git-plugin, `GitSCM.java`; branch-api, `BranchNameContributor.java`; CODING's documents.
const NAMES: Names = Names {
    repository: &["JOB_NAME"],
    address: &["GIT_URL", "GIT_HTTP_URL"],
    reference: &["CHANGE_BRANCH", "TAG_NAME", "BRANCH_NAME", "GIT_BRANCH", "GIT_BUILD_REF"],
    commit: &["GIT_COMMIT"],
    actor: &["BUILD_USER_ID"],
    url: &["BUILD_URL"],
    // The tag has the job's name and the build's number, which another server may have too.
    work: &["BUILD_TAG"],
    part: &["JENKINS_URL", "STAGE_NAME"],
    ..Names::NONE
};

impl Host for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    /// It knows its own address only if someone told it (core, `CoreEnvironmentContributor.java`).
    fn is_here(&self) -> bool {
        self.0.get("JENKINS_URL").is_some() || self.0.get("BUILD_TAG").is_some_and(|tag| tag.starts_with("jenkins-"))
    }

    fn origin(&self) -> Origin {
        let origin = NAMES.origin(&self.0);
        let without_remote = |reference: String| reference.strip_prefix("origin/").unwrap_or(&reference).to_owned();
        Origin { reference: origin.reference.map(without_remote), ..origin }
    }

    /// `GIT_BRANCH` is `origin/main` (git-plugin, `GitSCM.java`).
    fn remote_of_branches(&self) -> Option<&'static str> {
        Some("origin/")
    }
}
