//! A token renews itself by its own signature while it lives: of every kind of party, within its enrolment;
//! the one before is dead, and everybody who must know is told.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use akashi_agency::{Agency, Verdict};
use akashi_keys::{EcKey, OfficerToken, Signer};
use akashi_link::TimeFault;
use akashi_ra_console::{Desk, DeskError, Rekeyed};
use akashi_town::PASSPHRASE;
use akashi_wire::RekeyRequest;
use akashi_wire::act::{Answer, Deed, PartyId, Refusal, RequestId};
use akashi_wire::date::EffectiveDate;
use akashi_wire::ending::CERTIFICATE_ENDS;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::pki;
use akashi_wire::signed::MessageKind;
use jiff::ToSpan;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;

use crate::support::*;

told_on_both!(
    every_kind_of_party_renews_its_key,
    an_end_is_said_in_time,
    what_each_does_goes_on_with_the_next_key_and_not_with_the_dead_one,
    a_source_goes_on_with_its_next_key_and_its_register_under_its_name,
    a_lost_answer_is_given_again_and_no_other_key_in_its_place,
    a_request_counts_over_its_own_link_for_this_authority_and_now,
    a_token_that_is_over_hears_so_at_a_terminal_that_is_not,
    a_wrong_clock_of_whoever_asks_is_told_as_one,
    two_prolong_a_term_and_nobody_beyond_the_authoritys_own_end,
    the_command_replaces_a_token_and_goes_on_where_it_was_interrupted,
    the_desk_says_at_each_use_that_token_and_terminal_end_soon_and_they_renew_themselves,
);

/// Asks for another key in the place of this token's, over the link of whoever it is.
async fn asked(
    place: &Place,
    (link, token): (&OfficerToken, &Arc<OfficerToken>),
    next: &EcKey,
) -> Result<Rekeyed, DeskError> {
    let desk = Desk::sign_in(&place.url(), link, token.clone(), place.clock.clone()).await?;
    desk.rekey(next).await
}

/// Whose link a party uses: that of the terminal where it works at one.
fn link_of(party: &Party, role: &Role) -> Arc<OfficerToken> {
    let office = "310000".parse().unwrap();
    let works =
        role.works_at(office) || role.municipality().is_some_and(|town| role.works_at(town));
    if works { party.terminal.clone() } else { party.token.clone() }
}

fn with(key: EcKey, told: &Rekeyed, before: &OfficerToken) -> Arc<OfficerToken> {
    let certificate = told.certificate.clone();
    Arc::new(OfficerToken::new(key, certificate, before.link_authority().to_vec()))
}

/// The same token once more.
fn copy(place: &Place, token: &OfficerToken) -> OfficerToken {
    let file = place.dir.join("copy.p12");
    token.save(&file, PASSPHRASE).unwrap();
    OfficerToken::open(&file, PASSPHRASE).unwrap()
}

fn roles() -> Vec<Role> {
    let municipality = tottori();
    vec![
        Role::SecurityOfficer,
        Role::TownAdministrator { municipality },
        Role::Officer { municipality },
        Role::Supervisor { municipality },
        Role::HoldDesk { municipality },
        Role::Terminal { municipality },
        Role::Terminal { municipality: "310000".parse().unwrap() },
        Role::Operator,
        Role::Auditor,
        Role::Agency { purposes: vec!["tax".into()] },
        Role::Witness,
        Role::Verifier,
        Role::Canary,
        Role::Source { municipality },
        Role::Registry { municipality },
    ]
}

async fn enrolment_of(place: &Place, token: &OfficerToken) -> akashi_ledger::Enrolment {
    let digest = Sha256::of(token.certificate());
    place.house.ledger().enrolment_of(digest).await.unwrap().unwrap()
}

