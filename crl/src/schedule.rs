//! When a list is due. Pure.

use akashi_ledger::{CrlRecord, Position, Scope};
use akashi_wire::order::LONGEST_LIST;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// No time is longer: a moment counted from now must lie within time.
const LONGEST: SignedDuration = SignedDuration::from_secs(LONGEST_LIST as i64);

/// How often, for how long, how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A partition in which something changed is renewed when the last is this old: 1 hour.
    pub partition_when_changed: SignedDuration,
    /// A partition in which nothing changed is renewed when the last is this old: 12 hours. A
    /// list that is renewed only on revocation expires in a quiet village.
    pub partition_at_least: SignedDuration,
    /// The complete list is renewed when the last is this old: 6 hours.
    pub complete_every: SignedDuration,
    /// The list of revoked authorities is renewed when the last is this old: 30 days.
    pub authority_every: SignedDuration,
    /// From thisUpdate to nextUpdate of partitions and the complete list: 72 hours, longer than a
    /// bad weekend.
    pub next_update: SignedDuration,
    /// From thisUpdate to nextUpdate of the list of revoked authorities: 40 days.
    pub authority_next_update: SignedDuration,
    /// After a failure a scope rests this long, so that a lasting one does not burn a number each
    /// second: 60 seconds.
    pub retry: SignedDuration,
    /// So many numbers of a scope stay at their own addresses: 8.
    pub keep: usize,
}

impl Default for Settings {
    fn default() -> Self {
        const HOUR: i64 = 1;
        const DAY: i64 = 24;
        Self {
            partition_when_changed: SignedDuration::from_hours(HOUR),
            partition_at_least: SignedDuration::from_hours(12),
            complete_every: SignedDuration::from_hours(6),
            authority_every: SignedDuration::from_hours(30 * DAY),
            next_update: SignedDuration::from_hours(3 * DAY),
            authority_next_update: SignedDuration::from_hours(40 * DAY),
            retry: SignedDuration::from_secs(60),
            keep: 8,
        }
    }
}

impl Settings {
    /// From thisUpdate to nextUpdate.
    pub fn life(&self, scope: Scope) -> SignedDuration {
        match scope {
            Scope::Partition(_) | Scope::Complete => self.next_update,
            Scope::Authority => self.authority_next_update,
        }
    }

    /// The greatest age of a list before it is renewed, whatever happened.
    pub fn at_least(&self, scope: Scope) -> SignedDuration {
        match scope {
            Scope::Partition(_) => self.partition_at_least,
            Scope::Complete => self.complete_every,
            Scope::Authority => self.authority_every,
        }
    }

    /// What would leave a time without a valid list, if anything.
    pub fn gap(&self) -> Option<String> {
        let intervals = [
            ("partition_at_least", self.partition_at_least, self.next_update),
            ("partition_when_changed", self.partition_when_changed, self.next_update),
            ("complete_every", self.complete_every, self.next_update),
            ("authority_every", self.authority_every, self.authority_next_update),
        ];
        if self.retry <= SignedDuration::ZERO || self.retry > LONGEST {
            return Some("retry is not a time to rest".into());
        }
        if self.keep == 0 {
            return Some("keep is 0: no list would be there to be handed over".into());
        }
        let shortest = SignedDuration::from_secs(1);
        if self.next_update < shortest || self.authority_next_update < shortest {
            return Some("a list would be valid for less than a second".into());
        }
        if self.next_update > LONGEST || self.authority_next_update > LONGEST {
            return Some("a list would be valid for longer than ten years".into());
        }
        intervals.into_iter().find_map(|(name, every, life)| {
            let sound = every > SignedDuration::ZERO && every < life;
            (!sound).then(|| format!("{name} is {every:#}, but a list is valid for {life:#}"))
        })
    }
}

/// Why a list is due, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A leaked key, a stolen card or a hold since the last.
    Urgent,
    /// There is none, or the file is not the one that the book says was published.
    Missing,
    /// The time was brought back since the last, which bears one that was wrong.
    BroughtBack,
    /// Something changed since the last, and that is old enough.
    Changed,
    /// The authority ends within the hour: its last one.
    Last,
    /// The last is too old, though nothing changed.
    Regular,
}

