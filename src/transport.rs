//! HTTP: one request, one answer or one failure, and whether any of the request can have reached the service.

mod address;
mod cryptography;
mod failure;
mod hold;
mod latch;
mod names;
mod proxy;
mod tls_fault;

use std::cell::{OnceCell, RefCell};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, Der, TrustAnchor};
use rustls::sign::CertifiedKey;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use address::{Address, host_in_ascii};
pub use failure::{Failure, FailureKind};
pub use hold::Hold;
pub use latch::Latch;
pub use proxy::{Bypass, Proxy};
pub use tls_fault::TlsFault;

use names::Names;

use crate::machine::no_thread;
use crate::text::{Text, text};

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

    /// Begins to make the connection that the next [`send_fresh`](Self::send_fresh) to this address goes over, while other
    /// requests are answered. Whatever keeps it from being made is for that request to find.
    fn prepare_fresh(&self, _address: &Address) {}

    /// The same for the next [`send`](Self::send) to this address.
    fn prepare(&self, _address: &Address) {}

    /// Sends one request that may as well be sent twice, over whatever connection there is.
    fn send(&self, request: Request) -> impl Future<Output = Answer>;

    /// The same for an answer of any length: each piece of its body goes to `take`, which keeps what the answer's body
    /// shall be. No further piece is read before it is done. The time limit is one for each piece, without `take`'s time.
    fn download(&self, request: Request, take: impl AsyncFnMut(&[u8], &mut Vec<u8>)) -> impl Future<Output = Answer>;
}

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    pub proxy: Option<Proxy>,
    /// Root certificates to trust beside the bundled Mozilla ones.
    pub roots: Vec<CertificateDer<'static>>,
    /// How long one response may take after connecting; `None` means no limit.
    pub request_timeout: Option<Duration>,
}

/// The real transport.
pub struct Https {
    connection: Connection,
    tls: rustls::ClientConfig,
    names: Arc<Names>,
    asked: Arc<Asked>,
    /// For everything but what needs its own connection. A plain start never uses it.
    kept: OnceCell<reqwest::Client>,
    prepared: RefCell<Vec<Prepared>>,
}

/// A connection that is made ahead of its request.
struct Prepared {
    authority: String,
    is_fresh: bool,
    client: reqwest::Client,
    hold: Hold,
    making: JoinHandle<()>,
}

impl Https {
    /// A transport that never follows a redirect and never resends on its own.
    pub fn new(connection: &Connection) -> Result<Self, Text> {
        let asked = Arc::default();
        let tls = tls(&connection.roots, Arc::clone(&asked))
            .map_err(|error| text!("TLS can't be set up ({error}).", "无法初始化 TLS（{error}）。"))?;
        let names = Arc::new(Names::new().map_err(|error| no_thread(&error))?);
        let (kept, prepared) = (OnceCell::new(), RefCell::default());
        Ok(Self { connection: connection.clone(), tls, names, asked, kept, prepared })
    }

    fn kept(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let client = self.client().build().map_err(Failure::unbuildable)?;
        Ok(self.kept.get_or_init(|| client))
    }

    fn client(&self) -> reqwest::ClientBuilder {
        let Self { connection, tls, names, .. } = self;
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
            Some(proxy) => builder.proxy(proxy.to_reqwest()),
            None => builder,
        };
        // Not asked of DNS.
        let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        builder.resolve_to_addrs("localhost", &loopback)
    }

    /// A client whose connections pass a latch, once it has been told which.
    fn holding(&self) -> Result<(reqwest::Client, Hold), Failure> {
        let hold = Hold::default();
        let client = self.client().connector_layer(hold.clone()).build().map_err(Failure::unbuildable)?;
        Ok((client, hold))
    }

    fn make_ahead(&self, address: &Address, is_fresh: bool) {
        let Ok((client, hold)) = self.holding() else { return };
        // It ends once the connection is made.
        let request = client.get(address.as_str()).send();
        let making = tokio::spawn(async move { drop(request.await) });
        let authority = address.authority();
        self.prepared.borrow_mut().push(Prepared { authority, is_fresh, client, hold, making });
    }

    /// The client whose connection is being made for a request, once it has been made.
    async fn prepared(&self, request: &Request, is_fresh: bool) -> Option<(reqwest::Client, Hold)> {
        let prepared = {
            let mut all = self.prepared.borrow_mut();
            let authority = request.uri().authority().map(http::uri::Authority::as_str);
            let is_it = |it: &Prepared| it.is_fresh == is_fresh && authority == Some(&it.authority);
            let place = all.iter().position(is_it)?;
            all.swap_remove(place)
        };
        // What kept it from being made is found again by the request.
        let _ = prepared.making.await;
        Some((prepared.client, prepared.hold))
    }
}

