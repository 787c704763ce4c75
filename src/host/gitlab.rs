//! GitLab CI.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;

use super::outputs::{Format, OutputFile};
use super::system::{Fold, Host, Origin, wants_colour};
use crate::environment::Environment;
use crate::sanitize;
use crate::text::{own_io_error, text};

/// The report that shows links on a job's page, for `artifacts:reports:annotations`.
const LINKS: &str = "yunxiao-links.json";

pub(super) struct GitLab(pub(super) Environment);

impl Host for GitLab {
    fn is_here(&self) -> bool {
        self.0.get("GITLAB_CI") == Some("true")
    }

    /// The root of a GitLab server that signs its own certificate; the company's other servers may have the same.
    fn certificate_variables(&self) -> &'static [&'static str] {
        &["CI_SERVER_TLS_CA_FILE"]
    }

    fn origin(&self) -> Origin {
        let get = |name| self.0.get(name).map(str::to_owned);
        Origin {
            repository: get("CI_PROJECT_PATH"),
            address: get("CI_PROJECT_URL"),
            reference: get("CI_COMMIT_REF_NAME"),
            commit: get("CI_COMMIT_SHA"),
            actor: get("GITLAB_USER_LOGIN"),
            url: get("CI_JOB_URL"),
        }
    }

    /// The name of a job in a matrix says which it is.
    fn work(&self) -> Option<Vec<String>> {
        self.0.all(&["CI_SERVER_URL", "CI_PIPELINE_ID", "CI_JOB_NAME"])
    }

    fn debug(&self) -> bool {
        self.0.get("CI_DEBUG_TRACE") == Some("true")
    }

    fn is_public(&self) -> bool {
        self.0.get("CI_PROJECT_VISIBILITY") == Some("public")
    }

    /// A file for `artifacts:reports:dotenv`, whose paths are relative to the project's directory.
    fn output_file(&self, asked: Option<&Path>) -> Option<OutputFile> {
        let project = self.0.get("CI_PROJECT_DIR").map(Path::new);
        let asked = asked.unwrap_or(Path::new("yunxiao.env"));
        let path = project.unwrap_or(Path::new("")).join(asked);
        Some(OutputFile {
            path,
            format: Format::Dotenv,
            within: project.filter(|_| asked.is_relative()).map(Path::to_owned),
        })
    }

    fn has_colour(&self) -> bool {
        wants_colour(&self.0)
    }

    /// A collapsible section of the job's log, as GitLab's documentation of job logs has it.
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
        // A repository may bring a link of this name, which leads out of the project.
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(own_io_error(text!("not a regular file", "不是普通文件")));
        }
        std::fs::write(path, links.to_string())
    }
}

fn seconds(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
