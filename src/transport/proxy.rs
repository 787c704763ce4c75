//! The proxy between this machine and the service.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::{Position, Url};

use super::address::{host_in_ascii, in_punycode, is_known_to_http};
use crate::text::{Text, text};

/// What is on this machine is never reached through a proxy, whatever the list of exceptions says.
const ALWAYS_BYPASSED: &str = "localhost,127.0.0.0/8,::1";

/// The hosts that are reached without a proxy.
#[derive(Clone)]
pub struct Bypass(Vec<Exception>);

#[derive(Clone)]
struct Exception {
    /// A host, a domain, an address or a range of addresses, as the matcher takes it.
    host: String,
    /// Only what is at this port.
    port: Option<u16>,
}

impl Bypass {
    /// Reads a list such as `NO_PROXY`, in the ways that are in use: commas or white space between the hosts, `*.domain`, and a
    /// port after the host.
    pub fn parse(list: Option<&str>) -> Self {
        let exceptions = list.unwrap_or_default().split([',', ' ', '\t', '\n', '\r', ';']);
        let exceptions = exceptions.filter(|exception| !exception.is_empty()).map(|exception| {
            let (host, port) = match exception.rsplit_once(':') {
                // A bare IPv6 address has colons too.
                Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
                    Ok(port) => (host, Some(port)),
                    Err(_) => (exception, None),
                },
                _ => (exception, None),
            };
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let host = if host.starts_with("*.") { &host[1..] } else { host };
            Exception { host: host.to_owned(), port }
        });
        Self(exceptions.collect())
    }

    /// Whether what is at an address is reached without the proxy. Plain http, which goes to this machine alone, always is.
    pub fn has(&self, address: &str) -> bool {
        let port = Url::parse(address).ok().and_then(|url| url.port_or_known_default());
        let applies = |exception: &&Exception| exception.port.is_none() || exception.port == port;
        let hosts = self.0.iter().filter(applies).map(|exception| exception.host.as_str());
        let hosts = hosts.chain([ALWAYS_BYPASSED]).collect::<Vec<_>>().join(",");
        let matcher = Matcher::builder().https("http://any.proxy").no(hosts).build();
        !address.parse().is_ok_and(|uri| matcher.intercept(&uri).is_some())
    }
}

/// An HTTP proxy, and the hosts that it is not for. It sees a CONNECT and then TLS: never a request.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    bypass: Bypass,
}

impl Proxy {
    /// Reads a proxy's address, which may lack its scheme.
    pub fn parse(value: &str, bypass: Bypass) -> Result<Self, Text> {
        let complete = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&complete).ok();
        let scheme = complete.split("://").next().unwrap_or_default();
        if scheme.to_ascii_lowercase().starts_with("socks") {
            return Err(text!(
                "is the address of a SOCKS proxy, which isn't supported: set HTTPS_PROXY to an HTTP proxy, \
                 http://host:port, or list the hosts in NO_PROXY if they need no proxy",
                "是 SOCKS 代理的地址，不受支持：请在 HTTPS_PROXY 中填写 HTTP 代理地址 http://host:port；如果无需代理，请在 NO_PROXY 中列出主机"
            ));
        }
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url.filter(is_known_to_http) else {
            if let Some((_, ascii)) = host_in_ascii(&complete) {
                return Err(in_punycode(&ascii));
            }
            return Err(text!(
                "must be the address of an HTTP proxy, http://host:port",
                "必须是 HTTP 代理的地址 http://host:port"
            ));
        };
        // What looks like one of these is the rest of a password that was cut by a `#`, `/` or `?` in it.
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(text!(
                "must end after the host and port; in the user and the password, `#`, `/`, `?` and `@` are written `%23`, `%2F`, \
                 `%3F` and `%40`",
                "只能写到主机和端口；用户名和密码中的 `#`、`/`、`?`、`@` 应写作 `%23`、`%2F`、`%3F`、`%40`"
            ));
        }
        Ok(Self { url, bypass })
    }

    /// Whether what is at an address is reached through it.
    pub fn is_meant_for(&self, address: &str) -> bool {
        !self.bypass.has(address)
    }

    pub fn has_credentials(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    pub fn to_reqwest(&self) -> reqwest::Proxy {
        let proxy = self.clone();
        reqwest::Proxy::custom(move |url| proxy.is_meant_for(url.as_str()).then(|| proxy.url.clone()))
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
