//! What an operator may set of the repository.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How long, how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A cache may keep the current list this long, in `open` mode: 300 seconds. Longer, and an urgent revocation
    /// would stand in the repository and be seen by nobody.
    pub max_age: SignedDuration,
    /// So many numbers of a scope stay at their own addresses: 8.
    pub keep: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_age: SignedDuration::from_secs(300), keep: 8 }
    }
}

impl Settings {
    /// What makes no sense, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        let longest = SignedDuration::from_hours(24);
        let is_sound = (SignedDuration::ZERO..=longest).contains(&self.max_age);
        if self.keep == 0 {
            return Some("keep is 0: no list would stay at its own address, not even the newest");
        }
        (!is_sound).then_some("max_age is less than no time, or longer than a day")
    }
}

/// How often it is looked whether a list was handed over: an urgent revocation is published within the minute.
pub const TICK: Duration = Duration::from_millis(200);

/// After a list that could not be published its scope rests this long.
pub const RETRY: Duration = Duration::from_secs(1);
