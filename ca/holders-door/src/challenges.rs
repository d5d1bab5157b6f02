//! The challenges that are given out here, under the keys that the authority gave.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use akashi_wire::holder::DoorChallenge;
use akashi_wire::holder::challenge::{ChallengeKeys, minute};
use akashi_wire::octets::Octets;

/// What the authority gave last.
#[derive(Debug, Default)]
pub struct Challenges {
    given: Mutex<Option<Given>>,
}

#[derive(Debug)]
struct Given {
    keys: ChallengeKeys,
    /// When, since the machine's start.
    at: Duration,
}

impl Challenges {
    /// Takes the keys that the authority gave at this time since the machine's start.
    pub fn take(&self, keys: ChallengeKeys, at: Duration) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(Given { keys, at });
    }

    /// A challenge; none where the authority gave no key of this minute, or too long ago. The time is the authority's, and
    /// no clock of this host is believed.
    pub fn give(&self, monotonic: Duration, random: [u8; 8]) -> Option<DoorChallenge> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let Given { keys, at } = given.as_ref()?;
        let passed = monotonic.saturating_sub(*at).as_millis();
        let passed = jiff::SignedDuration::from_millis(i64::try_from(passed).ok()?);
        let now = keys.now.checked_add(passed).ok()?;
        let key = keys.keys.iter().find(|key| key.minute == minute(now))?;
        let challenge = key.challenge(now, random)?;
        Some(DoorChallenge { challenge: Octets(challenge.to_vec()) })
    }
}

#[cfg(test)]
mod tests {
    use akashi_wire::holder::challenge::{MinuteKey, given_at};

    use super::*;

    #[test]
    fn challenges_are_given_by_the_authoritys_time_and_for_as_long_as_its_keys_last() {
        let challenges = Challenges::default();
        let at = Duration::from_secs;
        assert_eq!(challenges.give(at(1), [1; 8]), None, "the authority gave no key yet");
        let now: jiff::Timestamp = "2026-04-01T00:00:30Z".parse().unwrap();
        let of = |number: i64| MinuteKey {
            minute: minute(now) + number,
            key: Octets(vec![u8::try_from(number).unwrap(); 32]),
        };
        challenges.take(ChallengeKeys { now, keys: vec![of(0), of(1)] }, at(100));
        for (later, of_minute) in [(0, 0), (29, 0), (30, 1), (89, 1)] {
            let given = challenges.give(at(100 + later), [1; 8]).unwrap().challenge.0;
            let given: [u8; 48] = given.try_into().unwrap();
            assert!(of(of_minute).made(&given), "{later} s later");
            let told = now + jiff::SignedDuration::from_secs(later.cast_signed());
            assert_eq!(given_at(&given), told);
        }
        assert_eq!(challenges.give(at(190), [1; 8]), None, "the authority is away for too long");
        let [one, two] = [1, 2].map(|octet| challenges.give(at(100), [octet; 8]));
        assert_ne!(one, two);
    }
}
