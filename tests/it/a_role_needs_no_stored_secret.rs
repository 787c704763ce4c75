//! Credentials that are fetched: a RAM role, for this job's identity token.

use std::io::{Read as _, Write as _};

use yunxiao_run::outcome::{Outcome, Signal};
use yunxiao_simulator::setup::{ID_TOKEN_PATH, ID_TOKEN_REQUEST_TOKEN, OIDC_AUDIENCE, OIDC_PROVIDER_ARN, ROLE_ARN};
use yunxiao_simulator::{Acts, Answer, Fault, Job, Reply, Seen, Simulator, When};

use crate::hosts::github_data;
use crate::simulated::{Backend, Executed, Execution, GET, START, beginning, one, seconds};
use crate::step::{Step, service};

const EXCHANGE: &str = "AssumeRoleWithOIDC";

/// A service whose run takes so long.
fn running(duration: u64) -> Simulator {
    one(Job::new("job", duration))
}

/// A step with a role and no secret at all.
fn keyless(simulator: &Simulator) -> Execution {
    Execution::over(Backend::Role, simulator)
}

/// The same in a GitHub job with `id-token: write`.
fn github(simulator: &Simulator) -> Execution {
    keyless(simulator)
        .with_all(&[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/dev/null")])
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", format!("https://ids.example.com{ID_TOKEN_PATH}"))
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ID_TOKEN_REQUEST_TOKEN)
}

fn actions(simulator: &Simulator) -> Vec<String> {
    simulator.seen().into_iter().filter_map(|seen| seen.action).collect()
}

/// The fields of a form or a query.
fn fields(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn is_started(executed: &Executed, simulator: &Simulator) {
    assert_eq!((executed.code(), executed.stdout.as_str()), (0, "1\n"), "{:?}", executed.outcome);
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn on_github_a_run_is_started_with_no_secret_at_all() {
    let simulator = running(5);
    let executed = github(&simulator).run();
    is_started(&executed, &simulator);
    assert_eq!(actions(&simulator), ["IdToken", EXCHANGE, START]);
    let seen = simulator.seen();
    assert_eq!(fields(&seen[0].request.query).last().unwrap(), &("audience".to_owned(), OIDC_AUDIENCE.to_owned()));
    assert!(seen[2].verified.as_deref().unwrap().starts_with("STS."), "{:?}", seen[2].verified);
}

#[test]
fn the_token_travels_in_the_body_and_the_request_is_anonymous() {
    let simulator = running(5);
    is_started(&github(&simulator).with("GITHUB_REPOSITORY", "shop/back end").run(), &simulator);
    let Seen { request, .. } = simulator.seen_for(EXCHANGE).remove(0);
    assert_eq!(
        (request.method.as_str(), request.host.as_str(), request.path.as_str()),
        ("POST", "sts.aliyuncs.com", "/")
    );
    assert!(request.header("authorization").is_none());
    let names: Vec<_> = fields(&request.query).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Action", "Format", "Timestamp", "Version"]);
    let form = fields(std::str::from_utf8(&request.body).unwrap());
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["RoleArn", "OIDCProviderArn", "OIDCToken", "RoleSessionName", "DurationSeconds"]);
    assert_eq!((form[0].1.as_str(), form[1].1.as_str()), (ROLE_ARN, OIDC_PROVIDER_ARN));
    assert_eq!(form[3].1, "yunxiao-run@shop-back-end");
}

#[test]
fn audience_session_and_sts_are_the_users_to_choose() {
    let simulator = running(5);
    simulator.configure(|setup| setup.roles[0].audience = "my-audience".to_owned());
    let inputs = [
        ("YUNXIAO_AUDIENCE", "my-audience"),
        ("YUNXIAO_ROLE_SESSION_NAME", "nightly@1"),
        ("YUNXIAO_ROLE_SESSION_DURATION", "30m"),
        ("YUNXIAO_STS_ENDPOINT", "https://sts-vpc.cn-hangzhou.aliyuncs.com"),
    ];
    let executed = github(&simulator).with_all(&inputs).run();
    is_started(&executed, &simulator);
    let Seen { request, .. } = simulator.seen_for(EXCHANGE).remove(0);
    assert_eq!(request.host, "sts-vpc.cn-hangzhou.aliyuncs.com");
    assert_eq!(fields(std::str::from_utf8(&request.body).unwrap())[3].1, "nightly@1");
    assert_eq!(fields(std::str::from_utf8(&request.body).unwrap())[4].1, "1800");
}

#[test]
fn elsewhere_the_token_is_given_or_in_a_file() {
    let simulator = running(5);
    let token = simulator.oidc_token(beginning(), OIDC_AUDIENCE, seconds(300));
    is_started(&keyless(&simulator).with("GITLAB_CI", "true").with("YUNXIAO_OIDC_TOKEN", &token).run(), &simulator);
    assert_eq!(actions(&simulator), [EXCHANGE, START]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, token + "\n").unwrap();
    let simulator = running(5);
    let executed = keyless(&simulator).with_all(&[("ALIBABA_CLOUD_OIDC_TOKEN_FILE", path.to_str().unwrap())]).run();
    is_started(&executed, &simulator);
    for (path, why) in [("/nowhere", "no such file or directory"), ("/dev/zero", "file too large")] {
        let executed = keyless(&running(5)).with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", path).run();
        let said = executed.outcome.message().english;
        let expected = format!("The OIDC token's file {path} can't be read ({why})");
        assert!(executed.code() == 3 && said.starts_with(&expected), "{said}");
    }
}

#[test]
fn missing_credentials_are_requested_again_and_nothing_starts_without_them() {
    for (action, fault) in [
        ("IdToken", Fault::new(Acts::Never, Reply::Closed)),
        ("IdToken", Fault::answer(Acts::Never, Answer::html(503))),
        (EXCHANGE, Fault::new(Acts::Now, Reply::Closed)),
        (EXCHANGE, Fault::refusal("Throttling.Api")),
        (EXCHANGE, Fault::answer(Acts::Never, Answer::html(502))),
    ] {
        let simulator = running(5);
        simulator.plan(When::next_is(action).times(2), fault.clone());
        is_started(&github(&simulator).run(), &simulator);
    }
    for (action, fault, code, said) in [
        (
            "IdToken",
            Fault::answer(Acts::Never, Answer::json(401, &serde_json::json!({}))),
            3,
            "The job needs the permission `id-token: write`",
        ),
        (
            "IdToken",
            Fault::answer(Acts::Never, Answer::json(200, &serde_json::json!({"value": "a b"}))),
            3,
            "The OIDC token is malformed",
        ),
        ("IdToken", Fault::new(Acts::Never, Reply::Closed), 4, "No run was started."),
        (EXCHANGE, Fault::refusal("AuthenticationFail.NoPermission"), 3, "isn't allowed to assume the role"),
        (EXCHANGE, Fault::refusal("AuthenticationFail.OIDCToken.AudienceNotMatch"), 3, "`audience`"),
        (EXCHANGE, Fault::refusal("AuthenticationFail.OIDCToken.Expired"), 3, "has expired"),
        (EXCHANGE, Fault::new(Acts::Never, Reply::Closed), 4, "No run was started."),
    ] {
        let simulator = running(5);
        simulator.plan(When::next_is(action).always(), fault.clone());
        let executed = github(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        let report = executed.outcome.message().english;
        assert_eq!((executed.code(), executed.stdout.as_str()), (code, ""), "{fault:?}: {report}");
        assert!(report.contains(said) && report.contains("No run was started."), "{said}: {report}");
        assert!(simulator.seen_for(START).is_empty());
    }
}

#[test]
fn a_long_wait_renews_the_credentials_before_they_end() {
    let simulator = running(3 * 3600);
    let executed = github(&simulator).with("YUNXIAO_WAIT", "true").with("YUNXIAO_TIMEOUT", "0").run();
    is_started(&executed, &simulator);
    // Each is good for an hour and renewed five minutes before.
    assert_eq!(simulator.seen_for(EXCHANGE).len(), 4);
    assert!(simulator.seen().iter().all(|seen| seen.refused.is_none()));
}

#[test]
fn expiring_credentials_are_renewed_or_end_the_step_with_advice() {
    let simulator = running(600);
    simulator.plan(When::next_is(GET).after(10).times(2), Fault::refusal("InvalidSecurityToken.Expired"));
    let executed = github(&simulator).with("YUNXIAO_WAIT", "true").run();
    is_started(&executed, &simulator);
    assert_eq!(simulator.seen_for(EXCHANGE).len(), 2);

    let simulator = running(3 * 3600);
    let token = simulator.oidc_token(beginning(), OIDC_AUDIENCE, seconds(300));
    let executed = keyless(&simulator).with("YUNXIAO_OIDC_TOKEN", &token).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(executed.code(), 10);
    assert!(executed.took > seconds(3600) && executed.took < seconds(3800), "{:?}", executed.took);
    let said = executed.outcome.message().english;
    assert!(said.contains("The STS token has expired"), "{said}");
}

#[test]
fn a_role_that_is_not_a_member_gets_an_explanation() {
    for code in ["InvalidUser.NotFound", "Forbidden.UserNotInCurrentOrganization"] {
        let simulator = running(5);
        simulator.configure(|setup| setup.roles[0].refused_with = Some(code.to_owned()));
        let executed = github(&simulator).run();
        assert_eq!(executed.code(), 3);
        let said = executed.outcome.message();
        assert!(said.english.contains("no public document says that a role"), "{said}");
        assert!(said.chinese.contains("没有公开文档说明角色可以成为企业成员"), "{said}");
    }
}

#[test]
fn a_cancelled_step_that_has_not_signed_in_sends_nothing_more() {
    let simulator = running(5);
    simulator.plan(When::next_is(EXCHANGE), Fault::new(Acts::Now, Reply::Silence));
    let executed = github(&simulator).signal(seconds(3), Signal::Terminate).run();
    assert!(matches!(executed.outcome, Outcome::Cancelled { .. }));
    assert_eq!(actions(&simulator), ["IdToken", EXCHANGE]);
    assert!(executed.took < seconds(4));
}

#[test]
fn a_cancelled_step_stops_retrying_to_sign_in() {
    for action in ["IdToken", EXCHANGE] {
        let simulator = running(5);
        simulator.plan(When::next_is(action).always(), Fault::new(Acts::Never, Reply::Closed));
        let executed = github(&simulator).signal(seconds(20), Signal::Interrupt).run();
        assert_eq!(executed.code(), 130);
        assert!(executed.took < seconds(21) && simulator.seen_for(action).len() < 10, "{:?}", executed.took);
    }
}

#[test]
fn the_host_masks_only_the_secrets_it_cannot_know() {
    let folder = tempfile::tempdir().unwrap();
    let (simulator, server) = service();
    let step = Step::over(Backend::Role, &server.http_url())
        .with("YUNXIAO_STS_ENDPOINT", server.http_url())
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}{ID_TOKEN_PATH}", server.http_url()))
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ID_TOKEN_REQUEST_TOKEN)
        .with("YUNXIAO_ENVS", "SHIP=production");
    let ended = step.clone().on_github(&folder.path().join("output")).run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let masked = github_data(&ended.stderr, "add-mask");
    let [token, id, secret, security_token] = &masked[..] else { panic!("{masked:?}") };
    assert!(token.matches('.').count() == 2 && id.starts_with("STS."), "{masked:?}");
    let exchange = &simulator.seen_for(EXCHANGE)[0].request;
    assert!(fields(std::str::from_utf8(&exchange.body).unwrap()).iter().any(|(_, value)| value == token));
    // What was masked is nowhere else.
    let rest: String = ended.stderr.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    for hidden in [token, id, secret, security_token, ID_TOKEN_REQUEST_TOKEN] {
        assert!(!rest.contains(hidden) && !ended.stdout.contains(hidden));
    }
    // No other host has an order for it, so there it must not be said.
    let ended = step.run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("add-mask") && !ended.stderr.contains("STS."), "{}", ended.stderr);
}

