//! What somebody must look at, as the book and the machine show it at a tick.

use std::path::Path;

use akashi_keys::{ContentKeys, Copy, KeyError};
use akashi_ledger::{BeginsLater, Enrolment, InForce, Recovery, Source};
use akashi_wire::clock::Doubt;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Alarm, DeletionMonth, MunicipalityCode, Reading, SerialNumber};
use jiff::{SignedDuration, Timestamp};

use crate::{CaError, Issuer};

use crate::ends::{self, OwnCertificate};

/// A comparison of all moduli that has not ended for so long never will.
const COMPARING: SignedDuration = SignedDuration::from_hours(12);

/// What the book says that may be wrong.
pub(crate) struct Report {
    sources: Vec<Source>,
    /// Events that cannot be settled as they are written.
    pub unsettleable: Vec<(MunicipalityCode, u64)>,
    /// What is stopped.
    suspended: Vec<InForce>,
    /// Security officers ever enrolled.
    security_officers: usize,
    /// Those who can sign now.
    able: Vec<Enrolment>,
    /// Terminals of the office that may be used now.
    terminals: Vec<Enrolment>,
    /// Those whose newest key ends soon, or has ended.
    ending: Vec<Enrolment>,
    /// Those whose key took the place of another a short while ago.
    rekeyed: Vec<Enrolment>,
    /// What the recovery key asked for and what waits.
    recoveries: Result<Vec<Recovery>, String>,
    /// What became of others in the last week.
    recovered: Vec<(Sha256, Timestamp, bool)>,
    /// Public keys of responders that should have a certificate for longer, each by its SHA-256.
    responders: Vec<Sha256>,
    /// Sources and registries with two keys in force.
    changing: Vec<Role>,
    /// Certificates whose keys have something in common with others, each with what.
    sharing: Vec<(SerialNumber, String)>,
    /// What was certified by a clock that ran ahead, and has not begun.
    begins_later: Vec<BeginsLater>,
    /// Days whose comparison of moduli did not come to its end.
    broken: Vec<String>,
    /// Numbers of the content keys that are here, of those that were destroyed, and the copies of their store.
    content_keys: Result<Contents, String>,
}

impl Report {
    pub async fn read(issuer: &Issuer, now: Timestamp) -> Result<Self, CaError> {
        let (ledger, contents) = (&issuer.ledger, issuer.vault.contents());
        let office = issuer.authority.profile.prefecture;
        Ok(Self {
            sources: ledger.sources().await?,
            unsettleable: ledger.unsettleable().await?,
            suspended: ledger.suspensions().await?,
            security_officers: ledger.security_officers_ever().await?,
            able: ledger.able(&Role::SecurityOfficer, now).await?,
            terminals: ledger.able(&Role::Terminal { municipality: office }, now).await?,
            ending: ledger.keys_that_end(now + SOON).await?,
            rekeyed: ledger.keys_certified_since(now - SOON).await?,
            recoveries: ledger.recoveries().await.map_err(|error| error.to_string()),
            recovered: ledger.recoveries_ended_since(now - WEEK).await?,
            responders: responders_that_end(issuer, now).await?,
            changing: ledger.links_that_change().await?,
            sharing: ledger.shared_primes(now).await?,
            begins_later: ledger.begins_later(now).await?,
            broken: ledger.broken_comparisons(now - COMPARING).await?,
            content_keys: Contents::read(contents).map_err(|error| error.to_string()),
        })
    }
}

