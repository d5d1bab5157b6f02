//! Everything of ours that ends, and how it is said in time: three months, one month and one week ahead, and
//! of the authority itself years ahead.

use akashi_ledger::Enrolment;
use akashi_wire::alarm::{KeyAct, Near, Own};
use akashi_wire::date::{day_in_japan, end_of_day};
use akashi_wire::party::Role;
use akashi_wire::validity::{ValidityRule, last_day};
use akashi_wire::{Alarm, Ending};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A certificate of the authority's own, as its directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCertificate {
    /// Whose.
    pub whose: Own,
    /// Its last moment.
    pub not_after: Timestamp,
}

/// What is said of the certificates of the authority's own programs.
pub(crate) fn of_own(all: &[OwnCertificate], now: Timestamp) -> Vec<Alarm> {
    let told = |one: &OwnCertificate| {
        let near = Ending::of(one.not_after, now)?.into();
        Some(Alarm::OwnCertificateEnds { whose: one.whose, day: day_in_japan(one.not_after), near })
    };
    all.iter().filter_map(told).collect()
}

/// What is said of the keys of those who are enrolled: each by its number, since an alarm names nobody. What
/// ends with the authority at its `end` is said of that.
pub(crate) fn of_parties(all: &[Enrolment], end: Timestamp, now: Timestamp) -> Vec<Alarm> {
    let told = |one: &Enrolment| {
        let last = one.not_after.min(one.until);
        if last >= end && !one.role.is_own() {
            return None;
        }
        let ending = Ending::of(last, now)?;
        let act = match ending {
            // Its certificate opens the shares of those who keep it, and nothing takes its place.
            _ if one.role == Role::Recovery => KeyAct::Refound,
            _ if one.role.is_own() => KeyAct::Replace,
            Ending::Over => KeyAct::Dismiss,
            // Within its term the party has another key certified by itself.
            _ if one.until > one.not_after => KeyAct::Rekey,
            _ => KeyAct::Prolong,
        };
        let (party, capacity, day) = (one.party, one.role.clone(), day_in_japan(last));
        Some(Alarm::PartyKeyEnds { party, capacity, day, near: ending.into(), act })
    };
    all.iter().filter_map(told).collect()
}

/// What is said of those whose key took the place of another, for a week: whoever did not ask for it is told by
/// somebody who sees it.
pub(crate) fn of_successors(all: &[Enrolment], now: Timestamp) -> Vec<Alarm> {
    let is_new =
        |one: &&Enrolment| one.certified_at.saturating_add(WEEK).is_ok_and(|end| now < end);
    let told = |one: &Enrolment| Alarm::PartyRekeyed {
        party: one.party,
        capacity: one.role.clone(),
        at: one.certified_at,
    };
    all.iter().filter(is_new).map(told).collect()
}

const WEEK: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// What is said of the authority's own end, and of the last day on which it issues.
pub(crate) fn of_the_authority(
    not_after: Timestamp,
    rule: ValidityRule,
    now: Timestamp,
) -> Vec<Alarm> {
    let (day, end) = (last_day_of_issue(not_after, rule), day_in_japan(not_after));
    if now > not_after {
        return vec![Alarm::AuthorityEnded { day: end }];
    }
    let issue = ahead(end_of_day(day), now).map(|near| Alarm::LastDayOfIssue { day, end, near });
    let ends = ahead(not_after, now).map(|near| Alarm::AuthorityEnds { day: end, near });
    issue.into_iter().chain(ends).collect()
}

/// The last day in Japan on which a certificate of three years ends within the authority.
pub(crate) fn last_day_of_issue(not_after: Timestamp, rule: ValidityRule) -> Date {
    // Three years and a day before the end, at the earliest: leap days move it by one at most.
    let mut day = day_in_japan(not_after).saturating_sub(3.years().days(3));
    while let Ok(next) = day.tomorrow()
        && end_of_day(last_day(next, rule)) <= not_after
    {
        day = next;
    }
    day
}

