//! ACS3-HMAC-SHA256.

use data_encoding::HEXLOWER;
use ring::digest;

use super::{Algorithm, Claim, incomplete, required};
use crate::encoding::{decode_pairs, encode};
use crate::error::Refusal;
use crate::request::Request;
use crate::time::parse_iso;

/// Headers that every request signs.
const ALWAYS_SIGNED: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

pub(super) fn claim(request: &Request, credentials: &str) -> Result<Claim, Refusal> {
    let mut fields = [None, None, None];
    for field in credentials.split(',') {
        let (name, value) = field.trim().split_once('=').ok_or_else(|| incomplete("Authorization is malformed"))?;
        let index = ["Credential", "SignedHeaders", "Signature"].iter().position(|known| *known == name);
        let place = index.and_then(|index| fields.get_mut(index));
        let place = place.ok_or_else(|| incomplete("Authorization has an unknown field"))?;
        if place.replace(value).is_some() {
            return Err(incomplete("Authorization repeats a field"));
        }
    }
    let [Some(access_key_id), Some(signed), Some(signature)] = fields else {
        return Err(incomplete("Authorization lacks a field"));
    };
    let signed: Vec<&str> = signed.split(';').collect();
    check_signed(request, &signed)?;

    let content_sha256 = required(request, "x-acs-content-sha256")?;
    if content_sha256 != sha256(&request.body) {
        return Err(Refusal::of("SignatureDoesNotMatch").saying("x-acs-content-sha256 is not the body's."));
    }
    let time = parse_iso(required(request, "x-acs-date")?).ok_or_else(|| Refusal::of("InvalidTimeStamp.Format"))?;
    let canonical = canonical_request(request, &signed, content_sha256)?;
    Ok(Claim {
        access_key_id: access_key_id.into(),
        time,
        nonce: Some(required(request, "x-acs-signature-nonce")?.into()),
        algorithm: Algorithm::Acs3HmacSha256,
        strings_to_sign: vec![format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes()))],
        signature: signature.into(),
    })
}

fn check_signed(request: &Request, signed: &[&str]) -> Result<(), Refusal> {
    if !signed.is_sorted() {
        return Err(incomplete("SignedHeaders is not sorted"));
    }
    for name in ALWAYS_SIGNED {
        required(request, name)?;
    }
    let has_to_be_signed = |name: &str| {
        ALWAYS_SIGNED.contains(&name)
            || name.starts_with("x-acs-")
            || (name == "content-type" && !request.body.is_empty())
    };
    let sent = request.headers.iter().map(|(name, _)| name.as_str()).chain(["host"]);
    for name in sent.filter(|name| has_to_be_signed(name)) {
        if !signed.contains(&name) {
            return Err(incomplete(&format!("{name} is not signed")));
        }
    }
    if !request.body.is_empty() {
        required(request, "content-type")?;
    }
    Ok(())
}

fn canonical_request(request: &Request, signed: &[&str], content_sha256: &str) -> Result<String, Refusal> {
    let mut pairs = decode_pairs(&request.query).ok_or_else(|| incomplete("the query is not percent-encoded UTF-8"))?;
    // By name: sorting the written pairs would put `a-=` before `a=`.
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    let mut headers = String::new();
    for name in signed {
        let value = request.header(name).ok_or_else(|| incomplete(&format!("{name} is signed but missing")))?;
        headers.extend([name, ":", value, "\n"]);
    }
    let path = if request.path.is_empty() { "/" } else { &request.path };
    let (method, query, signed) = (&request.method, pairs.join("&"), signed.join(";"));
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{content_sha256}"))
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}
