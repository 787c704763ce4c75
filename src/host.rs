//! The CI system this runs in. It knows nothing of Yunxiao.

mod github;
mod gitlab;
mod outputs;
mod plain;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::Level;

use crate::environment::Environment;

pub use outputs::{Format, Outputs};

/// One kind of CI system.
pub trait Host: Send + Sync {
    /// What triggered this job, as far as the CI system says.
    fn origin(&self) -> Origin;

    /// Whether its user asked for debug output.
    fn debug(&self) -> bool;

    /// Whether anybody may read this job's log, as far as the CI system says.
    fn is_public(&self) -> bool {
        false
    }

    /// What tells the CI system to hide a value that it can't know, a whole line of the log.
    fn mask(&self, secret: &str) -> Option<String> {
        let _ = secret;
        None
    }

    /// Where outputs go and in which form, given what `output-file` says.
    fn output_file(&self, asked: Option<&Path>) -> Option<(PathBuf, Format)>;

    /// Whether `output-file` means nothing here, because the CI system has a place of its own.
    fn has_an_output_file_of_its_own(&self) -> bool {
        false
    }

    /// A log message as this CI system shows it best, line breaks included but for the last.
    fn line(&self, level: Level, message: &str) -> String;

    /// What stands before the lines of a fold, whole lines.
    fn open(&self, fold: &Fold, now: SystemTime) -> String;

    /// What stands after them. It closes the fold whatever its lines were.
    fn close(&self, fold: &Fold, now: SystemTime) -> String;

    /// A remark beside the job, outside its log: a whole line of it, where the CI system has such remarks.
    fn annotation(&self, title: &str, message: &str) -> Option<String> {
        let _ = (title, message);
        None
    }

    /// Shows a page of Markdown beside the job; `None` where the CI system has no place for it.
    fn publish_summary(&self, markdown: &str) -> Option<io::Result<()>> {
        let _ = markdown;
        None
    }

    /// Shows a link beside the job, where the CI system has a place for it.
    fn publish_link(&self, label: &str, url: &str) -> io::Result<()> {
        let _ = (label, url);
        Ok(())
    }
}

/// Lines that belong together and are none of our own.
#[derive(Clone, Debug)]
pub struct Fold {
    /// What they are, on one line.
    pub title: String,
    /// A word that nobody who wrote the lines can have known: letters and digits.
    pub id: String,
    /// Whether they are better not seen at first.
    pub is_closed_at_first: bool,
}

/// What triggered a job. Foreign text: nobody has checked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The repository, `owner/name`.
    pub repository: Option<String>,
    /// The repository's address.
    pub address: Option<String>,
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
        let is = |name, value| environment.get(name) == Some(value);
        let is_public = is("DRONE_REPO_VISIBILITY", "public") || is("CI_REPO_PRIVATE", "false");
        Box::new(plain::Plain { is_terminal, is_public })
    }
}
