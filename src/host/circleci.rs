//! CircleCI, as documented.

use std::path::Path;

use super::names::{Names, Public};
use super::outputs::{Destination, Format, OutputFile};
use super::system::{Host, TokenSource};
use crate::environment::Environment;

pub(super) struct CircleCi(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["CIRCLE_PROJECT_REPONAME"],
    address: &["CIRCLE_REPOSITORY_URL"],
    reference: &["CIRCLE_TAG", "CIRCLE_BRANCH"],
    commit: &["CIRCLE_SHA1"],
    actor: &["CIRCLE_USERNAME"],
    url: &["CIRCLE_BUILD_URL"],
    work: &["CIRCLE_WORKFLOW_ID", "CIRCLE_JOB", "CIRCLE_NODE_INDEX"],
    public: Public::Unsaid,
    ..Names::NONE
};

impl Host for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("CIRCLECI") == Some("true")
    }

    /// Its audience is the organisation's id at CircleCI.
    fn token_source(&self) -> Option<TokenSource> {
        let (_, token) = self.0.first(&["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"])?;
        Some(TokenSource::Ready(token.into()))
    }

    /// What the shell of every later step reads, where this runs in the job's own container.
    fn own_destination(&self) -> Option<Destination> {
        let path = self.0.get("BASH_ENV").map(Path::new).filter(|path| path.exists())?;
        Some(Destination::File(OutputFile { path: path.to_owned(), format: Format::Shell, within: None }))
    }
}
