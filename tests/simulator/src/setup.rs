//! What there is at the start, and how strict the service is.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::error::ErrorShape;
use crate::pipeline::Pipeline;
use crate::time::{duration, instant};

/// The organisation of the official example.
pub const ORGANIZATION: &str = "5ebbc0228123212b59xxxxx";
/// The pipeline of the official example.
pub const PIPELINE: u64 = 123;
/// The default AccessKey.
pub const ACCESS_KEY_ID: &str = "testAccessKeyId";
/// Its secret.
pub const ACCESS_KEY_SECRET: &str = "testAccessKeySecret";
/// A temporary AccessKey.
pub const STS_ACCESS_KEY_ID: &str = "STS.testAccessKeyId";
/// Its secret.
pub const STS_ACCESS_KEY_SECRET: &str = "testStsAccessKeySecret";
/// The token that must come with it.
pub const STS_SECURITY_TOKEN: &str = "CAISiAJ1q6Ft5B2yfSjIr5bSEsj4+/Token==";

/// What there is, and how strict the service is. The default is a strict service with one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
pub struct Setup {
    /// The keys of its callers.
    pub access_keys: Vec<AccessKey>,
    /// The organisations.
    pub organizations: Vec<String>,
    /// The pipelines by id.
    pub pipelines: BTreeMap<u64, Pipeline>,
    /// Whether a nonce that was used before is refused.
    pub refuses_used_nonces: bool,
    /// How far a request's time may be from the service's; `None`: it is not looked at.
    #[serde(deserialize_with = "optional_duration::deserialize")]
    pub clock_tolerance: Option<Duration>,
    /// How far the service's clock is ahead of the time it is given, in seconds.
    pub clock_offset: i64,
    /// How long after its creation a run shows up in lists.
    #[serde(with = "duration")]
    pub list_lag: Duration,
    /// How long after its creation a run can be fetched.
    #[serde(with = "duration")]
    pub detail_lag: Duration,
    /// How refusals are written.
    pub error_shape: ErrorShape,
    /// Whether run ids and `success` are answered as strings.
    pub answers_strings: bool,
    /// Whether a client that does not accept JSON is answered in XML.
    pub xml_unless_json_accepted: bool,
    /// Whether a run parameter that no document names is refused.
    pub refuses_unknown_params: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            access_keys: vec![
                AccessKey::new(ACCESS_KEY_ID, ACCESS_KEY_SECRET),
                AccessKey::new(STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET).with_token(STS_SECURITY_TOKEN),
            ],
            organizations: vec![ORGANIZATION.into()],
            pipelines: BTreeMap::from([(PIPELINE, Pipeline::default())]),
            refuses_used_nonces: true,
            clock_tolerance: Some(Duration::from_mins(15)),
            clock_offset: 0,
            list_lag: Duration::ZERO,
            detail_lag: Duration::ZERO,
            error_shape: ErrorShape::default(),
            answers_strings: false,
            xml_unless_json_accepted: true,
            refuses_unknown_params: true,
        }
    }
}

/// An AccessKey, and who holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token that must accompany it, when it is temporary.
    pub security_token: Option<String>,
    /// When the token expires.
    #[serde(deserialize_with = "instant::deserialize_optional")]
    pub expires: Option<SystemTime>,
    /// Whether it was switched off.
    pub inactive: bool,
    /// The code with which every request of its holder is refused, such as `InvalidUser.NotFound`.
    pub refused_with: Option<String>,
}

impl AccessKey {
    /// A lasting AccessKey.
    #[must_use]
    pub fn new(id: &str, secret: &str) -> Self {
        Self { id: id.into(), secret: secret.into(), ..Self::default() }
    }

    /// Makes it temporary.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// Lets the token expire.
    #[must_use]
    pub fn expiring(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Refuses every request of its holder with this code.
    #[must_use]
    pub fn refused_with(mut self, code: &str) -> Self {
        self.refused_with = Some(code.into());
        self
    }
}

mod optional_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|given| given.map(Duration::from_millis))
    }
}
