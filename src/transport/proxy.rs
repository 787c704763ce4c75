//! The proxy between this machine and the service.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::Address;
use crate::text::{Text, text};

/// An HTTP proxy. It sees a CONNECT and then TLS: never a request.
#[derive(Clone)]
pub struct Proxy(Url);

impl Proxy {
    /// Reads a proxy's address, which may lack its scheme.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let complete = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&complete).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or_else(|| {
            text!("must be the address of an HTTP proxy, http://host:port", "必须是 HTTP 代理的地址 http://host:port")
        })
    }

    /// Whether a proxy is to be used for an address, given the list of hosts that are reached without one.
    #[must_use]
    pub fn is_meant_for(address: &Address, bypass: Option<&str>) -> bool {
        let matcher = Matcher::builder().all("http://any.proxy");
        let matcher = match bypass {
            Some(bypass) => matcher.no(bypass),
            None => matcher,
        };
        address.as_str().parse().is_ok_and(|uri| matcher.build().intercept(&uri).is_some())
    }

    /// The same for the HTTP library.
    pub fn to_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::https(self.0.clone())
    }
}

/// Without the user and the password it may hold.
impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => write!(formatter, "{}://{host}:{port}", self.0.scheme()),
            None => write!(formatter, "{}://{host}", self.0.scheme()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
