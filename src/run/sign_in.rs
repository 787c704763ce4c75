//! Coming by credentials that are not given but fetched: a RAM role's, for this job's identity token.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret;

use super::Job;
use super::retry::{self, Attempts, Next};
use crate::error::{Deed, Error, Refused};
use crate::host::Origin;
use crate::inputs::{Identity, RoleIdentity};
use crate::oidc::Unavailable;
use crate::text::Text;
use crate::transport::Transport;
use crate::yunxiao::credentials::Credentials;
use crate::yunxiao::sts::{Role, assume_role};
use crate::yunxiao::{Cause, Certainty};

/// Credentials are fetched anew when they have no longer than this to live.
const MARGIN: Duration = Duration::from_mins(5);

/// How long after an attempt in vain the next is made, while the old ones are still good.
const PAUSE: Duration = Duration::from_mins(1);

/// When credentials that were fetched have to be fetched again.
#[derive(Default)]
pub(super) struct Fetched {
    expires: Cell<Option<SystemTime>>,
    tried: Cell<Option<Duration>>,
}

/// Why nobody could sign in.
enum Problem {
    /// This job has no identity token.
    NoToken(Unavailable),
    /// STS did not take it.
    NotAssumed(Cause),
}

/// Who calls, as far as it is known without asking anybody.
pub(super) fn given(identity: &Identity) -> Credentials {
    match identity {
        Identity::Token(token) => Credentials::Token(token.clone()),
        Identity::AccessKey(key) => Credentials::AccessKey(key.clone()),
        Identity::Role(_) => Credentials::Nobody,
    }
}

impl<T: Transport> Job<'_, '_, T> {
    /// Fetches credentials, if they have to be fetched; trying again within the budget. Yields whether there are any:
    /// there are none if the step is cancelled meanwhile.
    pub(super) async fn sign_in(&self, deed: Deed) -> Result<bool, Error> {
        let Identity::Role(identity) = &self.settings.identity else { return Ok(true) };
        let begin = self.flow.clock.elapsed();
        let mut attempts = Attempts::default();
        loop {
            let Some(fetched) = self.cancel.hurry(self.fetch(identity)).await else { return Ok(false) };
            let Err((certainty, problem)) = fetched else { return Ok(true) };
            attempts.count(self.flow.clock, begin);
            let next = retry::after_repeatable(certainty, attempts, self.settings.retry_timeout);
            attempts.clock_was_set |= certainty == Certainty::ClockIsOff;
            let Next::SendAgain { after } = next else { return Err(self.not_signed_in(deed, problem)) };
            retry::say_again(&self.describe(&problem), after);
            self.cancel.pause(after, Duration::ZERO).await;
            if self.cancel.requested().is_some() {
                return Ok(false);
            }
        }
    }

    /// Fetches credentials anew when the old ones are about to end, or are said to have ended. It is no matter if that
    /// fails: what they are for will.
    pub(super) async fn stay_signed_in(&self, last: Option<&Cause>) {
        let Identity::Role(identity) = &self.settings.identity else { return };
        let (clock, Fetched { expires, tried }) = (self.flow.clock, &self.fetched);
        let elapsed = clock.elapsed();
        let now = clock.server_at(elapsed).unwrap_or_else(|| clock.now());
        let is_ending = expires.get().is_none_or(|expires| now + MARGIN >= expires);
        let has_ended = last.is_some_and(Cause::is_expiry);
        let is_soon = tried.get().is_some_and(|tried| elapsed < tried + PAUSE);
        if !(is_ending || has_ended) || is_soon {
            return;
        }
        tried.set(Some(elapsed));
        if let Some(Err((_, problem))) = self.cancel.hurry(self.fetch(identity)).await {
            let what = self.describe(&problem).in_one_line();
            tracing::warn!("{what}");
        }
    }

    /// Fetches credentials once.
    async fn fetch(&self, identity: &RoleIdentity) -> Result<(), (Certainty, Problem)> {
        let host = self.surroundings.host;
        if let Some(secret) = identity.token.bearer() {
            self.flow.keep_secret(secret);
        }
        let token = identity.token.token(&self.flow.transport).await.map_err(|unavailable| {
            let certainty = if unavailable.is_passing { Certainty::NothingSent } else { Certainty::Refused };
            (certainty, Problem::NoToken(unavailable))
        })?;
        self.flow.keep_secret(token.expose_secret());
        if identity.token.is_fetched() {
            self.hide(token.expose_secret());
        }
        let role = Role {
            arn: identity.arn.clone(),
            provider_arn: identity.provider_arn.clone(),
            session_name: identity.session_name.clone().unwrap_or_else(|| session_name(&host.origin())),
        };
        let sts = &self.settings.service.sts;
        let redaction = self.flow.secrets();
        let assumed = assume_role(&self.flow.transport, sts, &role, &token, self.flow.clock, &redaction).await;
        let assumed = assumed.map_err(|setback| (setback.certainty, Problem::NotAssumed(setback.cause)))?;
        let credentials = Credentials::AccessKey(assumed.key);
        credentials.secrets().iter().for_each(|secret| self.hide(secret));
        self.flow.change_caller(credentials);
        self.fetched.expires.set(Some(assumed.expires));
        Ok(())
    }

    /// Tells the host of a secret that it can't know.
    fn hide(&self, secret: &str) {
        if let Some(order) = self.surroundings.host.mask(secret) {
            self.surroundings.screen.show(&order);
        }
    }

    fn describe(&self, problem: &Problem) -> Text {
        match problem {
            Problem::NoToken(Unavailable { what, .. }) => what.clone(),
            Problem::NotAssumed(cause) => cause.describe(self.settings.service.sts.host()),
        }
    }

    fn not_signed_in(&self, deed: Deed, problem: Problem) -> Error {
        match problem {
            Problem::NoToken(Unavailable { what, is_refused, .. }) => Error::NoIdentity { deed, what, is_refused },
            Problem::NotAssumed(cause) => {
                let host = self.settings.service.sts.host().to_owned();
                Error::Refused { deed, run: None, refusal: Refused { cause, host, has_security_token: false } }
            }
        }
    }
}

/// What a session is called if nobody says: after the job's repository.
fn session_name(origin: &Origin) -> String {
    let name = origin.repository.as_deref().unwrap_or("job");
    let plain =
        |character: char| if character.is_ascii_alphanumeric() || ".-_".contains(character) { character } else { '-' };
    let name: String = name.chars().map(plain).take(64 - "yunxiao-run@".len()).collect();
    format!("yunxiao-run@{name}")
}
