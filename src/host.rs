//! The CI system this runs in. It knows nothing of Yunxiao.

mod github;
mod gitlab;
mod outputs;
mod plain;

use std::path::{Path, PathBuf};

use tracing::Level;

use crate::inputs::Environment;

pub use outputs::{Format, Outputs};

/// One kind of CI system.
pub trait Host: Send + Sync {
    /// What triggered this job, as far as the CI system says.
    fn origin(&self) -> Origin;

    /// Whether its user asked for debug output.
    fn debug(&self) -> bool;

    /// Where outputs go and in which form, given what `output-file` says.
    fn output_file(&self, asked: Option<&Path>) -> Option<(PathBuf, Format)>;

    /// Whether `output-file` means nothing here, because the CI system has a place of its own.
    fn has_an_output_file_of_its_own(&self) -> bool {
        false
    }

    /// A log message as this CI system shows it best, line breaks included but for the last.
    fn line(&self, level: Level, message: &str) -> String;
}

/// What triggered a job. Foreign text: nobody has checked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The repository, `owner/name`.
    pub repository: Option<String>,
    /// The branch or tag.
    pub reference: Option<String>,
    /// The full commit id.
    pub commit: Option<String>,
    /// Who triggered it.
    pub actor: Option<String>,
    /// The job's own page.
    pub url: Option<String>,
}

/// Recognises the CI system.
///
/// Only by variables that are its own: Yunxiao, for one, sets GitLab's `CI_COMMIT_*` in its own steps.
#[must_use]
pub fn detect(environment: &Environment, is_terminal: bool) -> Box<dyn Host> {
    let environment = environment.clone();
    if environment.get("GITHUB_ACTIONS") == Some("true") && environment.get("GITHUB_OUTPUT").is_some() {
        Box::new(github::GitHub { environment })
    } else if environment.get("GITLAB_CI") == Some("true") {
        Box::new(gitlab::GitLab { environment })
    } else {
        Box::new(plain::Plain { is_terminal })
    }
}
