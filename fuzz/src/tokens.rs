//! Identity tokens, what they are exchanged for, and the event that a job was triggered by: JSON and files of others.

use std::cell::RefCell;
use std::fs;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::NamedTempFile;
use yunxiao_run::clock::Clock;
use yunxiao_run::environment::Environment;
use yunxiao_run::host;
use yunxiao_run::identity_token::{IdentityToken, Request};
use yunxiao_run::text::Text;
use yunxiao_run::transport::Address;
use yunxiao_run::yunxiao::{Algorithm, Caller, Identity, Role, RoleIdentity};

use crate::orders::orders_in;
use crate::transport::{Answers, response};
use crate::{SECRETS, fields};

thread_local! {
    static FILE: RefCell<Option<NamedTempFile>> = const { RefCell::new(None) };
}

/// Takes two answers, the second of which is the exchange's; each is a file as well.
pub fn check(data: &[u8]) {
    let [first, second] = fields(data);
    token(first);
    exchange(first, second);
    FILE.with_borrow_mut(|file| {
        let file = file.get_or_insert_with(|| NamedTempFile::new().expect("a temporary file"));
        token_file(file, first);
        event_file(file, first);
    });
}

/// What is ready when it is first asked.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for something"),
    }
}

fn is_token(token: &str) -> bool {
    (4..=20_000).contains(&token.len()) && token.chars().all(|character| ('!'..='~').contains(&character))
}

fn request() -> IdentityToken {
    IdentityToken::Request(Box::new(Request {
        url: url::Url::parse("https://tokens.example/token?audience=x").expect("an address"),
        scheme: "Bearer",
        bearer: SECRETS[2].into(),
        body: None,
        answer: "value",
        advice: Text::new("advice", "建议"),
    }))
}

fn token(answer: &[u8]) {
    let answer = response(answer);
    let value: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let expected = value["value"].as_str().filter(|token| answer.status().is_success() && is_token(token));
    match now(request().get(&&Answers::new(vec![answer.clone()]))) {
        Ok(token) => assert_eq!(Some(token.expose_secret()), expected),
        Err(unavailable) => {
            assert_eq!(expected, None, "{unavailable:?}");
            assert_eq!(orders_in(&format!("{unavailable:?}")), [""; 0]);
            assert!(!(unavailable.is_passing && unavailable.is_refused), "{unavailable:?}");
        }
    }
}

/// Whatever STS answers: what it gives is hidden from then on, and nothing of it is quoted.
fn exchange(first: &[u8], second: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let clock = Clock::starting_at(start);
        let arn = "acs:ram::1:role/x".to_owned();
        let role = Role { arn: arn.clone(), provider_arn: arn, duration: Duration::from_secs(3600) };
        let identity = Identity::Role(Box::new(RoleIdentity {
            role,
            session_name: None,
            token: IdentityToken::Given(SECRETS[2].into()),
        }));
        let sts = Address::parse("https://sts.example").expect("an address");
        let masked = RefCell::new(Vec::new());
        let mask = |secret: &str| masked.borrow_mut().push(secret.to_owned());
        let caller = Caller::new(&identity, Algorithm::Acs3HmacSha256, &sts, Some("owner/x"), &clock, &mask);
        for answer in [first, second] {
            let answers = Answers::new(vec![response(answer)]);
            match caller.sign_in(&&answers).await {
                Ok(()) => {
                    let last: Vec<String> = masked.borrow().iter().rev().take(3).cloned().collect();
                    assert_eq!(last.len(), 3, "all that was given is masked");
                    for secret in last.iter().filter(|secret| secret.chars().count() >= 4) {
                        assert!(caller.redaction().is_in(secret), "{secret:?}");
                    }
                }
                Err(setback) => {
                    let said = format!("{setback:?}");
                    assert!(!said.contains(SECRETS[2]), "{said}");
                    assert_eq!(orders_in(&said), [""; 0]);
                }
            }
            let _ = caller.renew(&&answers, None).await;
            tokio::time::advance(Duration::from_secs(4000)).await;
            let _ = caller.renew(&&answers, None).await;
        }
    });
}

fn token_file(file: &NamedTempFile, content: &[u8]) {
    fs::write(file.path(), content).expect("a temporary file");
    let text = String::from_utf8_lossy(content);
    let expected = text.trim_start_matches('\u{feff}').trim();
    match now(IdentityToken::File(file.path().to_owned()).get(&&Answers::new(Vec::new()))) {
        Ok(token) => assert!(token.expose_secret() == expected && is_token(expected), "{text:?}"),
        Err(_) => assert!(!is_token(expected) || content.len() > 20_000, "{text:?}"),
    }
}

/// A repository whose event does not say that it is private is public.
fn event_file(file: &NamedTempFile, content: &[u8]) {
    let event: Value = serde_json::from_slice(content).unwrap_or_default();
    let path = file.path().to_str().expect("text");
    let variables = [("GITHUB_EVENT_PATH", path), ("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/out")];
    let is_private = match event["repository"]["visibility"].as_str() {
        Some(visibility) => visibility != "public",
        None => event["repository"]["private"] == Value::Bool(true),
    };
    assert_eq!(host::detect(&Environment::new(variables), false).is_public(), !is_private, "{event}");
}
