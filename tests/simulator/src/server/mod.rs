//! Sockets in front of the simulator: http and https on a thread of their own.

mod certificate;
mod connection;
mod control;
mod http1;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::simulator::Simulator;
use certificate::Certificate;
pub use certificate::Flaw;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The address for http; port 0 is any free one.
    pub http: Option<SocketAddr>,
    /// The address for https.
    pub https: Option<SocketAddr>,
    /// Names and addresses in the certificate, beside `localhost` and `127.0.0.1`.
    pub names: Vec<String>,
    /// What is wrong with the certificate.
    pub flaw: Option<Flaw>,
}

impl Default for Options {
    fn default() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { http: Some(loopback), https: Some(loopback), names: Vec::new(), flaw: None }
    }
}

/// A running server. It stops when it is dropped.
///
/// A connection that is planned not to come about is accepted by the kernel anyway, then reset before a byte
/// is read: over https the handshake fails, which is a failure to connect; over http a client may have begun to
/// send. Where that matters, use https, or a port where no one listens. It has to be planned for any request
/// ([`crate::When::next`]): what a connection will ask for is known only once it is there, so a fault for an action
/// closes the connection after reading instead.
#[derive(Debug)]
pub struct Server {
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    ca_pem: String,
    connections: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, makes a CA and a certificate, and serves until dropped.
    pub fn start(simulator: Simulator, options: &Options) -> io::Result<Self> {
        let certificate = Certificate::new(&options.names, options.flaw).map_err(io::Error::other)?;
        let bind = |address: SocketAddr| -> io::Result<(TcpListener, SocketAddr)> {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let http = options.http.map(bind).transpose()?;
        let https = options.https.map(bind).transpose()?;
        let addresses = [&http, &https].map(|bound| bound.as_ref().map(|(_, address)| *address));

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let connections = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = oneshot::channel();
        let acceptor = TlsAcceptor::from(Arc::new(certificate.config));
        let service = connection::Service { simulator, connections: Arc::clone(&connections) };
        // Registering a listener needs the runtime's reactor.
        let guard = runtime.enter();
        let http = http.map(|(listener, _)| tokio::net::TcpListener::from_std(listener)).transpose()?;
        let https = https.map(|(listener, _)| tokio::net::TcpListener::from_std(listener)).transpose()?;
        drop(guard);
        let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || {
            runtime.block_on(async move {
                if let Some(listener) = http {
                    tokio::spawn(service.clone().accept(listener, None));
                }
                if let Some(listener) = https {
                    tokio::spawn(service.clone().accept(listener, Some(acceptor)));
                }
                // A dropped sender stops it as well.
                let _ = stopped.await;
            });
        })?;
        Ok(Self {
            http: addresses[0],
            https: addresses[1],
            ca_pem: certificate.ca_pem,
            connections,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address for http.
    #[must_use]
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// The address for https.
    #[must_use]
    pub fn https(&self) -> Option<SocketAddr> {
        self.https
    }

    /// `http://ADDRESS:PORT`; empty when it does not serve http.
    #[must_use]
    pub fn http_url(&self) -> String {
        self.http.map_or(String::new(), |address| format!("http://{address}"))
    }

    /// `https://ADDRESS:PORT`; empty when it does not serve https.
    #[must_use]
    pub fn https_url(&self) -> String {
        self.https.map_or(String::new(), |address| format!("https://{address}"))
    }

    /// The CA that a client has to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// How many connections were accepted, those included that were then refused by plan.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
