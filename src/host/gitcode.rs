//! GitCode (AtomGit) Actions, as documented: GitHub's syntax, with its own variable names.

use std::io;

use super::github;
use super::names::{Names, Origin, Public};
use super::outputs::Destination;
use super::system::Host;
use crate::environment::Environment;

pub(super) struct GitCode(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["ATOMGIT_REPOSITORY"],
    reference: &["ATOMGIT_HEAD_REF", "ATOMGIT_REF_NAME", "ATOMGIT_REF"],
    commit: &["ATOMGIT_SHA"],
    actor: &["ATOMGIT_ACTOR"],
    work: &["ATOMGIT_REPOSITORY", "ATOMGIT_RUN_ID", "ATOMGIT_JOB"],
    attempt: Some(("ATOMGIT_RUN_ATTEMPT", 1)),
    public: Public::Unsaid,
    ..Names::NONE
};

impl Host for GitCode {
    fn name(&self) -> &'static str {
        "gitcode"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("ATOMGIT_OUTPUT").is_some()
    }

    fn origin(&self) -> Origin {
        let origin = NAMES.origin(&self.0);
        let server = self.0.get("ATOMGIT_SERVER_URL").zip(origin.repository.as_ref());
        Origin { address: server.map(|(server, name)| format!("{server}/{name}")), ..origin }
    }

    fn own_destination(&self) -> Option<Destination> {
        github::output_file(&self.0, "ATOMGIT_OUTPUT")
    }

    fn publish_summary(&self, markdown: &dyn Fn() -> String) -> Option<io::Result<()>> {
        self.0.get("ATOMGIT_STEP_SUMMARY").map(|path| github::append_summary(path, &markdown()))
    }
}
