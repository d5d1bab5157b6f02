//! What the holders' door gives out, for one application each.
//!
//! A challenge carries its time under a key of this process, so nothing is kept of those that are asked
//! for: a flood of askers puts out nobody's. Kept is what an application has spent, for as long as it would
//! be good, and only the holder of a certificate in the book can spend one. After a restart a holder asks
//! for another one.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use ring::hmac;

/// How long one is good for.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Octets of the time, of what makes two of one moment differ, and of the tag over both.
const LENGTHS: [usize; 3] = [8, 8, 32];

/// Octets of a challenge.
const LENGTH: usize = LENGTHS[0] + LENGTHS[1] + LENGTHS[2];

/// Challenges of one process.
pub(super) struct Challenges {
    key: hmac::Key,
    spent: HashMap<[u8; LENGTH], Timestamp>,
}

impl Challenges {
    /// Challenges under a key of their own.
    pub fn new(rng: &mut impl Rng) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), spent: HashMap::new() }
    }

    /// A new one.
    pub fn give(&self, now: Timestamp, rng: &mut impl Rng) -> [u8; LENGTH] {
        let mut challenge = [0; LENGTH];
        let (told, tag) = challenge.split_at_mut(LENGTHS[0] + LENGTHS[1]);
        told[..LENGTHS[0]].copy_from_slice(&now.as_millisecond().to_be_bytes());
        rng.fill_bytes(&mut told[LENGTHS[0]..]);
        tag.copy_from_slice(hmac::sign(&self.key, told).as_ref());
        challenge
    }

    /// Whether it was given out within its life and not spent yet; from now on it is.
    pub fn take(&mut self, challenge: &[u8], now: Timestamp) -> bool {
        let Ok(challenge) = <[u8; LENGTH]>::try_from(challenge) else { return false };
        let (told, tag) = challenge.split_at(LENGTHS[0] + LENGTHS[1]);
        if hmac::verify(&self.key, told, tag).is_err() {
            return false;
        }
        let time = told.first_chunk().copied().map(i64::from_be_bytes).unwrap_or_default();
        let given = Timestamp::from_millisecond(time).unwrap_or(Timestamp::MIN);
        let lives = |given: Timestamp| now.duration_since(given).abs() <= LIFE;
        self.spent.retain(|_, given| lives(*given));
        lives(given) && self.spent.insert(challenge, given).is_none()
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

    #[test]
    fn a_challenge_is_good_once_and_for_five_minutes() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(1));
        let mut challenges = Challenges::new(&mut rng);
        let [one, two] = [(); 2].map(|()| challenges.give(now, &mut rng));
        assert_ne!(one, two, "of one moment");
        assert!(challenges.take(&one, now + LIFE));
        assert!(!challenges.take(&one, now + LIFE), "once");
        assert!(!challenges.take(&two, now + LIFE + SignedDuration::from_secs(1)), "too late");
        assert!(challenges.take(&two, now), "what was too late is not spent by that");
        assert!(!challenges.take(&[], now));
        assert!(!challenges.take(&[3; LENGTH], now), "never given");
        for at in 0..LENGTH {
            let mut changed = challenges.give(now, &mut rng);
            changed[at] ^= 1;
            assert!(!challenges.take(&changed, now), "octet {at} changed");
        }
        let given = challenges.give(now, &mut rng);
        assert!(!Challenges::new(&mut rng).take(&given, now), "another process gave it");
    }

    #[test]
    fn a_flood_of_askers_puts_out_nobodys_challenge_and_takes_no_memory() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(2));
        let mut challenges = Challenges::new(&mut rng);
        let mine = challenges.give(now, &mut rng);
        for number in 0..100_000 {
            challenges.give(now + SignedDuration::from_millis(number), &mut rng);
        }
        assert!(challenges.spent.is_empty());
        assert!(challenges.take(&mine, now + LIFE));
    }

    #[test]
    fn what_was_spent_is_remembered_for_as_long_as_it_would_be_good() {
        let (now, mut rng) = (now(), StdRng::seed_from_u64(3));
        let mut challenges = Challenges::new(&mut rng);
        for minute in 0..60 {
            let then = now + SignedDuration::from_mins(minute);
            let given = challenges.give(then, &mut rng);
            assert!(challenges.take(&given, then));
            assert!(challenges.spent.len() <= 6, "{}", challenges.spent.len());
        }
    }
}
