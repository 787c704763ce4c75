//! A CI system's OIDC identity token: where to find it and how to request it.

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
    Request(Box<Request>),
    /// It is in a file, which may change: Kubernetes renews its own.
    File(PathBuf),
}

/// How to request a token from a host.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to ask, and perhaps the audience of the token.
    pub url: Url,
    /// What the header `authorization` has before the bearer.
    pub scheme: &'static str,
    pub bearer: SecretString,
    /// What is sent with POST; without it, GET is used.
    pub body: Option<String>,
    /// The member of the answer that is the token.
    pub answer: &'static str,
    /// What to do if it is refused.
    pub advice: Text,
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
        matches!(self, Self::Request(_))
    }

    /// The address that it is fetched from.
    pub fn asks(&self) -> Option<&str> {
        match self {
            Self::Request(request) => Some(request.url.as_str()),
            Self::Given(_) | Self::File(_) => None,
        }
    }

    pub fn bearer(&self) -> Option<&str> {
        match self {
            Self::Request(request) => Some(request.bearer.expose_secret()),
            Self::Given(_) | Self::File(_) => None,
        }
    }

    pub async fn get<T: Transport>(&self, transport: &T) -> Result<SecretString, Unavailable> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::Request(request) => request.send(transport).await,
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

impl Request {
    /// Asks as GitHub's own toolkit does (actions/toolkit, `oidc-utils.ts`), and others like it.
    async fn send<T: Transport>(&self, transport: &T) -> Result<SecretString, Unavailable> {
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let rule =
            |_| lasting(text!("The request for an OIDC token could not be built", "无法构造获取 OIDC token 的请求"));
        let request = self.build().map_err(rule)?;
        tracing::debug!("asking {host} for an identity token");
        let answer = transport.send(request).await.map_err(|failure| Unavailable {
            what: failure.describe(&host),
            advice: failure.advice(),
            is_refused: false,
            is_passing: !failure.is_lasting(),
        })?;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        match body[self.answer].as_str() {
            Some(token) if answer.status().is_success() => checked(token),
            _ => Err(Unavailable {
                what: text!(
                    "{host} returned no OIDC token (status {status})",
                    "{host} 未提供 OIDC token（状态码 {status}）"
                ),
                advice: self.advice.clone(),
                is_refused: matches!(status, 400..=499) && status != 429,
                is_passing: status == 429 || status >= 500,
            }),
        }
    }

    fn build(&self) -> http::Result<http::Request<Vec<u8>>> {
        let authorization = format!("{} {}", self.scheme, self.bearer.expose_secret());
        let mut authorization = http::HeaderValue::from_str(&authorization)?;
        authorization.set_sensitive(true);
        let request = http::Request::builder().uri(self.url.as_str()).header("accept", "application/json");
        let request = request.header("authorization", authorization);
        match &self.body {
            None => request.body(Vec::new()),
            Some(body) => {
                // Of an empty body nothing else says the length, and some servers insist on it.
                let request = request.method("POST").header("content-type", "application/json");
                request.header("content-length", body.len()).body(body.clone().into_bytes())
            }
        }
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
