//! GitHub Actions and act, and what Gitea, Forgejo and GitCode share with them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;
use tracing::Level;

use super::names::{Names, Origin};
use super::outputs::{Destination, Format, OutputFile};
use super::system::{Audience, Fold, Host, Spelling, TokenRequest, TokenSource};
use crate::environment::Environment;
use crate::files;
use crate::sanitize;
use crate::text::text;

pub(super) struct GitHub(pub(super) Environment);

/// Gitea and Forgejo have them too.
pub(super) const NAMES: Names = Names {
    repository: &["GITHUB_REPOSITORY"],
    // In a pull request GITHUB_REF_NAME is `<number>/merge`.
    reference: &["GITHUB_HEAD_REF", "GITHUB_REF_NAME"],
    commit: &["GITHUB_SHA"],
    actor: &["GITHUB_ACTOR"],
    // A step without an `id` is named after what it runs, and counted. Every job of a matrix has the same name: what else
    // they ask for tells them apart.
    work: &["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_JOB", "GITHUB_ACTION"],
    attempt: Some(("GITHUB_RUN_ATTEMPT", 1)),
    debug: Some(("RUNNER_DEBUG", "1")),
    ..Names::NONE
};

impl Host for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("GITHUB_ACTIONS") == Some("true") && self.0.get("GITHUB_OUTPUT").is_some()
    }

    /// A step says `pipeline-id:`, which the runner passes on as `INPUT_PIPELINE-ID`. No shell can set such a variable,
    /// so others write underscores.
    fn input_spellings(&self) -> &'static [Spelling] {
        const DASHED: Spelling = Spelling { prefix: "INPUT_", between_words: "-", is_hidden: true, joins_lists: false };
        &[DASHED, Spelling { between_words: "_", is_hidden: false, ..DASHED }]
    }

    fn token_source(&self) -> Option<TokenSource> {
        const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
        let get = |name| self.0.get(name);
        Some(TokenSource::Request(TokenRequest {
            url: get(URL)?.to_owned(),
            url_variable: URL,
            scheme: "Bearer",
            bearer: get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?.into(),
            audience: Audience::Parameter("audience"),
            answer: "value",
            advice: text!(
                "The job needs the permission `id-token: write`, on Forgejo `enable-openid-connect: true`.",
                "作业需要 `id-token: write` 权限，Forgejo 上需要 `enable-openid-connect: true`。"
            ),
        }))
    }

    fn origin(&self) -> Origin {
        origin(&self.0, "GITHUB_RUN_ID")
    }

    fn mask(&self, secret: &str) -> Option<String> {
        Some(mask(secret))
    }

    fn is_public(&self) -> bool {
        is_public(&self.0)
    }

    fn own_destination(&self) -> Option<Destination> {
        output_file(&self.0, "GITHUB_OUTPUT")
    }

    /// Warnings, errors and debug lines become workflow commands; other lines are prevented from being one.
    fn line(&self, level: Level, message: &str) -> String {
        let message = message.replace("\r\n", "\n");
        let message = message.split(['\n', '\r']).map(sanitize::line).collect::<Vec<_>>().join("\n");
        let command = match level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => return message,
            _ => "debug",
        };
        format!("::{command}::{}", data(&message))
    }

    /// A group in which the runner ignores commands until it sees the agreed word.
    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        format!("::group::{}\n::stop-commands::{}\n", data(&fold.title), fold.id)
    }

    fn close(&self, fold: &Fold, _: SystemTime) -> String {
        format!("::{}::\n::endgroup::\n", fold.id)
    }

    fn annotation(&self, title: &str, message: &str) -> Option<String> {
        let title = data(title).replace(':', "%3A").replace(',', "%2C");
        // Forgejo's and Gitea's runners, like act, end a title at the last pair of colons.
        let message = data(message).replace("::", ":\u{200b}:");
        Some(format!("::error title={title}::{message}\n"))
    }

    fn publish_summary(&self, markdown: &dyn Fn() -> String) -> Option<io::Result<()>> {
        self.0.get("GITHUB_STEP_SUMMARY").map(|path| append_summary(path, &markdown()))
    }
}

/// What triggered a job, whose page is numbered by this variable.
pub(super) fn origin(environment: &Environment, number: &str) -> Origin {
    let origin = NAMES.origin(environment);
    let server = environment.get("GITHUB_SERVER_URL");
    let address = server.zip(origin.repository.as_ref()).map(|(server, name)| format!("{server}/{name}"));
    let page = address.as_ref().zip(environment.get(number));
    let url = page.map(|(address, number)| format!("{address}/actions/runs/{number}"));
    Origin { address, url, ..origin }
}

/// A group as the pages of Gitea and Forgejo know it. They show the commands for warnings and errors as they are, so those are
/// plain text there.
pub(super) fn open_plain_group(fold: &Fold) -> String {
    format!("##[group]{}\n", sanitize::one_line(&fold.title))
}

pub(super) const CLOSE_PLAIN_GROUP: &str = "##[endgroup]\n";