/// Answers one request with this, and returns the request.
fn answer_once(body: String) -> (String, std::thread::JoinHandle<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 64 * 1024];
        let length = stream.read(&mut request).unwrap();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap().to_lowercase()
    });
    (address, answering)
}

#[test]
fn azure_and_buildkite_are_asked_in_their_own_way() {
    for (answer, url, variables, beginning, parts) in [
        (
            "oidcToken",
            "SYSTEM_OIDCREQUESTURI",
            &[
                ("TF_BUILD", "True"),
                ("SYSTEM_ACCESSTOKEN", "job-token-of-azure"),
                ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c-1"),
            ][..],
            "post /?api-version=7.1&serviceconnectionid=c-1 ",
            &["authorization: bearer job-token-of-azure\r\n", "content-length: 0\r\n"][..],
        ),
        (
            "token",
            "BUILDKITE_AGENT_ENDPOINT",
            &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_JOB_ID", "j-1"),
                ("BUILDKITE_AGENT_ACCESS_TOKEN", "job-token-of-buildkite"),
            ],
            "post /jobs/j-1/oidc/tokens ",
            &["authorization: token job-token-of-buildkite\r\n", r#"{"audience":"sts.aliyuncs.com"}"#],
        ),
    ] {
        let (simulator, server) = service();
        let token = simulator.oidc_token(std::time::SystemTime::now(), OIDC_AUDIENCE, seconds(300));
        let (address, answering) = answer_once(serde_json::json!({ answer: token }).to_string());
        let step = Step::over(Backend::Role, &server.http_url())
            .with("YUNXIAO_STS_ENDPOINT", server.http_url())
            .with("YUNXIAO_LOG_LEVEL", "debug")
            .with(url, address)
            .with_all(variables);
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(simulator.started().len(), 1);
        let request = answering.join().unwrap();
        assert!(request.starts_with(beginning), "{request}");
        for part in parts {
            assert!(request.contains(part), "{part}: {request}");
        }
        let shown = ended.stderr.lines().filter(|line| !line.starts_with("##vso[task.setsecret]"));
        assert!(!shown.collect::<String>().contains("job-token-of"), "{}", ended.stderr);
    }
}

#[test]
fn a_token_from_the_environment_is_used_unchanged() {
    for variable in ["BITBUCKET_STEP_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"] {
        let simulator = running(5);
        let token = simulator.oidc_token(beginning(), OIDC_AUDIENCE, seconds(300));
        is_started(&keyless(&simulator).with(variable, &token).run(), &simulator);
        assert_eq!(actions(&simulator), [EXCHANGE, START]);
    }
}
