//! Which credentials are taken: exactly one kind, whole from one source.

use std::io;
use std::path::Path;

use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::identity_token::IdentityToken;
use yunxiao_run::inputs::Settings;
use yunxiao_run::yunxiao::{AccessKey, Identity};

const ROLE: &str = "acs:ram::1234567890123456:role/deployer";
const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/github";

/// What is taken from an environment, in a word, or the complaints.
fn taken(variables: &[(&str, &str)]) -> String {
    let always = [("YUNXIAO_ORGANIZATION_ID", "org"), ("YUNXIAO_PIPELINE_ID", "1"), ("YUNXIAO_EDITION", "central")];
    let environment = Environment::new(always.iter().chain(variables).copied());
    let read = |path: &Path| match path.to_str() {
        Some("/secret") => Ok(b"from-file\n".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    match Settings::read(&*detect(&environment, false), &read).settings {
        Ok(settings) => {
            let source = settings.notices[0].english.rsplit(' ').next().unwrap().to_owned();
            let kind = match settings.identity {
                Identity::Token(_) => "token",
                Identity::AccessKey(AccessKey { security_token: None, .. }) => "key",
                Identity::AccessKey(_) => "temporary key",
                Identity::Role(role) => match role.token {
                    IdentityToken::Given(_) => "role by a token that was given",
                    IdentityToken::Request { .. } => "role by a token of the host",
                    IdentityToken::File(_) => "role by a token in a file",
                },
            };
            format!("{kind}, from {source}")
        }
        Err(complaints) => {
            let lines =
                complaints.iter().map(|complaint| format!("{}: {:.20}", complaint.input, complaint.rule.english));
            lines.collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn credentials_are_one_kind_from_one_source() {
    let id = ("YUNXIAO_ACCESS_KEY_ID", "id");
    let secret = ("YUNXIAO_ACCESS_KEY_SECRET", "secret");
    let sts = ("YUNXIAO_SECURITY_TOKEN", "sts");
    let token = ("YUNXIAO_ACCESS_TOKEN", "pt-1");
    let role = ("YUNXIAO_ROLE_TO_ASSUME", ROLE);
    let provider = ("YUNXIAO_OIDC_PROVIDER_ARN", PROVIDER);
    let oidc = ("YUNXIAO_OIDC_TOKEN", "a.b.c");
    let ambient_id = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id");
    let ambient_secret = ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret");
    let ambient_sts = ("ALIBABA_CLOUD_SECURITY_TOKEN", "sts");
    let ambient_token = ("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN", "pt-2");
    let ambient_role = ("ALIBABA_CLOUD_ROLE_ARN", ROLE);
    let ambient_provider = ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER);
    let ambient_file = ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/var/run/token");
    let url = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://ids.example.com/token?api-version=2.0");
    let bearer = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer");
    for (variables, expected) in [
        // Inputs
        (&[id, secret][..], "key, from YUNXIAO_ACCESS_KEY_ID"),
        (&[id, secret, sts], "temporary key, from YUNXIAO_ACCESS_KEY_ID"),
        (&[token], "token, from YUNXIAO_ACCESS_TOKEN"),
        (&[role, provider, oidc], "role by a token that was given, from YUNXIAO_ROLE_TO_ASSUME"),
        (&[role, provider, url, bearer], "role by a token of the host, from YUNXIAO_ROLE_TO_ASSUME"),
        (&[role, provider, ambient_file], "role by a token in a file, from YUNXIAO_ROLE_TO_ASSUME"),
        (
            &[role, provider, oidc, url, bearer, ambient_file],
            "role by a token that was given, from YUNXIAO_ROLE_TO_ASSUME",
        ),
        (&[role, provider, url, bearer, ambient_file], "role by a token of the host, from YUNXIAO_ROLE_TO_ASSUME"),
        (&[("YUNXIAO_ACCESS_TOKEN_FILE", "/secret")], "token, from YUNXIAO_ACCESS_TOKEN_FILE"),
        (&[id, ("YUNXIAO_ACCESS_KEY_SECRET_FILE", "/secret")], "key, from YUNXIAO_ACCESS_KEY_ID"),
        (
            &[role, provider, ("YUNXIAO_OIDC_TOKEN_FILE", "/secret")],
            "role by a token that was given, from YUNXIAO_ROLE_TO_ASSUME",
        ),
        // The environment, in this order
        (&[ambient_id, ambient_secret], "key, from ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (&[ambient_id, ambient_secret, ambient_sts], "temporary key, from ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (
            &[ambient_token, ambient_id, ambient_secret, ambient_role, ambient_provider, ambient_file],
            "token, from ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN",
        ),
        (&[ambient_role, ambient_provider, ambient_file], "role by a token in a file, from ALIBABA_CLOUD_ROLE_ARN"),
        (&[ambient_role, ambient_provider, url, bearer], "role by a token of the host, from ALIBABA_CLOUD_ROLE_ARN"),
        (&[ambient_role, ambient_provider, oidc], "role by a token that was given, from ALIBABA_CLOUD_ROLE_ARN"),
        // A machine's own role has its own token: the CI system's is not for it.
        (
            &[ambient_role, ambient_provider, ambient_file, url, bearer],
            "role by a token in a file, from ALIBABA_CLOUD_ROLE_ARN",
        ),
        // What the official credentials action leaves behind: its AccessKey is what was fetched last.
        (
            &[ambient_id, ambient_secret, ambient_sts, ambient_role, ambient_provider, ambient_file],
            "temporary key, from ALIBABA_CLOUD_ACCESS_KEY_ID",
        ),
        // Inputs go before the environment, and nothing is mixed.
        (&[token, ambient_id, ambient_secret], "token, from YUNXIAO_ACCESS_TOKEN"),
        (&[id, secret, ambient_token, ambient_sts], "key, from YUNXIAO_ACCESS_KEY_ID"),
        (
            &[role, provider, oidc, ambient_id, ambient_secret],
            "role by a token that was given, from YUNXIAO_ROLE_TO_ASSUME",
        ),
        // Left over by themselves, these mean nothing.
        (&[token, ambient_sts, ambient_file, url, bearer], "token, from YUNXIAO_ACCESS_TOKEN"),
        (&[ambient_token, ambient_sts, ambient_file], "token, from ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"),
        // Half sets
        (&[id, ambient_secret], "access-key-secret (YUNXIAO_ACCESS_KEY_SECRET): is empty or not set;"),
        (&[secret, ambient_id], "access-key-id (YUNXIAO_ACCESS_KEY_ID): is empty or not set;"),
        (
            &[sts],
            "access-key-id (YUNXIAO_ACCESS_KEY_ID): is empty or not set;; access-key-secret (YUNXIAO_ACCESS_KEY_SECRET): is empty or not set",
        ),
        (&[ambient_id], "ALIBABA_CLOUD_ACCESS_KEY_SECRET: is empty or not set;"),
        (
            &[ambient_id, ambient_role, ambient_provider, ambient_file],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET: is empty or not set;",
        ),
        (&[role, ambient_provider, oidc], "oidc-provider-arn (YUNXIAO_OIDC_PROVIDER_ARN): is empty or not set;"),
        (&[ambient_provider, oidc], "ALIBABA_CLOUD_ROLE_ARN: is empty or not set;"),
        (&[role, provider], "YUNXIAO_ROLE_TO_ASSUME: needs this job's OID"),
        (&[role, provider, url], "YUNXIAO_ROLE_TO_ASSUME: needs this job's OID"),
        (&[ambient_role, ambient_provider], "ALIBABA_CLOUD_ROLE_ARN: needs this job's OID"),
        // Two sets
        (&[id, secret, token], "YUNXIAO_ACCESS_KEY_ID: is set together with"),
        (&[id, secret, role, provider, oidc], "YUNXIAO_ROLE_TO_ASSUME: is set together with"),
        (&[token, role], "YUNXIAO_ROLE_TO_ASSUME: is set together with"),
        (&[token, sts], "YUNXIAO_SECURITY_TOKEN: is set together with"),
        (
            &[token, id, role],
            "YUNXIAO_ACCESS_KEY_ID: is set together with; YUNXIAO_ROLE_TO_ASSUME: is set together with",
        ),
        // Not credentials at all
        (&[], "access-token, access-key-id, role-to-assume: are all empty or not"),
        (&[("YUNXIAO_ACCESS_TOKEN", "")], "access-token, access-key-id, role-to-assume: are all empty or not"),
        (&[("YUNXIAO_ACCESS_TOKEN", "${{ secrets.TOKEN }}")], "YUNXIAO_ACCESS_TOKEN: was not replaced by "),
        (&[("YUNXIAO_ACCESS_TOKEN", "a b")], "YUNXIAO_ACCESS_TOKEN: must be visible ASCI"),
        (&[("YUNXIAO_ROLE_TO_ASSUME", "deployer"), provider, oidc], "YUNXIAO_ROLE_TO_ASSUME: must be an ARN such "),
        (&[role, ("YUNXIAO_OIDC_PROVIDER_ARN", ROLE), oidc], "YUNXIAO_OIDC_PROVIDER_ARN: must be an ARN such "),
        (&[role, provider, ("YUNXIAO_OIDC_TOKEN", "$ID_TOKEN")], "YUNXIAO_OIDC_TOKEN: was not replaced by "),
        (
            &[role, provider, ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://ids.example.com/token"), bearer],
            "ACTIONS_ID_TOKEN_REQUEST_URL: must be an https add",
        ),
        (&[("YUNXIAO_ACCESS_TOKEN_FILE", "/nowhere")], "YUNXIAO_ACCESS_TOKEN_FILE: names a file that ca"),
    ] {
        assert_eq!(taken(variables), expected, "{variables:?}");
    }
}

#[test]
fn a_secret_that_is_quoted_or_a_path_is_rejected() {
    let role = [("YUNXIAO_ROLE_TO_ASSUME", ROLE), ("YUNXIAO_OIDC_PROVIDER_ARN", PROVIDER)];
    for (variables, expected) in [
        (&[("YUNXIAO_ACCESS_TOKEN", "/secret")][..], "YUNXIAO_ACCESS_TOKEN: is the path of a fil"),
        (
            &[("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN", "/secret")],
            "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN: is the path of a fil",
        ),
        (&[role[0], role[1], ("YUNXIAO_OIDC_TOKEN", "/secret")], "YUNXIAO_OIDC_TOKEN: is the path of a fil"),
        (&[("YUNXIAO_ACCESS_TOKEN", "/secret/other")], "token, from YUNXIAO_ACCESS_TOKEN"),
        (&[("YUNXIAO_ACCESS_TOKEN", "\"pt-1\"")], "YUNXIAO_ACCESS_TOKEN: is in quotes: remove"),
        (&[("YUNXIAO_ACCESS_TOKEN", "pt-1'")], "YUNXIAO_ACCESS_TOKEN: is in quotes: remove"),
    ] {
        assert_eq!(taken(variables), expected, "{variables:?}");
    }
}

#[test]
fn what_reads_the_credentials_is_not_shown() {
    let environment = Environment::new([
        ("YUNXIAO_ORGANIZATION_ID", "org"),
        ("YUNXIAO_PIPELINE_ID", "1"),
        ("YUNXIAO_ROLE_TO_ASSUME", ROLE),
        ("YUNXIAO_OIDC_PROVIDER_ARN", PROVIDER),
        ("YUNXIAO_OIDC_TOKEN", "hush.hush.hush"),
    ]);
    let checked = Settings::read(&*detect(&environment, false), &|_| Err(io::ErrorKind::NotFound.into()));
    let said = format!("{:?}", checked.settings.unwrap());
    assert!(!said.contains("hush"), "{said}");
}
