//! What each CI system says of inputs, tokens, certificates, and who may read its log.

use secrecy::ExposeSecret;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{Audience, TokenSource, certificate_variables, detect, input_spellings, token_source};

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::new(variables.iter().copied())
}

#[test]
fn an_input_can_be_set_with_any_systems_variable() {
    let variables = |input| -> Vec<_> { input_spellings().map(|spelling| spelling.variable(input)).collect() };
    assert_eq!(
        variables("pipeline_id"),
        ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID", "PLUGIN_PIPELINE-ID"]
    );
}

/// Where tokens come from, in one line.
fn source(variables: &[(&str, &str)]) -> Option<String> {
    token_source(&environment(variables)).map(|source| match source {
        TokenSource::Ready(token) => token.expose_secret().to_owned(),
        TokenSource::Request(request) => {
            let (url, scheme, bearer) = (request.url, request.scheme, request.bearer.expose_secret().to_owned());
            let audience = match request.audience {
                Audience::Parameter(name) => format!("?{name}"),
                Audience::Member(name) => format!("{{{name}}}"),
                Audience::Fixed => "fixed".to_owned(),
            };
            format!("{scheme} {bearer} {url} {audience} {}", request.answer)
        }
    })
}

#[test]
fn identity_tokens_are_requested_the_way_each_host_issues_them() {
    const URL: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/?a=b");
    const BEARER: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer");
    const AZURE: (&str, &str) = ("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/a/b/_apis/oidctoken/");
    const AGENT: (&str, &str) = ("BUILDKITE_AGENT_ENDPOINT", "https://agent.buildkite.com/v3");
    for (variables, expected) in [
        (&[URL, BEARER][..], Some("Bearer bearer https://token.example/?a=b ?audience value")),
        (&[URL, BEARER, ("FORGEJO_ACTIONS", "true")], Some("Bearer bearer https://token.example/?a=b ?audience value")),
        (&[URL, (BEARER.0, ""), ("FORGEJO_ACTIONS", "true")], None),
        (&[URL], None),
        (&[BEARER], None),
        (&[("GITHUB_ACTIONS", "true")], None),
        (&[("BITBUCKET_STEP_OIDC_TOKEN", "e.y.J")], Some("e.y.J")),
        (&[("CIRCLE_OIDC_TOKEN", "v1"), ("CIRCLE_OIDC_TOKEN_V2", "v2")], Some("v2")),
        (
            &[AZURE, ("SYSTEM_ACCESSTOKEN", "t"), ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c&d")],
            Some(
                "Bearer t https://dev.azure.com/a/b/_apis/oidctoken?api-version=7.1&serviceConnectionId=c%26d fixed oidcToken",
            ),
        ),
        (&[AZURE], None),
        (
            &[AGENT, ("BUILDKITE_JOB_ID", "j"), ("BUILDKITE_AGENT_ACCESS_TOKEN", "t")],
            Some("Token t https://agent.buildkite.com/v3/jobs/j/oidc/tokens {audience} token"),
        ),
        (&[AGENT, ("BUILDKITE_JOB_ID", "j")], None),
    ] {
        assert_eq!(source(variables).as_deref(), expected, "{variables:?}");
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
fn colour_is_used_where_it_is_supported_and_allowed() {
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
fn a_log_is_public_where_its_ci_system_says_so_or_leaves_it_open() {
    const DRONE: (&str, &str) = ("DRONE", "true");
    const WOODPECKER: (&str, &str) = ("CI", "woodpecker");
    const GITLAB: (&str, &str) = ("GITLAB_CI", "true");
    for (variables, public) in [
        (&[][..], false),
        (&[DRONE, ("DRONE_REPO_VISIBILITY", "public")], true),
        (&[DRONE, ("DRONE_REPO_VISIBILITY", "private")], false),
        (&[("DRONE_OUTPUT", "/o"), ("DRONE_REPO_VISIBILITY", "public")], true),
        (&[WOODPECKER, ("CI_REPO_PRIVATE", "false")], true),
        (&[WOODPECKER, ("CI_REPO_PRIVATE", "true")], false),
        (&[WOODPECKER, ("DRONE_REPO_VISIBILITY", "public")], false),
        (&[("YUNXIAO_HOST", "bitbucket"), ("BITBUCKET_REPO_IS_PRIVATE", "false")], true),
        (&[("FORGEJO_ACTIONS", "true")], true),
        (&[("CI_REPO_PRIVATE", "false")], false),
        (&[("CI_PROJECT_VISIBILITY", "public")], false),
        (&[GITLAB, ("CI_PROJECT_VISIBILITY", "public")], true),
        // GitHub's own event says it; a schedule's does not, and that of a public repository least of all.
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/x")], true),
        (&[GITLAB, ("DRONE_REPO_VISIBILITY", "public")], false),
        // Their projects can be public, and they don't say.
        (&[("CNB", "true")], true),
        (&[("ATOMGIT_OUTPUT", "/o")], true),
        (&[("GITEE_PIPELINE_BUILD_NUMBER", "7")], true),
        (&[("CIRCLECI", "true")], true),
        (&[("TF_BUILD", "True")], true),
        (&[("BUILDKITE", "true")], true),
        (&[("APPVEYOR", "True")], true),
        // No one reads their logs without signing in.
        (&[("JENKINS_URL", "https://ci.example.com/")], false),
        (&[("TEAMCITY_VERSION", "2025.07")], false),
        (&[("BK_CI_PIPELINE_ID", "p-1")], false),
    ] {
        assert_eq!(detect(&environment(variables), false).is_public(), public, "{variables:?}");
    }
}
