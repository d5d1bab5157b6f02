//! The responder's numbers, in one place.

use std::time::Duration;

/// Numbers of the responder; each has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// From thisUpdate to nextUpdate. Default: one hour. A kept answer is renewed at half of it.
    pub validity: Duration,
    /// The longest time that caches on the way may keep an answer, in `open` mode. Default: 60 s.
    pub max_age: Duration,
    /// Without having read the book for this long, `tryLater`. Default: 60 s.
    pub lost_contact: Duration,
    /// How often the book is read. Default: 200 ms, so that a revocation is told well within a
    /// second of its commit.
    pub follow_every: Duration,
    /// How often the table is made anew from the whole book and compared. Default: 10 minutes.
    pub compare_every: Duration,
    /// The most signed answers that are kept, about 2 KiB each. Default: 32 768.
    pub kept_answers: usize,
    /// How far the clock may stand behind the last signature. Default: 5 s.
    pub clock_tolerance: Duration,
    /// How long an agency's question waits for the book (who asks, and the record of the
    /// question) before it is told `tryLater`. Default: 5 s.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            validity: Duration::from_secs(60 * 60),
            max_age: Duration::from_secs(60),
            lost_contact: Duration::from_secs(60),
            follow_every: Duration::from_millis(200),
            compare_every: Duration::from_secs(10 * 60),
            kept_answers: 32_768,
            clock_tolerance: Duration::from_secs(5),
            patience: Duration::from_secs(5),
        }
    }
}
