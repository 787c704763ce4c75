//! The time of day.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A clock that starts at a given moment, goes on with the runtime's time, and can be set right by a server's.
pub struct Clock {
    origin: Cell<SystemTime>,
    since: Instant,
}

impl Clock {
    /// A clock that shows `now` now.
    #[must_use]
    pub fn starting_at(now: SystemTime) -> Self {
        Self { origin: Cell::new(now), since: Instant::now() }
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        self.origin.get() + self.elapsed()
    }

    /// Makes the clock show `now` from here on. The time that has elapsed stays what it is.
    pub fn set(&self, now: SystemTime) {
        self.origin.set(now.checked_sub(self.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH));
    }

    /// The time since the clock was started.
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}
