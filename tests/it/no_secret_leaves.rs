use std::time::{Duration, SystemTime};

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use yunxiao_simulator::setup::{ID_TOKEN_PATH, ID_TOKEN_REQUEST_TOKEN, OIDC_AUDIENCE, STS_SECURITY_TOKEN, TOKEN};
use yunxiao_simulator::{
    Acts, Answer, ErrorShape, Fault, Job, Machine, Refusal, Reply, Server, Simulator, Source, Stage, When,
};

use crate::simulated::{Backend, GET, LOG, START, TEMPORARY_KEY, one, staged};
use crate::step::{Step, for_each, serve, service};

const VARIABLE: &str = "pass word/of+production=1~*\"é";

/// What proves who calls, and what of it must not be seen.
#[derive(Clone, Copy, Debug)]
enum Caller {
    TemporaryKey,
    Token,
    /// By an identity token that was given.
    Role,
    /// By one that the host hands out.
    RoleOfTheHost,
}

impl Caller {
    fn step(self, simulator: &Simulator, server: &Server) -> Step {
        let url = server.http_url();
        let role = || Step::over(Backend::Role, &url).with("YUNXIAO_STS_ENDPOINT", &url);
        match self {
            Self::TemporaryKey => Step::at(&url).with_all(&TEMPORARY_KEY),
            Self::Token => Step::over(Backend::Token, &url),
            Self::Role => {
                let token = simulator.oidc_token(SystemTime::now(), OIDC_AUDIENCE, Duration::from_mins(5));
                role().with("YUNXIAO_OIDC_TOKEN", token)
            }
            Self::RoleOfTheHost => role()
                .with("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{url}{ID_TOKEN_PATH}"))
                .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ID_TOKEN_REQUEST_TOKEN),
        }
    }

    /// What was sent as a secret, or received as one.
    fn secrets(self, simulator: &Simulator) -> Vec<String> {
        let mut secrets = vec![VARIABLE.to_owned()];
        match self {
            Self::TemporaryKey => {
                secrets.extend(TEMPORARY_KEY.map(|(_, value)| value.to_owned()));
            }
            Self::Token => secrets.push(TOKEN.to_owned()),
            Self::Role | Self::RoleOfTheHost => {
                if matches!(self, Self::RoleOfTheHost) {
                    secrets.push(ID_TOKEN_REQUEST_TOKEN.to_owned());
                }
                simulator.configure(|setup| {
                    for key in setup.access_keys.iter().filter(|key| key.id.starts_with("STS.N")) {
                        secrets.extend([key.id.clone(), key.secret.clone()]);
                        secrets.extend(key.security_token.clone());
                    }
                });
                for seen in simulator.seen_for("AssumeRoleWithOIDC") {
                    let form = url::form_urlencoded::parse(&seen.request.body);
                    secrets.extend(form.filter(|(name, _)| name == "OIDCToken").map(|(_, token)| token.into_owned()));
                }
            }
        }
        secrets
    }
}

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Each secret, as it is and as it could be spelled on its way somewhere.
fn forms(secrets: &[String]) -> Vec<String> {
    let percent = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let form = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let forms = secrets.iter().flat_map(|secret| {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        let json = &quoted[1..quoted.len() - 1];
        let base64 = [BASE64, BASE64_NOPAD, BASE64URL_NOPAD].map(|base64| base64.encode(secret.as_bytes()));
        let ascii = |text: &str| -> String { text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect() };
        let odd = [ascii(secret), json.replace('/', "\\/").replace('=', "\\u003d"), percent(&ascii(secret))];
        let text =
            [secret, json].map(|text| [text.to_owned(), form(text), percent(text), percent(text).replace("%20", "+")]);
        text.into_iter().flatten().chain(base64).chain(odd)
    });
    forms.collect()
}

/// Everything that can happen to a step: good, refused, ambiguous, with a service that quotes what it was sent.
fn faults(secrets: &[String]) -> Vec<Option<Fault>> {
    let quoting =
        forms(secrets).join(" ") + " server string to sign is: POST x-acs-security-token:" + STS_SECURITY_TOKEN;
    let quote = |code: &str| Reply::Refusal(Refusal::of(code).saying(&quoting), ErrorShape::Gateway);
    let secret = secrets.last().map_or("-", String::as_str);
    let success = json!({"success": true, "pipelineRunId": 1, "requestId": secret});
    vec![
        None,
        Some(Fault::new(Acts::Never, quote("SignatureDoesNotMatch"))),
        Some(Fault::new(Acts::Never, quote("SYSTEM_UNKNOWN_ERROR"))),
        Some(Fault::new(Acts::Never, quote("Throttling.User"))),
        Some(Fault::answer(
            Acts::Never,
            Answer::json(400, &json!({"Code": secret, "Message": "m", "RequestId": secret})),
        )),
        Some(Fault::answer(
            Acts::Never,
            Answer::json(
                400,
                &json!({"Code": format!("Bad.{}", secret.replace(|c: char| !c.is_ascii_alphanumeric(), ".")), "Message": quoting}),
            ),
        )),
        Some(Fault::answer(Acts::Now, Answer::json(200, &success))),
        Some(Fault::new(Acts::Now, Reply::Closed)),
        Some(Fault::new(Acts::Never, Reply::Garbage(quoting.clone()))),
    ]
}

