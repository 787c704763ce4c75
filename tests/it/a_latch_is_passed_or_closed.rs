//! The latch between a connection and the first byte: passed or closed, never both; and connections that are made first.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor};
use tower_layer::Layer;
use tower_service::Service;
use yunxiao_run::transport::{Hold, Latch};

/// A connection, by its number: what its other end has said so far.
#[derive(Debug)]
struct Connection(u32, Poll<()>);

impl Read for Connection {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.1.map(Ok)
    }
}

/// Makes connections and counts them.
#[derive(Clone)]
struct Connector {
    made: Arc<AtomicU32>,
    says: Poll<()>,
    is_ready: bool,
}

impl Service<()> for Connector {
    type Response = Connection;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if self.is_ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        let (made, says) = (Arc::clone(&self.made), self.says);
        Box::pin(async move { Ok(Connection(made.fetch_add(1, Ordering::SeqCst) + 1, says)) })
    }
}

fn connector(says: Poll<()>) -> Connector {
    Connector { made: Arc::default(), says, is_ready: true }
}

#[test]
fn behind_a_latch_a_connector_is_ready_no_sooner() {
    let mut holding = Hold::default().layer(Connector { is_ready: false, ..connector(Poll::Pending) });
    assert!(holding.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn a_latch_is_passed_or_closed_and_stays_so() {
    let closed = Latch::default();
    assert!(closed.close() && closed.close() && !closed.pass());
    let passed = Latch::default();
    assert!(passed.pass() && passed.pass() && !passed.close());
    assert!(!passed.clone().close(), "clones are the same latch");
}

/// The number of the connection that a request gets, where one was made so long before.
async fn after(says: Poll<()>, age: Duration, latch: &Latch) -> Result<u32, String> {
    let hold = Hold::default();
    let mut holding = hold.layer(connector(says));
    let ahead = holding.call(()).await.unwrap_err().to_string();
    assert_eq!(ahead, "it is held for a request to come", "no byte of the first request may be sent");
    tokio::time::sleep(age).await;
    hold.release(latch);
    hold.release(&Latch::default());
    holding.call(()).await.map(|connection| connection.0).map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_made_first_is_used_if_it_is_young_and_silent() {
    let seconds = Duration::from_secs_f32;
    for (says, age, expected, why) in [
        (Poll::Pending, 0.0, 1, "it is as good as a new one"),
        (Poll::Pending, 2.0, 1, "it is still young"),
        (Poll::Pending, 2.1, 2, "its other end may be about to close it"),
        (Poll::Ready(()), 0.0, 2, "its other end has closed it, or says what nobody asked for"),
    ] {
        let latch = Latch::default();
        assert_eq!(after(says, seconds(age), &latch).await, Ok(expected), "{why}");
        assert!(!latch.close(), "the latch was passed: {why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_made_first_does_not_pass_a_closed_latch() {
    let latch = Latch::default();
    assert!(latch.close());
    assert_eq!(after(Poll::Pending, Duration::ZERO, &latch).await, Err("the step was cancelled".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_held_connection_is_used_once() {
    let hold = Hold::default();
    let mut holding = hold.layer(connector(Poll::Pending));
    holding.call(()).await.unwrap_err();
    hold.release(&Latch::default());
    assert_eq!([holding.call(()).await.unwrap().0, holding.call(()).await.unwrap().0], [1, 2]);
}
