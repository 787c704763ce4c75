//! Buildkite, with `propagate-environment` in its Docker plugin. Setting meta-data needs the agent's binary, which the
//! image doesn't have; `output-file` may be a file in the checkout.

use std::time::SystemTime;

use super::names::{Names, Public};
use super::system::{Audience, Fold, Host, TokenRequest, TokenSource};
use crate::environment::Environment;
use crate::sanitize;
use crate::text::text;

pub(super) struct Buildkite(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["BUILDKITE_PIPELINE_SLUG"],
    address: &["BUILDKITE_REPO"],
    reference: &["BUILDKITE_TAG", "BUILDKITE_BRANCH"],
    commit: &["BUILDKITE_COMMIT"],
    actor: &["BUILDKITE_BUILD_CREATOR"],
    url: &["BUILDKITE_BUILD_URL"],
    // A retried job has a new id and the same step.
    work: &["BUILDKITE_BUILD_ID", "BUILDKITE_STEP_ID"],
    // The jobs of a step with `parallelism` are numbered.
    part: &["BUILDKITE_PARALLEL_JOB"],
    attempt: Some(("BUILDKITE_RETRY_COUNT", 0)),
    public: Public::Unsaid,
    ..Names::NONE
};

impl Host for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("BUILDKITE") == Some("true")
    }

    /// The agent's own request (buildkite/agent, `api/oidc.go`).
    fn token_source(&self) -> Option<TokenSource> {
        const URL: &str = "BUILDKITE_AGENT_ENDPOINT";
        let get = |name| self.0.get(name);
        let (endpoint, job) = (get(URL)?.trim_end_matches('/'), get("BUILDKITE_JOB_ID")?);
        Some(TokenSource::Request(TokenRequest {
            url: format!("{endpoint}/jobs/{job}/oidc/tokens"),
            url_variable: URL,
            scheme: "Token",
            bearer: get("BUILDKITE_AGENT_ACCESS_TOKEN")?.into(),
            audience: Audience::Member("audience"),
            answer: "token",
            advice: text!(
                "The container needs BUILDKITE_AGENT_ENDPOINT, BUILDKITE_JOB_ID and BUILDKITE_AGENT_ACCESS_TOKEN of this job.",
                "容器需要本作业的 BUILDKITE_AGENT_ENDPOINT、BUILDKITE_JOB_ID 和 BUILDKITE_AGENT_ACCESS_TOKEN。"
            ),
        }))
    }

    /// A line with this prefix opens a group, which ends where the next one begins.
    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        let mark = if fold.is_closed_at_first { "---" } else { "+++" };
        format!("{mark} {}\n", sanitize::one_line(&fold.title))
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        "+++ yunxiao-run\n".to_owned()
    }
}