async fn every_kind_of_party_renews_its_key(book: Book) {
    let place = Place::open(book).await;
    let roles = roles();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for role in &roles {
        *kinds.entry(role.name()).or_default() += 1;
    }
    // Whoever is not of the authority's own: a kind that is new has its line in the list.
    assert_eq!(kinds.len(), 14, "{kinds:?}");
    place.pass((4 * 365).days());
    for role in &roles {
        let party = place.enrolled("Somebody", role.clone()).await;
        let (link, next) = (link_of(&party, role), EcKey::generate().unwrap());
        let told = asked(&place, (&link, &party.token), &next).await;
        let told = told.unwrap_or_else(|error| panic!("{}: {error}", role.name()));
        let before = enrolment_of(&place, &party.token).await;
        assert!(before.superseded_at.is_some() && !before.is_in_force(place.now()), "{role:?}");
        let next = with(next, &told, &party.token);
        let now = enrolment_of(&place, &next).await;
        assert_eq!((now.party, &now.role, now.until), (party.party, role, told.until));
        assert!(now.is_in_force(place.now()), "{role:?}");
        assert!(pki::not_after(next.certificate()) <= told.until, "within its term: {role:?}");
        // The dead one gets no further key, and hears why.
        let again = asked(&place, (&link, &party.token), &EcKey::generate().unwrap()).await;
        assert!(matches!(refusal(again), Refusal::Superseded { .. }), "{role:?}");
        // The living one does.
        let link = if Arc::ptr_eq(&link, &party.token) { next.clone() } else { link };
        asked(&place, (&link, &next), &EcKey::generate().unwrap()).await.unwrap();
    }
    // Whoever sees the alarms is told of each.
    place.tick().await;
    assert_eq!(place.alarms("had another key certified at").await, roles.len());
    place.close().await;
}

async fn what_each_does_goes_on_with_the_next_key_and_not_with_the_dead_one(book: Book) {
    let mut place = Place::open(book).await;
    let town = tottori();
    let (_, holder) = place.holder(town).await;
    // An officer at a counter.
    let (officer, desk) = place.officer(town).await;
    let next = EcKey::generate().unwrap();
    let told = desk.rekey(&next).await.unwrap();
    let next = with(next, &told, &officer.token);
    let review = Deed::Outcome { request: RequestId::from_random([9; 16]) };
    assert!(matches!(refusal(desk.ask(review.clone()).await), Refusal::Superseded { .. }));
    let again = Party { token: next, ..officer };
    let open = Deed::OpenCase { procedure: akashi_wire::act::Procedure::Issue };
    let opened = place.signed_in(&again).await.ask(open.clone()).await.unwrap();
    assert!(matches!(opened, Answer::CaseOpened { .. }), "{opened:?}");
    // Its terminal: what is signed there names the next key, and comes over its link.
    let next = EcKey::generate().unwrap();
    let told = asked(&place, (&again.terminal, &again.terminal), &next).await.unwrap();
    assert_eq!(
        refusal(place.signed_in(&again).await.ask(open.clone()).await),
        Refusal::NotATerminal,
        "the dead key of a terminal is none"
    );
    let again = Party { terminal: with(next, &told, &again.terminal), ..again };
    place.signed_in(&again).await.ask(open).await.unwrap();
    // An agency.
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let authority = place.security.authority().certificate.0.clone();
    let judged = async |token: &Arc<OfficerToken>| {
        Agency::new(authority.clone(), Some(copy(&place, token)))
            .judge(&holder.certificate, place.now())
            .await
    };
    assert_eq!(judged(&agency.token).await, Verdict::Valid);
    let next = EcKey::generate().unwrap();
    let told = asked(&place, (&agency.token, &agency.token), &next).await.unwrap();
    assert_eq!(judged(&with(next, &told, &agency.token)).await, Verdict::Valid);
    let dead = judged(&agency.token).await;
    assert!(matches!(&dead, Verdict::CannotTell(why) if why.contains("unauthorized")), "{dead:?}");
    // Where it fetches lists it is told what it is.
    let door = place.house.config.listen.repository_link;
    let client = akashi_link::client(&agency.link()).unwrap();
    let url = format!("https://{door}/crl/1/complete.crl");
    let refused = client.get(url).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 403);
    let said = refused.text().await.unwrap();
    assert!(said.contains("Another key of yours was certified at"), "{said}");
    place.close().await;
}