fn ahead(last: Timestamp, now: Timestamp) -> Option<Near> {
    let (today, day) = (day_in_japan(now), day_in_japan(last));
    match Ending::of(last, now) {
        Some(ending) => Some(ending.into()),
        None if today >= day.saturating_sub(1.year()) => Some(Near::Year),
        None if today >= day.saturating_sub(2.years()) => Some(Near::TwoYears),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use akashi_wire::act::PartyId;
    use akashi_wire::party::Role;
    use akashi_words::{Language, of_alarm};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn officer(not_after: &str, until: &str) -> Enrolment {
        Enrolment {
            party: PartyId::from_random([1; 16]),
            name: "officer".into(),
            role: Role::Officer { municipality: "312011".parse().unwrap() },
            enrolled_at: at("2026-04-01T00:00:00Z"),
            until: at(until),
            certificate: Vec::new(),
            not_after: at(not_after),
            certified_at: at("2026-04-01T00:00:00Z"),
            superseded_at: None,
            ended_at: None,
            suspended_at: None,
        }
    }

    /// Of the authority.
    const END: Timestamp = Timestamp::constant(2_090_588_399, 0);

    fn words(told: Vec<Alarm>) -> Vec<String> {
        told.iter().map(|alarm| of_alarm(alarm, Language::English)).collect()
    }

    fn one(told: Vec<Alarm>) -> String {
        assert_eq!(told.len(), 1, "{told:?}");
        words(told).remove(0)
    }

    #[test]
    fn a_partys_key_is_said_to_end_three_times_before_and_until_somebody_acts_after() {
        let all = [officer("2031-03-31T14:59:59Z", "2036-03-31T14:59:59Z")];
        assert!(of_parties(&all, END, at("2030-12-31T14:59:58Z")).is_empty());
        let mut said = std::collections::BTreeSet::new();
        for (now, part) in [
            ("2030-12-31T14:59:59Z", "ends on 2031-03-31, within three months: its holder re-keys"),
            ("2031-03-01T00:00:00Z", "ends on 2031-03-31, within a month: its holder re-keys"),
            ("2031-03-30T00:00:00Z", "ends on 2031-03-31, within a week: its holder re-keys"),
            ("2031-04-01T00:00:00Z", "ended on 2031-03-31: dismiss it, and enrol it again"),
        ] {
            let told = one(of_parties(&all, END, at(now)));
            assert!(
                told.starts_with("the key of the officer of 312011 Tottori-shi, party 0101"),
                "{told}"
            );
            assert!(told.contains(part), "{told}");
            said.insert(told);
        }
        assert_eq!(said.len(), 4, "each is an alarm of its own");
        let with_its_term = [officer("2031-03-31T14:59:59Z", "2031-03-31T14:59:59Z")];
        let told = one(of_parties(&with_its_term, END, at("2031-03-01T00:00:00Z")));
        assert!(told.contains("prolong"), "{told}");
        let with_the_authority = [officer("2036-03-31T14:59:59Z", "2036-03-31T14:59:59Z")];
        assert!(of_parties(&with_the_authority, END, END).is_empty(), "nobody can prolong it");
        let [officer] = with_its_term;
        for (role, act) in [
            (Role::Scheduler, "replace it (akashi identity)"),
            (Role::Repository, "replace it (akashi identity)"),
            (Role::Recovery, "the authority is founded anew before then"),
        ] {
            let own = [Enrolment { role, ..officer.clone() }];
            let told = one(of_parties(&own, END, at("2031-03-01T00:00:00Z")));
            assert!(told.ends_with(act), "{told}");
        }
    }

    #[test]
    fn a_key_in_the_place_of_another_is_told_for_a_week() {
        let first = officer("2031-03-31T14:59:59Z", "2036-03-31T14:59:59Z");
        let next = Enrolment { certified_at: at("2030-01-01T00:00:00Z"), ..first };
        let told = one(of_successors(std::slice::from_ref(&next), at("2030-01-07T23:59:59Z")));
        assert!(told.contains("another key certified at 2030-01-01T00:00:00Z"), "{told}");
        assert!(of_successors(&[next], at("2030-01-08T00:00:00Z")).is_empty());
    }

    #[test]
    fn the_last_day_of_issue_is_the_last_whose_three_years_fit() {
        for (end, rule, last) in [
            ("2036-03-31T14:59:59Z", ValidityRule::FromIssueDay, "2033-04-01"),
            ("2036-03-31T14:59:59Z", ValidityRule::FromNextDay, "2033-03-31"),
            // The end of the day in Japan, and not a second earlier.
            ("2036-03-31T14:59:58Z", ValidityRule::FromIssueDay, "2033-03-31"),
            ("2036-02-29T14:59:59Z", ValidityRule::FromIssueDay, "2033-03-01"),
            ("2039-02-28T14:59:59Z", ValidityRule::FromNextDay, "2036-02-29"),
        ] {
            assert_eq!(last_day_of_issue(at(end), rule).to_string(), last, "{end} {rule:?}");
        }
    }

    #[test]
    fn the_authoritys_end_is_said_years_ahead_with_its_day() {
        let end = at("2036-03-31T14:59:59Z");
        let told = |now: &str| of_the_authority(end, ValidityRule::FromIssueDay, at(now));
        assert!(told("2031-03-31T00:00:00Z").is_empty());
        for (now, part) in [
            ("2031-04-02T00:00:00Z", "the last day of issue is 2033-04-01, within two years"),
            ("2032-04-02T00:00:00Z", "the last day of issue is 2033-04-01, within a year"),
            ("2033-03-30T00:00:00Z", "the last day of issue is 2033-04-01, within a week"),
            ("2033-04-01T15:00:00Z", "the last day of issue was 2033-04-01"),
        ] {
            assert!(one(told(now)).contains(part), "{now} {:?}", told(now));
        }
        for (now, part) in [
            ("2034-03-31T15:00:00Z", "the authority ends on 2036-03-31, within two years"),
            ("2036-03-30T15:00:00Z", "the authority ends on 2036-03-31, within a week"),
        ] {
            assert!(
                words(told(now)).iter().any(|told| told.contains(part)),
                "{now} {:?}",
                told(now)
            );
        }
        let over = one(told("2036-03-31T15:00:00Z"));
        assert!(over.contains("the authority ended on 2036-03-31: it signs nothing"), "{over}");
    }
}
