//! Verification of signed requests, from the wire alone.
//!
//! ACS3-HMAC-SHA256 is described in <https://help.aliyun.com/document_detail/2593177.html>; of ROA with HMAC-SHA1 the
//! official clients are the description (`alibabacloud-openapi-util` on `PyPI`, `@alicloud/pop-core` on npm). Nothing is
//! shared with the client that is tested against it.

mod acs3;
mod roa;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use sha2::Sha256;

use crate::error::Refusal;
use crate::request::Request;
use crate::setup::{AccessKey, Setup};
use crate::time::distance;

/// What a request claims about its sender, before anything of it is believed.
struct Claim {
    access_key_id: String,
    time: SystemTime,
    nonce: Option<String>,
    algorithm: Algorithm,
    /// More than one where official clients differ in what they sign.
    strings_to_sign: Vec<String>,
    signature: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Acs3HmacSha256,
    RoaHmacSha1,
}

impl Algorithm {
    fn sign(self, secret: &str, text: &str) -> String {
        match self {
            Self::Acs3HmacSha256 => {
                #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
                mac.update(text.as_bytes());
                HEXLOWER.encode(&mac.finalize().into_bytes())
            }
            Self::RoaHmacSha1 => {
                let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
                BASE64.encode(sign(&key, text.as_bytes()).as_ref())
            }
        }
    }
}

/// Whose signature it is, once that is certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) access_key_id: String,
    pub(crate) nonce: Option<String>,
}

/// Verifies a request at a time of the service's clock. Whether its nonce is fresh is for the caller to say.
pub(crate) fn verify(request: &Request, setup: &Setup, now: SystemTime) -> Result<Verified, Refusal> {
    let authorization = request.header("authorization").ok_or_else(|| incomplete("there is no Authorization"))?;
    let (scheme, credentials) = authorization.split_once(' ').unwrap_or((authorization, ""));
    let claim = match scheme {
        "ACS3-HMAC-SHA256" => acs3::claim(request, credentials)?,
        "acs" => roa::claim(request, credentials)?,
        _ => return Err(Refusal::of("InvalidSignatureMethod")),
    };
    if setup.clock_tolerance.is_some_and(|tolerance| distance(claim.time, now) > tolerance) {
        return Err(Refusal::of("InvalidTimeStamp.Expired"));
    }
    let key = setup.access_keys.iter().find(|key| key.id == claim.access_key_id);
    let key = key.ok_or_else(|| Refusal::of("InvalidAccessKeyId.NotFound"))?;
    if key.inactive {
        return Err(Refusal::of("InvalidAccessKeyId.Inactive"));
    }
    check_token(request, key, now)?;
    if !claim.strings_to_sign.iter().any(|text| claim.algorithm.sign(&key.secret, text) == claim.signature) {
        let expected = claim.strings_to_sign.first().map_or("", String::as_str);
        return Err(Refusal::of("SignatureDoesNotMatch").saying(&format!(
            "Specified signature is not matched with our calculation. server string to sign is:{expected}"
        )));
    }
    Ok(Verified { access_key_id: claim.access_key_id, nonce: claim.nonce })
}

fn check_token(request: &Request, key: &AccessKey, now: SystemTime) -> Result<(), Refusal> {
    let sent_id = request.header("x-acs-accesskey-id");
    if sent_id.is_some_and(|id| id != key.id) {
        return Err(Refusal::of("InvalidSecurityToken.MismatchWithAccessKey"));
    }
    match (&key.security_token, request.header("x-acs-security-token").filter(|token| !token.is_empty())) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Refusal::of("MissingSecurityToken")),
        (None, Some(_)) => Err(Refusal::of("InvalidSecurityToken.MismatchWithAccessKey")),
        (Some(token), Some(sent)) if token == sent => match key.expires {
            Some(expires) if now >= expires => Err(Refusal::of("InvalidSecurityToken.Expired")),
            _ => Ok(()),
        },
        (Some(_), Some(sent)) if may_be_a_token(sent) => Err(Refusal::of("InvalidSecurityToken.MismatchWithAccessKey")),
        (Some(_), Some(_)) => Err(Refusal::of("InvalidSecurityToken.Malformed")),
    }
}

/// Tokens are base64; anything else cannot be one.
fn may_be_a_token(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte))
}

fn incomplete(what: &str) -> Refusal {
    Refusal::of("IncompleteSignature")
        .saying(&format!("The request signature does not conform to Aliyun standards: {what}."))
}

/// A header that has to be there.
fn required<'a>(request: &'a Request, name: &str) -> Result<&'a str, Refusal> {
    request.header(name).filter(|value| !value.is_empty()).ok_or_else(|| incomplete(&format!("{name} is missing")))
}
