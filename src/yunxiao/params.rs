//! The parameters of a run, as the JSON text both APIs take.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;

/// The parameters of a start. The keys are the service's own spelling (`branchModeBranchs`), as its API reference and
/// official MCP server have them; what isn't set isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct RunParams {
    /// Branches to integrate, in a pipeline in branch mode (分支模式).
    #[serde(rename = "branchModeBranchs", skip_serializing_if = "Vec::is_empty")]
    pub branch_mode_branches: Vec<String>,
    /// Run variables (运行变量).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub envs: BTreeMap<String, String>,
    /// A branch for each code source, by its repository's address.
    #[serde(rename = "runningBranchs", skip_serializing_if = "BTreeMap::is_empty")]
    pub running_branches: BTreeMap<String, String>,
    /// A tag for each code source, by its repository's address.
    #[serde(rename = "runningTags", skip_serializing_if = "BTreeMap::is_empty")]
    pub running_tags: BTreeMap<String, String>,
    /// A run of another pipeline to take artifacts from, by that pipeline's id.
    #[serde(rename = "runningPipelineArtifacts", skip_serializing_if = "BTreeMap::is_empty")]
    pub running_pipeline_artifacts: BTreeMap<String, String>,
    /// A tag for each image repository of the container registry.
    #[serde(rename = "runningAcrArtifacts", skip_serializing_if = "BTreeMap::is_empty")]
    pub running_acr_artifacts: BTreeMap<String, String>,
    /// A version for each artifact of the package repository.
    #[serde(rename = "runningPackagesArtifacts", skip_serializing_if = "BTreeMap::is_empty")]
    pub running_packages_artifacts: BTreeMap<String, String>,
    /// The run's remark (运行备注); the run sees it as `BUILD_REMARK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Branch mode: whether to make a new release branch.
    #[serde(rename = "needCreateBranch", skip_serializing_if = "Option::is_none")]
    pub need_create_branch: Option<bool>,
    /// Branch mode: the release branch to use.
    #[serde(rename = "releaseBranch", skip_serializing_if = "Option::is_none")]
    pub release_branch: Option<String>,
    /// Keys this program does not know, passed on as they came.
    #[serde(flatten)]
    pub others: BTreeMap<String, Box<RawValue>>,
}

impl RunParams {
    pub fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "maps of strings always serialise")]
        serde_json::to_string(self).expect("string keys and string values")
    }

    /// Whether any ref was requested; if none was, the pipeline's default branch runs.
    pub fn names_a_ref(&self) -> bool {
        !(self.branch_mode_branches.is_empty() && self.running_branches.is_empty() && self.running_tags.is_empty())
            || self.release_branch.is_some()
    }
}

/// Shows the names of what is set: values may be secrets.
impl fmt::Debug for RunParams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RunParams({} bytes of JSON)", self.to_json().len())
    }
}