#[test]
fn no_byte_written_at_any_level_on_any_host_holds_a_secret_in_any_form() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for caller in [Caller::TemporaryKey, Caller::Token, Caller::Role, Caller::RoleOfTheHost] {
        for level in ["error", "debug"] {
            for fault in 0..9 {
                cases.extend(["github", "gitlab", "plain"].map(|host| (caller, level, fault, host)));
            }
        }
    }
    for_each(cases.into_iter().enumerate().collect(), |(case, (caller, level, fault, host))| {
        let (simulator, server) = service();
        let step = caller.step(&simulator, &server);
        let secrets = caller.secrets(&simulator);
        if let Some(fault) = faults(&secrets)[fault].clone() {
            simulator.plan(When::next_is(START), fault);
        }
        if let (Some(fault), true) = (faults(&secrets[1..])[fault].clone(), case % 2 == 0) {
            // STS never hears of a run variable.
            simulator.plan(When::next_is("AssumeRoleWithOIDC"), fault);
        }
        let output = folder.path().join(format!("output{case}"));
        let step = step
            .with("YUNXIAO_ENVS", json!({"PASSWORD": VARIABLE}).to_string())
            .with("YUNXIAO_LOG_LEVEL", level)
            .with("YUNXIAO_RETRY_TIMEOUT", "1s");
        let ended = match host {
            "github" => step.on_github(&output),
            "gitlab" => step.with("GITLAB_CI", "true").with("YUNXIAO_OUTPUT_FILE", output.to_str().unwrap()),
            _ => step.with("YUNXIAO_OUTPUT_FILE", output.to_str().unwrap()),
        }
        .run();
        let file = std::fs::read_to_string(&output).unwrap();
        assert!(!file.is_empty());
        // GitHub's runner takes these orders out of the log; no other host has them.
        let seen = |line: &&str| host != "github" || !line.starts_with("::add-mask::");
        let stderr: Vec<&str> = ended.stderr.lines().filter(seen).collect();
        for form in forms(&caller.secrets(&simulator)) {
            for written in [&ended.stdout, &stderr.join("\n"), &file] {
                assert!(!written.contains(&form), "{form} of {caller:?} at {level} on {host}:\n{written}");
            }
        }
    });
}

