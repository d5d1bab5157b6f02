//! Whether a program lives and is ready, part by part.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the parts of a program have said of themselves.
///
/// A part that goes round (a scheduler, a follower) says so each time; one that is late does not live, and one that says
/// that something is wrong lives and is not ready.
#[derive(Debug)]
pub struct Health {
    parts: Mutex<BTreeMap<&'static str, Part>>,
}

#[derive(Debug)]
struct Part {
    /// It comes round within this time, or does not live.
    within: Duration,
    at: Duration,
    wrong: Option<String>,
}

/// How a program stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which program, by its file.
    pub program: String,
    /// Its version.
    pub version: String,
    /// The process.
    pub process: u32,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

/// How the parts of a program stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What does not live, with how long it is late: empty where everything does.
    pub late: Vec<String>,
    /// Why it is not ready: empty where it is.
    pub not_ready: Vec<String>,
}

impl Health {
    /// Nothing is known.
    pub(crate) const fn new() -> Self {
        Self { parts: Mutex::new(BTreeMap::new()) }
    }

    /// A part has come round at this time since the machine's start, and will again within that time; `wrong` is what it
    /// found wrong.
    pub fn round(
        &self,
        part: &'static str,
        within: Duration,
        now: Duration,
        wrong: Option<String>,
    ) {
        self.parts().insert(part, Part { within, at: now, wrong });
    }

    /// How everything stands at this time since the machine's start.
    pub fn standing(&self, now: Duration) -> Standing {
        let parts = self.parts();
        let age = |part: &Part| now.saturating_sub(part.at);
        let late = parts.iter().filter(|(_, part)| age(part) > part.within);
        let late: Vec<String> =
            late.map(|(name, part)| format!("{name}: not for {} s", age(part).as_secs())).collect();
        let wrong = parts
            .iter()
            .filter_map(|(name, part)| part.wrong.as_ref().map(|wrong| format!("{name}: {wrong}")));
        let mut not_ready: Vec<String> = wrong.collect();
        if parts.is_empty() {
            not_ready.push("it is starting".into());
        }
        not_ready.extend(late.iter().cloned());
        Standing { late, not_ready }
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<&'static str, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_part_that_is_late_does_not_live_and_one_that_finds_something_wrong_is_not_ready() {
        let health = Health::new();
        assert_eq!(health.standing(at(0)).not_ready, ["it is starting"]);
        health.round("scheduler", at(60), at(100), None);
        assert_eq!(health.standing(at(160)), Standing::default());
        let late = health.standing(at(161));
        assert_eq!(late.late, ["scheduler: not for 61 s"]);
        assert_eq!(late.not_ready, late.late, "who does not live is not ready either");
        health.round("scheduler", at(60), at(200), Some("the book is away".into()));
        let wrong = health.standing(at(201));
        assert!(wrong.late.is_empty());
        assert_eq!(wrong.not_ready, ["scheduler: the book is away"]);
        health.round("scheduler", at(60), at(202), None);
        assert_eq!(health.standing(at(203)), Standing::default());
    }
}