/// Everything that is wrong now.
pub(crate) fn wrong(
    issuer: &Issuer,
    (own, dir): (&[OwnCertificate], &Path),
    report: &Report,
    clock: &Reading,
    now: Timestamp,
) -> Vec<Alarm> {
    let Report { sources, sharing, broken, .. } = report;
    let rules = &issuer.rules;
    let silence = SignedDuration::from_mins(i64::from(rules.feed_silence_minutes));
    let mut wrong: Vec<Alarm> = sources
        .iter()
        .filter(|source| source.is_open && source.last_heard.is_some_and(|at| at < now - silence))
        .map(|source| Alarm::SourceSilent { municipality: source.municipality })
        .collect();
    wrong.extend(sources.iter().filter_map(|source| {
        let (municipality, due) = (source.municipality, source.next_expected);
        source.beyond.map(|came| Alarm::BatchGap { municipality, due, came })
    }));
    let of_key = |(serial, what): &(SerialNumber, String)| Alarm::KeyWeak {
        serial: *serial,
        what: what.clone(),
    };
    wrong.extend(sharing.iter().map(of_key));
    wrong.extend(broken.iter().map(|day| Alarm::ComparisonStuck { day: day.clone() }));
    wrong.extend(report.begins_later.iter().map(of_what_begins_later));
    wrong.extend(of_the_office(report));
    wrong.extend(of_the_content(report, now));
    wrong.extend(clock.doubt.map(of_the_clock));
    if !clock.is_synchronised {
        wrong.push(Alarm::ClockUnsynchronised {});
    }
    wrong.extend(of_what_ends(issuer, own, report, now));
    wrong.extend(of_shares(dir));
    wrong
}

/// What a clock that ran ahead has certified.
fn of_what_begins_later(what: &BeginsLater) -> Alarm {
    match *what {
        BeginsLater::Certificate(serial, at) => Alarm::CertificateBeginsLater { serial, at },
        BeginsLater::Party(party, at) => Alarm::PartyBeginsLater { party, at },
    }
}

/// What ends, or has ended.
fn of_what_ends(
    issuer: &Issuer,
    own: &[OwnCertificate],
    report: &Report,
    now: Timestamp,
) -> Vec<Alarm> {
    let (end, rule) = (issuer.facts.not_after, issuer.authority.profile.validity);
    let mut wrong = ends::of_the_authority(end, rule, now);
    wrong.extend(ends::of_own(own, now));
    wrong.extend(ends::of_parties(&report.ending, end, now));
    wrong.extend(ends::of_successors(&report.rekeyed, now));
    wrong.extend(report.responders.iter().map(|key| Alarm::ResponderUncertified { key: *key }));
    wrong
}

/// Responders that were to have a newer certificate by now: half of the time has passed in which an old one
/// is good beside it.
async fn responders_that_end(issuer: &Issuer, now: Timestamp) -> Result<Vec<Sha256>, CaError> {
    let rules = &issuer.rules;
    let beside = rules.responder_days - rules.responder_renewed_after_days;
    let by = (now + SignedDuration::from_hours(12 * i64::from(beside))).min(issuer.facts.not_after);
    let generation = issuer.authority.generation();
    // Once the authority is over nobody gets another, and that is said.
    if now > issuer.facts.not_after {
        return Ok(Vec::new());
    }
    let asked_by = now - SignedDuration::from_hours(1);
    let keys = issuer.ledger.responders_that_end(generation, by, asked_by).await?;
    Ok(keys.iter().map(|key| Sha256::of(key)).collect())
}

/// For so long something is told that has happened.
const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// From so long before its end on something is looked at.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 93);

/// What is wrong with the machine's clock.
fn of_the_clock(doubt: Doubt) -> Alarm {
    match doubt {
        Doubt::Differs { .. } => Alarm::ClockDiffers {},
        Doubt::Unwitnessed { .. } => Alarm::TimeUnwitnessed {},
    }
}

/// What is wrong with who may do what.
fn of_the_office(report: &Report) -> Vec<Alarm> {
    let Report { suspended, security_officers, able, terminals, changing, .. } = report;
    let stopped =
        |one: &InForce| Alarm::Suspended { suspended: one.what, by: one.by, since: one.since };
    let mut wrong: Vec<Alarm> = suspended.iter().map(stopped).collect();
    wrong.extend(changing.iter().map(|link| Alarm::TwoKeys { link: link.clone() }));
    wrong.extend(of_recoveries(report));
    if *security_officers < 2 {
        wrong.push(Alarm::OneSecurityOfficer {});
    }
    if *security_officers >= 2 && able.len() < 2 {
        wrong.push(Alarm::TooFewSecurityOfficers {});
    }
    if terminals.len() < 2 {
        wrong.push(Alarm::TooFewTerminals { have: count(terminals.len()) });
    }
    wrong
}

