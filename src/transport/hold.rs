//! Opens a connection before the request is ready, and holds it until then.

use std::any::Any;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use super::latch::Latch;

/// How long a connection is held. The other end may be about to close one that is older, and a request that is written
/// to it then counts as sent.
const LONGEST: Duration = Duration::from_secs(2);

/// A layer of the HTTP library's connector. Until it is released, a connection that is made is held, and the request that
/// it was made for fails before a byte of it is sent. From then on connections pass a latch, the one that is held first.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<OnceLock<Latch>>);

impl Hold {
    /// Lets connections through, if the latch can be passed. A second release changes nothing.
    pub fn release(&self, latch: &Latch) {
        let _ = self.0.set(latch.clone());
    }
}

impl<S> Layer<S> for Hold {
    type Service = Holding<S>;

    fn layer(&self, connector: S) -> Holding<S> {
        Holding { connector, hold: self.clone(), held: Arc::default() }
    }
}

/// A connector whose connections are held, or dropped once the latch is closed.
#[derive(Clone)]
pub struct Holding<S> {
    connector: S,
    hold: Hold,
    held: Arc<Mutex<Option<Held>>>,
}

struct Held {
    connection: Box<dyn Any + Send>,
    since: Instant,
}

impl<S, R> Service<R> for Holding<S>
where
    S: Service<R, Error = Box<dyn Error + Send + Sync>>,
    S::Response: Read + Unpin + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        // It does nothing unless it is awaited.
        let connecting = self.connector.call(destination);
        let (latch, held) = (self.hold.0.get().cloned(), Arc::clone(&self.held));
        Box::pin(async move {
            let Some(latch) = latch else {
                let connection = Box::new(connecting.await?);
                put(&held, Some(Held { connection, since: Instant::now() }));
                return Err("it is held for a request to come".into());
            };
            let connection = match put(&held, None).and_then(usable) {
                Some(connection) => connection,
                None => connecting.await?,
            };
            if latch.pass() { Ok(connection) } else { Err("the step was cancelled".into()) }
        })
    }
}

/// Replaces the held connection, and returns the old one.
fn put(place: &Mutex<Option<Held>>, held: Option<Held>) -> Option<Held> {
    std::mem::replace(&mut *place.lock().unwrap_or_else(PoisonError::into_inner), held)
}

/// The connection, unless it is too old, or the other end has closed it or said something unasked.
fn usable<C: Read + Unpin + 'static>(held: Held) -> Option<C> {
    let mut connection = *held.connection.downcast::<C>().ok()?;
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    let is_silent =
        Pin::new(&mut connection).poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled()).is_pending();
    (is_silent && held.since.elapsed() <= LONGEST).then_some(connection)
}
