//! The CI system this runs in. A CI system's variables are known to its own file alone. Of Yunxiao it knows Flow, as one of
//! them.

mod drone;
mod flow;
mod github;
mod gitlab;
pub mod known;
mod outputs;
mod plain;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::SecretString;
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

/// What a kind of CI system sets in the environment, known without knowing where this runs: a variable counts wherever it is
/// found, for runners that are made after another's likeness.
pub(crate) trait Kind: Sync {
    /// This host, if the environment says that it is here.
    fn detect(&self, environment: &Environment) -> Option<Box<dyn Host>> {
        let _ = environment;
        None
    }

    /// Whether the environment says that this runs in it.
    fn is_here(&self, environment: &Environment) -> bool {
        let _ = environment;
        false
    }

    /// Whether anybody may read the job's log, of a CI system that is told apart by nothing else.
    fn is_public(&self, environment: &Environment) -> bool {
        let _ = environment;
        false
    }

    /// The variables in which it hands on an input, given as `LIKE_THIS`, in order.
    fn input_spellings(&self, input: &str) -> Vec<Spelling> {
        let _ = input;
        Vec::new()
    }

    /// What these variables begin with.
    fn input_prefix(&self) -> Option<&'static str> {
        None
    }

    /// Where it hands out identity tokens, if it does.
    fn token_request(&self, environment: &Environment) -> Option<TokenRequest> {
        let _ = environment;
        None
    }

    /// The variables that hold root certificates, as PEM text or as a path.
    fn certificate_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// The pipeline of Yunxiao that this is a step of.
    fn pipeline_of_this_step(&self, environment: &Environment) -> Option<u64> {
        let _ = environment;
        None
    }
}

/// A variable in which a CI system hands on an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    pub variable: String,
    /// Whether its user writes the input by its name, and never sees the variable.
    pub is_hidden: bool,
}

/// Where a CI system hands out identity tokens of a job.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Where to ask, as the CI system says it.
    pub url: String,
    /// The variable that it says it in.
    pub url_variable: &'static str,
    /// What proves who asks, a bearer token.
    pub bearer: SecretString,
    /// The parameter of the address that names whom the token shall be for.
    pub audience_parameter: &'static str,
}
