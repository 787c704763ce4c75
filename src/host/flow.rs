//! Yunxiao's own Flow, as the CI system that this may be a step of.

use super::names::{Names, Origin};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Flow(pub(super) Environment);

/// Variables that Flow sets in its steps.
const OWN: [&str; 6] =
    ["PIPELINE_NAME", "BUILD_EXECUTOR", "BUILD_REMARK", "BUILD_MESSAGE", "CI_SOURCE_NAME", "DATETIME"];

const NAMES: Names = Names {
    repository: &["CI_SOURCE_NAME"],
    reference: &["CI_COMMIT_REF_NAME"],
    commit: &["CI_COMMIT_SHA", "CI_COMMIT_ID"],
    actor: &["BUILD_EXECUTOR"],
    work: &["PIPELINE_ID", "BUILD_NUMBER"],
    ..Names::NONE
};

impl Host for Flow {
    fn name(&self) -> &'static str {
        "flow"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.pipeline_of_this_step().is_some()
    }

    fn origin(&self) -> Origin {
        let run = self.0.get("PIPELINE_ID").zip(self.0.get("BUILD_NUMBER"));
        let url = run.map(|(id, number)| format!("https://flow.aliyun.com/pipelines/{id}/builds/{number}"));
        Origin { url, ..NAMES.origin(&self.0) }
    }

    /// Anyone else's CI may set `PIPELINE_ID` as well, so others of Flow's variables must be set too.
    fn pipeline_of_this_step(&self) -> Option<u64> {
        let id = self.0.get("PIPELINE_ID")?.parse().ok()?;
        let has_folder = self.0.is_set("BUILD_NUMBER") && self.0.is_set("PROJECT_DIR");
        (has_folder || OWN.iter().any(|name| self.0.is_set(name))).then_some(id)
    }
}
