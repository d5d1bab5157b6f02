//! What time it is, as the edges are told.
//!
//! Nothing below the edges asks: there `now` is an argument. The programs' own clock stands in the
//! front door; here is the one that tests and the demonstration set by hand.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::octets::Sha256;

/// Tells the time to a server's door and to a room's scheduler.
pub trait Clock: Send + Sync {
    /// One look: what belongs to one moment is read at once.
    fn read(&self) -> Reading;

    /// The time of day, by which everything is judged.
    fn now(&self) -> Timestamp {
        self.read().now
    }

    /// Time since some moment in the past, which no setting of the clock moves.
    fn monotonic(&self) -> Duration {
        self.read().monotonic
    }

    /// What is known from before this start. Before it is told, the machine is believed.
    fn resume(&self, _past: &Past) {}

    /// What others of the authority know meanwhile: in the same life of the machine they have settled what
    /// time it is; elsewhere it is not before what they have recorded. Told while there is a doubt, and when a time
    /// was brought back, which is the one thing that lets it go back.
    fn hear(&self, _past: &Past) {}

    /// Which start of which machine this is of, where that is known.
    fn boot(&self) -> Option<Sha256> {
        None
    }

    /// Whether this goes on from a start in another life of the machine than the newest that is known: what its clock
    /// says has no witness yet but what lies before.
    fn began_anew(&self) -> bool {
        false
    }

    /// Does not believe the machine's clock as it stands, since a start: until it is set, or somebody says what time
    /// it is, the time is that bound. Called before anything is recorded by it.
    fn withhold_belief(&self) {}

    /// Believes it as a start does: within what a stop can last, or, where somebody vouches for it, whatever it says
    /// that is not before what is known.
    fn give_belief(&self, _is_vouched_for: bool) {}

    /// Where this time stands in the life of the machine; `None` where the time is not known, or may
    /// still be set, or nothing is known of the machine.
    fn mark(&self) -> Option<Mark> {
        None
    }

    /// Takes a time that two witnesses agree on: the machine's where that is within a minute of it.
    fn settle(&self, _agreed: Timestamp) {}

    /// Takes the machine's word for the time: who may say so has said that it is right.
    fn believe_the_machine(&self) {}
}

/// One look at a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The time of day, by which everything is judged.
    pub now: Timestamp,
    /// Time since some moment in the past, which no setting of the clock moves.
    pub monotonic: Duration,
    /// Why the machine's own clock is not believed, where it is not.
    pub doubt: Option<Doubt>,
    /// Whether the machine says that its clock is synchronised with others.
    pub is_synchronised: bool,
    /// The entry that brought the time back last, as far as this clock has heard: a reading of before it is of a time
    /// that was found wrong.
    pub brought_back: i64,
}

/// Why the machine's clock is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It was set, or the machine stood still, since the time was last known: it differs from the time that
    /// was kept without it. That is right where somebody set the clock, and behind where the machine stood still:
    /// which of the two it was the machine cannot know.
    Differs {
        /// By how much it is ahead; below zero it is behind.
        ahead: SignedDuration,
    },
    /// Nothing known reaches to this start: the time that is told is the last known one and what has passed
    /// since the start, which the true time is not before, unless what is on record is itself ahead of it.
    Unwitnessed {
        /// By how much the machine's clock is ahead of that bound; below zero it is behind.
        ahead: SignedDuration,
    },
}

impl Doubt {
    /// Whether the time that is told is a bound and no more.
    pub fn is_unwitnessed(&self) -> bool {
        matches!(self, Self::Unwitnessed { .. })
    }

    /// By how much the machine's clock is ahead of the time that is told.
    pub fn ahead(&self) -> SignedDuration {
        match self {
            Self::Differs { ahead } | Self::Unwitnessed { ahead } => *ahead,
        }
    }
}

/// A time that was known, and where it stood in the life of the machine: as long as that runs, how much has
/// passed since is known whatever its clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Which start of which machine: SHA-256 of the kernel's boot id.
    pub boot: Sha256,
    /// Milliseconds since that start, with those in which the machine slept.
    pub since_boot: u64,
    /// The time, in milliseconds since 1970.
    pub at: i64,
}

/// What is known of the time from before a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// The newest time on record: it is not before this.
    pub latest: Timestamp,
    /// The newest mark.
    pub mark: Option<Mark>,
    /// Whether the machine's clock was in doubt when that was recorded: what it differs by now is no drift.
    pub in_doubt: bool,
    /// The entry that brought the time back last, by its position; 0 where none did. Who knows an earlier one goes on
    /// by a time that was found wrong.
    pub brought_back: i64,
}

/// By how much a clock that says this is wrong, where the time is that: "9 h 0 min fast".
pub fn off(says: Timestamp, time: Timestamp) -> String {
    let ahead = says.duration_since(time);
    let minutes = ahead.abs().as_secs().div_euclid(60);
    let which = if ahead.is_negative() { "slow" } else { "fast" };
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min {which}"),
        (0, hours, minutes) => format!("{hours} h {minutes} min {which}"),
        (days, hours, _) => format!("{days} d {hours} h {which}"),
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

    /// Sets the time of day alone.
    pub fn set(&self, now: Timestamp) {
        self.0.lock().expect("nobody panics with the clock in hand").0 = now;
    }
}

impl Clock for SimulatedClock {
    fn read(&self) -> Reading {
        let (now, monotonic) = *self.0.lock().expect("nobody panics with the clock in hand");
        Reading { now, monotonic, doubt: None, is_synchronised: true, brought_back: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_how_much_a_clock_is_wrong_is_said_as_people_say_it() {
        let time: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        for (ahead, said) in [
            (SignedDuration::from_secs(9 * 3600), "9 h 0 min fast"),
            (SignedDuration::from_secs(-9 * 3600 - 61), "9 h 1 min slow"),
            (SignedDuration::from_mins(6), "6 min fast"),
            (SignedDuration::from_hours(-366 * 24), "366 d 0 h slow"),
        ] {
            assert_eq!(off(time + ahead, time), said);
        }
    }
}
