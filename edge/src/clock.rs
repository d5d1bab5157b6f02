//! The one place where the program reads the operating system's clock.

use std::time::{Duration, Instant};

use akashi_wire::Clock;
use jiff::Timestamp;

/// The operating system's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// The clock; its monotonic time counts from now.
    #[expect(clippy::new_without_default, reason = "it reads a clock: that must be seen")]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}
