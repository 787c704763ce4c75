//! The proxy between this machine and the service.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::{Position, Url};

use crate::text::{Text, text};

/// What is on this machine is never reached through a proxy, whatever the list of exceptions says.
const ALWAYS_BYPASSED: &str = "localhost,127.0.0.0/8,::1";

/// An HTTP proxy, and the hosts that it is not for. It sees a CONNECT and then TLS: never a request.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    bypass: String,
}

impl Proxy {
    /// Reads a proxy's address, which may lack its scheme, and the list of hosts that are reached without it.
    pub fn parse(value: &str, bypass: Option<&str>) -> Result<Self, Text> {
        let complete = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&complete).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let bypass = bypass.map_or(ALWAYS_BYPASSED.to_owned(), |bypass| format!("{bypass},{ALWAYS_BYPASSED}"));
        url.map(|url| Self { url, bypass }).ok_or_else(|| {
            text!("must be the address of an HTTP proxy, http://host:port", "必须是 HTTP 代理的地址 http://host:port")
        })
    }

    /// Whether what is at an address is reached through it.
    pub fn is_meant_for(&self, address: &str) -> bool {
        let matcher = Matcher::builder().https("http://any.proxy").no(self.bypass.as_str()).build();
        address.parse().is_ok_and(|uri| matcher.intercept(&uri).is_some())
    }

    pub fn to_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        let bypass = reqwest::NoProxy::from_string(&self.bypass);
        Ok(reqwest::Proxy::https(self.url.clone())?.no_proxy(bypass))
    }
}

/// Without the user and the password it may hold.
impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.url.scheme(), &self.url[Position::BeforeHost..Position::AfterPort])
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
