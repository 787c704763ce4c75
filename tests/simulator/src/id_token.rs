//! Identity tokens: JSON Web Tokens signed with HMAC-SHA256, since who issues and who verifies them is the same here.
//! STS itself verifies RSA signatures with the issuer's public key, and knows no HS256.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::error::Refusal;
use crate::setup::{IdTokens, Role};

fn key(issuer: &IdTokens) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, issuer.key.as_bytes())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Makes a token; the number tells it from others of the same second.
pub(crate) fn mint(issuer: &IdTokens, now: SystemTime, audience: &str, lifetime: Duration, number: usize) -> String {
    let claims = json!({
        "jti": format!("{number:032x}"),
        "iss": issuer.issuer,
        "sub": issuer.subject,
        "aud": audience,
        "iat": seconds(now),
        "nbf": seconds(now),
        "exp": seconds(now).saturating_add(lifetime.as_secs()),
    });
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let signed = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(&claims));
    let signature = BASE64URL_NOPAD.encode(hmac::sign(&key(issuer), signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

/// What a token claims, once it is certain that the issuer says so to this role's provider, now.
pub(crate) fn verify(issuer: &IdTokens, role: &Role, now: SystemTime, token: &str) -> Result<Value, Refusal> {
    let refusal = |what: &str| Refusal::of(&format!("AuthenticationFail.OIDCToken.{what}"));
    let claims = claims(issuer, token).map_err(refusal)?;
    if claims["iss"] != role.issuer.as_str() {
        return Err(refusal("Invalid").saying("The issuer of the token is not the provider's."));
    }
    let audience = |known: &Value| *known == role.audience.as_str();
    if !audience(&claims["aud"]) && !claims["aud"].as_array().is_some_and(|list| list.iter().any(audience)) {
        return Err(refusal("AudienceNotMatch"));
    }
    let end = claims["exp"].as_u64().ok_or_else(|| refusal("Invalid"))?;
    if seconds(now) >= end {
        return Err(refusal("Expired"));
    }
    if claims["nbf"].as_u64().is_some_and(|begin| seconds(now) < begin) {
        return Err(refusal("Invalid").saying("The token is not good yet."));
    }
    let subject = claims["sub"].as_str().ok_or_else(|| refusal("Invalid"))?;
    let trusted = match role.subject.strip_suffix('*') {
        Some(start) => subject.starts_with(start),
        None => subject == role.subject,
    };
    if trusted { Ok(claims) } else { Err(Refusal::of("AuthenticationFail.NoPermission")) }
}

/// The claims of a token that this issuer signed.
fn claims(issuer: &IdTokens, token: &str) -> Result<Value, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err("Invalid");
    };
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| "Invalid");
    let parse = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| "Invalid");
    let (algorithm, parsed) = (parse(header)?["alg"].clone(), parse(claims)?);
    // Not even one that says it is not signed.
    if algorithm != "HS256" || !parsed.is_object() {
        return Err("Invalid");
    }
    let signed = format!("{header}.{claims}");
    hmac::verify(&key(issuer), signed.as_bytes(), &decode(signature)?).map_err(|_| "InvalidSignature")?;
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_786_001_574 + seconds)
    }

    fn code(token: &str, role: &Role, seconds: u64) -> Option<String> {
        let found = verify(&IdTokens::default(), role, at(seconds), token).err();
        found.map(|refusal| format!("{} {}", refusal.status, refusal.code.trim_start_matches("AuthenticationFail.")))
    }

    fn minted(issuer: &IdTokens, audience: &str) -> String {
        mint(issuer, at(0), audience, Duration::from_mins(5), 1)
    }

    #[test]
    fn a_token_is_good_for_its_audience_and_time() {
        let (issuer, role) = (IdTokens::default(), Role::default());
        let token = minted(&issuer, &role.audience);
        assert_eq!(code(&token, &role, 299), None);
        assert_eq!(code(&token, &role, 300).as_deref(), Some("401 OIDCToken.Expired"));
        let early = verify(&issuer, &role, at(0) - Duration::from_secs(1), &token).unwrap_err();
        assert_eq!(early.code, "AuthenticationFail.OIDCToken.Invalid");
        let other = minted(&issuer, "other");
        assert_eq!(code(&other, &role, 0).as_deref(), Some("401 OIDCToken.AudienceNotMatch"));
        assert_eq!(verify(&issuer, &role, at(0), &token).unwrap()["sub"], issuer.subject.as_str());
    }

    #[test]
    fn a_role_trusts_one_issuer_and_some_subjects() {
        let token = minted(&IdTokens::default(), "sts.aliyuncs.com");
        let trusting = |subject: &str| Role { subject: subject.into(), ..Role::default() };
        assert_eq!(code(&token, &trusting("repo:octo-org/*"), 0), None);
        assert_eq!(code(&token, &trusting("repo:other/*"), 0).as_deref(), Some("401 NoPermission"));
        assert_eq!(code(&token, &trusting("repo:octo-org/"), 0).as_deref(), Some("401 NoPermission"));
        let role = Role { issuer: "https://gitlab.com".into(), ..Role::default() };
        assert_eq!(code(&token, &role, 0).as_deref(), Some("401 OIDCToken.Invalid"));
    }

    #[test]
    fn what_this_issuer_did_not_sign_is_refused() {
        let role = Role::default();
        let other = IdTokens { key: "another".into(), ..IdTokens::default() };
        let invalid_signature = Some("401 OIDCToken.InvalidSignature");
        assert_eq!(code(&minted(&other, &role.audience), &role, 0).as_deref(), invalid_signature);
        let token = minted(&IdTokens::default(), &role.audience);
        let parts: Vec<&str> = token.split('.').collect();
        let unsigned = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
        for wrong in [format!("{unsigned}.{}.", parts[1]), format!("{}.{}", parts[0], parts[1]), "x.y.z".into()] {
            assert_eq!(code(&wrong, &role, 0).as_deref(), Some("401 OIDCToken.Invalid"), "{wrong}");
        }
        let swapped = format!("{}.{}.{}", parts[0], BASE64URL_NOPAD.encode(b"{}"), parts[2]);
        assert_eq!(code(&swapped, &role, 0).as_deref(), invalid_signature);
    }
}
