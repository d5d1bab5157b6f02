//! An authority of ten years, a month at a step: whoever's key ends renews it in time, one forgets, the
//! responder gets its certificates, issuing stops on the day that was said years before, and after the end
//! nothing is signed any more. openssl judges at every step, by the time of that step.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use akashi_keys::{EcKey, OfficerToken};
use akashi_ledger::{Access, Scope};
use akashi_link::TimeFault;
use akashi_ra_console::{Desk, DeskError};
use akashi_town::PASSPHRASE;
use akashi_wire::act::{Procedure, Refusal};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::party::Role;
use akashi_wire::pki;
use akashi_wire::{Ending, RevocationReason};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::clock::{judged, openssl};
use crate::support::*;

told_on_both!(
    ten_years_pass_and_nobody_who_takes_care_is_locked_out,
    keys_are_renewed_and_certificates_judged_over_the_days_on_which_clocks_stumble,
);

/// Everybody who renews: with the token that is good now.
struct Careful {
    officer: Party,
    security: [Party; 2],
    source: Arc<OfficerToken>,
    register: Arc<OfficerToken>,
    agency: Arc<OfficerToken>,
    renewed: BTreeSet<&'static str>,
}

/// Whether it is time.
fn ends_soon(place: &Place, token: &OfficerToken) -> bool {
    Ending::of(pki::not_after(token.certificate()), place.now()).is_some()
}

/// Has the next key certified; nobody is asked.
async fn next_of(
    place: &Place,
    link: &OfficerToken,
    token: &Arc<OfficerToken>,
) -> Arc<OfficerToken> {
    let desk = Desk::sign_in(&place.url(), link, token.clone(), place.clock.clone()).await.unwrap();
    let next = EcKey::generate().unwrap();
    let certificate = desk.rekey(&next).await.unwrap().certificate;
    Arc::new(OfficerToken::new(next, certificate, token.link_authority().to_vec()))
}

fn copy(place: &Place, token: &OfficerToken) -> OfficerToken {
    let file = place.dir.join("copy.p12");
    token.save_with(&file, PASSPHRASE, akashi_town::FEW_ITERATIONS).unwrap();
    OfficerToken::open(&file, PASSPHRASE).unwrap()
}

impl Careful {
    async fn enrolled(place: &mut Place) -> Self {
        let municipality = tottori();
        let security = ["証 護衛", "証 守衛"];
        let security = [
            place.enrolled(security[0], Role::SecurityOfficer).await,
            place.enrolled(security[1], Role::SecurityOfficer).await,
        ];
        let purposes = vec!["tax".into()];
        let this = Self {
            officer: place.enrolled("Officer", Role::Officer { municipality }).await,
            security,
            source: place.enrolled("Source", Role::Source { municipality }).await.token,
            register: place.enrolled("Register", Role::Registry { municipality }).await.token,
            agency: place.enrolled("Bureau", Role::Agency { purposes }).await.token,
            renewed: BTreeSet::new(),
        };
        this.at_work(place).await;
        this
    }

    /// From here on the world works with these tokens.
    async fn at_work(&self, place: &mut Place) {
        let (source, register) = (copy(place, &self.source), copy(place, &self.register));
        place.replace_source(tottori(), source);
        place.replace_registry(tottori(), register).await;
        let desk = place.signed_in(&self.officer).await;
        makes_cards(&desk, place.house.doors.card_master.clone());
        place.desks.insert(tottori(), desk);
        place.security.one = place.signed_in(&self.security[0]).await;
        place.security.other = place.signed_in(&self.security[1]).await;
    }

    async fn renew_what_ends(&mut self, place: &mut Place) {
        let before = self.renewed.len();
        // Terminals first: nobody works at one that is over.
        let terminals = [&mut self.officer.terminal, &mut self.security[0].terminal];
        for terminal in terminals {
            if ends_soon(place, terminal) {
                *terminal = next_of(place, terminal, terminal).await;
                self.renewed.insert("terminal");
            }
        }
        self.security[1].terminal = self.security[0].terminal.clone();
        let [one, other] = &mut self.security;
        for (kind, party) in
            [("officer", &mut self.officer), ("security officer", one), ("security officer", other)]
        {
            if ends_soon(place, &party.token) {
                party.token = next_of(place, &party.terminal, &party.token).await;
                self.renewed.insert(kind);
            }
        }
        for (kind, token) in [
            ("source", &mut self.source),
            ("register", &mut self.register),
            ("agency", &mut self.agency),
        ] {
            if ends_soon(place, token) {
                *token = next_of(place, token, token).await;
                self.renewed.insert(kind);
            }
        }
        if self.renewed.len() != before {
            self.at_work(place).await;
        }
    }
}