async fn a_source_goes_on_with_its_next_key_and_its_register_under_its_name(book: Book) {
    let mut place = Place::open(book).await;
    let town = tottori();
    let (code, holder) = place.holder(town).await;
    let source = place.enrolled("Source", Role::Source { municipality: town }).await.token;
    let register = place.enrolled("Register", Role::Registry { municipality: town }).await.token;
    let (own, its) = (copy(&place, &source), copy(&place, &register));
    place.replace_source(town, own);
    place.replace_registry(town, its).await;
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let before = place.batch_of(town, 10);
    let next = EcKey::generate().unwrap();
    let told = asked(&place, (&source, &source), &next).await.unwrap();
    let link = place.sources[&town].link();
    let (status, said) = place.post("/idou", &link, before.sealed).await;
    assert_eq!(status, 403);
    assert!(said.contains("another key of the source was certified at"), "{said}");
    let client = akashi_link::client(&link).unwrap();
    let stands = client.get(format!("{}/idou/1", place.url())).send().await.unwrap();
    assert_eq!(stands.status().as_u16(), 403);
    let said = stands.text().await.unwrap();
    assert!(said.contains("another key of the source was certified at"), "{said}");
    assert!(place.is_good(holder.serial).await, "nothing of it was taken");
    let next = with(next, &told, &source);
    let next = copy(&place, &next);
    place.replace_source(town, next);
    // It signs anew what was signed before and not taken.
    let (now, sources) = (place.now(), place.sources.clone());
    let batch = {
        let mut registry = place.registry.lock().unwrap();
        registry.resend(&sources[&town], 1, 1, now).unwrap()
    };
    place.sent(town, &batch).await;
    place.tick().await;
    assert!(!place.is_good(holder.serial).await, "the death arrived");
    // The register is reached under the same name as before.
    let next = EcKey::generate().unwrap();
    let told = asked(&place, (&register, &register), &next).await.unwrap();
    let names = |der: &[u8]| {
        let certificate = Certificate::from_der(der).unwrap();
        certificate.tbs_certificate().get_extension::<SubjectAltName>().unwrap().unwrap().1
    };
    assert_eq!(names(&told.certificate), names(register.certificate()));
    let next = with(next, &told, &register);
    let next = copy(&place, &next);
    place.replace_registry(town, next).await;
    let other = place.resident(town);
    place.certified(town, &other).await;
    place.close().await;
}

