//! Yunxiao's own Flow, as the CI system that this may be a step of.

use super::system::Host;
use crate::environment::Environment;

pub(super) struct Flow(pub(super) Environment);

/// Variables that Flow sets in its steps.
const OWN: [&str; 6] =
    ["PIPELINE_NAME", "BUILD_EXECUTOR", "BUILD_REMARK", "BUILD_MESSAGE", "CI_SOURCE_NAME", "DATETIME"];

impl Host for Flow {
    fn is_here(&self) -> bool {
        self.pipeline_of_this_step().is_some()
    }

    /// Anybody else's CI may set `PIPELINE_ID` as well, so another variable has to stand beside it.
    fn pipeline_of_this_step(&self) -> Option<u64> {
        let id = self.0.get("PIPELINE_ID")?.parse().ok()?;
        OWN.iter().any(|name| self.0.is_set(name)).then_some(id)
    }
}
