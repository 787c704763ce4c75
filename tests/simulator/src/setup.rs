//! What there is at the start, and how strict the service is.

mod credentials;
mod keyless;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::error::ErrorShape;
use crate::pipeline::Pipeline;
use crate::time::duration;

pub use credentials::{AccessKey, AccessToken};
pub use keyless::{
    ID_TOKEN_PATH, ID_TOKEN_REQUEST_TOKEN, IdTokens, OIDC_AUDIENCE, OIDC_ISSUER, OIDC_PROVIDER_ARN, OIDC_SUBJECT,
    ROLE_ARN, Role,
};

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

/// The default personal access token.
pub const TOKEN: &str = "pt-0fh3abcd0fbG_35afabcd-7b1c-4e2d-9a8f-0123abcd0484";

/// The account that holds the default keys and the default token.
pub const ACCOUNT: &str = "1234567890";

/// Which Yunxiao it is; the paths of the token API depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// The one for everybody (中心版): the organisation is in the path.
    #[default]
    Central,
    /// One organisation's own (Region 版).
    Region,
}

/// What there is, and how strict the service is. The default is a strict service with one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
pub struct Setup {
    /// The keys of its callers.
    pub access_keys: Vec<AccessKey>,
    /// The tokens of its callers.
    pub access_tokens: Vec<AccessToken>,
    /// The roles that may be taken on without a key.
    pub roles: Vec<Role>,
    /// The identity tokens for that.
    pub id_tokens: IdTokens,
    /// Which paths the token API has.
    pub edition: Edition,
    /// The organisations.
    pub organizations: Vec<String>,
    /// The pipelines by id.
    pub pipelines: BTreeMap<u64, Pipeline>,
    /// Whether a nonce that was used before is refused.
    pub refuses_used_nonces: bool,
    /// How far a request's time may be from the service's; `None`: it is not looked at.
    #[serde(deserialize_with = "duration::deserialize_optional")]
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
    /// Whether run ids and `success` are answered as strings; in the token API, what is answered bare.
    pub answers_strings: bool,
    /// Whether the token API shows what can be done at a gate as words instead of objects.
    pub plain_gate_actions: bool,
    /// Whether a client that does not accept JSON, or does not ask STS for it, is answered in XML.
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
            access_tokens: vec![AccessToken::new(TOKEN)],
            roles: vec![Role::default()],
            id_tokens: IdTokens::default(),
            edition: Edition::default(),
            organizations: vec![ORGANIZATION.into()],
            pipelines: BTreeMap::from([(PIPELINE, Pipeline::default())]),
            refuses_used_nonces: true,
            clock_tolerance: Some(Duration::from_mins(15)),
            clock_offset: 0,
            list_lag: Duration::ZERO,
            detail_lag: Duration::ZERO,
            error_shape: ErrorShape::default(),
            answers_strings: false,
            plain_gate_actions: false,
            xml_unless_json_accepted: true,
            refuses_unknown_params: true,
        }
    }
}
