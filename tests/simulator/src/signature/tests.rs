//! The verifier against what the official SDKs signed.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Deserialize)]
struct Vector {
    name: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    method: String,
    url: String,
    body: Option<String>,
    headers: BTreeMap<String, Value>,
    authorization: String,
}

impl Vector {
    fn all() -> Vec<Self> {
        let groups: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("../../../vectors/signing.json")).unwrap();
        let vectors: Vec<Self> = groups
            .into_iter()
            .filter(|(name, _)| name != "meta")
            .flat_map(|(_, group)| serde_json::from_value::<Vec<Self>>(group).unwrap())
            .collect();
        assert!(vectors.len() >= 17, "vectors are missing");
        vectors
    }

    fn request(&self) -> Request {
        let (host, target) = self.url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        let mut request = Request::new(&self.method, host, &format!("/{target}"))
            .with_body(self.body.clone().unwrap_or_default())
            .with_header("authorization", &self.authorization);
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != "host") {
            let value = value.as_str().map_or_else(|| value.to_string(), Into::into);
            request = request.with_header(name, &value);
        }
        request
    }

    fn setup(&self) -> Setup {
        let mut key = AccessKey::new(&self.access_key_id, &self.access_key_secret);
        key.security_token.clone_from(&self.security_token);
        Setup { access_keys: vec![key], ..Setup::default() }
    }

    fn time(&self) -> SystemTime {
        if self.name.starts_with("acs3-official-doc") {
            UNIX_EPOCH + Duration::from_secs(1_698_315_752)
        } else {
            UNIX_EPOCH + Duration::from_secs(1_786_001_574)
        }
    }

    fn is_classic(&self) -> bool {
        self.authorization.starts_with("acs ")
    }

    fn code(&self, request: &Request) -> Option<String> {
        verify(request, &self.setup(), self.time()).err().map(|refusal| refusal.code)
    }
}

/// Changes the last character to another one of the same kind.
fn flip(text: &mut String) {
    let last = text.pop();
    text.push(if last == Some('0') { '1' } else { '0' });
}

#[test]
fn everything_the_official_sdks_signed_is_accepted() {
    for vector in Vector::all() {
        let verified = verify(&vector.request(), &vector.setup(), vector.time());
        let verified = verified.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", vector.name));
        assert_eq!(verified.access_key_id, vector.access_key_id);
    }
}

#[test]
fn one_changed_thing_is_enough_to_be_refused() {
    for vector in Vector::all() {
        let refused = |what: &str, change: &dyn Fn(&mut Request)| {
            let mut request = vector.request();
            change(&mut request);
            assert!(vector.code(&request).is_some(), "{}: {what} was changed and accepted", vector.name);
        };
        refused("method", &|request| request.method = "PATCH".into());
        refused("path", &|request| flip(&mut request.path));
        refused("query", &|request| request.query.push_str("&x=1"));
        refused("body", &|request| request.body.push(b'x'));
        if !vector.request().query.is_empty() {
            refused("query value", &|request| flip(&mut request.query));
        }
        if !vector.is_classic() {
            refused("host", &|request| request.host.push('x'));
        }
        let signed = |name: &str| {
            let classic = ["accept", "content-md5", "content-type", "date"];
            let here = if vector.is_classic() { classic.contains(&name) } else { vector.authorization.contains(name) };
            here || name.starts_with("x-acs-")
        };
        for (index, (name, _)) in vector.request().headers.iter().enumerate() {
            if name == "authorization" || signed(name) {
                refused(name, &|request| flip(&mut request.headers[index].1));
                refused(name, &|request| drop(request.headers.remove(index)));
            }
        }
        refused("another x-acs- header", &|request| {
            request.headers.push(("x-acs-other".into(), "1".into()));
        });
        let mut setup = vector.setup();
        setup.access_keys[0].secret.push('x');
        let refusal = verify(&vector.request(), &setup, vector.time()).unwrap_err();
        assert_eq!(refusal.code, "SignatureDoesNotMatch", "{}", vector.name);
    }
}

#[test]
fn a_clock_that_is_off_by_more_than_the_tolerance_is_refused() {
    for vector in Vector::all() {
        let verified_at = |time| verify(&vector.request(), &vector.setup(), time).err().map(|refusal| refusal.code);
        let (near, far) = (Duration::from_mins(15), Duration::from_secs(901));
        assert_eq!(verified_at(vector.time() + near), None);
        assert_eq!(verified_at(vector.time() - near), None);
        assert_eq!(verified_at(vector.time() + far).as_deref(), Some("InvalidTimeStamp.Expired"));
        assert_eq!(verified_at(vector.time() - far).as_deref(), Some("InvalidTimeStamp.Expired"));
        let mut setup = vector.setup();
        setup.clock_tolerance = None;
        assert!(verify(&vector.request(), &setup, UNIX_EPOCH).is_ok());
    }
}

