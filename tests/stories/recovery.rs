//! Where fewer than two security officers can sign, those who keep the recovery key together make others, at the
//! host, in a week; whoever is left stops it.

use std::process::Command;
use std::sync::Arc;

use akashi_keys::{Custody, EcKey, OfficerToken, Passphrase, RecoveryShare, Signer as _};
use akashi_ledger::Access;
use akashi_link::Identity;
use akashi_ra_console::Desk;
use akashi_town::PASSPHRASE;
use akashi_wire::SignedMessage;
use akashi_wire::act::{Answer, Deed, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::pki;
use akashi_wire::recovery::{RecoveredAs, RecoveredParty, RecoveryRequest};
use akashi_wire::signed::MessageKind;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::support::*;

told_on_both!(
    where_all_tokens_have_ended_the_keepers_of_the_recovery_key_make_security_officers,
    a_security_officer_who_is_left_stops_what_others_ask_for,
    where_both_tokens_are_lost_the_keepers_make_others_and_where_two_sign_they_do_not,
);

/// Runs `akashi`: whether it ended well, and what it said.
fn akashi(place: &Place, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(arguments)
        .current_dir(&place.dir)
        .env_clear()
        .env("AKASHI_PASSPHRASE", PASSPHRASE)
        .env("AKASHI_TOKEN_PASSWORD", "a password of the holder's own")
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).unwrap())
}

#[track_caller]
fn done(place: &Place, arguments: &[&str]) -> String {
    let (done, told) = akashi(place, arguments);
    assert!(done, "{arguments:?}: {told}");
    told
}

/// A world of five years and an hour ago.
async fn five_years_old(book: Book) -> Place {
    let start = Timestamp::now() - SignedDuration::from_hours(5 * 365 * 24 + 1);
    Place::make(book, Access::Registered, start).await
}

