//! ACS3-HMAC-SHA256.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest;

use super::{Algorithm, Claim, incomplete, required};
use crate::encoding::{decode_pairs, encode, hexadecimal};
use crate::error::Refusal;
use crate::request::Request;

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
    let time = parse_date(required(request, "x-acs-date")?).ok_or_else(|| Refusal::of("InvalidTimeStamp.Format"))?;
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
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// `YYYY-MM-DDTHH:MM:SSZ`, and nothing but that.
fn parse_date(text: &str) -> Option<SystemTime> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00Z";
    let fits = |(byte, expected): (&u8, &u8)| {
        if *expected == b'0' { byte.is_ascii_digit() } else { byte == expected }
    };
    if bytes.len() != shape.len() || !bytes.iter().zip(shape).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leaps = |before: u64| before / 4 - before / 100 + before / 400;
    let days = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let days = days + lengths.iter().take(usize::try_from(month - 1).ok()?).sum::<u64>() + day - 1;
    UNIX_EPOCH.checked_add(Duration::from_secs(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_an_independent_parser() {
        for (iso, rfc) in [
            ("2026-08-06T07:32:54Z", "Thu, 06 Aug 2026 07:32:54 GMT"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            ("2000-03-01T00:00:00Z", "Wed, 01 Mar 2000 00:00:00 GMT"),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("2100-12-31T12:00:00Z", "Fri, 31 Dec 2100 12:00:00 GMT"),
        ] {
            assert_eq!(parse_date(iso), httpdate::parse_http_date(rfc).ok(), "{iso}");
        }
    }

    #[test]
    fn other_spellings_of_a_date_are_refused() {
        for wrong in ["2026-08-06 07:32:54Z", "2026-08-06T07:32:54", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", ""]
        {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }
}
