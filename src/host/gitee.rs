//! Gitee Go, as documented.

use super::names::{Names, Public};
use super::outputs::{Destination, Format, OutputFile};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Gitee(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["GITEE_REPO"],
    reference: &["GITEE_SOURCE_BRANCH", "GITEE_BRANCH"],
    // Of a pull request `GITEE_COMMIT` is the target's.
    commit: &["GITEE_SOURCE_COMMIT", "GITEE_COMMIT"],
    actor: &["GITEE_PIPELINE_TRIGGER_USER"],
    work: &["GITEE_REPO", "GITEE_PIPELINE_NAME", "GITEE_PIPELINE_BUILD_NUMBER"],
    part: &["GITEE_STAGE_NAME"],
    public: Public::Unsaid,
    ..Names::NONE
};

/// The file of outputs, in the folder that the step runs in.
const OUTPUT: &str = "GITEE_PARAMS";

impl Host for Gitee {
    fn name(&self) -> &'static str {
        "gitee"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("GITEE_PIPELINE_BUILD_NUMBER").is_some()
    }

    fn own_destination(&self) -> Option<Destination> {
        Some(Destination::File(OutputFile { path: OUTPUT.into(), format: Format::Dotenv, within: None }))
    }
}
