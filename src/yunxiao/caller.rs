//! The caller: credentials, their renewal, and what must be redacted.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::call::assume_role::{AssumeRole, Assumed, Role, assume_role};
use super::certainty::Certainty;
use super::request::Request;
use super::setback::{Cause, Setback};
use super::signature::{AccessKey, Algorithm};
use crate::clock::Clock;
use crate::identity_token::IdentityToken;
use crate::redaction::Redaction;
use crate::transport::{Address, Transport};

/// Credentials are renewed when they have no longer than this to live.
const MARGIN: Duration = Duration::from_mins(5);

/// How long after a failed renewal the next is tried, while the old credentials are still good.
const PAUSE: Duration = Duration::from_mins(1);

/// Credentials, or how to get them.
#[derive(Clone, Debug)]
pub enum Identity {
    /// A personal access token (个人访问令牌).
    Token(SecretString),
    AccessKey(AccessKey),
    /// A RAM role, assumed by means of an identity token.
    Role(Box<RoleIdentity>),
}

/// How a RAM role is assumed.
#[derive(Clone, Debug)]
pub struct RoleIdentity {
    pub role: Role,
    /// The session's name; by default, after the job.
    pub session_name: Option<String>,
    pub token: IdentityToken,
}

/// The caller of one service.
pub struct Caller<'a> {
    identity: &'a Identity,
    algorithm: Algorithm,
    sts: &'a Address,
    /// The default name of a role's session.
    job: String,
    clock: &'a Clock,
    /// Tells the CI system of a secret that it can't know.
    mask: &'a dyn Fn(&str),
    state: RefCell<State>,
}

/// What changes during a step. Private to the caller.
struct State {
    /// The credentials of requests; a role until it is assumed.
    credentials: Identity,
    expires: Option<SystemTime>,
    /// When credentials were last requested, by the time since the clock was started.
    tried: Option<Duration>,
    /// Credentials, those of before, and how they were obtained.
    secrets: Vec<SecretString>,
    /// The variables of the run that was started: no message of the service may show them. (A run's own log may.)
    variables: Vec<SecretString>,
    redaction: Rc<Redaction>,
    /// What quoted messages must not contain: that, and the variables.
    quoting: Rc<Redaction>,
}

impl State {
    fn hide(&mut self, secrets: impl IntoIterator<Item = SecretString>) {
        self.secrets.extend(secrets);
        self.rebuild();
    }

    fn rebuild(&mut self) {
        let expose =
            |secrets: &[SecretString]| secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect();
        let (secrets, variables): (Vec<String>, Vec<String>) = (expose(&self.secrets), expose(&self.variables));
        let secrets = secrets.iter().map(String::as_str);
        self.redaction = Rc::new(Redaction::of(secrets.clone()));
        self.quoting = if variables.is_empty() {
            Rc::clone(&self.redaction)
        } else {
            Rc::new(Redaction::of(secrets.chain(variables.iter().map(String::as_str))))
        };
    }
}

impl<'a> Caller<'a> {
    pub fn new(
        identity: &'a Identity,
        algorithm: Algorithm,
        sts: &'a Address,
        repository: Option<&str>,
        clock: &'a Clock,
        mask: &'a dyn Fn(&str),
    ) -> Self {
        let mut state = State {
            credentials: identity.clone(),
            secrets: identity.secrets(),
            expires: None,
            tried: None,
            variables: Vec::new(),
            redaction: Rc::default(),
            quoting: Rc::default(),
        };
        state.rebuild();
        Self { identity, algorithm, sts, job: session_name(repository), clock, mask, state: RefCell::new(state) }
    }

    /// The headers of a request, with its authentication.
    pub(super) fn headers(&self, request: &Request, nonce: &str) -> Vec<(&'static str, String)> {
        match &self.state.borrow().credentials {
            Identity::Role(_) => request.plain_headers(),
            Identity::AccessKey(key) => request.sign(self.algorithm, key, self.clock.now(), nonce).headers,
            Identity::Token(token) => {
                let token = ("x-yunxiao-token", token.expose_secret().to_owned());
                request.plain_headers().into_iter().chain([token]).collect()
            }
        }
    }

    pub(super) fn is_temporary(&self) -> bool {
        matches!(&self.state.borrow().credentials, Identity::AccessKey(key) if key.security_token.is_some())
    }

