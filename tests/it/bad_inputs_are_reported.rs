mod rows;

use yunxiao_simulator::Server;

use crate::step::{Step, service};
use rows::ROWS;

fn given(server: &Server, changes: &[(&str, Option<&str>)]) -> Step {
    changes.iter().fold(Step::at(&server.http_url()), |step, (name, value)| match value {
        Some(value) => step.with(name, *value),
        None => step.without(name),
    })
}

#[test]
fn each_bad_input_ends_with_exit_2_a_complaint_that_names_it_and_nothing_sent() {
    let (simulator, server) = service();
    for (changes, english, chinese) in ROWS {
        let ended = given(&server, changes).run();
        assert_eq!(ended.code, 2, "{changes:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(english), "{changes:?} should say {english:?}:\n{}", ended.stderr);
        assert!(ended.stderr.contains(chinese), "{changes:?} should say {chinese:?}:\n{}", ended.stderr);
        assert!(
            ended.stderr.contains("1 input is missing or wrong. Nothing was started or changed."),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.stdout, "", "{changes:?}");
    }
    assert_eq!(server.connections(), 0);
    assert!(simulator.seen().is_empty());
}

#[test]
fn invalid_values_are_quoted_short_and_harmless_unless_they_may_be_secret() {
    let long = "x".repeat(100);
    for (name, value, said) in [
        ("YUNXIAO_MODE", "strat", "got `strat`"),
        ("YUNXIAO_MODE", &long, &format!("got `{}…`", "x".repeat(60))),
        ("YUNXIAO_MODE", "a\n::error::b\u{1b}[31m\u{200b}c", "got `a ::error::bc`"),
        ("YUNXIAO_TIMEOUT", "5M", "got `5M`"),
        ("YUNXIAO_TAG", "a b", "got `a b`"),
        // Made as credentials are.
        ("YUNXIAO_MODE", "LTAI5t8example8example", "got 22 characters: digits, letters"),
        ("YUNXIAO_ENDPOINT", "bob:word@host", "got 13 characters: letters, punctuation"),
        ("YUNXIAO_ENVS", "word", "got 4 characters: letters"),
        ("YUNXIAO_ACCESS_KEY_SECRET", "a word", "got 6 characters: letters, white space"),
        ("YUNXIAO_CA_CERTIFICATES", "-----BEGIN word", "got 15 characters: letters, punctuation, white space"),
    ] {
        let ended = Step::at("http://127.0.0.1:1").with(name, value).run();
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{name}={value} should say {said:?}:\n{}", ended.stderr);
        assert!(said.contains('`') || !ended.stderr.contains("word"), "{}", ended.stderr);
    }
}

#[test]
fn all_complaints_come_together() {
    let ended = Step::empty()
        .with("INPUT_PIPELINE-ID", "abc")
        .with("INPUT_ORGANIZATION_ID", "a b")
        .with("PLUGIN_ENVS", "x")
        .with("YUNXIAO_ENDPOINT", "host")
        .run();
    assert_eq!(ended.code, 2);
    let said = ended.stderr.split("有 ").next().unwrap();
    insta::assert_snapshot!(said, @r"
    error: 5 inputs are missing or wrong. Nothing was started or changed.
      access-token, access-key-id, role-to-assume: are all empty or not set: set a personal access token (`access-token`), an AccessKey (`access-key-id` and `access-key-secret`), or a RAM role (`role-to-assume` and `oidc-provider-arn`); if the CI system was supposed to set it, the secret's name may be misspelled, the job may come from a fork (forks get no secrets), or the variable may be protected while this branch isn't
      YUNXIAO_ENDPOINT: must be an address such as https://host or https://host:port; got `host`
      INPUT_ORGANIZATION_ID: must be the id in the address https://devops.aliyun.com/organization/<id>; got `a b`
      pipeline-id: must be a pipeline's number, or its page's address https://flow.aliyun.com/pipelines/<number>/current; got `abc`
      PLUGIN_ENVS: has no `=` in line 1; write one KEY=VALUE per line, or a JSON object for multi-line values; got 1 character: letters
    ");
}

#[test]
fn an_input_is_read_from_the_first_spelling_that_is_not_empty() {
    let spellings = ["INPUT_PIPELINE-ID", "INPUT_PIPELINE_ID", "PLUGIN_PIPELINE_ID", "YUNXIAO_PIPELINE_ID"];
    for (rank, spelling) in spellings.iter().enumerate() {
        let (simulator, server) = service();
        // Earlier spellings are empty, later ones name pipelines that do not exist.
        let step = spellings.iter().enumerate().fold(Step::at(&server.http_url()), |step, (other, name)| {
            step.with(name, if other < rank { "" } else { "999" })
        });
        let ended = step.with(spelling, " 123\n").run();
        assert_eq!(ended.code, 0, "{spelling}: {}", ended.stderr);
        assert_eq!(simulator.started()[0].pipeline, 123);
    }
}

#[test]
fn an_input_that_is_not_utf8_is_an_error_but_a_foreign_variable_is_not() {
    use std::os::unix::ffi::OsStringExt as _;
    let gbk = std::ffi::OsString::from_vec(vec![0xd6, 0xd0]);
    let folder = tempfile::tempdir().unwrap();
    let (_, server) = service();

    let ended = Step::at(&server.http_url()).command().env("YUNXIAO_ENVS", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("YUNXIAO_ENVS: is not UTF-8"));

    let ended = Step::at(&server.http_url()).command().env("YUNXIAO_BRANCH", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "a branch that would be ignored is an error");

    // A spelling that does not count need not be readable.
    let step = Step::at(&server.http_url()).with("PLUGIN_COMMENT", "first");
    let ended = step.command().env("YUNXIAO_COMMENT", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));

    // What is read without being an input is one too.
    for variable in
        ["ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID", "SSL_CERT_FILE", "HTTPS_PROXY", "YUNXIAO_ACCESS_TOKEN_FILE"]
    {
        let step = Step::at(&server.http_url()).without("YUNXIAO_ORGANIZATION_ID");
        let ended = step.command().env(variable, &gbk).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{variable}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains(&format!("  {variable}: is not UTF-8")), "{said}");
    }

    // What only says where the run comes from is no reason not to start it.
    let step =
        Step::at(&server.http_url()).with("GITLAB_CI", "true").with("CI_PROJECT_DIR", folder.path().to_str().unwrap());
    let ended = step.command().env("GITLAB_USER_LOGIN", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("GITLAB_USER_LOGIN is not UTF-8; ignored"), "{said}");

    let ended = Step::at(&server.http_url()).command().env("CI_COMMIT_TITLE", &gbk).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn a_name_that_is_nearly_an_input_gets_a_warning_with_no_value_in_it() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url())
        .with("YUNXIAO_PIPLINE_ID", "value-of-it")
        .with("INPUT_RUNNING-BRANCHS", "value-of-it")
        .with("INPUT_SOMETHING_ELSE", "value-of-it")
        .with("YUNXIAO_TAGS", "value-of-it")
        .with("YUNXIAO_ENV", "")
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: YUNXIAO_PIPLINE_ID is not an input; did you mean `pipeline-id`?"));
    assert!(ended.stderr.contains("INPUT_RUNNING-BRANCHS is not an input; did you mean `running-branches`?"));
    assert!(ended.stderr.contains("YUNXIAO_TAGS is not an input; did you mean `tag`?"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("SOMETHING_ELSE") && !ended.stderr.contains("YUNXIAO_ENV "));
    assert!(!ended.stderr.contains("value-of-it"));
}