/// What the recovery key asked for, and what became of it.
fn of_recoveries(report: &Report) -> Vec<Alarm> {
    let mut wrong = Vec::new();
    match &report.recoveries {
        Ok(all) => wrong.extend(all.iter().map(|one| Alarm::RecoveryAsked {
            recovery: one.digest,
            asked_at: one.asked_at,
            until: one.until,
            parties: count(one.request.parties.len()),
        })),
        Err(why) => wrong.push(Alarm::RecoveryUnreadable { why: why.clone() }),
    }
    wrong.extend(report.recovered.iter().map(|&(recovery, at, is_enrolled)| match is_enrolled {
        true => Alarm::RecoveryCarriedOut { recovery, at },
        false => Alarm::RecoveryLapsed { recovery, at },
    }));
    wrong
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Shares of the recovery key that lie beside the keys that they open.
fn of_shares(dir: &Path) -> impl Iterator<Item = Alarm> {
    let files = (1..=32).map(|number| dir.join(format!("recovery-share-{number}.json")));
    let here = files.filter(|file| file.exists());
    here.map(|file| Alarm::ShareLeft { file: file.display().to_string() })
}

/// What the store of content keys says.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    here: Vec<u32>,
    destroyed: Vec<u32>,
    copies: Vec<Copy>,
}

impl Contents {
    fn read(keys: &ContentKeys) -> Result<Self, KeyError> {
        let (here, destroyed) = (keys.numbers()?, keys.destroyed()?);
        Ok(Self { here, destroyed, copies: keys.copies()? })
    }
}

/// What should be deleted and is not, and what could be lost. A store that cannot be read is an alarm and stops
/// nothing else: deaths are settled all the same.
fn of_the_content(report: &Report, now: Timestamp) -> Vec<Alarm> {
    let Contents { here, destroyed, copies } = match &report.content_keys {
        Ok(contents) => contents,
        Err(why) => return vec![Alarm::ContentKeysUnreadable { why: why.clone() }],
    };
    let months = here.iter().filter_map(|number| DeletionMonth::of_number(*number));
    let (due, kept): (Vec<_>, Vec<_>) = months.partition(|month| month.has_begun(now));
    let mut wrong: Vec<Alarm> =
        due.iter().map(|month| Alarm::ContentDue { month: *month }).collect();
    let stale = copies.iter().filter(|copy| !copy.has_destroyed(destroyed).is_empty());
    wrong.extend(stale.map(|copy| Alarm::ContentCopyStale { to: copy.to.display().to_string() }));
    let is_copied =
        |month: &&DeletionMonth| copies.iter().any(|copy| copy.sure.contains(&month.number()));
    if let Some(first) = kept.iter().find(|month| !is_copied(month)) {
        wrong.push(Alarm::ContentKeyUncopied { month: *first });
    }
    wrong
}

#[cfg(test)]
mod tests {
    use akashi_ledger::Position;
    use akashi_wire::act::{PartyId, Suspension};

    use akashi_words::{Language, of_alarm};
    use jiff::ToSpan;

    use super::*;

    fn words(all: &[Alarm]) -> Vec<String> {
        all.iter().map(|alarm| of_alarm(alarm, Language::English)).collect()
    }

    #[test]
    fn what_a_clock_that_ran_ahead_certified_is_told_with_what_to_do() {
        let at: Timestamp = "2026-12-19T00:00:00Z".parse().unwrap();
        let serial = SerialNumber::from_random([7; 16]);
        let all = [
            BeginsLater::Certificate(serial, at),
            BeginsLater::Party(PartyId::from_random([3; 16]), at),
        ];
        let told = words(&all.iter().map(of_what_begins_later).collect::<Vec<_>>());
        assert!(told[0].contains(&serial.to_string()) && told[0].contains("end it at its counter"));
        assert!(
            told[1].contains(&PartyId::from_random([3; 16]).to_string())
                && told[1].contains("enrol it anew"),
            "{told:?}"
        );
        assert!(told.iter().all(|alarm| alarm.contains("2026-12-19T00:00:00Z")));
    }

    fn terminal(number: u8, not_after: Timestamp) -> Enrolment {
        let municipality = "310000".parse().unwrap();
        Enrolment { role: Role::Terminal { municipality }, ..officer(number, not_after) }
    }

