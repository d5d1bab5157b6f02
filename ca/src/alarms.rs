//! What somebody must look at: each alarm is one audit entry when it begins.

use std::collections::BTreeSet;
use std::sync::Mutex;

use akashi_ledger::{Enrolment, InForce, Issuing, Ledger, LedgerError, Source};
use akashi_wire::party::Role;
use akashi_wire::{MunicipalityCode, SerialNumber};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::Issuer;
use akashi_wire::validity::not_after;

/// How long before issuing must stop the alarm begins.
const WARNING_DAYS: i64 = 180;

/// A comparison of all moduli that has not ended for so long never will.
const COMPARING: SignedDuration = SignedDuration::from_hours(12);

/// The alarms that are on.
#[derive(Default)]
pub(crate) struct Alarms(Mutex<BTreeSet<String>>);

impl Alarms {
    /// Takes what is wrong now; gives what was not wrong before.
    pub fn begin(&self, wrong: BTreeSet<String>) -> Vec<String> {
        let mut on = self.0.lock().expect("nobody panics with the alarms");
        let new = wrong.difference(&on).cloned().collect();
        *on = wrong;
        new
    }
}

/// What the book says that may be wrong.
pub(crate) struct Report {
    sources: Vec<Source>,
    /// What is stopped.
    suspended: Vec<InForce>,
    /// Security officers ever enrolled.
    security_officers: usize,
    /// Those who can sign now.
    able: Vec<Enrolment>,
    /// Terminals of the office that may be used now.
    terminals: usize,
    /// Municipalities with two sources in force.
    changing: Vec<MunicipalityCode>,
    /// Certificates whose keys have something in common with others, each with what.
    sharing: Vec<(SerialNumber, String)>,
    /// Days whose comparison of moduli did not come to its end.
    broken: Vec<String>,
}

impl Report {
    /// Reads it; `office` is the prefecture, where the authority's own terminals stand.
    pub async fn read(
        ledger: &Ledger<Issuing>,
        office: MunicipalityCode,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            sources: ledger.sources().await?,
            suspended: ledger.suspensions().await?,
            security_officers: ledger.security_officers_ever().await?,
            able: ledger.able(&Role::SecurityOfficer, now).await?,
            terminals: ledger.able(&Role::Terminal { municipality: office }, now).await?.len(),
            changing: ledger.sources_that_change().await?,
            sharing: ledger.shared_primes(now).await?,
            broken: ledger.broken_comparisons(now - COMPARING).await?,
        })
    }
}

/// Everything that is wrong now.
pub(crate) fn wrong(
    issuer: &Issuer,
    report: &Report,
    held_by_clock: bool,
    now: Timestamp,
) -> BTreeSet<String> {
    let Report { sources, sharing, broken, .. } = report;
    let rules = &issuer.rules;
    let silence = SignedDuration::from_mins(i64::from(rules.feed_silence_minutes));
    let mut wrong: BTreeSet<String> = sources
        .iter()
        .filter(|source| source.is_open && source.last_heard.is_some_and(|at| at < now - silence))
        .map(|source| format!("source {} is silent", source.municipality))
        .collect();
    wrong.extend(sharing.iter().map(|(serial, what)| {
        format!("certificate {serial} has {what}: it is no longer safe, revoke it")
    }));
    wrong.extend(
        broken
            .iter()
            .map(|day| format!("the comparison of all moduli that was begun on {day} did not end")),
    );
    wrong.extend(of_the_office(report, now));
    if held_by_clock {
        wrong.insert("the clock jumped forward: scheduled acts wait for two persons".into());
    }
    if not_after(now + (WARNING_DAYS * 24).hours(), issuer.authority.profile.validity)
        > issuer.facts.not_after
    {
        wrong.insert("the authority ends within three years: renew its key in time".into());
    }
    wrong
}

/// What is wrong with who may do what.
fn of_the_office(report: &Report, now: Timestamp) -> BTreeSet<String> {
    let Report { suspended, security_officers, able, terminals, changing, .. } = report;
    let mut wrong = BTreeSet::new();
    wrong.extend(suspended.iter().map(|InForce { what, by, since, .. }| {
        format!("{what} is suspended since {since} by {by}: two lift it (desk lift)")
    }));
    wrong.extend(
        changing
            .iter()
            .map(|town| format!("the source of {town} has two keys in force: dismiss the old one")),
    );
    if *security_officers < 2 {
        wrong.insert("one security officer does alone what takes two: enrol the second one".into());
    }
    if *security_officers >= 2 && able.len() < 2 {
        wrong.insert(
            "fewer than two security officers can sign: nothing that takes two is done".into(),
        );
    }
    if *terminals < 2 {
        wrong.insert(format!(
            "the office has {terminals} of its two terminals, and no security officer acts without one: enrol another"
        ));
    }
    let soon = now + (WARNING_DAYS * 24).hours();
    wrong.extend(able.iter().filter(|one| one.not_after < soon).map(|one| {
        let Enrolment { party, not_after, .. } = one;
        format!("the token of security officer {party} ends at {not_after}: enrol another in time")
    }));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use akashi_ledger::Position;
    use akashi_wire::act::{PartyId, Suspension};

    #[test]
    fn an_alarm_is_told_when_it_begins_and_again_only_after_it_has_ended() {
        let alarms = Alarms::default();
        let wrong = || BTreeSet::from(["source 131041 is silent".to_owned()]);
        assert_eq!(alarms.begin(wrong()).len(), 1);
        assert_eq!(alarms.begin(wrong()).len(), 0);
        assert_eq!(alarms.begin(BTreeSet::new()).len(), 0);
        assert_eq!(alarms.begin(wrong()).len(), 1);
    }

    fn officer(number: u8, not_after: Timestamp) -> Enrolment {
        Enrolment {
            party: PartyId::from_random([number; 16]),
            name: "officer".into(),
            role: Role::SecurityOfficer,
            certificate: Vec::new(),
            not_after,
            enrolled_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            suspended_at: None,
        }
    }

    #[test]
    fn what_is_wrong_with_who_may_do_what_is_told() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let years = now + (5 * 365 * 24).hours();
        let sound = || Report {
            sources: Vec::new(),
            suspended: Vec::new(),
            security_officers: 2,
            able: vec![officer(1, years), officer(2, years)],
            terminals: 2,
            changing: Vec::new(),
            sharing: Vec::new(),
            broken: Vec::new(),
        };
        assert_eq!(of_the_office(&sound(), now), BTreeSet::new());
        let town: MunicipalityCode = "312011".parse().unwrap();
        let by = PartyId::from_random([3; 16]);
        let what = Suspension::Counter { municipality: town };
        let stopped = InForce { position: Position(1), what, by, since: now };
        let soon = now + (179 * 24).hours();
        for (report, says) in [
            (Report { suspended: vec![stopped], ..sound() }, "counter 312011 is suspended since"),
            (Report { changing: vec![town], ..sound() }, "the source of 312011 has two keys"),
            (
                Report { security_officers: 1, able: vec![officer(1, years)], ..sound() },
                "one security officer does alone",
            ),
            (Report { able: vec![officer(1, years)], ..sound() }, "fewer than two security"),
            (Report { terminals: 1, ..sound() }, "the office has 1 of its two terminals"),
            (
                Report { able: vec![officer(1, soon), officer(2, years)], ..sound() },
                "the token of security officer 01010101010101010101010101010101 ends at",
            ),
        ] {
            let told = of_the_office(&report, now);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told.iter().all(|one| one.starts_with(says)), "{says}: {told:?}");
        }
    }
}