/// Within this time before the end of the authority every scope has its last list, with all that is known
/// by then: an hour.
const LAST: SignedDuration = SignedDuration::from_hours(1);

/// Within this time before the end the complete list is made once more where something is new: ten minutes.
const VERY_LAST: SignedDuration = SignedDuration::from_mins(10);

/// What is known of one scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// The newest published list.
    pub published: Option<CrlRecord>,
    /// Whether that list, and no other, lies on the shelf.
    pub on_shelf: bool,
    /// The newest change in this scope.
    pub changed: Position,
    /// The newest urgent one.
    pub urgent: Position,
    /// After a failure: not before then.
    pub rests_until: Option<Timestamp>,
}

/// Whether a list of this scope is due, and why; never after the authority's `end`.
///
/// `brought_back` is the entry that brought the time back last.
///
/// The complete list waits for its time even when something urgent happened: signing three million
/// entries for each lost card would delay the partition, which carries the news.
pub fn due(
    scope: Scope,
    situation: &Situation,
    brought_back: Position,
    (now, end): (Timestamp, Timestamp),
    settings: &Settings,
) -> Option<Cause> {
    if now > end {
        return None;
    }
    if situation.rests_until.is_some_and(|until| now < until) {
        return None;
    }
    let Some(published) = situation.published.as_ref().filter(|_| situation.on_shelf) else {
        return Some(Cause::Missing);
    };
    if published.up_to < brought_back {
        return Some(Cause::BroughtBack);
    }
    let age = now.duration_since(published.this_update);
    if let Scope::Partition(_) = scope {
        if situation.urgent > published.up_to {
            return Some(Cause::Urgent);
        }
        if situation.changed > published.up_to && age >= settings.partition_when_changed {
            return Some(Cause::Changed);
        }
    }
    let (left, news) = (end.duration_since(now), situation.changed > published.up_to);
    let made_before = |span: SignedDuration| published.this_update < end - span;
    // The complete list may take minutes: what is new is in it once more, and in partitions at once.
    let news = news && (scope != Scope::Complete || (left <= VERY_LAST && made_before(VERY_LAST)));
    if left <= LAST && (made_before(LAST) || news) {
        return Some(Cause::Last);
    }
    (age >= settings.at_least(scope)).then_some(Cause::Regular)
}

#[cfg(test)]
mod tests {
    use akashi_wire::Order;

    use super::*;

