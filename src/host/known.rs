//! The CI systems that are known, and what to ask of whichever this is. A new one is a file and an entry of the list.

use super::{Host, Kind, Spelling, TokenRequest, drone, flow, github, gitlab, plain};
use crate::environment::Environment;

/// Every kind of CI system that has variables of its own. Where several have a say, the first is asked first.
const KINDS: [&dyn Kind; 4] = [&github::Kind, &gitlab::Kind, &drone::Kind, &flow::Kind];

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

/// The CI systems' variables that an input may be in, in order. The input is given as `like_this`.
#[must_use]
pub fn input_spellings(input: &str) -> Vec<Spelling> {
    let input = input.to_uppercase();
    KINDS.iter().flat_map(|kind| kind.input_spellings(&input)).collect()
}

/// What these variables begin with, in the same order.
pub fn input_prefixes() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter_map(|kind| kind.input_prefix())
}

/// Where this job gets identity tokens, if its CI system hands them out.
#[must_use]
pub fn token_request(environment: &Environment) -> Option<TokenRequest> {
    KINDS.iter().find_map(|kind| kind.token_request(environment))
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
    fn an_input_may_be_in_any_systems_variable() {
        let variables =
            |input| -> Vec<String> { input_spellings(input).into_iter().map(|spelling| spelling.variable).collect() };
        assert_eq!(variables("pipeline_id"), ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID"]);
        assert_eq!(variables("branch"), ["INPUT_BRANCH", "PLUGIN_BRANCH"]);
        assert_eq!(input_prefixes().collect::<Vec<_>>(), ["INPUT_", "PLUGIN_"]);
    }

    #[test]
    fn identity_tokens_are_githubs_wherever_it_is_made_after() {
        const URL: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/?a=b");
        const BEARER: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer");
        let token = token_request(&environment(&[URL, BEARER])).unwrap();
        assert_eq!((token.url.as_str(), token.url_variable, token.audience_parameter), (URL.1, URL.0, "audience"));
        assert_eq!(token.bearer.expose_secret(), BEARER.1);
        for variables in [&[URL][..], &[BEARER], &[URL, (BEARER.0, "")], &[("GITHUB_ACTIONS", "true")]] {
            assert!(token_request(&environment(variables)).is_none(), "{variables:?}");
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
            assert_eq!(detect(&environment(variables), false).is_public(), public, "{variables:?}");
        }
    }
}