async fn a_lost_answer_is_given_again_and_no_other_key_in_its_place(book: Book) {
    let place = Place::open(book).await;
    let (officer, desk) = place.officer(tottori()).await;
    let next = EcKey::generate().unwrap();
    let first = desk.rekey(&next).await.unwrap();
    let entries = place.entries("rekey").await.len();
    // The line broke before the officer had it.
    assert_eq!(desk.rekey(&next).await.unwrap(), first);
    let other = desk.rekey(&EcKey::generate().unwrap()).await;
    assert!(matches!(refusal(other), Refusal::Superseded { .. }));
    assert_eq!(place.entries("rekey").await.len(), entries, "certified once");
    // Nor is a certificate told to whoever has not the key that asked for it.
    let (_, stranger) = place.officer(tottori()).await;
    assert_eq!(refusal(stranger.rekey(&next).await), Refusal::KeyTaken);
    // Dismissed, neither gets anything.
    let dismiss = Deed::Dismiss { party: officer.party, why: "gone".into() };
    place.security.one.ask(dismiss).await.unwrap();
    assert_eq!(refusal(desk.rekey(&next).await), Refusal::NotEnrolled);
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

async fn a_request_counts_over_its_own_link_for_this_authority_and_now(book: Book) {
    let place = Place::open(book).await;
    let town = tottori();
    let (officer, _) = place.officer(town).await;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let authority = place.security.authority().fingerprint;
    let request = |authority: Sha256, made_at: jiff::Timestamp, signer: &Party| {
        let octets = EcKey::generate().unwrap().request_for_certificate().unwrap();
        let request = RekeyRequest { authority, made_at, request_for_certificate: Octets(octets) };
        let content = serde_json::to_vec(&request).unwrap();
        signer.sign_as(MessageKind::RekeyRequest, &content, place.now()).as_der().to_vec()
    };
    let now = place.now();
    let elsewhere = place.terminals[&yonago()].clone();
    let elsewhere = Party { party: officer.party, token: elsewhere.clone(), terminal: elsewhere };
    for (octets, link, refused) in [
        (request(authority, now, &officer), agency.link(), "not_a_terminal"),
        (request(authority, now, &officer), elsewhere.link(), "not_a_terminal"),
        (request(authority, now, &agency), officer.at_terminal(), "not_a_terminal"),
        // Whoever works at a terminal asks at one: a stolen token alone gets no other key.
        (request(authority, now, &officer), officer.link(), "not_a_terminal"),
        (request(Sha256([7; 32]), now, &officer), officer.at_terminal(), "other_authority"),
        (request(authority, now - 9.hours(), &officer), officer.at_terminal(), "not_now"),
        (request(authority, now + 9.hours(), &officer), officer.at_terminal(), "not_now"),
    ] {
        let (_, said) = place.post("/rekey", &link, octets).await;
        let json: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(json["refusal"], refused, "{said}");
        if refused == "not_now" {
            let says = json["says"].as_str().unwrap();
            assert!(says.contains("9 h 0 min"), "told as what it is: {says}");
        }
    }
    // An act is no request for a key, nor the other way round.
    let act = officer.act(&place, RequestId::from_random([8; 16]), Deed::Review);
    let (_, said) = place.post("/rekey", &officer.at_terminal(), act.as_der().to_vec()).await;
    assert!(said.contains("malformed"), "{said}");
    let (_, said) =
        place.post("/acts", &officer.at_terminal(), request(authority, now, &officer)).await;
    assert!(said.contains("malformed"), "{said}");
    assert_eq!(place.entries("rekey").await.len(), 0);
    assert!(place.entries("refuse").await.len() >= 7, "each is on record");
    place.close().await;
}

/// Of whom the alarms say that the key ends: how near.
async fn said_of(place: &Place, party: PartyId) -> Vec<String> {
    let mut all = place.alarms_said().await;
    all.retain(|said| said.contains(&party.to_string()));
    all
}

async fn an_end_is_said_in_time(book: Book) {
    let place = Place::open(book).await;
    let agency = place.enrolled("Bureau", Role::Agency { purposes: vec!["tax".into()] }).await;
    let end = pki::not_after(agency.token.certificate());
    let kept = place.clock.clone();
    let now = Arc::new(move || akashi_wire::Clock::now(&*kept));
    // Of the authority's, of the responder's and of the repository's links alike.
    let listen = &place.house.config.listen;
    let doors = [
        format!("{}/authority", place.url()),
        format!("https://{}/", listen.ocsp_link),
        format!("https://{}/ca/1.cer", listen.repository_link),
    ];
    let told = async || {
        let client = akashi_link::client_by(&agency.link(), now.clone()).unwrap();
        let mut told = Vec::new();
        for door in &doors {
            let answer = client.get(door).send().await.unwrap();
            let said = answer.headers().get(CERTIFICATE_ENDS);
            told.push(said.map(|said| said.to_str().unwrap().to_owned()));
        }
        told
    };
    assert_eq!(told().await, [None, None, None]);
    let mut heard = 0;
    for (before, near) in
        [(91, "within three months"), (30, "within a month"), (6, "within a week")]
    {
        place.clock.advance_to(end - (before * 24).hours());
        place.tick().await;
        let said = said_of(&place, agency.party).await;
        heard += 1;
        assert_eq!(said.len(), heard, "{said:?}");
        assert!(said.iter().any(|alarm| alarm.contains(near)), "{said:?}");
        assert_eq!(told().await, vec![Some(end.to_string()); 3]);
    }
    // Over, it opens no link, and is told so and not that nobody answers.
    place.clock.advance_to(end + 1.second());
    place.tick().await;
    let said = said_of(&place, agency.party).await;
    assert!(said.iter().any(|alarm| alarm.contains("dismiss it, and enrol it again")), "{said:?}");
    let own = (agency.token.as_ref(), &agency.token);
    let over = asked(&place, own, &EcKey::generate().unwrap()).await.unwrap_err();
    let is_own_end = matches!(over, DeskError::Time { fault: TimeFault::OwnEnded, .. });
    assert!(is_own_end, "{over:?}");
    assert!(over.to_string().contains("is not in its time"), "{over}");
    place.close().await;
}

async fn a_token_that_is_over_hears_so_at_a_terminal_that_is_not(book: Book) {
    let place = Place::open(book).await;
    let (officer, _) = place.officer(tottori()).await;
    let end = pki::not_after(officer.token.certificate());
    place.clock.advance_to(end - 1.second());
    // Its terminal has another key in time, and the officer forgot.
    let next = EcKey::generate().unwrap();
    let told = asked(&place, (&officer.terminal, &officer.terminal), &next).await.unwrap();
    let officer = Party { terminal: with(next, &told, &officer.terminal), ..officer };
    place.clock.advance_to(end + 1.second());
    let desk = place.signed_in(&officer).await;
    let over = refusal(desk.ask(Deed::Outcome { request: RequestId::from_random([9; 16]) }).await);
    assert_eq!(over, Refusal::Over { end });
    assert_eq!(refusal(desk.rekey(&EcKey::generate().unwrap()).await), Refusal::Over { end });
    place.close().await;
}

async fn a_wrong_clock_of_whoever_asks_is_told_as_one(book: Book) {
    let place = Place::open(book).await;
    let (officer, _) = place.officer(tottori()).await;
    let by = |ahead: jiff::SignedDuration| {
        Arc::new(akashi_wire::clock::SimulatedClock::at(place.now() + ahead))
    };
    let sign_in = async |ahead| {
        let token = officer.token.clone();
        Desk::sign_in(&place.url(), &officer.terminal, token, by(ahead)).await
    };
    // A hardware clock read as UTC.
    let ahead = jiff::SignedDuration::from_hours(9);
    let desk = sign_in(ahead).await.unwrap();
    let refused =
        refusal(desk.ask(Deed::Outcome { request: RequestId::from_random([9; 16]) }).await);
    let expected = Refusal::NotNow { made_at: place.now() + ahead, now: place.now() };
    assert_eq!(refused, expected);
    assert!(
        refused.to_string().contains("the clock of this machine is 9 h 0 min fast"),
        "{refused}"
    );
    // So far off that the authority's own certificate is not in its time.
    for (years, fault) in [(30, TimeFault::PeerEnded), (-1, TimeFault::PeerNotYet)] {
        let ahead = jiff::SignedDuration::from_hours(years * 365 * 24);
        let error = sign_in(ahead).await.map(|_| ()).unwrap_err();
        let is_told = matches!(error, DeskError::Time { fault: told, .. } if told == fault);
        assert!(is_told, "{error:?}");
    }
    place.close().await;
}

async fn two_prolong_a_term_and_nobody_beyond_the_authoritys_own_end(book: Book) {
    let place = Place::open(book).await;
    let town = tottori();
    let last = pki::not_after(&place.security.authority().certificate.0);
    let (deed, key) = place.enrolment("For a year", Role::Officer { municipality: town });
    let Deed::Enrol { name, party, hosts, request_for_certificate, .. } = deed else { panic!() };
    let end = place.now() + (365 * 24).hours();
    let enrol = |until| Deed::Enrol {
        name: name.clone(),
        party: party.clone(),
        hosts: hosts.clone(),
        request_for_certificate: request_for_certificate.clone(),
        until: Some(until),
    };
    for wrong in [last + 1.second(), place.now()] {
        let refused = refusal(place.security.ask(enrol(wrong)).await);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused:?}");
    }
    let enrolled = place.security.ask(enrol(end)).await.unwrap();
    let Answer::Enrolled { party, certificate, link_authority } = enrolled else { panic!() };
    assert!(pki::not_after(&certificate.0) <= end, "no key outlives the term");
    let token = Arc::new(OfficerToken::new(key, certificate.0, link_authority.0));
    let officer = Party { party, token, terminal: place.terminals[&town].clone() };
    place.clock.advance_to(end - (24 * 3).hours());
    place.tick().await;
    let said = said_of(&place, party).await;
    assert!(said.iter().any(|alarm| alarm.contains("prolong")), "{said:?}");
    let desk = place.signed_in(&officer).await;
    // By itself it gets a key to the end of its term and not a second longer.
    let next = EcKey::generate().unwrap();
    let told = desk.rekey(&next).await.unwrap();
    assert!(pki::not_after(&told.certificate) <= end && told.until == end);
    let officer = Party { token: with(next, &told, &officer.token), ..officer };
    let until = end + (2 * 365 * 24).hours();
    let alone = place.security.one.ask(Deed::Prolong { party, until }).await.unwrap();
    assert!(matches!(alone, Answer::Proposed { .. }), "{alone:?}");
    let desk = place.signed_in(&officer).await;
    assert_eq!(refusal(desk.ask(Deed::Prolong { party, until }).await), Refusal::NotAllowed);
    assert_eq!(place.security.ask(Deed::Prolong { party, until }).await.unwrap(), Answer::Done);
    let told = desk.rekey(&EcKey::generate().unwrap()).await.unwrap();
    assert_eq!(told.until, until);
    assert!(pki::not_after(&told.certificate) > end);
    let beyond = Deed::Prolong { party, until: last + 1.second() };
    assert!(matches!(refusal(place.security.ask(beyond).await), Refusal::Malformed { .. }));
    place.close().await;
}

