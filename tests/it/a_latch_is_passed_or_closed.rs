//! The latch between a connection and the first byte: passed or closed, never both.

use std::error::Error;
use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use tower_layer::Layer;
use tower_service::Service;
use yunxiao_run::transport::Latch;

/// A connector that is never ready.
struct Busy;

impl Service<()> for Busy {
    type Response = ();
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Ready<Result<(), Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Pending
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

#[test]
fn behind_a_latch_a_connector_is_ready_no_sooner() {
    let mut latched = Latch::default().layer(Busy);
    assert!(latched.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn a_latch_is_passed_or_closed_and_stays_so() {
    let closed = Latch::default();
    assert!(closed.close() && closed.close() && !closed.pass());
    let passed = Latch::default();
    assert!(passed.pass() && passed.pass() && !passed.close());
    assert!(!passed.clone().close(), "clones are the same latch");
}
