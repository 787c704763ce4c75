//! What proves to Yunxiao who is calling.

use secrecy::SecretString;

/// An Alibaba Cloud AccessKey, with the STS token that belongs to it when it is a temporary one.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The AccessKey id. Public by itself: it goes into the `authorization` header in clear.
    pub id: String,
    /// The AccessKey secret; it never leaves the process.
    pub secret: SecretString,
    /// The security token of a temporary AccessKey.
    pub security_token: Option<SecretString>,
}
