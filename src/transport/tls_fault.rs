//! Why a server can't be trusted, permanently: the message, and what to do.

use std::time::{Duration, SystemTime};

use rustls::{AlertDescription, CertificateError};

use crate::text::{Text, text};

/// What is wrong with a server's certificate, or that both ends have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    UnknownIssuer {
        has_own_roots: bool,
    },
    /// By this machine's clock, which showed `now`; in seconds since 1970.
    Expired {
        until: u64,
        now: u64,
    },
    NotYetValid {
        from: u64,
        now: u64,
    },
    OtherName,
    /// It is a CA's own.
    OfAuthority,
    /// It, or one above it, has a key or a signature of a kind that can't be checked.
    KeyType,
    /// The server requires a client certificate, and this program has none.
    ClientCertificate,
    /// There is no version, cipher or kind of key that both ends can use.
    NothingInCommon,
    Other,
}

impl TlsFault {
    /// The library's errors that are permanent.
    pub(super) fn of(error: &rustls::Error) -> Option<Self> {
        use CertificateError as Fault;
        Some(match error {
            rustls::Error::InvalidCertificate(fault) => match fault {
                // The second is from a root with the same name and another key: a replaced one.
                Fault::UnknownIssuer | Fault::BadSignature => Self::UnknownIssuer { has_own_roots: false },
                Fault::ExpiredContext { time, not_after } => {
                    Self::Expired { until: not_after.as_secs(), now: time.as_secs() }
                }
                Fault::NotValidYetContext { time, not_before } => {
                    Self::NotYetValid { from: not_before.as_secs(), now: time.as_secs() }
                }
                Fault::NotValidForName | Fault::NotValidForNameContext { .. } => Self::OtherName,
                Fault::UnsupportedSignatureAlgorithmContext { .. }
                | Fault::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::KeyType,
                Fault::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => Self::OfAuthority,
                _ => Self::Other,
            },
            // The client sends no certificate that could be bad.
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
                Self::ClientCertificate
            }
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion) => {
                Self::NothingInCommon
            }
            _ => return None,
        })
    }

    pub(super) fn describe(self, detail: &str) -> Text {
        match self {
            Self::UnknownIssuer { has_own_roots: false } => {
                text!("its certificate is not signed by a trusted CA", "证书的签发者不受信任")
            }
            Self::UnknownIssuer { has_own_roots: true } => text!(
                "its certificate is not signed by a trusted CA, nor by the root certificates that were given",
                "证书的签发者不受信任，也不在额外填写的根证书之列"
            ),
            Self::Expired { until, now } => {
                let (until, now) = (moment(until), moment(now));
                text!(
                    "its certificate has expired: it was valid until {until}, and this machine's clock shows {now}",
                    "证书已过期：有效期至 {until}，本机时钟为 {now}"
                )
            }
            Self::NotYetValid { from, now } => {
                let (from, now) = (moment(from), moment(now));
                text!(
                    "its certificate is not valid yet: it is valid from {from}, and this machine's clock shows {now}",
                    "证书尚未生效：自 {from} 起有效，本机时钟为 {now}"
                )
            }
            Self::OtherName => {
                text!("its certificate is for another host ({detail})", "证书属于其他主机（{detail}）")
            }
            Self::OfAuthority => text!("a CA certificate is used as the server's own", "CA 证书被直接用作服务器证书"),
            Self::KeyType => text!(
                "its certificate, or one above it, has an unsupported key or signature type, such as P-521",
                "证书或其上级证书的密钥或签名类型不受支持，例如 P-521"
            ),
            Self::ClientCertificate => text!(
                "the server requires a client certificate (mutual TLS), which this program doesn't support",
                "服务器要求客户端证书（双向 TLS），而本程序不支持提供"
            ),
            Self::NothingInCommon => text!(
                "the server offers no supported TLS version, cipher or key type: it may support only TLS 1.1 or \
                 older, or have a certificate with a key such as P-521 ({detail})",
                "服务器没有提供受支持的 TLS 版本、加密套件或密钥类型：可能最高只支持 TLS 1.1，或证书密钥为 P-521 等类型（{detail}）"
            ),
            Self::Other => text!("its certificate can't be used ({detail})", "证书无法使用（{detail}）"),
        }
    }

    pub(super) fn advice(self) -> Text {
        match self {
            Self::UnknownIssuer { has_own_roots: false } => text!(
                "If a company proxy re-signs TLS, or the service has a certificate from your company's CA, set \
                 `ca-certificates` to that root certificate.",
                "如果公司代理会替换 TLS 证书，或服务使用企业自建 CA 的证书，请在 `ca-certificates` 中填入该根证书。"
            ),
            Self::UnknownIssuer { has_own_roots: true } => text!(
                "Set `ca-certificates` to the root that signed it: `openssl s_client -showcerts` shows the chain.",
                "请在 `ca-certificates` 中填入实际签发者的根证书：可用 `openssl s_client -showcerts` 查看签发者。"
            ),
            Self::Expired { .. } => text!(
                "Renew the server's certificate, or correct this machine's clock.",
                "请更新服务器证书，或校准本机时钟。"
            ),
            Self::NotYetValid { .. } => text!("Correct this machine's clock.", "请校准本机时钟。"),
            Self::OtherName => text!(
                "Check `endpoint`: it must be a host name in the certificate.",
                "请检查 `endpoint`：应使用证书中的主机名。"
            ),
            Self::OfAuthority => text!(
                "Issue a server certificate signed by that CA; the CA's own belongs in `ca-certificates`.",
                "请为服务器单独签发证书；CA 证书填入 `ca-certificates`。"
            ),
            Self::ClientCertificate => text!(
                "Use an `endpoint` or proxy that doesn't require one; Yunxiao's own endpoints don't.",
                "请使用不要求客户端证书的 `endpoint` 或代理：云效自身的地址不要求。"
            ),
            Self::KeyType | Self::NothingInCommon => text!(
                "The server needs TLS 1.2 or 1.3; it and the CAs above it need RSA keys of 2048 bits or more, P-256, \
                 P-384 or Ed25519, with SHA-256 or better.",
                "请让服务器支持 TLS 1.2 或 1.3，并为它及其上级 CA 使用 2048 位以上的 RSA、P-256、P-384 或 Ed25519 密钥，\
                 签名使用 SHA-256 或更强的算法。"
            ),
            Self::Other => text!("Replace the server's certificate.", "请更换服务器证书。"),
        }
    }
}

fn moment(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}
