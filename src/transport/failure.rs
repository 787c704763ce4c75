//! Why there is no response, and whether any part of the request may have reached the service.

use std::error::Error;
use std::{fmt, io, iter};

use super::tls_fault::TlsFault;
use crate::sanitize::short_line;
use crate::text::{Text, text, without_number};

/// The longest detail that is shown, in characters: a certificate may have many names.
const LONGEST_DETAIL: usize = 200;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// The library's own message, without secrets and addresses' user info.
    pub detail: String,
}

/// What can go wrong with a request. The first group is before its first byte leaves; after that, nothing is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The host's name could not be resolved. Nothing was sent.
    Name,
    /// No TCP connection. Nothing was sent.
    Connect,
    /// The proxy did not let the request through. Nothing was sent.
    Proxy,
    /// The proxy wants a user and a password, or others. Nothing was sent, and nothing would be.
    ProxyCredentials { were_given: bool },
    /// TLS could not be agreed on. Nothing was sent.
    Tls,
    /// The same, for a permanent reason.
    TlsFault(TlsFault),
    /// The request could not be built. Nothing was sent, and nothing would be.
    Build,
    /// The response timed out.
    TimedOut,
    /// The connection ended before the complete response.
    Broken,
    /// The answer is too large to be one of the service's.
    TooLarge,
}

impl Failure {
    /// Whether any byte of the request can have reached the service.
    pub fn may_have_sent(&self) -> bool {
        use FailureKind::{Build, Connect, Name, Proxy, ProxyCredentials, Tls, TlsFault};
        !matches!(self.kind, Name | Connect | Proxy | ProxyCredentials { .. } | Tls | TlsFault(_) | Build)
    }

    /// Whether it would fail in the same way again.
    pub fn is_lasting(&self) -> bool {
        use FailureKind::{Build, ProxyCredentials, TlsFault};
        matches!(self.kind, ProxyCredentials { .. } | TlsFault(_) | Build)
    }

    /// A description of the failure; `host` is the request's destination.
    pub fn describe(&self, host: &str) -> Text {
        use FailureKind::{Broken, Build, Connect, Name, Proxy, ProxyCredentials, TimedOut, Tls, TlsFault, TooLarge};
        let detail = &self.detail;
        match self.kind {
            Name => text!("The name {host} could not be resolved", "无法解析域名 {host}"),
            Connect => text!("No connection to {host} ({detail})", "无法连接 {host}（{detail}）"),
            Proxy => {
                text!("No connection to {host} through the proxy ({detail})", "无法通过代理连接 {host}（{detail}）")
            }
            ProxyCredentials { were_given: true } => text!(
                "No connection to {host} through the proxy: it rejected the user name and password (407)",
                "无法通过代理连接 {host}：代理不接受所给的用户名和密码（407）"
            ),
            ProxyCredentials { were_given: false } => text!(
                "No connection to {host} through the proxy: it requires a user name and password (407)",
                "无法通过代理连接 {host}：代理要求用户名和密码（407）"
            ),
            Tls => text!(
                "No trusted TLS connection to {host} ({detail})",
                "无法与 {host} 建立受信任的 TLS 连接（{detail}）"
            ),
            TlsFault(fault) => {
                let what = fault.describe(detail);
                text!(
                    "No trusted TLS connection to {host}: {what}",
                    "无法与 {host} 建立受信任的 TLS 连接：{what}",
                    what
                )
            }
            Build => text!("The request could not be built ({detail})", "无法构造请求（{detail}）"),
            TimedOut => text!("{host} did not answer in time", "{host} 未在限定时间内应答"),
            Broken => text!(
                "The connection to {host} ended before the complete response ({detail})",
                "与 {host} 的连接在收到完整应答前中断（{detail}）"
            ),
            TooLarge => text!(
                "The response from {host} is longer than 8 MiB, the most that is read",
                "{host} 的应答超过 8 MiB，超出读取上限"
            ),
        }
    }

    pub fn advice(&self) -> Text {
        match self.kind {
            FailureKind::Name => text!(
                "Check `endpoint` and this machine's DNS; behind a proxy, set HTTPS_PROXY.",
                "请检查 `endpoint` 和本机 DNS；如需经代理访问，请设置 HTTPS_PROXY。"
            ),
            FailureKind::Proxy => text!(
                "Check HTTPS_PROXY, its user name and password, and whether the proxy allows this host.",
                "请检查 HTTPS_PROXY 及其用户名和密码，以及代理是否放行该主机。"
            ),
            FailureKind::ProxyCredentials { .. } => text!(
                "Set HTTPS_PROXY=http://user:password@host:port, with characters such as `@`, `#` and `/` \
                 percent-encoded; other kinds of proxy authentication aren't supported.",
                "请按 HTTPS_PROXY=http://user:password@host:port 填写用户名和密码，其中的 `@`、`#`、`/` 等字符要做百分号编码；\
                 要求其他认证方式的代理无法使用。"
            ),
            FailureKind::Tls => TlsFault::UnknownIssuer { has_own_roots: false }.advice(),
            FailureKind::TlsFault(fault) => fault.advice(),
            FailureKind::Build => text!(
                "A value in it, such as a credential, is too long or has a character that can't be sent.",
                "其中的某个值（例如凭证）过长，或含有无法发送的字符。"
            ),
            FailureKind::TooLarge => text!(
                "Check that `endpoint` is Yunxiao's; if so, the run has too many jobs or variables to be followed.",
                "请检查 `endpoint` 是否为云效的地址；如果运行的详情确实这么长，说明任务或变量过多，无法跟踪。"
            ),
            _ => text!(
                "Check `endpoint`, the network and its firewall; behind a proxy, set HTTPS_PROXY.",
                "请检查 `endpoint`、网络和防火墙；如需经代理访问，请设置 HTTPS_PROXY。"
            ),
        }
    }

    /// The failure of a request that could not even be put together.
    pub fn unbuildable(error: impl fmt::Display) -> Self {
        Self { kind: FailureKind::Build, detail: without_number(&error.to_string()).to_owned() }
    }

    /// The library says "connect" of everything up to a usable connection, and of nothing later. Whatever it does not
    /// say that of counts as sent.
    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let causes = causes(&error);
        let tls = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
        let says = |words: &str| causes.iter().any(|cause| cause.to_string().contains(words));
        let kind = if error.is_builder() {
            FailureKind::Build
        } else if error.is_connect() {
            if error.is_dns() {
                FailureKind::Name
            } else if says("proxy authorization required") {
                FailureKind::ProxyCredentials { were_given: false }
            } else if let Some(fault) = tls.and_then(TlsFault::of) {
                FailureKind::TlsFault(fault)
            } else if says("tunnel") {
                FailureKind::Proxy
            } else if tls.is_some() {
                FailureKind::Tls
            } else {
                FailureKind::Connect
            }
        } else if error.is_timeout() {
            FailureKind::TimedOut
        } else if let Some(fault @ TlsFault::ClientCertificate) = tls.and_then(TlsFault::of) {
            // In TLS 1.3 this arrives after the handshake, but the server has not processed the request.
            FailureKind::TlsFault(fault)
        } else {
            FailureKind::Broken
        };
        let detail = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
        Self { kind, detail: short_line(without_number(&detail), LONGEST_DETAIL) }
    }
}

/// Every error below this one. An [`io::Error`] omits the error it wraps from its source.
fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map_or_else(|| cause.source(), |wrapped| Some(wrapped))
    })
    .collect()
}
