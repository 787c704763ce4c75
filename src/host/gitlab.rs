//! GitLab CI.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;

use super::names::{Names, Public};
use super::outputs::{Destination, Format, OutputFile};
use super::system::{Fold, Host, wants_colour};
use crate::environment::Environment;
use crate::files;
use crate::sanitize;
use crate::text::{own_io_error, text};

/// The report that shows links on a job's page, for `artifacts:reports:annotations`.
const LINKS: &str = "yunxiao-links.json";

pub(super) struct GitLab(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["CI_PROJECT_PATH"],
    // `CI_REPOSITORY_URL` has a token in it.
    address: &["CI_PROJECT_URL"],
    reference: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"],
    // The pipeline of a merge result builds a commit that is in no branch.
    commit: &["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"],
    actor: &["GITLAB_USER_LOGIN"],
    url: &["CI_JOB_URL"],
    // The name of a job in a matrix says which it is.
    work: &["CI_SERVER_URL", "CI_PIPELINE_ID", "CI_JOB_NAME"],
    debug: Some(("CI_DEBUG_TRACE", "true")),
    public: Public::Said("CI_PROJECT_VISIBILITY", "public"),
    ..Names::NONE
};

impl Host for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("GITLAB_CI") == Some("true")
    }

    /// The root of a GitLab server that signs its own certificate; the company's other servers may have the same.
    fn certificate_variables(&self) -> &'static [&'static str] {
        &["CI_SERVER_TLS_CA_FILE"]
    }

    /// A file for `artifacts:reports:dotenv`, whose paths are relative to the project's directory.
    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        let project = self.0.get("CI_PROJECT_DIR").map(Path::new);
        let asked = asked.unwrap_or(Path::new("yunxiao.env"));
        let path = project.unwrap_or(Path::new("")).join(asked);
        let within = project.filter(|_| asked.is_relative()).map(Path::to_owned);
        Some(Destination::File(OutputFile { path, format: Format::Dotenv, within }))
    }

    fn has_colour(&self) -> bool {
        wants_colour(&self.0)
    }

    /// A collapsible section of the job's log, as in GitLab's documentation of job logs.
    fn open(&self, fold: &Fold, now: SystemTime) -> String {
        let collapsed = if fold.is_closed_at_first { "[collapsed=true]" } else { "" };
        let (seconds, id) = (seconds(now), &fold.id);
        format!("\u{1b}[0Ksection_start:{seconds}:{id}{collapsed}\r\u{1b}[0K{}\n", sanitize::line(&fold.title))
    }

    fn close(&self, fold: &Fold, now: SystemTime) -> String {
        format!("\u{1b}[0Ksection_end:{}:{}\r\u{1b}[0K\n", seconds(now), fold.id)
    }

    fn publish_link(&self, label: &str, url: &str) -> io::Result<()> {
        let Some(project) = self.0.get("CI_PROJECT_DIR") else { return Ok(()) };
        let links = json!({"Yunxiao": [{"external_link": {"label": label, "url": url}}]});
        let path = Path::new(project).join(LINKS);
        // A repository may contain a link of this name that leads out of the project.
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(own_io_error(text!("not a regular file", "不是普通文件")));
        }
        files::write(&path, links.to_string().as_bytes())
    }
}

fn seconds(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
