//! The challenges that the door for holders gives out, as the authority judges them.
//!
//! Nothing is kept of those that are given. Kept is what an application has spent, for as long as it would be good, and
//! only the holder of a certificate in the book can spend one. After a restart a holder asks for another one.

use std::collections::HashMap;

use akashi_wire::holder::challenge::{ChallengeKeys, LENGTH, MinuteKey, given_at, minute};
use akashi_wire::octets::Octets;
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use ring::hmac;

/// How long one is good for.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// For so many minutes the door has keys at once: longer than an authority takes to start anew.
const MINUTES: i64 = 10;

fn lives(given: Timestamp, now: Timestamp) -> bool {
    now.duration_since(given).abs() <= LIFE
}

/// Challenges of one process.
pub(super) struct Challenges {
    root: hmac::Key,
    spent: HashMap<[u8; LENGTH], Timestamp>,
}

impl Challenges {
    /// Challenges under a key of their own.
    pub fn new(rng: &mut impl Rng) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { root: hmac::Key::new(hmac::HMAC_SHA256, &key), spent: HashMap::new() }
    }

    fn key(&self, minute: i64) -> MinuteKey {
        let key = hmac::sign(&self.root, &minute.to_be_bytes());
        MinuteKey { minute, key: Octets(key.as_ref().to_vec()) }
    }

    /// The keys of this minute and of the next ones.
    pub fn keys(&self, now: Timestamp) -> ChallengeKeys {
        let from = minute(now);
        ChallengeKeys { now, keys: (from..from + MINUTES).map(|minute| self.key(minute)).collect() }
    }

    /// A challenge that was given out within its life and not spent yet, and when that was.
    pub fn would_take(
        &self,
        challenge: &[u8],
        now: Timestamp,
    ) -> Option<([u8; LENGTH], Timestamp)> {
        let challenge = <[u8; LENGTH]>::try_from(challenge).ok()?;
        let given = given_at(&challenge);
        let is_good = lives(given, now)
            && !self.spent.contains_key(&challenge)
            && self.key(minute(given)).made(&challenge);
        is_good.then_some((challenge, given))
    }

    /// Whether it would be taken; from now on it is spent.
    pub fn take(&mut self, challenge: &[u8], now: Timestamp) -> bool {
        self.spent.retain(|_, given| lives(*given, now));
        let Some((challenge, given)) = self.would_take(challenge, now) else { return false };
        self.spent.insert(challenge, given);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    fn now() -> Timestamp {
        "2026-04-01T00:00:00Z".parse().unwrap()
    }

    /// What the door gives at this time.
    fn given(challenges: &Challenges, at: Timestamp, random: u64) -> [u8; LENGTH] {
        let key = challenges.keys(at).keys.remove(0);
        key.challenge(at, random.to_be_bytes()).unwrap()
    }

    #[test]
    fn a_challenge_is_good_once_and_for_five_minutes() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(1));
        let mut challenges = Challenges::new(&mut rng);
        let [one, two] = [1, 2].map(|random| given(&challenges, now, random));
        assert!(challenges.take(&one, now + LIFE));
        assert!(!challenges.take(&one, now + LIFE), "once");
        assert!(!challenges.take(&two, now + LIFE + SignedDuration::from_secs(1)), "too late");
        assert!(challenges.take(&two, now), "what was too late is not spent by that");
        assert!(!challenges.take(&[], now));
        assert!(!challenges.take(&[3; LENGTH], now), "never given");
        for at in 0..LENGTH {
            let mut changed = given(&challenges, now, 3);
            changed[at] ^= 1;
            assert!(!challenges.take(&changed, now), "octet {at} changed");
        }
        let own = given(&challenges, now, 4);
        assert!(!Challenges::new(&mut rng).take(&own, now), "another process gave it");
    }

    #[test]
    fn the_door_has_keys_for_ten_minutes_and_each_makes_those_of_its_own() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(2));
        let mut challenges = Challenges::new(&mut rng);
        let keys = challenges.keys(now).keys;
        assert_eq!(keys.len(), 10);
        for (key, later) in keys.iter().zip(0..) {
            let then = now + SignedDuration::from_mins(later) + SignedDuration::from_secs(59);
            let made = key.challenge(then, [9; 8]).unwrap();
            assert!(challenges.take(&made, then), "{later} minutes later");
        }
        let mut of_another_minute = keys[0].clone();
        of_another_minute.minute += 1;
        let then = now + SignedDuration::from_mins(1);
        let made = of_another_minute.challenge(then, [9; 8]).unwrap();
        assert!(!challenges.take(&made, then), "a key makes challenges of its own minute alone");
    }

    #[test]
    fn what_was_spent_is_remembered_for_as_long_as_it_would_be_good() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(3));
        let mut challenges = Challenges::new(&mut rng);
        for minute in 0..60 {
            let then = now + SignedDuration::from_mins(minute);
            let own = given(&challenges, then, 1);
            assert!(challenges.take(&own, then));
            assert!(challenges.spent.len() <= 6, "{}", challenges.spent.len());
        }
    }
}
