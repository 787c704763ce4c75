//! The CI system this runs in. A CI system's variables are known to its own file alone. Of Yunxiao it knows Flow, as one of
//! them.

mod drone;
mod flow;
mod github;
mod gitlab;
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
trait Kind: Sync {
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
    fn input_spellings(&self, input: &str) -> Vec<String> {
        let _ = input;
        Vec::new()
    }

    /// What these variables begin with.
    fn input_prefix(&self) -> Option<&'static str> {
        None
    }

    /// Where it hands out identity tokens, if it does.
    fn identity_token(&self, environment: &Environment) -> Option<IdentityToken> {
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

/// Every kind of CI system that has variables of its own. Where several have a say, the first is asked first.
const KINDS: [&dyn Kind; 4] = [&github::Kind, &gitlab::Kind, &drone::Kind, &flow::Kind];

/// Where a CI system hands out identity tokens of a job.
#[derive(Clone, Debug)]
pub struct IdentityToken {
    /// Where to ask, as the CI system says it.
    pub url: String,
    /// The variable that it says it in.
    pub url_variable: &'static str,
    /// What proves who asks, a bearer token.
    pub bearer: SecretString,
    /// The parameter of the address that names whom the token shall be for.
    pub audience_parameter: &'static str,
}

/// Recognises the CI system.
///
/// Only by variables that are its own: Yunxiao, for one, sets GitLab's `CI_COMMIT_*` in its own steps.
#[must_use]
pub fn detect(environment: &Environment, is_terminal: bool) -> Box<dyn Host> {
    let known = KINDS.iter().find_map(|kind| kind.detect(environment));
    known.unwrap_or_else(|| {
        let is_public = KINDS.iter().any(|kind| kind.is_public(environment));
        Box::new(plain::Plain { is_terminal, is_public })
    })
}

/// Whether anybody may read this job's log, as far as the CI system says.
#[must_use]
pub fn is_public(environment: &Environment) -> bool {
    detect(environment, false).is_public()
}

/// The variables an input may be in, in order: the CI systems', and ours. The input is given as `like_this`.
#[must_use]
pub fn input_spellings(input: &str) -> Vec<String> {
    let input = input.to_uppercase();
    let hosts = KINDS.iter().flat_map(|kind| kind.input_spellings(&input));
    hosts.chain([format!("{OURS}{input}")]).collect()
}

/// What the variables that inputs are in begin with, in the same order.
pub fn input_prefixes() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter_map(|kind| kind.input_prefix()).chain([OURS])
}

/// What our own variables begin with.
const OURS: &str = "YUNXIAO_";

/// Where this job gets identity tokens, if its CI system hands them out.
#[must_use]
pub fn identity_token(environment: &Environment) -> Option<IdentityToken> {
    KINDS.iter().find_map(|kind| kind.identity_token(environment))
}

/// The CI systems' variables that hold root certificates, as PEM text or as a path.
pub fn certificate_variables() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|kind| kind.certificate_variables()).copied()
}

/// The pipeline of Yunxiao that this is a step of, unless this is certainly another CI system.
#[must_use]
pub fn pipeline_of_this_step(environment: &Environment) -> Option<u64> {
    if KINDS.iter().any(|kind| kind.is_here(environment)) {
        return None;
    }
    KINDS.iter().find_map(|kind| kind.pipeline_of_this_step(environment))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().copied())
    }

    #[test]
    fn an_input_may_be_in_any_systems_variable_and_last_in_ours() {
        let spellings = ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID", "YUNXIAO_PIPELINE_ID"];
        assert_eq!(input_spellings("pipeline_id"), spellings);
        assert_eq!(input_spellings("branch"), ["INPUT_BRANCH", "PLUGIN_BRANCH", "YUNXIAO_BRANCH"]);
        assert_eq!(input_prefixes().collect::<Vec<_>>(), ["INPUT_", "PLUGIN_", "YUNXIAO_"]);
    }

    #[test]
    fn identity_tokens_are_githubs_wherever_it_is_made_after() {
        const URL: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/?a=b");
        const BEARER: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer");
        let token = identity_token(&environment(&[URL, BEARER])).unwrap();
        assert_eq!((token.url.as_str(), token.url_variable, token.audience_parameter), (URL.1, URL.0, "audience"));
        assert_eq!(token.bearer.expose_secret(), BEARER.1);
        for variables in [&[URL][..], &[BEARER], &[URL, (BEARER.0, "")], &[("GITHUB_ACTIONS", "true")]] {
            assert!(identity_token(&environment(variables)).is_none(), "{variables:?}");
        }
    }

    #[test]
    fn root_certificates_are_where_gitlab_says() {
        assert_eq!(certificate_variables().collect::<Vec<_>>(), ["CI_SERVER_TLS_CA_FILE"]);
    }

    #[test]
    fn a_step_of_flow_knows_its_pipeline() {
        const ID: (&str, &str) = ("PIPELINE_ID", "123");
        const OWN: [&str; 6] =
            ["PIPELINE_NAME", "BUILD_EXECUTOR", "BUILD_REMARK", "BUILD_MESSAGE", "CI_SOURCE_NAME", "DATETIME"];
        for own in OWN {
            // Be it set to nothing.
            assert_eq!(pipeline_of_this_step(&environment(&[ID, (own, "")])), Some(123), "{own}");
        }
        for (variables, expected) in [
            (&[ID][..], None),
            (&[(OWN[0], "x")], None),
            (&[("PIPELINE_ID", "main"), (OWN[0], "x")], None),
            (&[ID, (OWN[0], "x"), ("GITHUB_ACTIONS", "true")], None),
            (&[ID, (OWN[0], "x"), ("GITLAB_CI", "true")], None),
            (&[ID, (OWN[0], "x"), ("GITHUB_ACTIONS", "false"), ("GITLAB_CI", "1")], Some(123)),
        ] {
            assert_eq!(pipeline_of_this_step(&environment(variables)), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_log_is_public_where_its_ci_system_says_so() {
        const GITLAB: (&str, &str) = ("GITLAB_CI", "true");
        for (variables, public) in [
            (&[][..], false),
            (&[("DRONE_REPO_VISIBILITY", "public")], true),
            (&[("DRONE_REPO_VISIBILITY", "private")], false),
            (&[("CI_REPO_PRIVATE", "false")], true),
            (&[("CI_REPO_PRIVATE", "true")], false),
            (&[("CI_PROJECT_VISIBILITY", "public")], false),
            (&[GITLAB, ("CI_PROJECT_VISIBILITY", "public")], true),
            (&[GITLAB, ("DRONE_REPO_VISIBILITY", "public")], false),
        ] {
            assert_eq!(is_public(&environment(variables)), public, "{variables:?}");
        }
    }
}