async fn ten_years_pass_and_nobody_who_takes_care_is_locked_out(book: Book) {
    let start: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    let mut place = Place::make(book, Access::Open, start).await;
    let end = pki::not_after(&place.security.authority().certificate.0);
    let mut careful = Careful::enrolled(&mut place).await;
    let (forgetful, _) = place.officer(yonago()).await;
    let mut forgot = Some(pki::not_after(forgetful.token.certificate()));
    let (code, mut holder) = place.holder(tottori()).await;
    let last_issue = last_day_of_issue(end);
    let mut issues = true;
    // PostgreSQL takes its time for a month's lists.
    let step = if book == Book::Postgres { 2 } else { 1 };
    for month in (step..).step_by(step) {
        let now =
            start_of_day(day_in_japan(start).saturating_add((month as i64).months())) + 9.hours();
        if now >= end {
            break;
        }
        if issues && now > start_of_day(last_issue) + 24.hours() {
            issuing_stops(&mut place, last_issue).await;
            issues = false;
        }
        place.clock.advance_to(now);
        place.tick().await;
        careful.renew_what_ends(&mut place).await;
        let until = pki::not_after(&holder.certificate);
        if issues && Ending::of(until, now).is_some() {
            holder = place.renewed(tottori(), &code).await;
            // The renewed one has ended, and is on the list within the hour.
            place.pass(61.minutes());
            place.tick().await;
        }
        if place.now() < pki::not_after(&holder.certificate) {
            listed(&place).await;
            place.seen_good(&holder.certificate).await;
            judged(&place, &holder.certificate, "good").await;
        }
        // A death is told by whoever has the key of the source now.
        if issues && month % 24 == 0 {
            let (code, dying) = place.holder(tottori()).await;
            place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
            place.pass(61.minutes());
            place.tick().await;
            listed(&place).await;
            place.seen_revoked(&dying.certificate, RevocationReason::AffiliationChanged).await;
            judged(&place, &dying.certificate, "revoked").await;
        }
        if forgot.take_if(|end| *end < now).is_some() {
            let (url, clock) = (place.url(), place.clock.clone());
            let own = forgetful.token.clone();
            let locked_out = Desk::sign_in(&url, &forgetful.terminal, own, clock).await;
            let locked_out = locked_out.map(|_| ()).unwrap_err();
            let fault = TimeFault::OwnEnded;
            let is_told =
                matches!(locked_out, DeskError::Time { fault: told, .. } if told == fault);
            assert!(is_told, "{locked_out:?}");
        }
    }
    let all = ["agency", "officer", "register", "security officer", "source", "terminal"];
    assert_eq!(careful.renewed, BTreeSet::from(all));
    assert!(forgot.is_none() && !issues);
    for near in ["two years", "a year", "three months"] {
        let said = format!("the last day of issue is {last_issue}, within {near}");
        assert_eq!(place.alarms(&said).await, 1, "{near}");
        let said = format!("the authority ends on {}, within {near}", day_in_japan(end));
        assert_eq!(place.alarms(&said).await, 1, "{near}");
    }
    the_authority_ends(&place, end, &holder).await;
    place.close().await;
}

/// Waits until the town's list of now lies in the repository. Who begins one while the time moves by a month rests for a minute.
async fn listed(place: &Place) {
    let (ledger, scope) = (place.house.ledger(), Scope::Partition(tottori()));
    for tries in 1..=240 {
        let newest = ledger.published_crl(1, scope).await.unwrap();
        if let Some(list) = newest.filter(|list| list.next_update > place.now())
            && place.is_public(scope, &list)
            && ledger.newest_change(1, Some(tottori()), list.up_to).await.unwrap().is_none()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        if tries % 2 == 0 {
            place.pass(61.seconds());
            place.tick().await;
        }
    }
    let newest = ledger.published_crl(1, scope).await.unwrap();
    panic!("no list of now, {}: {newest:?}", place.now());
}

/// On its last day a certificate is issued, and on the day after none.
async fn issuing_stops(place: &mut Place, last: Date) {
    let resident = place.resident(tottori());
    place.clock.advance_to(start_of_day(last) + 23.hours());
    place.tick().await;
    let issued = place.certified(tottori(), &resident).await;
    place.seen_good(&issued.certificate).await;
    place.clock.advance_to(start_of_day(last) + 25.hours());
    let another = place.resident(tottori());
    let refused = place.try_certified(tottori(), Procedure::Issue, &another).await;
    assert_eq!(refusal(refused), Refusal::AuthorityEnding);
}

