//! The time of day, here and at the service.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A clock that starts at a given moment, advances with the runtime's time, and can be corrected by a server's.
pub struct Clock {
    origin: Cell<SystemTime>,
    since: Instant,
    server: Cell<Option<SystemTime>>,
}

impl Clock {
    /// A clock that shows `now` now.
    pub fn starting_at(now: SystemTime) -> Self {
        Self { origin: Cell::new(now), since: Instant::now(), server: Cell::new(None) }
    }

    pub fn now(&self) -> SystemTime {
        self.origin.get() + self.elapsed()
    }

    /// Makes the clock show `now` from here on. The time that has elapsed stays what it is.
    pub fn set(&self, now: SystemTime) {
        self.origin.set(self.origin_of(now));
    }

    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// What this clock showed, or will show, when this much had elapsed.
    pub fn at(&self, elapsed: Duration) -> SystemTime {
        self.origin.get() + elapsed
    }

    /// Takes note of a server's time, just now.
    pub fn observe_server(&self, now: SystemTime) {
        self.server.set(Some(self.origin_of(now)));
    }

    /// What a server's clock showed when this much had elapsed, if a server's time is known.
    pub fn server_at(&self, elapsed: Duration) -> Option<SystemTime> {
        self.server.get().map(|origin| origin + elapsed)
    }

    fn origin_of(&self, now: SystemTime) -> SystemTime {
        now.checked_sub(self.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
