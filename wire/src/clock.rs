//! What time it is, as the edges are told.
//!
//! Nothing below the edges asks: there `now` is an argument. The program's own clock, which reads
//! the operating system's, stands in the front door; here is the one that tests and the
//! demonstration set by hand.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time to a server's door and to a room's scheduler.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Time since some moment in the past, which no setting of the clock moves.
    fn monotonic(&self) -> Duration;

    /// Both at one moment: whoever compares them must not read one before and one after the clock
    /// was moved.
    fn read(&self) -> (Timestamp, Duration) {
        (self.now(), self.monotonic())
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct SimulatedClock(Mutex<(Timestamp, Duration)>);

impl SimulatedClock {
    /// A clock that stands at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new((now, Duration::ZERO)))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut clock = self.0.lock().expect("nobody panics with the clock in hand");
        let by_signed = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        *clock = (clock.0.saturating_add(by_signed).unwrap_or(Timestamp::MAX), clock.1 + by);
    }

    /// Lets time pass until this moment; a moment in the past changes nothing.
    pub fn advance_to(&self, until: Timestamp) {
        if let Ok(by) = Duration::try_from(until.duration_since(self.now())) {
            self.advance(by);
        }
    }

    /// Sets the time of day alone, as a wrong hand on the clock does.
    pub fn set(&self, now: Timestamp) {
        self.0.lock().expect("nobody panics with the clock in hand").0 = now;
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("nobody panics with the clock in hand").0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().expect("nobody panics with the clock in hand").1
    }

    fn read(&self) -> (Timestamp, Duration) {
        *self.0.lock().expect("nobody panics with the clock in hand")
    }
}
