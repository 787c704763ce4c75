//! The interface of a CI system.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use secrecy::SecretString;
use tracing::Level;

use super::names::{Names, Origin, Public, says};
use super::outputs::Destination;
use crate::environment::Environment;
use crate::sanitize;
use crate::text::Text;

/// A CI system. By default, as on an unknown host.
pub trait Host: Send + Sync {
    /// What the input `host` calls it.
    fn name(&self) -> &'static str;

    fn environment(&self) -> &Environment;

    /// Whether this runs in it. Checked in the order of the list in `src/host.rs`.
    fn is_here(&self) -> bool;

    /// The variables that need no more code than their names.
    fn names(&self) -> &'static Names {
        &Names::NONE
    }

    /// How it spells the variables in which it passes on inputs, in order.
    fn input_spellings(&self) -> &'static [Spelling] {
        &[]
    }

    /// Where it hands out identity tokens, if it does. Runners that are made after another's likeness do so too, so this is
    /// asked wherever this runs.
    fn token_source(&self) -> Option<TokenSource> {
        None
    }

    /// The variables that hold root certificates, as PEM text or as a path.
    fn certificate_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// What its variables put before the name of a branch.
    fn remote_of_branches(&self) -> Option<&'static str> {
        None
    }

    /// The pipeline of Yunxiao that this is a step of.
    fn pipeline_of_this_step(&self) -> Option<u64> {
        None
    }

    /// What triggered this job, as far as the CI system says.
    fn origin(&self) -> Origin {
        self.names().origin(self.environment())
    }

    /// Identifies this job of this CI run, unchanged by a re-run: the value of `idempotency-key: auto`.
    fn work(&self) -> Option<Vec<String>> {
        self.names().work(self.environment())
    }

    /// Which attempt at this job this is, if there was another before.
    fn attempt(&self) -> Option<u64> {
        self.names().attempt(self.environment())
    }

    /// Whether its user asked for debug output.
    fn debug(&self) -> bool {
        says(self.environment(), self.names().debug)
    }

    /// Whether anyone can read this job's log, or might, as far as the CI system says.
    fn is_public(&self) -> bool {
        match self.names().public {
            Public::No => false,
            Public::Said(name, value) => says(self.environment(), Some((name, value))),
            Public::Unsaid => true,
        }
    }

    /// What tells the CI system to hide a value that it can't know, a whole line of the log.
    fn mask(&self, _secret: &str) -> Option<String> {
        None
    }

    /// The file or folder that the CI system itself reads outputs from, wherever that may be said. There `output-file` means
    /// nothing.
    fn own_destination(&self) -> Option<Destination> {
        None
    }

    /// Where outputs go and in which form, given what `output-file` says.
    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        self.own_destination().or_else(|| asked.map(Destination::asked))
    }

    /// Whether what this prints is shown in colour.
    fn has_colour(&self) -> bool {
        false
    }

    /// A log message in this CI system's format, with all line breaks except the last: its level in front unless it
    /// is ordinary, and no command in it, for any reader of the log.
    fn line(&self, level: Level, message: &str) -> String {
        let clean = message.split('\n').map(sanitize::line).collect::<Vec<_>>().join("\n");
        let (name, code) = match level {
            Level::ERROR => ("error: ", "31"),
            Level::WARN => ("warning: ", "33"),
            Level::INFO => return clean,
            _ => ("debug: ", "2"),
        };
        if self.has_colour() { format!("\u{1b}[{code}m{name}\u{1b}[0m{clean}") } else { format!("{name}{clean}") }
    }

    /// What comes before the lines of a fold, whole lines.
    fn open(&self, fold: &Fold, _now: SystemTime) -> String {
        format!("--- {} ---\n", sanitize::line(&fold.title))
    }

    /// What comes after them. It closes the fold whatever its lines were.
    fn close(&self, _fold: &Fold, _now: SystemTime) -> String {
        "---\n".to_owned()
    }

    /// A remark beside the job, outside its log: a whole line of it, where the CI system has such remarks.
    fn annotation(&self, _title: &str, _message: &str) -> Option<String> {
        None
    }

    /// Shows a page of Markdown with the job; `None` if the CI system doesn't support it.
    fn publish_summary(&self, _markdown: &dyn Fn() -> String) -> Option<io::Result<()>> {
        None
    }

    /// Shows a link with the job, if the CI system supports it.
    fn publish_link(&self, _label: &str, _url: &str) -> io::Result<()> {
        Ok(())
    }
}

/// A message whose lines have flags in front that colour them: `##[error]`, as Azure and BlueKing have them.
pub(super) fn flagged_lines(level: Level, message: &str) -> String {
    let flag = match level {
        Level::ERROR => "##[error]",
        Level::WARN => "##[warning]",
        Level::INFO => "",
        _ => "##[debug]",
    };
    message.split('\n').map(|line| format!("{flag}{}", sanitize::line(line))).collect::<Vec<_>>().join("\n")
}

/// Whether colour is allowed (<https://no-color.org>; a terminal of the kind `dumb` has none).
pub(super) fn wants_colour(environment: &Environment) -> bool {
    environment.get("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb")
}

/// A group of foreign lines.
#[derive(Clone, Debug)]
pub struct Fold {
    /// What they are, on one line.
    pub title: String,
    /// A random word of letters and digits, which the lines' author can't guess.
    pub id: String,
    /// Whether they are collapsed at first.
    pub is_closed_at_first: bool,
}

/// How a CI system spells the variable of an input.
#[derive(Debug, PartialEq, Eq)]
pub struct Spelling {
    pub prefix: &'static str,
    /// What comes between the words of the input's name.
    pub between_words: &'static str,
    /// Whether users write the input's name and never see the variable.
    pub is_hidden: bool,
    /// Whether it joins a user's list with commas.
    pub joins_lists: bool,
}

impl Spelling {
    /// Whether this is the variable of an input given as `like_this`.
    pub fn is(&self, variable: &str, input: &str) -> bool {
        let Some(rest) = variable.strip_prefix(self.prefix) else { return false };
        let is_byte = |(found, wanted): (u8, u8)| match wanted {
            b'_' => [found] == *self.between_words.as_bytes(),
            letter => found == letter.to_ascii_uppercase(),
        };
        rest.len() == input.len() && rest.bytes().zip(input.bytes()).all(is_byte)
    }

    /// The variable of an input given as `like_this`.
    pub fn variable(&self, input: &str) -> String {
        let mut variable = self.prefix.to_owned();
        for (number, word) in input.split('_').enumerate() {
            variable.push_str(if number == 0 { "" } else { self.between_words });
            variable.push_str(word);
        }
        variable.make_ascii_uppercase();
        variable
    }
}

/// Where identity tokens of a job come from.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// The CI system has put one into the environment.
    Ready(SecretString),
    Request(TokenRequest),
}

/// Where a CI system issues identity tokens for a job on request.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Where to ask, as the CI system says it.
    pub url: String,
    /// The variable that it says it in.
    pub url_variable: &'static str,
    /// What the header `authorization` has before the bearer: `Bearer`.
    pub scheme: &'static str,
    pub bearer: SecretString,
    pub audience: Audience,
    /// The member of the answer that is the token.
    pub answer: &'static str,
    /// What a job needs to get one.
    pub advice: Text,
}

/// How the audience of an identity token is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// As a parameter of the address, with GET.
    Parameter(&'static str),
    /// As a member of the body, with POST.
    Member(&'static str),
    /// It is always the same; with POST.
    Fixed,
}
