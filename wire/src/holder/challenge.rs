//! What the door for holders gives out, for one application each.
//!
//! The door answers everybody who asks, and the authority judges what comes back. So that no flood of askers reaches the
//! authority, that gives its door a key for each of the next minutes, under which the door makes challenges by itself; a
//! key that came into wrong hands makes challenges, and applications it signs none.

use std::fmt;

use jiff::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::octets::Octets;

/// Octets of the time in milliseconds, of what makes two of one moment differ, and of the tag over both.
const LENGTHS: [usize; 3] = [8, 8, 32];

/// Octets of a challenge.
pub const LENGTH: usize = LENGTHS[0] + LENGTHS[1] + LENGTHS[2];

/// What the authority tells its door for holders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeKeys {
    /// The authority's time.
    #[serde(deserialize_with = "bounds::moment")]
    pub now: Timestamp,
    /// The keys of this minute and of those that come.
    pub keys: Vec<MinuteKey>,
}

/// The key of one minute.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinuteKey {
    /// Minutes since 1970.
    pub minute: i64,
    /// 32 octets.
    #[serde(deserialize_with = "bounds::challenge")]
    pub key: Octets,
}

impl fmt::Debug for MinuteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MinuteKey({})", self.minute)
    }
}

/// The minute of a time.
pub fn minute(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(60_000)
}

/// When a challenge says that it was given; whether that is so, the key of its minute says.
pub fn given_at(challenge: &[u8; LENGTH]) -> Timestamp {
    let time = challenge.first_chunk().copied().map(i64::from_be_bytes).unwrap_or_default();
    Timestamp::from_millisecond(time).unwrap_or(Timestamp::MIN)
}

impl MinuteKey {
    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.key.0)
    }

    /// A challenge of this time; none where that is of another minute.
    pub fn challenge(&self, at: Timestamp, random: [u8; 8]) -> Option<[u8; LENGTH]> {
        if minute(at) != self.minute {
            return None;
        }
        let mut challenge = [0; LENGTH];
        let (told, tag) = challenge.split_at_mut(LENGTHS[0] + LENGTHS[1]);
        told[..LENGTHS[0]].copy_from_slice(&at.as_millisecond().to_be_bytes());
        told[LENGTHS[0]..].copy_from_slice(&random);
        tag.copy_from_slice(hmac::sign(&self.key(), told).as_ref());
        Some(challenge)
    }

    /// Whether it was made with this key, in its minute.
    pub fn made(&self, challenge: &[u8; LENGTH]) -> bool {
        let (told, tag) = challenge.split_at(LENGTHS[0] + LENGTHS[1]);
        minute(given_at(challenge)) == self.minute && hmac::verify(&self.key(), told, tag).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_of_its_minute_and_of_its_key_and_of_no_other() {
        let at: Timestamp = "2026-04-01T00:00:59.999Z".parse().unwrap();
        let of = |minute, octet| MinuteKey { minute, key: Octets(vec![octet; 32]) };
        let key = of(minute(at), 1);
        let given = key.challenge(at, [7; 8]).unwrap();
        assert_eq!(given_at(&given), at);
        assert!(key.made(&given));
        assert_eq!(key.challenge(at + jiff::SignedDuration::from_millis(1), [7; 8]), None);
        assert!(!of(minute(at), 2).made(&given), "another key");
        assert!(!of(minute(at) + 1, 1).made(&given), "another minute");
        for octet in 0..LENGTH {
            let mut changed = given;
            changed[octet] ^= 1;
            assert!(!key.made(&changed), "octet {octet} changed");
        }
        assert_eq!(format!("{key:?}"), format!("MinuteKey({})", minute(at)));
    }

    #[test]
    fn a_time_before_1970_is_of_a_minute_too() {
        assert_eq!(minute(Timestamp::from_millisecond(-1).unwrap()), -1);
        assert_eq!(minute(Timestamp::from_millisecond(0).unwrap()), 0);
        let mut never = [0xFF; LENGTH];
        never[0] = 0x7F;
        assert_eq!(given_at(&never), Timestamp::MIN, "no time at all");
    }
}