pub(super) fn mask(secret: &str) -> String {
    format!("::add-mask::{}\n", data(secret))
}

/// As the event that triggered the workflow has it. That of a schedule names no repository, so what is not said to be private
/// is public.
pub(super) fn is_public(environment: &Environment) -> bool {
    /// The runner's limit for a payload is less than this.
    const LARGEST: usize = 32 * 1024 * 1024;
    let read = |path: &str| {
        let event = files::read(Path::new(path), LARGEST).ok()?;
        serde_json::from_slice::<Value>(&event).ok()
    };
    let event = environment.get("GITHUB_EVENT_PATH").and_then(read).unwrap_or_default();
    let repository = &event["repository"];
    match repository["visibility"].as_str() {
        Some(visibility) => visibility == "public",
        None => repository["private"] != Value::Bool(true),
    }
}

/// The file of outputs that a variable names.
pub(super) fn output_file(environment: &Environment, variable: &str) -> Option<Destination> {
    let path = environment.get(variable)?.into();
    Some(Destination::File(OutputFile { path, format: Format::Heredoc, within: None }))
}

/// Appends to the job's summary.
pub(super) fn append_summary(path: &str, markdown: &str) -> io::Result<()> {
    // Another process's text there must not merge with ours.
    let starts_a_line = fs::metadata(path).map_or(true, |metadata| metadata.len() == 0);
    let mut file = files::open(OpenOptions::new().append(true).create(true), Path::new(path))?;
    file.write_all(if starts_a_line { b"" } else { b"\n\n" })?;
    file.write_all(markdown.as_bytes())
}

/// A command's data, with the runner's own escapes (actions/runner, `ActionCommand.cs`).
fn data(message: &str) -> String {
    message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test may read as it likes")]

    use super::*;

    fn line(level: Level, message: &str) -> String {
        GitHub(Environment::default()).line(level, message)
    }

    #[test]
    fn warnings_errors_and_debug_lines_are_one_command_each() {
        assert_eq!(line(Level::ERROR, "50%\nor\r\n::warning::x"), "::error::50%25%0Aor%0A\\::warning::x");
        assert_eq!(line(Level::WARN, "a"), "::warning::a");
        assert_eq!(line(Level::DEBUG, "a"), "::debug::a");
    }

    #[test]
    fn a_title_stays_a_title() {
        let github = GitHub(Environment::default());
        let annotation = github.annotation("50%,line=7::a\nb", "::x::\n%");
        assert_eq!(
            annotation.as_deref(),
            Some("::error title=50%25%2Cline=7%3A%3Aa%0Ab:::\u{200b}:x:\u{200b}:%0A%25\n")
        );
        let fold = Fold { title: "a\n::b::%".to_owned(), id: "token".to_owned(), is_closed_at_first: true };
        let now = SystemTime::UNIX_EPOCH;
        assert_eq!(github.open(&fold, now), "::group::a%0A::b::%25\n::stop-commands::token\n");
        assert_eq!(github.close(&fold, now), "::token::\n::endgroup::\n");
    }

    #[test]
    fn a_repository_is_public_unless_the_event_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        let github = |path: &Path| {
            let environment = Environment::new([("GITHUB_EVENT_PATH", path.as_os_str())]);
            GitHub(environment).is_public()
        };
        assert!(github(&path), "there is no event");
        for (event, public) in [
            (r#"{"repository":{"visibility":"public","private":false}}"#, true),
            (r#"{"repository":{"visibility":"internal","private":true}}"#, false),
            (r#"{"repository":{"visibility":"private","private":true}}"#, false),
            (r#"{"repository":{"private":false}}"#, true),
            (r#"{"repository":{"private":true}}"#, false),
            // A schedule's.
            (r#"{"schedule":"0 0 * * *","workflow":".github/workflows/nightly.yml"}"#, true),
            (r#"{"repository":{"full_name":"owner/shop"}}"#, true),
            ("not JSON", true),
        ] {
            fs::write(&path, event).unwrap();
            assert_eq!(github(&path), public, "{event}");
        }
    }

    #[test]
    fn a_summary_is_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        let github = GitHub(Environment::new([("GITHUB_STEP_SUMMARY", path.as_os_str())]));
        assert!(github.publish_summary(&|| "# one".to_owned()).unwrap().is_ok());
        assert!(github.publish_summary(&|| "# two".to_owned()).unwrap().is_ok());
        assert_eq!(fs::read_to_string(&path).unwrap(), "# one\n\n# two");
        assert!(GitHub(Environment::default()).publish_summary(&|| "x".to_owned()).is_none());
    }

    #[test]
    fn an_ordinary_line_is_never_a_command() {
        for attack in ["::set-output name=a::b", "  ::x::", "a\n::x::", "a\r::x::", "a ##[error]b", "##[add-mask]b"] {
            for line in line(Level::INFO, attack).lines() {
                assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{attack:?} gives {line:?}");
            }
        }
        assert_eq!(line(Level::INFO, "std::fs is a path"), "std::fs is a path");
    }
}
