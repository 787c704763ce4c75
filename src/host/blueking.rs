//! BlueKing CI (蓝盾).

use std::path::Path;
use std::time::SystemTime;

use tracing::Level;

use super::names::Names;
use super::outputs::{Destination, Orders};
use super::system::{Fold, Host, flagged_lines};
use crate::environment::Environment;
use crate::sanitize;

pub(super) struct BlueKing(pub(super) Environment);

/// bk-ci, `PipelineVars.kt`.
const NAMES: Names = Names {
    repository: &["BK_CI_REPO_GIT_WEBHOOK_REPO_NAME", "BK_CI_PROJECT_NAME"],
    address: &["BK_CI_REPO_GIT_WEBHOOK_REPO_URL"],
    reference: &["BK_CI_REPO_GIT_WEBHOOK_SOURCE_BRANCH", "BK_CI_HOOK_BRANCH", "BK_CI_REPO_GIT_WEBHOOK_BRANCH"],
    commit: &["BK_CI_REPO_GIT_WEBHOOK_COMMITID", "BK_CI_HOOK_REVISION"],
    actor: &["BK_CI_START_USER_ID"],
    url: &["BK_CI_BUILD_URL"],
    work: &["BK_CI_PIPELINE_ID", "BK_CI_BUILD_ID", "BK_CI_BUILD_JOB_ID", "BK_CI_BUILD_TASK_ID"],
    attempt: Some(("BK_CI_RETRY_COUNT", 0)),
    ..Names::NONE
};

impl Host for BlueKing {
    fn name(&self) -> &'static str {
        "blueking"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("BK_CI_PIPELINE_ID").is_some()
    }

    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        Some(asked.map_or(Destination::Orders(Orders::BlueKing), Destination::asked))
    }

    fn line(&self, level: Level, message: &str) -> String {
        flagged_lines(level, message)
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        format!("##[group]{}\n", sanitize::one_line(&fold.title))
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        "##[endgroup]\n".to_owned()
    }
}
