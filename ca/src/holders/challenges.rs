//! What the holders' door gave out, and to which no application has answered yet.
//!
//! In memory alone: after a restart a holder asks for another one.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long one is good for.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// So many are remembered; a flood of askers puts out the oldest, whose holder asks again.
const MOST: usize = 10_000;

/// Challenges that nobody has answered.
#[derive(Default)]
pub(super) struct Challenges(HashMap<[u8; 16], Timestamp>);

impl Challenges {
    /// Remembers a new one.
    pub fn give(&mut self, challenge: [u8; 16], now: Timestamp) {
        if self.0.len() >= MOST {
            self.0.retain(|_, given| now.duration_since(*given) <= LIFE);
        }
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, given)| **given).map(|(c, _)| *c)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(challenge, now);
    }

    /// Whether it was given out within its life and not answered yet; from now on it is.
    pub fn take(&mut self, challenge: &[u8], now: Timestamp) -> bool {
        let Ok(challenge) = <[u8; 16]>::try_from(challenge) else { return false };
        self.0.remove(&challenge).is_some_and(|given| now.duration_since(given).abs() <= LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_good_once_and_for_five_minutes() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let mut challenges = Challenges::default();
        challenges.give([1; 16], now);
        challenges.give([2; 16], now);
        assert!(challenges.take(&[1; 16], now + LIFE));
        assert!(!challenges.take(&[1; 16], now + LIFE), "once");
        assert!(!challenges.take(&[2; 16], now + LIFE + SignedDuration::from_secs(1)), "too late");
        assert!(!challenges.take(&[3; 16], now), "never given");
        assert!(!challenges.take(&[], now));
    }

    #[test]
    fn a_flood_of_askers_takes_no_more_memory_than_there_is_for_it() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let mut challenges = Challenges::default();
        for number in 0..MOST as i64 + 10 {
            let mut challenge = [0; 16];
            challenge[..8].copy_from_slice(&number.to_be_bytes());
            challenges.give(challenge, now + SignedDuration::from_millis(number));
        }
        assert_eq!(challenges.0.len(), MOST);
        let mut newest = [0; 16];
        newest[..8].copy_from_slice(&(MOST as i64 + 9).to_be_bytes());
        assert!(challenges.take(&newest, now));
    }
}