/// The last lists and the last answers, and not one more.
async fn the_authority_ends(place: &Place, end: Timestamp, holder: &Holder) {
    let scopes = [Scope::Partition(tottori()), Scope::Complete, Scope::Authority];
    let newest = async || {
        let mut all = Vec::new();
        for scope in scopes {
            let list = place.house.ledger().published_crl(1, scope).await.unwrap().unwrap();
            all.push((list.number, list.this_update));
        }
        all
    };
    place.clock.advance_to(end - SignedDuration::from_mins(30));
    place.tick().await;
    let are_last = async || {
        let all = newest().await;
        Ok(all.iter().all(|(_, made)| *made >= end - SignedDuration::from_hours(1)))
    };
    place.wait("every list is made once more", are_last).await.unwrap();
    answered(place, holder).await;
    place.clock.advance_to(end - SignedDuration::from_secs(3));
    place.tick().await;
    answered(place, holder).await;
    let last = newest().await;
    for later in [SignedDuration::from_secs(1), SignedDuration::from_hours(24 * 31)] {
        place.clock.advance_to(end + later);
        place.tick().await;
        // Whoever makes lists looks once a second.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(newest().await, last, "no list after the end");
        let said = ocsp(place, holder);
        assert!(said.contains("Responder Error: unauthorized (6)"), "{said}");
    }
    assert_eq!(place.entries("record_crl").await.last().unwrap().at.max(end), end);
    assert_eq!(place.entries("file_responder").await.last().unwrap().at.max(end), end);
    let over = format!("the authority ended on {}", day_in_japan(end));
    assert_eq!(place.alarms(&over).await, 1);
    place.house.ledger().verify_audit().await.unwrap();
}

/// The responder answers, as soon as it has read the book at this time.
async fn answered(place: &Place, holder: &Holder) {
    let is_answered = async || Ok(!ocsp(place, holder).contains("Responder Error"));
    place.wait("the responder answers", is_answered).await.unwrap();
}

/// What openssl hears of the responder.
fn ocsp(place: &Place, holder: &Holder) -> String {
    let file = |name: &str| place.dir.join(name).to_str().unwrap().to_owned();
    let (ca, made, one) = (file("ca.pem"), file("certificates/ca.der"), file("one.der"));
    std::fs::write(&one, &holder.certificate).unwrap();
    openssl(place.now(), &["x509", "-in", &made, "-out", &ca]);
    let url = &place.house.doors.issuer.authority.profile.ocsp_url;
    let question =
        ["ocsp", "-issuer", &ca, "-cert", &one, "-CAfile", &ca, "-no_nonce", "-url", url];
    openssl(place.now(), &question)
}

/// Rule A of the law, once more by hand: three years from a day end on the day before the same day.
fn last_day_of_issue(end: Timestamp) -> Date {
    let day = day_in_japan(end).saturating_sub(3.years());
    let fits = |day: &Date| {
        let ends = Date::new(day.year() + 3, day.month(), day.day()).unwrap();
        start_of_day(ends) - 1.second() <= end
    };
    (-3..3).rev().map(|off: i64| day.saturating_add(off.days())).find(fits).unwrap()
}

/// The days on which counts of seconds, forms of dates and calendars change.
async fn keys_are_renewed_and_certificates_judged_over_the_days_on_which_clocks_stumble(
    book: Book,
) {
    for start in [
        "2028-02-28T12:00:00Z",
        "2032-02-28T12:00:00Z",
        "2038-01-18T21:14:00Z",
        "2049-12-31T12:00:00Z",
    ] {
        let start = start.parse().unwrap();
        let mut place = Place::make(book, Access::Open, start).await;
        let (mut officer, _) = place.officer(tottori()).await;
        let (_, holder) = place.holder(tottori()).await;
        // Every six hours for two days.
        for _ in 0..8 {
            place.pass(6.hours());
            place.tick().await;
            officer.terminal = next_of(&place, &officer.terminal, &officer.terminal).await;
            officer.token = next_of(&place, &officer.terminal, &officer.token).await;
            let desk = place.signed_in(&officer).await;
            makes_cards(&desk, place.house.doors.card_master.clone());
            place.desks.insert(tottori(), desk);
            listed(&place).await;
            place.seen_good(&holder.certificate).await;
            judged(&place, &holder.certificate, "good").await;
        }
        let (code, dying) = place.holder(tottori()).await;
        place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
        place.pass(61.minutes());
        place.tick().await;
        listed(&place).await;
        place.seen_revoked(&dying.certificate, RevocationReason::AffiliationChanged).await;
        judged(&place, &dying.certificate, "revoked").await;
        place.house.ledger().verify_audit().await.unwrap();
        place.close().await;
    }
}
