//! What each CI system says of inputs, tokens, certificates, and who may read its log.

use secrecy::ExposeSecret;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{certificate_variables, detect, input_prefixes, input_spellings, token_request};

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::new(variables.iter().copied())
}

#[test]
fn an_input_may_be_in_any_systems_variable() {
    let variables =
        |input| -> Vec<String> { input_spellings(input).into_iter().map(|spelling| spelling.variable).collect() };
    assert_eq!(variables("pipeline_id"), ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID"]);
    assert_eq!(variables("branch"), ["INPUT_BRANCH", "PLUGIN_BRANCH"]);
    assert_eq!(input_prefixes(), ["INPUT_", "PLUGIN_"]);
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
    assert_eq!(certificate_variables(), ["CI_SERVER_TLS_CA_FILE"]);
}

#[test]
fn a_step_of_flow_knows_its_pipeline() {
    const ID: (&str, &str) = ("PIPELINE_ID", "123");
    let pipeline_of_this_step =
        |variables: &[(&str, &str)]| detect(&environment(variables), false).pipeline_of_this_step();
    let own = ["PIPELINE_NAME", "BUILD_EXECUTOR", "BUILD_REMARK", "BUILD_MESSAGE", "CI_SOURCE_NAME", "DATETIME"];
    for own in own {
        // Be it set to nothing.
        assert_eq!(pipeline_of_this_step(&[ID, (own, "")]), Some(123), "{own}");
    }
    for (variables, expected) in [
        (&[ID][..], None),
        (&[("PIPELINE_NAME", "x")], None),
        (&[("PIPELINE_ID", "main"), ("PIPELINE_NAME", "x")], None),
        (&[ID, ("PIPELINE_NAME", "x"), ("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/x")], None),
        (&[ID, ("PIPELINE_NAME", "x"), ("GITLAB_CI", "true")], None),
        (&[ID, ("PIPELINE_NAME", "x"), ("GITHUB_ACTIONS", "false"), ("GITLAB_CI", "1")], Some(123)),
    ] {
        assert_eq!(pipeline_of_this_step(variables), expected, "{variables:?}");
    }
}

#[test]
fn jenkins_is_known_by_its_address_or_its_builds() {
    for (variables, remote) in [
        (&[("JENKINS_URL", "https://ci.example.com/")][..], Some("origin/")),
        (&[("BUILD_TAG", "jenkins-shop-7")], Some("origin/")),
        (&[("BUILD_TAG", "7")], None),
        (&[("JENKINS_URL", "")], None),
        (&[("JENKINS_URL", "https://ci.example.com/"), ("GITLAB_CI", "true")], None),
    ] {
        assert_eq!(detect(&environment(variables), false).remote_of_branches(), remote, "{variables:?}");
    }
}

#[test]
fn colour_is_shown_where_it_is_seen_and_not_unwelcome() {
    const GITLAB: (&str, &str) = ("GITLAB_CI", "true");
    for (variables, is_terminal, has_colour) in [
        (&[][..], true, true),
        (&[("NO_COLOR", "1")], true, false),
        (&[("NO_COLOR", "")], true, true),
        (&[("TERM", "dumb")], true, false),
        (&[("TERM", "xterm")], true, true),
        (&[("TERM", "xterm")], false, false),
        (&[GITLAB], false, true),
        (&[GITLAB, ("NO_COLOR", "1")], false, false),
        (&[GITLAB, ("TERM", "dumb")], false, false),
    ] {
        let line = detect(&environment(variables), is_terminal).line(tracing::Level::ERROR, "x");
        assert_eq!(line.contains('\u{1b}'), has_colour, "{variables:?} {is_terminal}");
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
        // GitHub's own event says it; a schedule's does not, and that of a public repository least of all.
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/x")], true),
        (&[GITLAB, ("DRONE_REPO_VISIBILITY", "public")], false),
    ] {
        assert_eq!(detect(&environment(variables), false).is_public(), public, "{variables:?}");
    }
}
