//! HTTP: one request, one answer or one failure, and whether any of the request can have reached the service.

mod address;
mod latch;
mod names;
mod proxy;

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io, iter};

use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

pub use address::Address;
pub use latch::Latch;
pub use proxy::Proxy;

use crate::text::{Text, text, without_number};
use names::Names;

/// How long making a connection may take: the name, TCP, the proxy and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes: a run with some thousand jobs.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// How long a download may take as a whole.
const LONGEST_DOWNLOAD: Duration = Duration::from_mins(10);

pub type Request = http::Request<Vec<u8>>;
pub type Answer = Result<http::Response<Vec<u8>>, Failure>;

/// Sends requests. The program's own is [`Https`]; tests bring a service without a network.
pub trait Transport {
    /// Sends one request, once, over a connection made for it alone and only through the latch, and reads the whole
    /// answer.
    fn send_fresh(&self, request: Request, latch: &Latch) -> impl Future<Output = Answer>;

    /// Sends one request that may as well be sent twice, over whatever connection there is.
    fn send(&self, request: Request) -> impl Future<Output = Answer>;

    /// The same for an answer of any length: each piece of its body goes to `take`, which keeps what the answer's body
    /// shall be. No further piece is read before it is done. The time limit is one for each piece, without `take`'s time.
    fn download(&self, request: Request, take: impl AsyncFnMut(&[u8], &mut Vec<u8>)) -> impl Future<Output = Answer>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// The library's own words, for the curious; free of secrets and addresses' user info.
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
    /// TLS could not be agreed on, or the certificate is not trusted. Nothing was sent.
    Tls,
    /// The request could not be built. Nothing was sent.
    Build,
    /// The time for an answer ran out.
    TimedOut,
    /// The connection ended before a whole answer had come.
    Broken,
    /// The answer is too large to be one of the service's.
    TooLarge,
}

impl Failure {
    /// Whether any byte of the request can have reached the service.
    pub fn may_have_sent(&self) -> bool {
        use FailureKind::{Build, Connect, Name, Proxy, Tls};
        !matches!(self.kind, Name | Connect | Proxy | Tls | Build)
    }

    /// What went wrong, for people; `host` is where the request was to go.
    pub fn describe(&self, host: &str) -> Text {
        use FailureKind::{Broken, Build, Connect, Name, Proxy, TimedOut, Tls, TooLarge};
        let detail = &self.detail;
        match self.kind {
            Name => text!("The name {host} could not be resolved", "无法解析域名 {host}"),
            Connect => text!("No connection to {host} ({detail})", "无法连接 {host}（{detail}）"),
            Proxy => {
                text!("No connection to {host} through the proxy ({detail})", "无法通过代理连接 {host}（{detail}）")
            }
            Tls => text!(
                "No trusted TLS connection to {host} ({detail})",
                "无法与 {host} 建立受信任的 TLS 连接（{detail}）"
            ),
            Build => text!("The request could not be built ({detail})", "无法构造请求（{detail}）"),
            TimedOut => text!("{host} did not answer in time", "{host} 未在限定时间内应答"),
            Broken => text!(
                "The connection to {host} ended before the whole answer ({detail})",
                "与 {host} 的连接在收到完整应答前中断（{detail}）"
            ),
            TooLarge => text!(
                "The answer of {host} is longer than 8 MiB, the most that is read",
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
                "Check HTTPS_PROXY, its user and password, and whether it lets this host through.",
                "请检查 HTTPS_PROXY 及其用户名和密码，以及代理是否放行该主机。"
            ),
            FailureKind::Tls => text!(
                "If a company proxy re-signs TLS, give its root certificate in `ca-certificates`.",
                "如果公司代理会替换 TLS 证书，请在 `ca-certificates` 中填入代理的根证书。"
            ),
            FailureKind::TooLarge => text!(
                "Check that `endpoint` is Yunxiao; a run whose detail is that long has too many jobs or variables to be followed.",
                "请检查 `endpoint` 是否为云效的地址；如果运行的详情确实这么长，说明任务或变量过多，无法跟踪。"
            ),
            _ => text!(
                "Check `endpoint`, the network and its firewall; behind a proxy, set HTTPS_PROXY.",
                "请检查 `endpoint`、网络和防火墙；如需经代理访问，请设置 HTTPS_PROXY。"
            ),
        }
    }
}

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    pub proxy: Option<Proxy>,
    /// Root certificates to trust beside the bundled Mozilla ones.
    pub roots: Vec<CertificateDer<'static>>,
    /// How long one answer may take, once the connection stands; `None` is without end.
    pub request_timeout: Option<Duration>,
}

/// The real transport.
pub struct Https {
    connection: Connection,
    tls: rustls::ClientConfig,
    names: Arc<Names>,
    kept: reqwest::Client,
}

impl Https {
    /// A transport that never follows a redirect and never resends on its own.
    pub fn new(connection: &Connection) -> Result<Self, Failure> {
        let tls = tls(&connection.roots).map_err(Failure::unbuildable)?;
        let no_thread = |_| Failure::unbuildable("no thread to look up names; check the limit of processes");
        let names = Arc::new(Names::new().map_err(no_thread)?);
        let kept = client(connection, &tls, &names)?.build().map_err(Failure::unbuildable)?;
        Ok(Self { connection: connection.clone(), tls, names, kept })
    }
}