#[test]
fn each_mistake_has_its_code() {
    let vectors = Vector::all();
    let plain = vectors.iter().find(|vector| vector.name == "acs3-min-start-run-params").unwrap();
    let temporary = vectors.iter().find(|vector| vector.name == "acs3-min-get-run-sts").unwrap();
    let classic = vectors.iter().find(|vector| vector.name == "roa-md5-start-run-params").unwrap();
    let changed = |vector: &Vector, name: &str, value: &str| {
        let mut request = vector.request();
        request.headers.retain(|(known, _)| known != name);
        vector.code(&request.with_header(name, value)).unwrap()
    };
    assert_eq!(changed(plain, "authorization", ""), "InvalidSignatureMethod");
    assert_eq!(changed(plain, "authorization", "Bearer x"), "InvalidSignatureMethod");
    assert_eq!(changed(plain, "authorization", "ACS3-HMAC-SHA256 x"), "IncompleteSignature");
    assert_eq!(changed(plain, "x-acs-date", "2026-08-06 07:32:54"), "InvalidTimeStamp.Format");
    assert_eq!(changed(plain, "x-acs-signature-nonce", "other"), "SignatureDoesNotMatch");
    assert_eq!(changed(plain, "x-acs-security-token", "token"), "IncompleteSignature");
    assert_eq!(changed(classic, "date", "2026-08-06T07:32:54Z"), "InvalidTimeStamp.Format");
    assert_eq!(changed(classic, "content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), "ContentMD5NotMatched");
    assert_eq!(changed(classic, "x-acs-signature-method", "HMAC-MD5"), "InvalidSignatureMethod");
    assert_eq!(changed(classic, "authorization", "acs other:x"), "InvalidAccessKeyId.NotFound");

    let with = |vector: &Vector, change: &dyn Fn(&mut AccessKey)| {
        let mut setup = vector.setup();
        change(&mut setup.access_keys[0]);
        verify(&vector.request(), &setup, vector.time()).unwrap_err().code
    };
    assert_eq!(with(plain, &|key| key.id.push('x')), "InvalidAccessKeyId.NotFound");
    assert_eq!(with(plain, &|key| key.inactive = true), "InvalidAccessKeyId.Inactive");
    assert_eq!(with(plain, &|key| key.security_token = Some("t".into())), "MissingSecurityToken");
    assert_eq!(with(temporary, &|key| key.security_token = None), "InvalidSecurityToken.MismatchWithAccessKey");
    assert_eq!(
        with(temporary, &|key| key.security_token = Some("t".into())),
        "InvalidSecurityToken.MismatchWithAccessKey"
    );
    assert_eq!(with(temporary, &|key| key.expires = Some(temporary.time())), "InvalidSecurityToken.Expired");
}

#[test]
fn the_body_is_not_covered_by_a_classic_signature_without_content_md5() {
    // What `Config(signature_algorithm='v2')` of the Python SDK sends.
    let mut request = Request::new("GET", "devops.cn-hangzhou.aliyuncs.com", "/organization/o/pipelines/1?a=&b=1")
        .with_header("accept", "application/json")
        .with_header("date", "Thu, 06 Aug 2026 07:32:54 GMT")
        .with_header("x-acs-signature-method", "HMAC-SHA1")
        .with_header("x-acs-signature-version", "1.0")
        .with_header("x-acs-version", "2021-06-25");
    let headers = "x-acs-signature-method:HMAC-SHA1\nx-acs-signature-version:1.0\nx-acs-version:2021-06-25\n";
    let now = UNIX_EPOCH + Duration::from_secs(1_786_001_574);
    // Both spellings of an empty value, as official clients differ.
    for resource in ["/organization/o/pipelines/1?a&b=1", "/organization/o/pipelines/1?a=&b=1"] {
        let text = format!("GET\napplication/json\n\n\nThu, 06 Aug 2026 07:32:54 GMT\n{headers}{resource}");
        let signature = Algorithm::RoaHmacSha1.sign("testAccessKeySecret", &text);
        request = request.with_body("anything");
        let signed = request.clone().with_header("authorization", &format!("acs testAccessKeyId:{signature}"));
        assert!(verify(&signed, &Setup::default(), now).is_ok(), "{resource}");
    }
}
