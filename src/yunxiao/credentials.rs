//! What proves to Yunxiao who is calling.

use std::fmt;

use secrecy::SecretString;

/// An Alibaba Cloud AccessKey, with the STS token that belongs to it when it is a temporary one.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey id. It goes into the `authorization` header in clear, but names an account: it is not shown either.
    pub id: String,
    /// The AccessKey secret; it never leaves the process.
    pub secret: SecretString,
    /// The security token of a temporary AccessKey.
    pub security_token: Option<SecretString>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessKey([REDACTED])")
    }
}