    const BEGIN: i64 = 1_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(BEGIN + seconds).unwrap()
    }

    fn published() -> Situation {
        let published = CrlRecord {
            number: 1,
            this_update: at(0),
            next_update: at(72 * 3600),
            up_to: Position(10),
            digest: None,
        };
        Situation { published: Some(published), on_shelf: true, ..Situation::default() }
    }

    fn partition(situation: &Situation, seconds: i64) -> Option<Cause> {
        let scope = Scope::Partition("131041".parse().unwrap());
        due(scope, situation, Position(0), (at(seconds), Timestamp::MAX), &Settings::default())
    }

    #[test]
    fn what_is_missing_is_due_at_once() {
        assert_eq!(partition(&Situation::default(), 0), Some(Cause::Missing));
        let lost = Situation { on_shelf: false, ..published() };
        assert_eq!(partition(&lost, 0), Some(Cause::Missing));
    }

    #[test]
    fn a_quiet_partition_is_renewed_every_twelve_hours() {
        assert_eq!(partition(&published(), 12 * 3600 - 1), None);
        assert_eq!(partition(&published(), 12 * 3600), Some(Cause::Regular));
    }

    #[test]
    fn a_changed_partition_is_renewed_every_hour() {
        let changed = Situation { changed: Position(11), ..published() };
        assert_eq!(partition(&changed, 3599), None);
        assert_eq!(partition(&changed, 3600), Some(Cause::Changed));
        let listed_already = Situation { changed: Position(10), ..published() };
        assert_eq!(partition(&listed_already, 3600), None);
    }

    #[test]
    fn an_urgent_change_does_not_wait_for_the_hour_in_its_own_partition() {
        let urgent = Situation { changed: Position(11), urgent: Position(11), ..published() };
        assert_eq!(partition(&urgent, 1), Some(Cause::Urgent));
        assert_eq!(
            due(
                Scope::Complete,
                &urgent,
                Position(0),
                (at(1), Timestamp::MAX),
                &Settings::default()
            ),
            None
        );
    }

    #[test]
    fn what_was_made_before_a_time_was_brought_back_is_made_anew_at_once_and_once() {
        for scope in
            [Scope::Complete, Scope::Authority, Scope::Partition("131041".parse().unwrap())]
        {
            let made_then = |brought_back| {
                let times = (at(-3600), Timestamp::MAX);
                due(scope, &published(), Position(brought_back), times, &Settings::default())
            };
            assert_eq!(
                made_then(11),
                Some(Cause::BroughtBack),
                "it bears a time that has not come"
            );
            assert_eq!(made_then(10), None, "it was made since");
        }
    }

    #[test]
    fn a_failure_is_not_repeated_every_second() {
        let failed = Situation { rests_until: Some(at(60)), ..Situation::default() };
        assert_eq!(partition(&failed, 59), None);
        assert_eq!(partition(&failed, 60), Some(Cause::Missing));
    }

    #[test]
    fn the_complete_list_comes_every_six_hours_and_the_authoritys_every_month() {
        let settings = Settings::default();
        let due = |scope, hours: i64| {
            due(scope, &published(), Position(0), (at(hours * 3600), Timestamp::MAX), &settings)
        };
        assert_eq!(due(Scope::Complete, 5), None);
        assert_eq!(due(Scope::Complete, 6), Some(Cause::Regular));
        assert_eq!(due(Scope::Authority, 29 * 24), None);
        assert_eq!(due(Scope::Authority, 30 * 24), Some(Cause::Regular));
    }

    #[test]
    fn in_its_last_hour_an_authority_makes_every_list_once_more_and_none_after_its_end() {
        let settings = Settings::default();
        let end = at(10 * 3600);
        let due = |situation: &Situation, seconds: i64| {
            let due = |scope| due(scope, situation, Position(0), (at(seconds), end), &settings);
            [Scope::Complete, Scope::Authority, Scope::Partition("131041".parse().unwrap())]
                .map(due)
        };
        let list =
            |this_update: Timestamp| CrlRecord { this_update, ..published().published.unwrap() };
        let made = |seconds: i64| Situation { published: Some(list(at(seconds))), ..published() };
        assert_eq!(due(&made(4 * 3600), 9 * 3600 - 1), [None; 3]);
        assert_eq!(due(&made(4 * 3600), 9 * 3600), [Some(Cause::Last); 3]);
        assert_eq!(due(&made(9 * 3600), 9 * 3600 + 1), [None; 3]);
        let news = Situation { changed: Position(11), ..made(9 * 3600) };
        let last = Some(Cause::Last);
        assert_eq!(due(&news, 9 * 3600 + 60), [None, last, last], "and what changes after it");
        assert_eq!(due(&news, 10 * 3600 - 600), [last; 3], "the complete one once more");
        let again = Situation { changed: Position(11), ..made(10 * 3600 - 599) };
        assert_eq!(due(&again, 10 * 3600), [None, last, last]);
        for situation in [news, Situation::default(), made(0)] {
            assert_eq!(due(&situation, 10 * 3600 + 1), [None; 3], "the authority is over");
        }
    }

    #[test]
    fn settings_under_which_a_list_would_expire_are_refused() {
        assert_eq!(Settings::default().gap(), None);
        let life = SignedDuration::from_hours(6);
        let gap = Settings { next_update: life, ..Settings::default() }.gap().unwrap();
        assert!(gap.contains("partition_at_least"), "{gap}");
    }

    /// What a setting allows the authority takes: else lists would end long after the start.
    #[test]
    fn every_life_that_may_be_set_may_be_ordered() {
        let tick = SignedDuration::from_millis(1);
        let with = |next_update: SignedDuration| Settings {
            partition_at_least: tick,
            partition_when_changed: tick,
            complete_every: tick,
            next_update,
            ..Settings::default()
        };
        let second = SignedDuration::from_secs(1);
        for life in [tick * 2, second - tick, second, LONGEST, LONGEST + second] {
            let order = Order::RecordList {
                generation: 1,
                scope: Scope::Complete,
                life: u32::try_from(life.as_secs()).unwrap(),
                up_to: 0,
            };
            assert_eq!(with(life).gap().is_none(), order.is_sound(), "{life:#}");
        }
    }
}