/// Runs `akashi officer-token rekey`: whether it ended well, and what it said.
fn rekey(
    place: &Place,
    (token, terminal): (&std::path::Path, &std::path::Path),
    more: &[&str],
) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(["officer-token", "rekey", "--url", &place.url(), "--token"])
        .arg(token)
        .args(more)
        .arg("--terminal")
        .arg(terminal)
        .env_clear()
        .env("AKASHI_TOKEN_PASSWORD", PASSPHRASE)
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).unwrap())
}

async fn the_command_replaces_a_token_and_goes_on_where_it_was_interrupted(book: Book) {
    let place = Place::make(book, akashi_ledger::Access::Registered, now_in_fact()).await;
    let (officer, desk) = place.officer(tottori()).await;
    let (file, terminal) = (place.dir.join("officer.p12"), place.dir.join("terminal.p12"));
    officer.token.save(&file, PASSPHRASE).unwrap();
    officer.terminal.save(&terminal, PASSPHRASE).unwrap();
    // Long before its end a run by plan does nothing.
    let (done, told) = rekey(&place, (&file, &terminal), &[]);
    assert!(done && told.contains("nothing before") && told.contains("--now"), "{told}");
    assert!(enrolment_of(&place, &officer.token).await.is_in_force(place.now()));
    let (done, told) = rekey(&place, (&file, &terminal), &["--now"]);
    assert!(done, "{told}");
    assert!(told.contains("every copy of the token is dead"), "{told}");
    assert!(!place.dir.join("officer.p12.next").exists());
    let token = Arc::new(OfficerToken::open(&file, PASSPHRASE).unwrap());
    assert_ne!(token.certificate(), officer.token.certificate());
    assert!(enrolment_of(&place, &token).await.is_in_force(place.now()));
    let refused =
        refusal(desk.ask(Deed::Outcome { request: RequestId::from_random([9; 16]) }).await);
    assert!(matches!(refused, Refusal::Superseded { .. }), "{refused:?}");
    // Interrupted after the authority certified and before the file was written: the next key waits there.
    let key = EcKey::generate().unwrap();
    let waits = OfficerToken::waiting(key, place.now()).unwrap();
    waits.save(&place.dir.join("officer.p12.next"), PASSPHRASE).unwrap();
    let certified =
        asked(&place, (&officer.terminal, &token), waits.key()).await.unwrap().certificate;
    let (done, told) = rekey(&place, (&file, &terminal), &[]);
    assert!(done, "{told}");
    let again = OfficerToken::open(&file, PASSPHRASE).unwrap();
    assert_eq!(again.certificate(), certified);
    // And between the last two steps.
    waits.save(&place.dir.join("officer.p12.next"), PASSPHRASE).unwrap();
    let (done, told) = rekey(&place, (&file, &terminal), &[]);
    assert!(done, "{told}");
    assert_eq!(OfficerToken::open(&file, PASSPHRASE).unwrap().certificate(), certified);
    place.close().await;
}

