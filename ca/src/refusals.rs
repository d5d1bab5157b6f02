//! How often somebody was refused something, for the entries that say so.
//!
//! Entries are for ever: whoever is refused again and again must not be able to write as many as he likes. Of
//! each minute the first few refusals of one kind are an entry each, so that they are seen at once; the rest
//! are counted, and their number is one entry once the minute is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// So many of one kind are an entry each, in a minute.
pub const AT_ONCE: u64 = 10;
/// For so long refusals are counted.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// So many kinds are counted at a time; what is beyond is an entry each.
const KINDS: usize = 10_000;

/// One kind: who was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Why, and of what.
    pub why: String,
    /// Who: what was shown, or which party.
    pub who: String,
}

/// Refusals that are counted.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<Kind, Counted>>);

#[derive(Debug)]
struct Counted {
    since: Timestamp,
    /// That are an entry each.
    entries: u64,
    /// That are none yet.
    more: u64,
}

impl Counted {
    fn begun(since: Timestamp) -> Self {
        Self { since, entries: 1, more: 0 }
    }

    /// A time that was set back ends it too.
    fn is_over(&self, now: Timestamp) -> bool {
        now < self.since || now.duration_since(self.since) >= MINUTE
    }
}

/// Refusals that were counted and have no entry yet.
#[derive(Debug, PartialEq, Eq)]
pub struct More {
    /// Of this kind.
    pub kind: Kind,
    /// So many.
    pub count: u64,
    /// Within the minute that began then.
    pub since: Timestamp,
}

impl Refusals {
    /// Whether this refusal is an entry of its own; else it is counted.
    pub fn is_an_entry(&self, kind: &Kind, now: Timestamp) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = counted.len() >= KINDS;
        match counted.get_mut(kind) {
            // Over, and nothing of it waits for an entry.
            Some(one) if one.is_over(now) && one.more == 0 => {
                *one = Counted::begun(now);
                true
            }
            Some(one) if one.entries < AT_ONCE => {
                one.entries += 1;
                true
            }
            Some(one) => {
                one.more += 1;
                false
            }
            None if is_full => true,
            None => {
                counted.insert(kind.clone(), Counted::begun(now));
                true
            }
        }
    }

    /// What was counted within minutes that are over; of all of them where `all` says so. It is forgotten with this:
    /// whoever cannot write it down gives it [back](Self::give_back).
    pub fn take(&self, now: Timestamp, all: bool) -> Vec<More> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = Vec::new();
        counted.retain(|kind, one| {
            let keeps = !all && !one.is_over(now);
            if !keeps && one.more > 0 {
                over.push(More { kind: kind.clone(), count: one.more, since: one.since });
            }
            keeps
        });
        over.sort_by(|one, other| {
            (&one.kind.who, &one.kind.why).cmp(&(&other.kind.who, &other.kind.why))
        });
        over
    }

    /// They were not written down: the next time.
    pub fn give_back(&self, more: Vec<More>) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for More { kind, count, since } in more {
            let kept = Counted { since, entries: AT_ONCE, more: 0 };
            let one = counted.entry(kind).or_insert(kept);
            one.more += count;
            one.since = one.since.min(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(who: &str) -> Kind {
        Kind { why: "act malformed".into(), who: who.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn the_first_refusals_of_a_minute_are_entries_and_the_rest_is_one() {
        let refusals = Refusals::default();
        let entries = (0..500).filter(|_| refusals.is_an_entry(&kind("a"), at(0))).count();
        assert_eq!(entries, 10);
        assert!(refusals.is_an_entry(&kind("b"), at(0)), "another is another's");
        assert_eq!(refusals.take(at(59), false), []);
        let more = || vec![More { kind: kind("a"), count: 490, since: at(0) }];
        assert_eq!(refusals.take(at(60), false), more());
        assert_eq!(refusals.take(at(60), false), [], "once");
        // What cannot be written down is not lost.
        refusals.give_back(more());
        assert!(!refusals.is_an_entry(&kind("a"), at(61)));
        let later = refusals.take(at(61), false);
        assert_eq!((later.len(), later[0].count), (1, 491));
        // The next minute begins anew, also where what is given back belongs to the one before.
        assert!((0..3).all(|_| refusals.is_an_entry(&kind("a"), at(62))));
        refusals.give_back(more());
        assert_eq!(refusals.take(at(63), false)[0].count, 490);
    }

    #[test]
    fn few_refusals_are_entries_alone_and_at_the_end_nothing_is_left() {
        let refusals = Refusals::default();
        for minute in 0..5 {
            assert!((0..10).all(|_| refusals.is_an_entry(&kind("a"), at(60 * minute))));
        }
        assert_eq!(refusals.take(at(1000), false), []);
        (0..12).for_each(|_| _ = refusals.is_an_entry(&kind("a"), at(1000)));
        assert_eq!(refusals.take(at(1001), true)[0].count, 2);
        // A clock that was set back.
        (0..12).for_each(|_| _ = refusals.is_an_entry(&kind("a"), at(1000)));
        assert_eq!(refusals.take(at(900), false)[0].count, 2);
    }
}