impl Transport for Https {
    async fn send_fresh(&self, request: Request, latch: &Latch) -> Answer {
        let (client, hold) = match self.prepared(&request, true).await {
            Some(prepared) => prepared,
            None => self.holding()?,
        };
        hold.release(latch);
        self.exchange(&client, request, None, keep).await
    }

    async fn send(&self, request: Request) -> Answer {
        if let Some((client, hold)) = self.prepared(&request, false).await {
            hold.release(&Latch::default());
            return self.exchange(&client, request, None, keep).await;
        }
        self.exchange(self.kept()?, request, None, keep).await
    }

    fn prepare_fresh(&self, address: &Address) {
        self.make_ahead(address, true);
    }

    fn prepare(&self, address: &Address) {
        self.make_ahead(address, false);
    }

    async fn download(&self, request: Request, take: impl AsyncFnMut(&[u8], &mut Vec<u8>)) -> Answer {
        let limit = self.connection.request_timeout.unwrap_or(LONGEST_DOWNLOAD);
        self.exchange(self.kept()?, request, Some(limit), take).await
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
        let address = request.uri().clone();
        let mut request = reqwest::Request::try_from(request).map_err(Failure::unbuildable)?;
        *request.timeout_mut() = limit.map(|_| LONGEST_DOWNLOAD);
        let limit = limit.unwrap_or(Duration::MAX);
        let timed_out = |_| Failure { kind: FailureKind::TimedOut, detail: String::new() };
        let failed = |error| self.blame(Failure::from_reqwest(error), &address.to_string());
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

    /// With a proxy it is the proxy that is looked up and connected to. What was given already is not to be advised again.
    fn blame(&self, failure: Failure, address: &str) -> Failure {
        let proxy = self.connection.proxy.as_ref().filter(|proxy| proxy.is_meant_for(address));
        let kind = match failure.kind {
            FailureKind::Name | FailureKind::Connect if proxy.is_some() => FailureKind::Proxy,
            FailureKind::ProxyCredentials { .. } => {
                FailureKind::ProxyCredentials { were_given: proxy.is_some_and(Proxy::has_credentials) }
            }
            FailureKind::TlsFault(TlsFault::UnknownIssuer { .. }) => {
                FailureKind::TlsFault(TlsFault::UnknownIssuer { has_own_roots: !self.connection.roots.is_empty() })
            }
            // TLS 1.2 has no other alert for it.
            FailureKind::TlsFault(TlsFault::NothingInCommon) if self.asked.0.load(Ordering::Relaxed) => {
                FailureKind::TlsFault(TlsFault::ClientCertificate)
            }
            kind => kind,
        };
        Failure { kind, ..failure }
    }
}

/// Offers no client certificate, and remembers whether a server asked for one.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Keeps every piece.
async fn keep(piece: &[u8], body: &mut Vec<u8>) {
    body.extend_from_slice(piece);
}

/// TLS by ring with the bundled Mozilla roots: it works where there is no file at all.
fn tls(roots: &[CertificateDer<'static>], asked: Arc<Asked>) -> Result<rustls::ClientConfig, rustls::Error> {
    let mut store = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.iter().map(borrowed).collect() };
    store.add_parsable_certificates(roots.iter().cloned());
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(cryptography::provider()))
        .with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(store).with_client_cert_resolver(asked))
}

/// The same anchor. To clone one takes three times as long, for it may own its parts.
fn borrowed(anchor: &'static TrustAnchor<'static>) -> TrustAnchor<'static> {
    TrustAnchor {
        subject: Der::from_slice(&anchor.subject),
        subject_public_key_info: Der::from_slice(&anchor.subject_public_key_info),
        name_constraints: anchor.name_constraints.as_deref().map(Der::from_slice),
    }
}
