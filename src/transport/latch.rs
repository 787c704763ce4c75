//! The latch between a request's connection and its first byte.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

/// Stands between the making of a connection and the sending of a request over it. It is either passed or closed, never
/// both: once closed, not a byte is sent; once passed, bytes may be on their way.
#[derive(Clone, Debug, Default)]
pub struct Latch(Arc<AtomicU8>);

impl Latch {
    /// Closes the latch, unless it was passed already. Yields whether it is closed.
    #[must_use]
    pub fn close(&self) -> bool {
        self.0.compare_exchange(OPEN, CLOSED, Ordering::SeqCst, Ordering::SeqCst) != Err(PASSED)
    }

    /// Passes the latch, unless it is closed. Yields whether it was passed.
    #[must_use]
    pub fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::SeqCst, Ordering::SeqCst) != Err(CLOSED)
    }
}

/// The HTTP library makes a connection and then sends the request; this looks in between.
impl<S> Layer<S> for Latch {
    type Service = Latched<S>;

    fn layer(&self, connector: S) -> Latched<S> {
        Latched { connector, latch: self.clone() }
    }
}

/// A connector whose connections come to nothing once the latch is closed.
#[derive(Clone)]
pub struct Latched<S> {
    connector: S,
    latch: Latch,
}

impl<S, R> Service<R> for Latched<S>
where
    S: Service<R, Error = Box<dyn Error + Send + Sync>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let (connecting, latch) = (self.connector.call(destination), self.latch.clone());
        Box::pin(async move {
            let connection = connecting.await?;
            if latch.pass() { Ok(connection) } else { Err("the step was cancelled".into()) }
        })
    }
}
