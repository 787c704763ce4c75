//! The proxy between this machine and the service.

use std::fmt;

use url::Url;

use crate::text::{Text, text};

/// An HTTP proxy. It sees a CONNECT and then TLS: never a request.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    bypass: Option<String>,
}

impl Proxy {
    /// Reads a proxy's address, which may lack its scheme, and the list of hosts not to use it for.
    pub fn parse(value: &str, bypass: Option<&str>) -> Result<Self, Text> {
        let complete = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&complete).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            text!("must be the address of an HTTP proxy, http://host:port", "必须是 HTTP 代理的地址 http://host:port")
        })?;
        Ok(Self { url, bypass: bypass.map(str::to_owned) })
    }

    /// The same for the HTTP library.
    pub fn to_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        let bypass = self.bypass.as_deref().and_then(reqwest::NoProxy::from_string);
        Ok(reqwest::Proxy::https(self.url.clone())?.no_proxy(bypass))
    }
}

/// Without the user and the password it may hold.
impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => write!(formatter, "{}://{host}:{port}", self.url.scheme()),
            None => write!(formatter, "{}://{host}", self.url.scheme()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