impl Transport for Https {
    async fn send_fresh(&self, request: Request, latch: &Latch) -> Answer {
        let client = client(&self.connection, &self.tls, &self.names)?.connector_layer(latch.clone());
        self.exchange(&client.build().map_err(Failure::unbuildable)?, request, None, keep).await
    }

    async fn send(&self, request: Request) -> Answer {
        self.exchange(&self.kept, request, None, keep).await
    }

    async fn download(&self, request: Request, take: impl AsyncFnMut(&[u8], &mut Vec<u8>)) -> Answer {
        let limit = self.connection.request_timeout.unwrap_or(LONGEST_DOWNLOAD);
        self.exchange(&self.kept, request, Some(limit), take).await
    }
}

impl Https {
    /// Sends a request and reads the answer. A limit is one for each step of that; without it, the client's holds for all.
    async fn exchange(
        &self,
        client: &reqwest::Client,
        request: Request,
        limit: Option<Duration>,
        mut take: impl AsyncFnMut(&[u8], &mut Vec<u8>),
    ) -> Answer {
        let address = request.uri().to_string();
        let mut request = reqwest::Request::try_from(request).map_err(Failure::unbuildable)?;
        *request.timeout_mut() = limit.map(|_| LONGEST_DOWNLOAD);
        let limit = limit.unwrap_or(Duration::MAX);
        let timed_out = |_| Failure { kind: FailureKind::TimedOut, detail: String::new() };
        let failed = |error| self.blame(Failure::from_reqwest(error), &address);
        let mut answer = timeout(limit, client.execute(request)).await.map_err(timed_out)?.map_err(failed)?;
        let mut response = http::Response::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        while let Some(piece) = timeout(limit, answer.chunk()).await.map_err(timed_out)?.map_err(failed)? {
            take(&piece, response.body_mut()).await;
            if response.body().len() > LARGEST_ANSWER {
                return Err(Failure { kind: FailureKind::TooLarge, detail: String::new() });
            }
        }
        Ok(response)
    }

    /// With a proxy it is the proxy that is looked up and connected to.
    fn blame(&self, failure: Failure, address: &str) -> Failure {
        let has_proxy = self.connection.proxy.as_ref().is_some_and(|proxy| proxy.is_meant_for(address));
        match failure.kind {
            FailureKind::Name | FailureKind::Connect if has_proxy => Failure { kind: FailureKind::Proxy, ..failure },
            _ => failure,
        }
    }
}

fn client(
    connection: &Connection,
    tls: &rustls::ClientConfig,
    names: &Arc<Names>,
) -> Result<reqwest::ClientBuilder, Failure> {
    let builder = reqwest::Client::builder()
        .dns_resolver(Arc::clone(names))
        .tls_backend_preconfigured(tls.clone())
        .user_agent(concat!("yunxiao-run/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .no_proxy();
    let builder = match connection.request_timeout {
        None => builder.connect_timeout(CONNECT_TIMEOUT),
        Some(limit) => {
            // The connection's own limit ends first, so running into the whole one means that bytes were sent.
            let connect = limit.min(CONNECT_TIMEOUT);
            builder.connect_timeout(connect).timeout(connect + limit)
        }
    };
    let builder = match &connection.proxy {
        Some(proxy) => builder.proxy(proxy.to_reqwest().map_err(Failure::unbuildable)?),
        None => builder,
    };
    // Not asked of DNS.
    let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    Ok(builder.resolve_to_addrs("localhost", &loopback))
}

/// Keeps every piece.
async fn keep(piece: &[u8], body: &mut Vec<u8>) {
    body.extend_from_slice(piece);
}

/// TLS by ring with the bundled Mozilla roots: it works where there is no file at all.
fn tls(roots: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, rustls::Error> {
    let mut store = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    store.add_parsable_certificates(roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

impl Failure {
    /// The failure of a request that could not even be put together.
    pub fn unbuildable(error: impl fmt::Display) -> Self {
        Self { kind: FailureKind::Build, detail: without_number(&error.to_string()).to_owned() }
    }

    /// The library says "connect" of everything up to a usable connection, and of nothing later. Whatever it does not
    /// say that of counts as sent.
    fn from_reqwest(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let causes = causes(&error);
        let kind = if error.is_builder() {
            FailureKind::Build
        } else if error.is_connect() {
            if error.is_dns() {
                FailureKind::Name
            } else if causes.iter().any(|cause| cause.to_string().contains("tunnel")) {
                FailureKind::Proxy
            } else if causes.iter().any(|cause| cause.is::<rustls::Error>()) {
                FailureKind::Tls
            } else {
                FailureKind::Connect
            }
        } else if error.is_timeout() {
            FailureKind::TimedOut
        } else {
            FailureKind::Broken
        };
        let detail = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
        Self { kind, detail: without_number(&detail).to_owned() }
    }
}

/// Every error below this one. An [`io::Error`] leaves out the one it wraps when asked for its source.
fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map_or_else(|| cause.source(), |wrapped| Some(wrapped))
    })
    .collect()
}