#[test]
fn what_follows_a_start_shows_no_secret_either() {
    let folder = tempfile::tempdir().unwrap();
    let [output, summary] = ["output", "summary"].map(|name| folder.path().join(name));
    let job = Job::new(&format!("deploy {TOKEN}"), 1).ending("FAIL").log(0, &format!("with {TOKEN}"));
    let machine = Machine::new(&format!("sn-{TOKEN}"), 2).ending("Failed").log(0, "no space left");
    let hosts = Job::deployment("hosts", vec![vec![machine]]);
    let (simulator, server) = serve(staged(vec![Stage::new(&format!("stage {TOKEN}"), vec![job, hosts])]));
    simulator.pipeline(|pipeline| pipeline.queue = Duration::ZERO);
    // A service that quotes what it was sent, with a control character in the middle of it.
    let (head, tail) = TOKEN.split_at(10);
    let quoting = format!("variable {VARIABLE}, token {head}\u{7}{tail}");
    let busy = Refusal::new(503, "ServiceUnavailable", &quoting);
    let fault = Fault::new(Acts::Never, Reply::Refusal(busy, ErrorShape::Gateway));
    simulator.plan(When::next_is(GET).times(1), fault.clone());
    simulator.plan(When::next_is(LOG).times(1), fault);
    let step = Step::over(Backend::Token, &server.http_url())
        .with("YUNXIAO_WAIT", "true")
        .with("YUNXIAO_LOGS", "failed")
        .with("YUNXIAO_LOG_LEVEL", "debug")
        .with("YUNXIAO_ENVS", json!({"PASSWORD": VARIABLE}).to_string())
        .with("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let ended = step.on_github(&output).run();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let files = [output, summary].map(|path| std::fs::read_to_string(path).unwrap());
    assert!(files[1].contains("stage") && ended.stderr.contains("with ***"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hosts > sn-***"), "{}", ended.stderr);
    for written in files.iter().chain([&ended.stderr, &ended.stdout]) {
        for secret in [VARIABLE, TOKEN] {
            assert!(!written.contains(secret), "{secret}:\n{written}");
        }
    }
}

#[test]
fn a_token_in_a_repositorys_address_is_not_shown_and_not_sent_on() {
    let (simulator, server) = serve(one(Job::default()));
    let given = "https://gitlab-ci-token:glcbt-64-hush@github.com/a/b.git=main";
    let ended = Step::at(&server.http_url()).with("YUNXIAO_RUNNING_BRANCHES", given).run();
    assert!(ended.code == 2 && !ended.stderr.contains("hush"), "{}", ended.stderr);
    for given in [
        "https://gitlab-ci-token:hush@host.example/a.git=",
        "https://oauth2:hush@host.example/a=main\nhttps://oauth2:hush@host.example/a=main",
        "{\"https://oauth2:hush@host.example/a\":null}",
        "oauth2:hush@host.example/a=main",
        "//oauth2:hush@host.example/a=main",
        "https:/oauth2:hush@host.example/a=main",
    ] {
        let ended = Step::at(&server.http_url()).with("YUNXIAO_RUNNING_BRANCHES", given).run();
        assert!(ended.code == 2 && !ended.stderr.contains("hush"), "{given}: {}", ended.stderr);
    }
    let source = Source::new("code", "https://oauth2:hush@github.com/a/b.git");
    simulator.pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.sources = vec![source.clone(), source];
    });
    for (name, value) in [("YUNXIAO_DRY_RUN", "true"), ("YUNXIAO_TAG", "refs/heads/x"), ("YUNXIAO_WAIT", "true")] {
        let ended = Step::at(&server.http_url()).with("YUNXIAO_BRANCH", "main").with(name, value).run();
        assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    }
    simulator.plan(When::next_is("GetPipeline"), Fault::refusal("Forbidden.AccessDenied"));
    let ended = Step::at(&server.http_url()).with("YUNXIAO_RUNNING_BRANCHES", given).run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let params = simulator.started().pop().unwrap().params.unwrap();
    assert_eq!(params["runningBranchs"], json!({"https://github.com/a/b.git": "main"}));
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    for level in ["info", "debug"] {
        let ended = Step::at("https://devops.cn-hangzhou.aliyuncs.com")
            .with("HTTPS_PROXY", "http://worker:pr0xy-pa55word@127.0.0.1:1")
            .with("YUNXIAO_LOG_LEVEL", level)
            .with("YUNXIAO_RETRY_TIMEOUT", "1s")
            .run();
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        assert!(ended.stderr.contains("Proxy http://127.0.0.1:1, from HTTPS_PROXY"), "{}", ended.stderr);
        for secret in ["pr0xy-pa55word", &BASE64.encode(b"worker:pr0xy-pa55word")] {
            assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_complaint_about_a_secret_does_not_show_it() {
    let ended = Step::empty()
        .with("YUNXIAO_ACCESS_KEY_ID", "hush hush one")
        .with("YUNXIAO_ACCESS_KEY_SECRET", "hush hush two")
        .with("YUNXIAO_ENVS", "hush hush three\nA=1")
        .with("YUNXIAO_PARAMS", "{\"envs\":{\"A\":hush hush four")
        // In the wrong input: one that is known, and one that only looks like it.
        .with("YUNXIAO_PIPELINE_ID", "hush hush two")
        .with("YUNXIAO_ORGANIZATION_ID", "pt-hush0hush1hush2hush3 x")
        .with("YUNXIAO_WEB_URL", "bob:hush@host")
        .with("YUNXIAO_LOG_LEVEL", "debug")
        .run();
    assert_eq!(ended.code, 2);
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    // What is not shown of a value may be what keeps a secret in it apart.
    let apart = ["a hush\u{16} hush\u{200b} two", "hu\u{1b}[0msh hush t\u{202e}wo", "%68ush+hush%20two"];
    for value in apart {
        let step = |endpoint: &str| Step::at(endpoint).with("YUNXIAO_ACCESS_KEY_SECRET", "hush hush two");
        for (name, value) in [
            ("YUNXIAO_PIPELINE_ID", value.to_owned()),
            ("YUNXIAO_BRANCH", format!("{value}..x")),
            ("YUNXIAO_ENVS", format!("{{\"{value}\":1}}")),
            ("YUNXIAO_RUNNING_BRANCHES", format!("{{\"{value}\":\"a..b\"}}")),
            ("YUNXIAO_HOST", value.to_owned()),
        ] {
            let ended = step("http://127.0.0.1:9").with(name, value).run();
            assert!(ended.code == 2 && !ended.stderr.contains("two"), "{name}: {}", ended.stderr);
        }
    }
    let ended = Step::at("http://127.0.0.1:9")
        .with("YUNXIAO_ACCESS_KEY_SECRET", "hush-hush-two")
        .with("YUNXIAO_BRANCH", "origin/hush-hush-two")
        .with("YUNXIAO_RETRY_TIMEOUT", "1s")
        .run();
    assert!(!ended.stderr.contains("hush") && ended.stderr.contains("`origin/***`"), "{}", ended.stderr);
}

#[test]
fn secrets_travel_in_headers_and_bodies_only() {
    let (simulator, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_ENVS", format!("P={VARIABLE}")).run().code, 0);
    let request = &simulator.seen()[0].request;
    assert_eq!(
        (request.path.as_str(), request.query.as_str()),
        ("/organizations/5ebbc0228123212b59xxxxx/pipelines/123/run", "")
    );
}
