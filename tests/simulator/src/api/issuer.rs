//! The CI host's issuer of identity tokens, as `@actions/core` on npm asks GitHub's.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::query::Query;
use super::request_id;
use crate::error::{ErrorShape, Refusal};
use crate::id_token;
use crate::request::{Answer, Request};
use crate::state::State;

pub(super) const PATH: &str = "/_oidc/token";
pub(super) const ACTION: &str = "IdToken";

pub(super) fn route(request: &Request) -> Option<&'static str> {
    (request.method == "GET").then_some(ACTION)
}

/// A token for whoever shows what the job was given.
pub(super) fn act(state: &State, now: SystemTime, request: &Request, number: usize) -> Result<Value, Refusal> {
    let issuer = &state.setup.id_tokens;
    let (scheme, shown) = request.header("authorization").unwrap_or_default().split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || shown != issuer.request_token {
        return Err(Refusal::of("Unauthorized").saying("The request token is missing or wrong."));
    }
    let query = Query::of(&request.query)?;
    let audience = query.text("audience").unwrap_or(&issuer.audience);
    let token = id_token::mint(issuer, state.clock(now), audience, issuer.lifetime, number);
    Ok(json!({"count": token.len(), "value": token}))
}

/// Of a refusal clients read the message.
pub(super) fn refuse(request: &Request, number: usize, refusal: &Refusal, shape: ErrorShape) -> Answer {
    match shape {
        ErrorShape::Gateway => {
            Answer::json(refusal.status, &json!({"message": refusal.message, "typeKey": refusal.code}))
        }
        _ => refusal.answer(shape, &request.host, &request_id(number)),
    }
}
