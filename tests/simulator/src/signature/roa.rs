//! ROA with HMAC-SHA1, the classic signature.

use data_encoding::BASE64;
use md5::{Digest as _, Md5};

use super::{Algorithm, Claim, incomplete, required};
use crate::encoding::decode_pairs;
use crate::error::Refusal;
use crate::request::Request;

pub(super) fn claim(request: &Request, credentials: &str) -> Result<Claim, Refusal> {
    let (access_key_id, signature) =
        credentials.split_once(':').ok_or_else(|| incomplete("Authorization is malformed"))?;
    if required(request, "x-acs-signature-method")? != "HMAC-SHA1" {
        return Err(Refusal::of("InvalidSignatureMethod"));
    }
    if required(request, "x-acs-signature-version")? != "1.0" {
        return Err(incomplete("x-acs-signature-version is not 1.0"));
    }
    required(request, "x-acs-version")?;
    // Without it the body is not covered; the Python SDK sends none, so it cannot be demanded.
    let content_md5 = request.header("content-md5").filter(|value| !value.is_empty());
    if content_md5.is_some_and(|sent| sent != BASE64.encode(&Md5::digest(&request.body))) {
        return Err(Refusal::of("ContentMD5NotMatched"));
    }
    let date = required(request, "date")?;
    let time = httpdate::parse_http_date(date).map_err(|_| Refusal::of("InvalidTimeStamp.Format"))?;
    let pairs = decode_pairs(&request.query).ok_or_else(|| incomplete("the query is not percent-encoded UTF-8"))?;
    Ok(Claim {
        access_key_id: access_key_id.into(),
        time,
        nonce: request.header("x-acs-signature-nonce").map(Into::into),
        algorithm: Algorithm::RoaHmacSha1,
        strings_to_sign: vec![string_to_sign(request, &pairs, "="), string_to_sign(request, &pairs, "")],
        signature: signature.into(),
    })
}

/// Official clients disagree on an empty query value: some sign `key=`, some `key`.
fn string_to_sign(request: &Request, pairs: &[(String, String)], after_key_without_value: &str) -> String {
    let mut text = format!("{}\n", request.method);
    for name in ["accept", "content-md5", "content-type", "date"] {
        text.push_str(request.header(name).unwrap_or_default());
        text.push('\n');
    }
    let mut headers: Vec<_> = request.headers.iter().filter(|(name, _)| name.starts_with("x-acs-")).collect();
    headers.sort();
    for (name, value) in headers {
        text.extend([name, ":", value.trim(), "\n"]);
    }
    text.push_str(&request.path);
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort();
    for (index, (key, value)) in pairs.into_iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(key);
        text.push_str(if value.is_empty() { after_key_without_value } else { "=" });
        text.push_str(value);
    }
    text
}
