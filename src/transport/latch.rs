//! The latch between a request's connection and its first byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

/// Sits between opening a connection and sending a request over it. It is either passed or closed, never
/// both: once closed, not a byte is sent; once passed, bytes may be on their way.
#[derive(Clone, Debug, Default)]
pub struct Latch(Arc<AtomicU8>);

impl Latch {
    /// Closes the latch, unless it was passed already. Returns whether it is closed.
    #[must_use]
    pub fn close(&self) -> bool {
        self.0.compare_exchange(OPEN, CLOSED, Ordering::SeqCst, Ordering::SeqCst) != Err(PASSED)
    }

    /// Passes the latch, unless it is closed. Returns whether it was passed.
    #[must_use]
    pub fn pass(&self) -> bool {
        self.0.compare_exchange(OPEN, PASSED, Ordering::SeqCst, Ordering::SeqCst) != Err(CLOSED)
    }
}
