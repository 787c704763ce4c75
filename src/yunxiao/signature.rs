//! The two request signatures of Alibaba Cloud's resource-oriented APIs, as pure functions from a request, a moment and
//! a nonce to headers.
//!
//! - `ACS3-HMAC-SHA256`, what the official SDKs use today: Alibaba Cloud SDK documentation, "V3 request body & signature
//!   mechanism", document 2593177.
//! - `HMAC-SHA1`, the legacy one: document 2594092. `Content-MD5` is always sent, because without it this signature
//!   does not cover the body.

use std::fmt;
use std::time::SystemTime;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, Tag, sign};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

use super::request::{Request, join};
use crate::encoding::hexadecimal;

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// The current signature, `ACS3-HMAC-SHA256`.
    #[default]
    Acs3HmacSha256,
    /// The classic signature of the resource-oriented APIs, `HMAC-SHA1`.
    HmacSha1,
}

/// An Alibaba Cloud AccessKey, with its STS token if it is temporary.
#[derive(Clone)]
pub struct AccessKey {
    /// It goes into the `authorization` header in clear, but names an account: it is not shown either.
    pub id: String,
    /// It never leaves the process.
    pub secret: SecretString,
    pub security_token: Option<SecretString>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessKey([REDACTED])")
    }
}

/// The result of signing. Its headers contain credentials: never show it.
#[derive(Clone)]
pub struct Signed {
    /// Every header to send, in lower case and sorted, `authorization` among them.
    pub headers: Vec<(&'static str, String)>,
    /// What the MAC was computed over.
    pub string_to_sign: String,
    /// The MAC, as `authorization` carries it.
    pub signature: String,
}

impl Request {
    /// Signs the request for one moment with one nonce.
    pub fn sign(&self, algorithm: Algorithm, key: &AccessKey, now: SystemTime, nonce: &str) -> Signed {
        let mut headers = self.plain_headers();
        headers.push(("x-acs-signature-nonce", nonce.to_owned()));
        if let Some(token) = &key.security_token {
            headers.push(("x-acs-accesskey-id", key.id.clone()));
            headers.push(("x-acs-security-token", token.expose_secret().to_owned()));
        }
        match algorithm {
            Algorithm::Acs3HmacSha256 => self.sign_acs3(headers, key, now),
            Algorithm::HmacSha1 => self.sign_classic(headers, key, now),
        }
    }

    fn sign_acs3(&self, mut headers: Vec<(&'static str, String)>, key: &AccessKey, now: SystemTime) -> Signed {
        let content = hexadecimal(digest(&SHA256, self.body()).as_ref());
        headers.push(("x-acs-content-sha256", content.clone()));
        headers.push(("x-acs-date", humantime::format_rfc3339_seconds(now).to_string()));
        headers.sort_unstable();

        // A proxy may rewrite `accept` and `user-agent`, so only what the service needs to trust is signed.
        let signed = |name: &str| name.starts_with("x-acs-") || name == "host" || name == "content-type";
        let names = join(headers.iter().filter(|(name, _)| signed(name)).map(|(name, _)| *name), ";");
        let lines = canonical_headers(&headers, signed);
        let canonical = [self.method, &self.path(), &self.query(), &lines, &names, &content].join("\n");
        let string_to_sign =
            format!("ACS3-HMAC-SHA256\n{}", hexadecimal(digest(&SHA256, canonical.as_bytes()).as_ref()));
        let signature = hexadecimal(mac_sha256(key, &string_to_sign).as_ref());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", key.id);
        Signed::new(headers, authorization, string_to_sign, signature)
    }

    fn sign_classic(&self, mut headers: Vec<(&'static str, String)>, key: &AccessKey, now: SystemTime) -> Signed {
        let digest = BASE64.encode(Md5::digest(self.body()));
        let date = httpdate::fmt_http_date(now);
        headers.extend([
            ("content-md5", digest.clone()),
            ("date", date.clone()),
            ("x-acs-signature-method", "HMAC-SHA1".to_owned()),
            ("x-acs-signature-version", "1.0".to_owned()),
        ]);
        headers.sort_unstable();

        let content_type = self.body.as_ref().map_or("", |body| body.content_type);
        let acs = canonical_headers(&headers, |name| name.starts_with("x-acs-"));
        let mut resource = self.path();
        if !self.parameters.is_empty() {
            // This signature covers the raw values, not the encoded ones.
            let pairs = self.sorted_parameters().map(|(name, value)| format!("{name}={value}"));
            resource = format!("{resource}?{}", join(pairs, "&"));
        }
        let string_to_sign =
            format!("{}\napplication/json\n{digest}\n{content_type}\n{date}\n{acs}{resource}", self.method);
        let signature = BASE64.encode(mac_sha1(key, &string_to_sign));
        let authorization = format!("acs {}:{signature}", key.id);
        Signed::new(headers, authorization, string_to_sign, signature)
    }
}

impl Signed {
    fn new(
        mut headers: Vec<(&'static str, String)>,
        authorization: String,
        string_to_sign: String,
        signature: String,
    ) -> Self {
        headers.insert(0, ("authorization", authorization));
        headers.sort_unstable();
        Self { headers, string_to_sign, signature }
    }
}

/// The signed headers, a line each.
fn canonical_headers(headers: &[(&'static str, String)], signed: impl Fn(&str) -> bool) -> String {
    let mut lines = String::new();
    for (name, value) in headers.iter().filter(|(name, _)| signed(name)) {
        lines.extend([name, ":", value.trim(), "\n"]);
    }
    lines
}

fn mac_sha1(key: &AccessKey, text: &str) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(key.secret.expose_secret().as_bytes()).expect("any length is a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn mac_sha256(key: &AccessKey, text: &str) -> Tag {
    let key = Key::new(HMAC_SHA256, key.secret.expose_secret().as_bytes());
    sign(&key, text.as_bytes())
}