async fn where_all_tokens_have_ended_the_keepers_of_the_recovery_key_make_security_officers(
    book: Book,
) {
    let place = five_years_old(book).await;
    // The program has no clock but the machine's: the authority's is moved to that.
    place.clock.advance_to(Timestamp::now());
    place.tick().await;
    assert_eq!(place.alarms("the recovery key makes").await, 1);
    assert_eq!(place.alarms("the office has 0 of its two terminals").await, 1);
    for name in ["one", "other", "terminal"] {
        let (token, request) = (format!("{name}.p12"), format!("{name}.p10"));
        done(&place, &["officer-token", "new", "--out", &token, "--request", &request]);
    }
    let dir = place.dir.to_str().unwrap().to_owned();
    let ask = |shares: &[&str]| {
        let mut arguments = vec!["recovery", "ask", "--dir", &dir];
        shares.iter().for_each(|share| arguments.extend(["--share", share]));
        arguments.extend(["--security-officer", "新任 一=one.p10"]);
        arguments.extend(["--security-officer", "新任 二=other.p10"]);
        arguments.extend(["--terminal", "Office Terminal 3=terminal.p10"]);
        akashi(&place, &arguments)
    };
    // One of those who keep a share has left: it is dealt anew, to others.
    let deal = |shares: &[&str], to: &str| {
        let mut arguments = vec!["recovery", "deal", "--dir", &dir, "--to", to];
        shares.iter().for_each(|share| arguments.extend(["--share", share]));
        ["保管 一", "保管 二", "保管 四"]
            .iter()
            .for_each(|name| arguments.extend(["--share-holder", name]));
        akashi(&place, &arguments)
    };
    let before = ["recovery-share-1.json", "recovery-share-3.json"];
    let (few, told) = deal(&before[..1], "new");
    assert!(!few && told.contains("2 different ones are needed"), "{told}");
    let (full, told) = deal(&before, ".");
    assert!(!full && told.contains("is not empty"), "{told}");
    let (dealt, told) = deal(&before, "new");
    assert!(
        dealt && told.contains("new/recovery-share-3.json, to be taken away by 保管 四; 2 open it"),
        "{told}"
    );
    let (dead, told) = ask(&before);
    assert!(!dead && told.contains("others were dealt in their place"), "{told}");

    let shares = ["new/recovery-share-1.json", "new/recovery-share-3.json"];
    let (one, told) = ask(&shares[..1]);
    assert!(!one && told.contains("2 different ones are needed, and 1 were given"), "{told}");
    let (twice, told) = ask(&[shares[0], shares[0]]);
    assert!(!twice && told.contains("2 different ones are needed"), "{told}");
    let (asked, told) = ask(&shares);
    assert!(asked, "{told}");
    assert!(told.contains("every security officer can stop it"), "{told}");
    let (again, told) = ask(&shares);
    assert!(!again && told.contains("a recovery waits already"), "{told}");
    let shown = done(&place, &["recovery", "show", "--dir", &dir]);
    assert!(shown.contains("security officer, “新任 一”"), "{shown}");
    assert!(shown.contains("terminal of the office, “Office Terminal 3”"), "{shown}");
    place.tick().await;
    assert_eq!(place.alarms("the recovery key asked at").await, 1);

    let before = place.house.ledger().enrolments().await.unwrap().len();
    place.pass((7 * 24 - 1).hours());
    assert_eq!(place.tick().await.recovered, 0);
    assert_eq!(place.house.ledger().enrolments().await.unwrap().len(), before, "it waits a week");
    let collect = |name: &str| {
        let (request, out) = (format!("{name}.p10"), format!("{name}.pem"));
        let collect = ["recovery", "collect", "--dir", &dir, "--request", &request];
        akashi(&place, &[collect.as_slice(), &["--certificate", &out]].concat())
    };
    assert!(!collect("one").0);
    place.pass(2.hours());
    place.tick().await;
    assert_eq!(place.house.ledger().enrolments().await.unwrap().len(), before + 3);
    let mut tokens = Vec::new();
    for name in ["one", "other", "terminal"] {
        let (collected, told) = collect(name);
        assert!(collected, "{told}");
        let (token, certificate) = (format!("{name}.p12"), format!("{name}.pem"));
        let complete = ["officer-token", "complete", "--out", &token, "--certificate"];
        done(&place, &[complete.as_slice(), &[&certificate]].concat());
        let file = place.dir.join(&token);
        let token = OfficerToken::open(&file, "a password of the holder's own").unwrap();
        tokens.push(Arc::new(token));
    }
    // And now two can enrol whom they like.
    let sign_in = async |token: &Arc<OfficerToken>| {
        let clock = place.clock.clone();
        Desk::sign_in(&place.url(), &tokens[2], token.clone(), clock).await.unwrap()
    };
    let (one, other) = (sign_in(&tokens[0]).await, sign_in(&tokens[1]).await);
    let (deed, _) = place.enrolment("A new officer", Role::Officer { municipality: tottori() });
    let enrolled = akashi_town::by_two(&one, &other, deed).await.unwrap();
    assert!(matches!(enrolled, Answer::Enrolled { .. }), "{enrolled:?}");
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

/// What the keepers of shares 1 and 2 ask for, at the authority's door.
async fn asked(place: &Place, names: &[&str]) -> (u16, serde_json::Value) {
    let passphrase = Passphrase::new(PASSPHRASE.into()).unwrap();
    let custody = Custody::open(&place.dir.join("keys"), &passphrase).unwrap();
    let share = |number: u8| {
        let file = place.dir.join(format!("recovery-share-{number}.json"));
        serde_json::from_slice::<RecoveryShare>(&std::fs::read(file).unwrap()).unwrap()
    };
    let key = custody.recovery(&[share(1), share(2)]).unwrap();
    let read = |name: &str| std::fs::read(place.dir.join("certificates").join(name)).unwrap();
    let certificate = read("recovery.der");
    let party = |name: &&str| RecoveredParty {
        name: (*name).into(),
        role: RecoveredAs::SecurityOfficer,
        request_for_certificate: Octets(
            EcKey::generate().unwrap().request_for_certificate().unwrap(),
        ),
    };
    let request = RecoveryRequest {
        authority: Sha256::of(&read("ca.der")),
        made_at: place.now(),
        parties: names.iter().map(party).collect(),
    };
    let content = serde_json::to_vec(&request).unwrap();
    let (kind, sign) = (MessageKind::RecoveryRequest, |octets: &[u8]| key.sign(octets));
    let message = SignedMessage::sign(kind, &content, &certificate, place.now(), sign).unwrap();
    let own = Identity { certificate, key: key.for_tls(), authority: read("link.der") };
    let octets = message.as_der().to_vec();
    let stranger = &place.sources[&tottori()];
    if place.now() < pki::not_after(&stranger.certificate) {
        let (status, _) = place.post("/recovery", &stranger.link(), octets.clone()).await;
        assert_eq!(status, 403, "over anybody else's link it is nothing");
    }
    let (status, said) = place.post("/recovery", &own, octets).await;
    (status, serde_json::from_str(&said).unwrap())
}

async fn a_security_officer_who_is_left_stops_what_others_ask_for(book: Book) {
    let mut place = five_years_old(book).await;
    // One of the two takes care, and so does the terminal.
    let dir = place.dir.clone();
    let first = OfficerToken::open(&dir.join("security-officer-1.p12"), PASSPHRASE).unwrap();
    let end = pki::not_after(first.certificate());
    place.clock.advance_to(end - 24.hours());
    let own =
        Arc::new(OfficerToken::open(&dir.join("security-officer-1.p12"), PASSPHRASE).unwrap());
    let terminal =
        Arc::new(OfficerToken::open(&dir.join("office-terminal-1.p12"), PASSPHRASE).unwrap());
    let mut next = Vec::new();
    for token in [&terminal, &own] {
        let link = next.first().unwrap_or(&terminal).clone();
        let clock = place.clock.clone();
        let desk = Desk::sign_in(&place.url(), &link, token.clone(), clock).await.unwrap();
        let key = EcKey::generate().unwrap();
        let certificate = desk.rekey(&key).await.unwrap().certificate;
        let link_authority = token.link_authority().to_vec();
        next.push(Arc::new(OfficerToken::new(key, certificate, link_authority)));
    }
    place.clock.advance_to(end + 1.second());
    place.tick().await;
    let (status, said) = asked(&place, &["Somebody whom nobody knows"]).await;
    assert_eq!(status, 200, "{said}");
    let recovery: Sha256 = serde_json::from_value(said["recovery"].clone()).unwrap();
    place.tick().await;
    assert_eq!(place.alarms(&format!("desk stop-recovery {recovery}")).await, 1);
    let why = || "nobody knows of it".to_owned();
    let clock = place.clock.clone();
    let left = Desk::sign_in(&place.url(), &next[0], next[1].clone(), clock.clone()).await.unwrap();
    let Answer::Reviewed { recoveries, .. } = left.ask(Deed::Review).await.unwrap() else {
        panic!()
    };
    assert_eq!(recoveries.len(), 1);
    assert_eq!(recoveries[0].recovery, recovery);
    assert_eq!(recoveries[0].parties[0].name, "Somebody whom nobody knows");
    // The office may have no terminal left: for this, and for nothing else, the own link will do.
    let left = Desk::sign_in(&place.url(), &next[1], next[1].clone(), clock).await.unwrap();
    assert_eq!(refusal(left.ask(Deed::Review).await), Refusal::NotATerminal);
    let other = left.ask(Deed::StopRecovery { recovery: Sha256([7; 32]), why: why() }).await;
    assert_eq!(refusal(other), Refusal::NotAsItStands);
    let stopped = left.ask(Deed::StopRecovery { recovery, why: why() }).await.unwrap();
    assert_eq!(stopped, Answer::Done);
    place.pass((30 * 24).hours());
    assert_eq!(place.tick().await.recovered, 0);
    let all = place.house.ledger().enrolments().await.unwrap();
    assert!(!all.iter().any(|one| one.name == "Somebody whom nobody knows"));
    assert_eq!(place.entries("stop_recovery").await.len(), 2, "the change, and the act");
    place.house.ledger().verify_audit().await.unwrap();
    place.desks.clear();
    place.close().await;
}

/// The book cannot know that a token is lost: whoever has one shows it by signing.
async fn where_both_tokens_are_lost_the_keepers_make_others_and_where_two_sign_they_do_not(
    book: Book,
) {
    let place = Place::make(book, Access::Registered, Timestamp::now()).await;
    let (_, said) = asked(&place, &["Recovered"]).await;
    assert_eq!(said["answer"], "recovery_waits", "{said}");
    place.tick().await;
    // Two sign whatever: they have their tokens.
    for desk in [&place.security.one, &place.security.other] {
        desk.ask(Deed::Review).await.unwrap();
    }
    place.pass((7 * 24 + 1).hours());
    assert_eq!(place.tick().await.recovered, 0);
    place.tick().await;
    assert_eq!(place.entries("lapse_recovery").await.len(), 1);
    assert_eq!(place.alarms("came to nothing at").await, 1);
    // And here nobody signs any more.
    let (_, said) = asked(&place, &["Recovered"]).await;
    assert_eq!(said["answer"], "recovery_waits", "{said}");
    place.tick().await;
    place.pass((7 * 24 + 1).hours());
    place.tick().await;
    let is_there = async || {
        let all = place.house.ledger().enrolments().await.unwrap();
        Ok(all.iter().any(|one| one.name == "Recovered"))
    };
    place.wait("the recovered one is enrolled", is_there).await.unwrap();
    place.tick().await;
    assert_eq!(place.alarms("was carried out at").await, 1);
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_recovery_key_asked_for_is_an_alarm_anew_by_each_start_of_the_authority() {
    let place = five_years_old(Book::Sqlite).await;
    let file = place.dir.join("security-officer-1.p12");
    let end = pki::not_after(OfficerToken::open(&file, PASSPHRASE).unwrap().certificate());
    place.clock.advance_to(end - 24.hours());
    place.tick().await;
    let (status, said) = asked(&place, &["Somebody whom nobody knows"]).await;
    assert_eq!(status, 200, "{said}");
    place.tick().await;
    place.tick().await;
    assert_eq!(place.alarms("the recovery key asked at").await, 1);
    // Whoever was stopped or restored meanwhile has told nobody: it begins anew, and so does the day that it waits.
    let again = place.reopened(|_| ()).await;
    again.tick().await;
    again.tick().await;
    let said = again.alarms_said().await;
    let told = said.iter().filter(|said| said.contains("the recovery key asked at"));
    assert_eq!(told.count(), 2, "{said:?}");
    let standing = again.house.ledger().standing_alarms().await.unwrap();
    let stands = standing.iter().filter(|one| one.alarm.code() == "recovery_asked");
    assert_eq!(stands.count(), 1);
    again.close().await;
}
