//! Cloud Native Build, cnb.cool.

use std::path::Path;

use super::names::{Names, Public};
use super::outputs::{Destination, Orders};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Cnb(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["CNB_REPO_SLUG"],
    address: &["CNB_REPO_URL_HTTPS"],
    reference: &["CNB_PULL_REQUEST_BRANCH", "CNB_BRANCH"],
    commit: &["CNB_COMMIT"],
    actor: &["CNB_BUILD_USER"],
    url: &["CNB_BUILD_WEB_URL"],
    work: &["CNB_REPO_SLUG", "CNB_BUILD_ID", "CNB_PIPELINE_KEY", "CNB_BUILD_STAGE_NAME", "CNB_BUILD_JOB_KEY"],
    public: Public::Unsaid,
    ..Names::NONE
};

impl Host for Cnb {
    fn name(&self) -> &'static str {
        "cnb"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("CNB") == Some("true")
    }

    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        Some(asked.map_or(Destination::Orders(Orders::Cnb), Destination::asked))
    }
}
