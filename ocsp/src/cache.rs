//! Signed answers, kept so that most questions cost no signature.
//!
//! Only answers to one CertID without a nonce, about a certificate that was issued: what clients
//! of the lightweight profile ask (RFC 9919 §2), and what nobody can fill with numbers made up.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, RwLock};

use akashi_ledger::Standing;
use jiff::{SignedDuration, Timestamp};

use crate::SignedAnswer;

const SHARDS: usize = 16;

/// Answers by CertID, as it came, and by what they say.
pub(crate) struct Cache {
    hasher: RandomState,
    shards: Vec<RwLock<Shard>>,
    /// Per half of a shard.
    bound: usize,
    renew_after: SignedDuration,
}

/// Two halves: when the young one is full it becomes the old one, and what was old is forgotten.
/// An answer lives for half an hour only, so nothing more elaborate would keep more.
#[derive(Default)]
struct Shard {
    young: HashMap<Box<[u8]>, Kept>,
    old: HashMap<Box<[u8]>, Kept>,
}

#[derive(Clone)]
struct Kept {
    standing: Standing,
    answer: Arc<SignedAnswer>,
}

impl Cache {
    /// Keeps at most `bound` answers, each until `renew_after` its thisUpdate.
    pub(crate) fn new(bound: usize, renew_after: SignedDuration) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            bound: bound / (2 * SHARDS),
            renew_after,
        }
    }

    /// The kept answer that says just this, if it may still be given now.
    ///
    /// An answer with another standing is never given, so a revocation ends it at once; neither is
    /// one from the future, after the clock was set back.
    pub(crate) fn get(
        &self,
        cert_id: &[u8],
        standing: Standing,
        now: Timestamp,
    ) -> Option<Arc<SignedAnswer>> {
        let shard = self.shard(cert_id).read().expect("nobody panics with the cache in hand");
        let kept = shard.young.get(cert_id).or_else(|| shard.old.get(cert_id))?;
        let this_update = kept.answer.this_update;
        let fresh = this_update <= now && now.duration_since(this_update) < self.renew_after;
        (kept.standing == standing && fresh).then(|| kept.answer.clone())
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, cert_id: &[u8], standing: Standing, answer: &Arc<SignedAnswer>) {
        if self.bound == 0 {
            return;
        }
        let mut shard = self.shard(cert_id).write().expect("nobody panics with the cache in hand");
        if shard.young.len() >= self.bound {
            shard.old = std::mem::take(&mut shard.young);
        }
        shard.young.insert(cert_id.into(), Kept { standing, answer: answer.clone() });
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let count = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap();
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(count).sum()
    }

    fn shard(&self, cert_id: &[u8]) -> &RwLock<Shard> {
        &self.shards[self.hasher.hash_one(cert_id) as usize % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(this_update: Timestamp) -> Arc<SignedAnswer> {
        let next_update = this_update + SignedDuration::from_hours(1);
        Arc::new(SignedAnswer::new(Vec::new(), this_update, next_update))
    }

    #[test]
    fn an_answer_is_kept_for_half_its_life_and_only_for_the_standing_that_it_states() {
        let cache = Cache::new(1000, SignedDuration::from_mins(30));
        let at = Timestamp::from_second(1_000_000).unwrap();
        cache.keep(b"a", Standing::Good, &answer(at));
        assert!(cache.get(b"a", Standing::Good, at + SignedDuration::from_secs(1799)).is_some());
        assert!(cache.get(b"a", Standing::Good, at + SignedDuration::from_secs(1800)).is_none());
        assert!(cache.get(b"a", Standing::Good, at - SignedDuration::from_secs(1)).is_none());
        assert!(cache.get(b"a", Standing::Held { at }, at).is_none());
        assert!(cache.get(b"b", Standing::Good, at).is_none());
    }

    #[test]
    fn the_cache_never_grows_beyond_its_bound() {
        let cache = Cache::new(320, SignedDuration::from_mins(30));
        for number in 0..10_000u32 {
            cache.keep(&number.to_be_bytes(), Standing::Good, &answer(Timestamp::UNIX_EPOCH));
        }
        assert!(cache.len() <= 320, "{} answers are kept", cache.len());
        let nothing = Cache::new(0, SignedDuration::from_mins(30));
        nothing.keep(b"a", Standing::Good, &answer(Timestamp::UNIX_EPOCH));
        assert_eq!(nothing.len(), 0);
    }
}
