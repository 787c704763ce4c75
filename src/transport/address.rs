//! Where requests may go.

use std::fmt;

use url::{Host, Url};

use crate::text::{Text, text};

/// An address credentials may be sent to: https anywhere, or plain http to this machine alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads a base address: a scheme and a host, perhaps a port, and nothing else.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let url = Url::parse(value).ok().filter(is_known_to_http).ok_or_else(|| match host_in_ascii(value) {
            Some((_, ascii)) => in_punycode(&ascii),
            None => text!(
                "must be an address such as https://host or https://host:port",
                "必须是形如 https://host 或 https://host:port 的地址"
            ),
        })?;
        Err(if !Self::may_be_asked(&url) && url.scheme() == "http" {
            text!(
                "must be https (plain http only to 127.0.0.0/8, ::1 or localhost)",
                "必须使用 https（仅 127.0.0.0/8、::1 和 localhost 允许 http）"
            )
        } else if !Self::may_be_asked(&url) {
            text!("must begin with https://", "必须以 https:// 开头")
        } else if !url.username().is_empty() || url.password().is_some() {
            text!("must not contain a user name or password", "不能包含用户名或密码")
        } else if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            text!(
                "must end after the host and port: no path, query or fragment",
                "只能写到主机和端口：不能有路径、查询串或片段"
            )
        } else {
            return Ok(Self(url));
        })
    }

    /// Whether a credential may be sent to an address, whatever its path: over https anywhere, over http to this machine.
    pub fn may_be_asked(url: &Url) -> bool {
        url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
    }

    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The value of the `host` header: with the port, unless it is the scheme's own.
    pub fn authority(&self) -> String {
        self.0.authority().to_owned()
    }

    /// The whole address, without the closing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

/// The host of an address that has letters outside ASCII, and the same in ASCII. Addresses are not read so by themselves: the
/// tables of Unicode for that would be a twentieth of the program. Without them a name that looks like another can't be told
/// from it, so nothing is connected to by what this says.
pub fn host_in_ascii(address: &str) -> Option<(&str, String)> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    // The part before a later `@` may be the beginning of a password.
    let host = authority.rsplit('@').next().filter(|_| !rest[authority.len()..].contains('@'))?.split(':').next()?;
    let label = |label: &str| {
        if label.is_ascii() {
            return Some(label.to_owned());
        }
        // Of these some would have to be put together, or be written as others.
        let is_mark = |character| matches!(character, '\u{300}'..='\u{36f}' | '\u{ff00}'..='\u{ffef}');
        let is_letter = |character: char| character == '-' || (character.is_alphanumeric() && !is_mark(character));
        let label = label.to_lowercase();
        Some(format!("xn--{}", idna::punycode::encode_str(&label).filter(|_| label.chars().all(is_letter))?))
    };
    let ascii = host.split(['.', '。']).map(label).collect::<Option<Vec<_>>>()?.join(".");
    (!host.is_ascii()).then_some((host, ascii))
}

pub(super) fn in_punycode(ascii: &str) -> Text {
    text!("must have its host in punycode: `{ascii}`", "其中的主机名必须写成 punycode：`{ascii}`")
}

/// Whether the HTTP library, which parses addresses by other rules, accepts it.
pub(super) fn is_known_to_http(url: &Url) -> bool {
    url.as_str().parse::<http::Uri>().is_ok()
}

/// Decided by the spelling alone, without asking DNS.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