    pub fn redaction(&self) -> Rc<Redaction> {
        Rc::clone(&self.state.borrow().redaction)
    }

    /// What quoted messages of the service must not contain.
    pub(super) fn quoting(&self) -> Rc<Redaction> {
        Rc::clone(&self.state.borrow().quoting)
    }

    /// The variables of a run that is about to be started.
    pub(super) fn hide_variables(&self, variables: impl IntoIterator<Item = SecretString>) {
        let mut state = self.state.borrow_mut();
        state.variables = variables.into_iter().collect();
        state.rebuild();
    }

    /// Whether credentials have to be got first.
    pub(crate) fn signs_in(&self) -> bool {
        matches!(self.identity, Identity::Role(_))
    }

    /// Gets credentials, if they have to be got; once.
    pub async fn sign_in<T: Transport>(&self, transport: &T) -> Result<(), Setback> {
        let Identity::Role(identity) = self.identity else { return Ok(()) };
        if identity.token.is_fetched() {
            transport.prepare(self.sts);
        }
        let bearer = identity.token.bearer().map(SecretString::from);
        self.state.borrow_mut().hide(bearer);
        let token = identity.token.get(transport).await.map_err(|unavailable| {
            let certainty = if unavailable.is_passing { Certainty::NothingSent } else { Certainty::Refused };
            Setback { certainty, cause: Cause::NoIdentityToken(unavailable) }
        })?;
        if identity.token.is_fetched() {
            (self.mask)(token.expose_secret());
        }
        self.state.borrow_mut().hide([token.clone()]);
        let redaction = self.redaction();
        let session_name = identity.session_name.as_deref().unwrap_or(&self.job);
        let call = AssumeRole { role: &identity.role, session_name, token: &token };
        let Assumed { key, expires } = assume_role(transport, self.sts, &call, self.clock, &redaction).await?;
        let credentials = Identity::AccessKey(key);
        let secrets = credentials.secrets();
        for secret in &secrets {
            (self.mask)(secret.expose_secret());
        }
        let mut state = self.state.borrow_mut();
        state.hide(secrets);
        (state.credentials, state.expires) = (credentials, Some(expires));
        Ok(())
    }

    /// Renews credentials that are about to expire, or are said to have. Returns why that failed: it is no end, for
    /// what they are needed for will fail.
    pub async fn renew<T: Transport>(&self, transport: &T, last: Option<&Cause>) -> Result<(), Setback> {
        if !self.signs_in() {
            return Ok(());
        }
        let elapsed = self.clock.elapsed();
        let now = self.clock.server_at(elapsed).unwrap_or_else(|| self.clock.now());
        let is_due = {
            let mut state = self.state.borrow_mut();
            let is_ending = state.expires.is_none_or(|expires| now + MARGIN >= expires);
            let has_ended = last.is_some_and(Cause::is_expiry);
            let is_soon = state.tried.is_some_and(|tried| elapsed < tried + PAUSE);
            let is_due = (is_ending || has_ended) && !is_soon;
            if is_due {
                state.tried = Some(elapsed);
            }
            is_due
        };
        if is_due { self.sign_in(transport).await } else { Ok(()) }
    }
}

/// The session name if none is given: after the job's repository.
fn session_name(repository: Option<&str>) -> String {
    let plain =
        |character: char| if character.is_ascii_alphanumeric() || ".-_".contains(character) { character } else { '-' };
    let name: String = repository.unwrap_or("job").chars().map(plain).take(64 - "yunxiao-run@".len()).collect();
    format!("yunxiao-run@{name}")
}

impl Identity {
    /// The addresses that credentials are requested from.
    pub fn asks<'a>(&'a self, sts: &'a Address) -> Vec<&'a str> {
        match self {
            Self::Token(_) | Self::AccessKey(_) => Vec::new(),
            Self::Role(identity) => [sts.as_str()].into_iter().chain(identity.token.asks()).collect(),
        }
    }

    fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::Token(token) => vec![token.clone()],
            Self::AccessKey(AccessKey { id, secret, security_token }) => {
                [id.as_str().into(), secret.clone()].into_iter().chain(security_token.clone()).collect()
            }
            Self::Role(_) => Vec::new(),
        }
    }
}