    fn officer(number: u8, not_after: Timestamp) -> Enrolment {
        Enrolment {
            party: PartyId::from_random([number; 16]),
            name: "officer".into(),
            role: Role::SecurityOfficer,
            enrolled_at: Timestamp::UNIX_EPOCH,
            until: not_after,
            certificate: Vec::new(),
            not_after,
            certified_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
            ended_at: None,
            suspended_at: None,
        }
    }

    fn sound() -> Report {
        let years = years();
        Report {
            sources: Vec::new(),
            unsettleable: Vec::new(),
            suspended: Vec::new(),
            security_officers: 2,
            able: vec![officer(1, years), officer(2, years)],
            terminals: vec![terminal(8, years), terminal(9, years)],
            ending: Vec::new(),
            rekeyed: Vec::new(),
            recoveries: Ok(Vec::new()),
            recovered: Vec::new(),
            responders: Vec::new(),
            changing: Vec::new(),
            sharing: Vec::new(),
            begins_later: Vec::new(),
            broken: Vec::new(),
            content_keys: Ok(Contents::default()),
        }
    }

    /// When nothing ends soon.
    fn years() -> Timestamp {
        "2031-04-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_wrong_with_who_may_do_what_is_told() {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let years = now + (5 * 365 * 24).hours();
        assert_eq!(of_the_office(&sound()), Vec::new());
        let town: akashi_wire::MunicipalityCode = "312011".parse().unwrap();
        let changing = |link: Role| Report { changing: vec![link], ..sound() };
        let by = PartyId::from_random([3; 16]);
        let what = Suspension::Counter { municipality: town };
        let stopped = InForce { position: Position(1), what, by, since: now };
        for (report, says) in [
            (
                Report { suspended: vec![stopped], ..sound() },
                "counter 312011 Tottori-shi is suspended since",
            ),
            (
                changing(Role::Source { municipality: town }),
                "the source of 312011 Tottori-shi has two keys",
            ),
            (
                changing(Role::Registry { municipality: town }),
                "the registry of 312011 Tottori-shi has two keys",
            ),
            (
                Report { security_officers: 1, able: vec![officer(1, years)], ..sound() },
                "one security officer does alone",
            ),
            (Report { able: vec![officer(1, years)], ..sound() }, "fewer than two security"),
            (
                Report { terminals: vec![terminal(8, years)], ..sound() },
                "the office has 1 of its two terminals",
            ),
        ] {
            let told = words(&of_the_office(&report));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told.iter().all(|one| one.starts_with(says)), "{says}: {told:?}");
        }
    }

    #[test]
    fn content_that_is_due_and_copies_that_open_what_was_deleted_are_told() {
        let now: Timestamp = "2039-05-01T00:00:00Z".parse().unwrap();
        let copy = |keys: &[u32]| Copy { to: "/safe".into(), keys: keys.into(), sure: keys.into() };
        let told = |here: &[u32], destroyed: &[u32], copies: Vec<Copy>| {
            let contents = Contents { here: here.into(), destroyed: destroyed.into(), copies };
            let report = Report { content_keys: Ok(contents), ..sound() };
            words(&of_the_content(&report, now))
        };
        let whole = vec![copy(&[203_906]), copy(&[204_001])];
        assert!(told(&[203_906, 204_001], &[203_904], whole).is_empty());
        let alone = told(&[203_906, 204_001], &[], vec![copy(&[203_906])]);
        assert_eq!(alone.len(), 1, "{alone:?}");
        assert!(alone[0].starts_with("no copy has the content key of 2040-01"), "{alone:?}");
        let unread = Report { content_keys: Err("copies.json: no".into()), ..sound() };
        let unread = words(&of_the_content(&unread, now));
        assert_eq!(unread, ["the content keys cannot be read: copies.json: no"]);
        let due = told(&[203_905, 203_906], &[], vec![copy(&[203_905, 203_906])]);
        assert_eq!(due.len(), 1, "{due:?}");
        assert!(due[0].ends_with("akashi content-keys destroy 2039-05"), "{due:?}");
        let stale = told(&[203_906], &[203_904], vec![copy(&[203_904, 203_906])]);
        assert_eq!(stale.len(), 1, "{stale:?}");
        assert!(stale[0].contains("/safe opens what was deleted"), "{stale:?}");
    }
}