#[test]
fn arguments_are_refused_except_for_help_and_version() {
    // As Jenkins, GitLab, GitHub's Kubernetes runners and GitLab's native steps open an image.
    const STEPS: [&str; 5] = ["/opt/gitlab-runner/gitlab-runner-helper", "steps", "serve", "sh", "-c"];
    let (simulator, server) = service();
    for arguments in [
        &["cat"][..],
        &["sh", "-c", "true"],
        &["tail", "-f", "/dev/null"],
        &STEPS,
        &["-c", ""],
        &["--help", "branch", "tag"],
        &[""],
    ] {
        let step = arguments.iter().fold(Step::at(&server.http_url()), |step, argument| step.argument(argument));
        let ended = step.run();
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains("takes no arguments") && ended.stderr.contains("不接受命令行参数"));
        assert!(ended.stderr.contains("whose tag ends in `-shell`") && ended.stderr.contains("标签以 `-shell` 结尾"));
    }
    assert!(simulator.seen().is_empty());
    assert_eq!(
        Step::empty().argument("--version").run().stdout,
        format!("yunxiao-run {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = Step::empty().argument("--help").run();
    assert_eq!(help.code, 0);
    assert!(help.stdout.contains("YUNXIAO_PIPELINE_ID"));
}

#[test]
fn a_pipeline_can_be_given_by_its_url() {
    for address in [
        "https://flow.aliyun.com/pipelines/123/current",
        "https://flow.aliyun.com/pipelines/123",
        "https://flow.aliyun.com/pipelines/123?x=1",
        "https://flow.aliyun.com/pipelines/123/builds/7#log",
    ] {
        let (simulator, server) = service();
        let ended = Step::at(&server.http_url()).with("YUNXIAO_PIPELINE_ID", address).run();
        assert_eq!(ended.code, 0, "{address}: {}", ended.stderr);
        assert_eq!(simulator.started()[0].pipeline, 123);
    }
}

#[test]
fn another_ci_systems_pipeline_id_is_not_a_loop() {
    let (simulator, server) = service();
    let step = Step::at(&server.http_url()).with("PIPELINE_ID", "123");
    let folder = tempfile::tempdir().unwrap();
    let on_github = step.clone().with("PIPELINE_NAME", "mine").on_github(&folder.path().join("output"));
    for step in [step, on_github] {
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    assert_eq!(simulator.started().len(), 2);
}

#[test]
fn a_secret_file_has_at_most_64_kib() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for (size, code) in [(65_536, 3), (65_537, 2)] {
        std::fs::write(&path, "s".repeat(size)).unwrap();
        let (_, server) = service();
        let step = Step::at(&server.http_url()).without("YUNXIAO_ACCESS_KEY_SECRET");
        let ended = step.with("YUNXIAO_ACCESS_KEY_SECRET_FILE", path.to_str().unwrap()).run();
        assert_eq!(ended.code, code, "{size}: {}", ended.stderr);
    }
}