/// What the machine says: whoever runs a command has no other clock.
fn now_in_fact() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

async fn the_desk_says_at_each_use_that_token_and_terminal_end_soon_and_they_renew_themselves(
    book: Book,
) {
    // By the machine's clock, the only one that a desk has, the first tokens end in twenty days.
    let five_years = jiff::SignedDuration::from_hours(5 * 365 * 24);
    let start = now_in_fact() - five_years + (20 * 24).hours();
    let place = Place::make(book, akashi_ledger::Access::Registered, start).await;
    place.clock.advance_to(now_in_fact());
    let review = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
            .args(["desk", "--url", &place.url()])
            .args(["--terminal", "office-terminal-1.p12", "--token", "security-officer-1.p12"])
            .args(more)
            .arg("review")
            .current_dir(&place.dir)
            .env_clear()
            .env("AKASHI_TOKEN_PASSWORD", PASSPHRASE)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
        (String::from_utf8(output.stdout).unwrap(), told)
    };
    let key = |file: &str| {
        let token = OfficerToken::open(&place.dir.join(file), PASSPHRASE).unwrap();
        token.key().public_key().to_vec()
    };
    let files = ["security-officer-1.p12", "office-terminal-1.p12"];
    let before = files.map(key);
    let (shown, told) = review(&["--no-renewal"]);
    for what in ["this token ends on", "the key of this terminal ends on"] {
        let line = told.lines().find(|line| line.contains(what));
        let line = line.unwrap_or_else(|| panic!("{told}"));
        assert!(line.contains("within a month") && line.contains("renews itself"), "{line}");
    }
    assert_eq!(files.map(key), before, "nobody renewed it");
    // Whoever reviews sees the ends of keys and of terms.
    assert!(shown.contains("key until") && shown.contains("enrolled until"), "{shown}");
    // A use that goes well renews both, once; what was asked for is not disturbed by it.
    let (shown, told) = review(&["--json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "{shown}");
    for file in files {
        assert!(told.contains(&format!("{file} has renewed itself and is good until")), "{told}");
    }
    let after = files.map(key);
    assert!(after[0] != before[0] && after[1] != before[1]);
    let (_, told) = review(&[]);
    assert_eq!(told, "", "and nothing ends any more");
    assert_eq!(files.map(key), after);
    assert_eq!(place.entries("rekey").await.len(), 2);
    place.close().await;
}
