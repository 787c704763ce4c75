//! What can be asked for: one struct of inputs, one table they are read from, and one check that turns them into
//! [`Settings`] or into every complaint at once.

mod connection;
mod credentials;
mod follow;
pub mod grammar;
mod refs;
mod run_params;
mod service;
pub mod settings;
mod table;
mod target;

use secrecy::SecretString;
use serde::Deserialize;

pub use follow::{Follow, Logs, OnGate};
pub use refs::{Ref, Refs};
pub use settings::{Comment, Mode, Settings, Unfinished};
pub use table::Table;

use crate::text::Text;

/// Every input, as text. The field `pipeline_id` is the input `pipeline-id`; it is read from the first of
/// `INPUT_PIPELINE-ID`, `INPUT_PIPELINE_ID`, `PLUGIN_PIPELINE_ID` and `YUNXIAO_PIPELINE_ID` that is not empty.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Inputs {
    /// The organisation (企业) id.
    pub organization_id: Option<String>,
    /// The pipeline's id, or the address of its page.
    pub pipeline_id: Option<String>,
    /// Whether to start a run, to follow one or to stop one.
    pub mode: Option<String>,
    /// The run to follow or to stop.
    pub pipeline_run_id: Option<String>,
    /// The branch of the pipeline's own source.
    pub branch: Option<String>,
    /// The tag of the pipeline's own source.
    pub tag: Option<String>,
    /// A branch for each code source, `URL=REF`.
    pub running_branches: Option<String>,
    /// A tag for each code source, `URL=REF`.
    pub running_tags: Option<String>,
    /// The branches to integrate, in branch mode.
    pub branch_mode_branches: Option<String>,
    /// Branch mode: whether to make a new release branch.
    pub need_create_branch: Option<String>,
    /// Branch mode: the release branch to use.
    pub release_branch: Option<String>,
    /// Run variables, `KEY=VALUE`.
    pub envs: Option<String>,
    /// Artifacts of other pipelines, `PIPELINE=RUN`.
    pub running_pipeline_artifacts: Option<String>,
    /// Images, `REPOSITORY=TAG`.
    pub running_acr_artifacts: Option<String>,
    /// Packages, `ARTIFACT=VERSION`.
    pub running_packages_artifacts: Option<String>,
    /// The whole run parameters as the API's own JSON.
    pub params: Option<String>,
    /// The run's remark.
    pub comment: Option<String>,
    /// Whether to follow the run until it ends.
    pub wait: Option<String>,
    /// The commit that one of the run's sources must show.
    pub expect_commit: Option<String>,
    /// How long the run may be queued.
    pub queue_timeout: Option<String>,
    /// How long it may go on after that.
    pub timeout: Option<String>,
    /// What becomes of the run when that is exceeded.
    pub on_timeout: Option<String>,
    /// What becomes of the run when the step is cancelled.
    pub on_cancel: Option<String>,
    /// What becomes of the step when the run stands at a manual gate.
    pub on_gate: Option<String>,
    /// Which jobs' logs are shown.
    pub logs: Option<String>,
    /// A personal access token.
    pub access_token: Option<SecretString>,
    /// The AccessKey's id.
    pub access_key_id: Option<SecretString>,
    /// The AccessKey's secret.
    pub access_key_secret: Option<SecretString>,
    /// The STS token of a temporary AccessKey.
    pub security_token: Option<SecretString>,
    /// The RAM role to take.
    pub role_to_assume: Option<String>,
    /// The identity provider that vouches for this job.
    pub oidc_provider_arn: Option<String>,
    /// Whom the identity token is for.
    pub audience: Option<String>,
    /// What the role's session is called.
    pub role_session_name: Option<String>,
    /// The identity token.
    pub oidc_token: Option<SecretString>,
    /// Whether the service is the central one or a Region edition.
    pub edition: Option<String>,
    /// The service's address.
    pub endpoint: Option<String>,
    /// More root certificates, as PEM text or a path.
    pub ca_certificates: Option<String>,
    /// Whether only to check everything, and to start nothing.
    pub dry_run: Option<String>,
    /// Where outputs go on hosts without an output file of their own.
    pub output_file: Option<String>,
    /// How requests are signed.
    pub signature_algorithm: Option<String>,
    /// The address of STS.
    pub sts_endpoint: Option<String>,
    /// The address of Yunxiao's pages.
    pub web_url: Option<String>,
    /// How long the service may take to answer one request.
    pub request_timeout: Option<String>,
    /// For how long a request that certainly was not acted on is sent again.
    pub retry_timeout: Option<String>,
    /// How much is said.
    pub log_level: Option<String>,
}

/// Inputs that are read from the environment but are not in the action's manifest: for the rare case.
pub const ENVIRONMENT_ONLY: &[&str] =
    &["log_level", "request_timeout", "retry_timeout", "signature_algorithm", "sts_endpoint", "web_url"];

/// Inputs that may be in a file named by `YUNXIAO_<NAME>_FILE` instead.
pub const SECRETS: &[&str] = &["access_key_id", "access_key_secret", "access_token", "oidc_token", "security_token"];

/// One thing wrong with one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The input as its user wrote it.
    pub input: String,
    /// The rule it breaks.
    pub rule: Text,
}

impl Inputs {
    /// The fields, as serde knows them: the one list of what can be asked for.
    #[must_use]
    pub fn fields() -> &'static [&'static str] {
        let mut fields: &'static [&'static str] = &[];
        // The fields are all this is for; the deserialisation itself always fails.
        let _ = Self::deserialize(table::Fields(&mut fields));
        fields
    }
}

/// An input's name as manifests and documents spell it: `pipeline-id` for the field `pipeline_id`.
#[must_use]
pub fn dashed(field: &str) -> String {
    field.replace('_', "-")
}
