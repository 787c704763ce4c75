//! A CI system's OIDC identity token: where it is, and how it is fetched.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::environment::trimmed;
use crate::files;
use crate::text::{Text, io_error, text};
use crate::transport::Transport;

/// The longest a token may be, in bytes: what STS takes.
const LONGEST_TOKEN: usize = 20_000;

/// The white space that may stand around a token in a file, in bytes.
const SPACE: usize = 1024;

/// Where an identity token comes from.
#[derive(Clone, Debug)]
pub enum IdentityToken {
    /// It was given: GitLab's `id_tokens` are variables.
    Given(SecretString),
    /// The host hands it out to who asks, as GitHub's does (`ACTIONS_ID_TOKEN_REQUEST_URL` and `_TOKEN`).
    Request {
        /// Where to ask, and the audience of the token.
        url: Url,
        bearer: SecretString,
    },
    /// It is in a file, which may change: Kubernetes renews its own.
    File(PathBuf),
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// What happened: a clause without a full stop.
    pub what: Text,
    pub advice: Text,
    /// Whether the host refused it.
    pub is_refused: bool,
    /// Whether it may be there later.
    pub is_passing: bool,
}

impl IdentityToken {
    /// Whether the token is new each time, so that no CI system hides it in logs yet.
    pub fn is_fetched(&self) -> bool {
        matches!(self, Self::Request { .. })
    }

    /// The address that it is fetched from.
    pub fn asks(&self) -> Option<&str> {
        match self {
            Self::Request { url, .. } => Some(url.as_str()),
            Self::Given(_) | Self::File(_) => None,
        }
    }

    pub fn bearer(&self) -> Option<&str> {
        match self {
            Self::Request { bearer, .. } => Some(bearer.expose_secret()),
            Self::Given(_) | Self::File(_) => None,
        }
    }

    pub async fn get<T: Transport>(&self, transport: &T) -> Result<SecretString, Unavailable> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::Request { url, bearer } => request(transport, url, bearer).await,
            Self::File(path) => {
                let token = files::read(path, LONGEST_TOKEN + SPACE).map_err(|error| {
                    let (path, why) = (path.display(), io_error(&error));
                    lasting(text!(
                        "The OIDC token's file {path} can't be read ({why})",
                        "无法读取 OIDC token 文件 {path}（{why}）",
                        why
                    ))
                })?;
                checked(trimmed(&String::from_utf8_lossy(&token)))
            }
        }
    }
}

/// Asks as GitHub's own toolkit does (actions/toolkit, `oidc-utils.ts`).
async fn request<T: Transport>(transport: &T, url: &Url, bearer: &SecretString) -> Result<SecretString, Unavailable> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let build = || -> http::Result<_> {
        let mut bearer = http::HeaderValue::from_str(&format!("Bearer {}", bearer.expose_secret()))?;
        bearer.set_sensitive(true);
        let request = http::Request::builder().uri(url.as_str()).header("accept", "application/json");
        request.header("authorization", bearer).body(Vec::new())
    };
    let rule = |_| lasting(text!("The request for an OIDC token could not be built", "无法构造获取 OIDC token 的请求"));
    let request = build().map_err(rule)?;
    tracing::debug!("asking {host} for an identity token");
    let answer = transport.send(request).await.map_err(|failure| Unavailable {
        what: failure.describe(&host),
        advice: failure.advice(),
        is_refused: false,
        is_passing: !failure.is_lasting(),
    })?;
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    match body["value"].as_str() {
        Some(token) if answer.status().is_success() => checked(token),
        _ => Err(Unavailable {
            what: text!("{host} gave no OIDC token (status {status})", "{host} 未提供 OIDC token（状态码 {status}）"),
            advice: text!("The job needs the permission `id-token: write`.", "作业需要 `id-token: write` 权限。"),
            is_refused: matches!(status, 400..=499) && status != 429,
            is_passing: status == 429 || status >= 500,
        }),
    }
}

fn checked(token: &str) -> Result<SecretString, Unavailable> {
    if (4..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(token))
    } else {
        Err(lasting(text!(
            "The OIDC token is malformed: it must have 4 to 20,000 visible ASCII characters",
            "OIDC token 格式无效：应为 4 到 20000 个可见的 ASCII 字符"
        )))
    }
}

fn lasting(what: Text) -> Unavailable {
    Unavailable { what, advice: Text::default(), is_refused: true, is_passing: false }
}
