//! Status is for notified agencies, for their purpose, and each question is on record
//! (law art. 17, 18).

use std::sync::Arc;

use akashi_agency::{Agency, Verdict};
use akashi_ledger::{Access, Scope};
use akashi_ra_console::{Desk, DeskError, journey};
use akashi_wire::act::{Deed, IdentityProof};
use akashi_wire::party::Role;
use akashi_wire::{Clock, RevocationReason};

use crate::support::*;

told_on_both!(
    every_question_of_an_agency_is_on_record_before_it_is_answered,
    no_door_opens_a_link_to_who_was_dismissed,
);

fn cannot_tell(verdict: &Verdict, why: &str) -> bool {
    matches!(verdict, Verdict::CannotTell(text) if text.contains(why))
}

async fn every_question_of_an_agency_is_on_record_before_it_is_answered(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let agency =
        place.enrolled("Tax Office", Role::Agency { purposes: vec!["e-Tax".into()] }).await;
    let party = agency.party;
    let token = std::sync::Arc::into_inner(agency.token).unwrap();
    let authority = place.security.authority().certificate.0.clone();
    let agency = Agency::new(authority, Some(token));
    place.seen_good(&holder.certificate).await;
    assert_eq!(agency.judge(&holder.certificate, place.now()).await, Verdict::Valid);
    let by = place.by_items(&code);
    let lost = RevocationReason::KeyCompromise;
    journey::revoke(place.desk(tottori()), by, lost, IdentityProof::ResidentCard).await.unwrap();
    place.seen_revoked(&holder.certificate, lost).await;
    agency.judge(&holder.certificate, place.now()).await;
    let about = place.house.ledger().inquiries_about(&holder.serial.to_string()).await.unwrap();
    let own: Vec<_> = about.iter().filter(|inquiry| inquiry.party == party).collect();
    let told: Vec<_> = own.iter().map(|i| (i.purpose.as_str(), i.answer.as_str())).collect();
    assert_eq!(told, [("e-Tax", "good"), ("e-Tax", "revoked")]);

    // Dismissed: nothing more, from the next question on.
    place.security.ask(Deed::Dismiss { party, why: "misuse".into() }).await.unwrap();
    let verdict = agency.judge(&holder.certificate, place.now()).await;
    assert!(cannot_tell(&verdict, "unauthorized"), "{verdict:?}");
    let after = place.house.ledger().inquiries_about(&holder.serial.to_string()).await.unwrap();
    assert_eq!(after.len(), about.len());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_officers_are_told_nothing_and_not_that_anything_is_revoked() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    place.seen_good(&holder.certificate).await;
    let verdict = place.stranger.judge(&holder.certificate, place.now()).await;
    assert!(cannot_tell(&verdict, "sigRequired"), "{verdict:?}");
    let (officer, _) = place.officer(tottori()).await;
    let link = officer.link();
    let token = std::sync::Arc::into_inner(officer.token);
    // The desk holds the token too: a second one does as well.
    let token = token.unwrap_or_else(|| {
        akashi_keys::OfficerToken::open(
            &place.dir.join(akashi::init::SECURITY_OFFICERS[0]),
            akashi_town::PASSPHRASE,
        )
        .unwrap()
    });
    let authority = place.security.authority().certificate.0.clone();
    let officer = Agency::new(authority, Some(token));
    let verdict = officer.judge(&holder.certificate, place.now()).await;
    assert!(cannot_tell(&verdict, "unauthorized"), "{verdict:?}");

    // The lists as well: to nobody at the plain door, to agencies over their link, on record.
    place.listed(Scope::Partition(tottori())).await.unwrap();
    let plain = akashi_link::plain_client().unwrap();
    let listen = &place.house.config.listen;
    let path = format!("/crl/1/{TOTTORI}.crl");
    let answer = plain.get(format!("http://{}{path}", listen.repository)).send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    let over = |link: akashi_link::Identity| {
        let client = akashi_link::client(&link).unwrap();
        client.get(format!("https://{}{path}", listen.repository_link)).send()
    };
    assert!(over(link).await.unwrap().status().is_client_error());
    let agency =
        place.enrolled("Bureau", Role::Agency { purposes: vec!["passports".into()] }).await;
    let list = over(agency.link()).await.unwrap();
    assert!(list.status().is_success(), "{}", list.status());
    assert!(list.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    let number = place
        .house
        .ledger()
        .published_crl(1, Scope::Partition(tottori()))
        .await
        .unwrap()
        .unwrap()
        .number;
    let asked = format!("1/{TOTTORI} {number}");
    let record = place.house.ledger().inquiries_about(&asked).await.unwrap();
    assert_eq!(record.len(), 1, "{record:?}");
    assert_eq!((record[0].party, record[0].purpose.as_str()), (agency.party, "passports"));
    // The authority's own certificate is for everybody.
    let url = format!("http://{}/ca/1.cer", listen.repository);
    assert!(plain.get(url).send().await.unwrap().status().is_success());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_authority_answers_everybody_and_records_nobody() {
    let mut place = Place::make(Book::Sqlite, Access::Open, usual_start()).await;
    let (code, holder) = place.holder(tottori()).await;
    place.seen_good(&holder.certificate).await;
    assert_eq!(place.stranger.judge(&holder.certificate, place.now()).await, Verdict::Valid);
    let by = place.by_items(&code);
    let lost = RevocationReason::KeyCompromise;
    journey::revoke(place.desk(tottori()), by, lost, IdentityProof::ResidentCard).await.unwrap();
    place.seen_revoked(&holder.certificate, lost).await;
    let verdict = place.stranger.judge(&holder.certificate, place.now()).await;
    assert!(matches!(verdict, Verdict::Revoked { reason, .. } if reason == lost), "{verdict:?}");
    place.listed(Scope::Partition(tottori())).await.unwrap();
    let plain = akashi_link::plain_client().unwrap();
    let url = format!("http://{}/crl/1/{TOTTORI}.crl", place.house.config.listen.repository);
    let list = plain.get(url).send().await.unwrap();
    assert!(list.status().is_success());
    let octets = list.bytes().await.unwrap();
    assert!(octets.windows(16).any(|window| window == holder.serial.as_bytes()));
    let about = place.house.ledger().inquiries_about(&holder.serial.to_string()).await.unwrap();
    assert_eq!(about, []);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_authority_is_not_this_authority_s_to_judge() {
    let mut place = Place::open(Book::Sqlite).await;
    let mut other = Place::open(Book::Sqlite).await;
    let (_, holder) = other.holder(tottori()).await;
    let (_, own) = place.holder(tottori()).await;
    place.seen_good(&own.certificate).await;
    let verdict = place.agency.judge(&holder.certificate, place.now()).await;
    assert_eq!(verdict, Verdict::NotIssued);
    // One octet of a sound certificate changed.
    let mut forged = own.certificate.clone();
    let at = forged.len() - 300;
    forged[at] ^= 1;
    let verdict = place.agency.judge(&forged, place.now()).await;
    assert!(!matches!(verdict, Verdict::Valid | Verdict::Revoked { .. }), "{verdict:?}");
    other.close().await;
    place.close().await;
}

async fn no_door_opens_a_link_to_who_was_dismissed(book: Book) {
    let place = Place::open(book).await;
    let agency = || Role::Agency { purposes: vec!["tax".into()] };
    let (gone, stays) =
        (place.enrolled("Gone", agency()).await, place.enrolled("Stays", agency()).await);
    let (officer, _) = place.officer(tottori()).await;
    let terminal = place.enrolled("Counter", Role::Terminal { municipality: tottori() }).await;
    let listen = place.house.config.listen.clone();
    let doors = [
        format!("https://{}/authority", listen.authority),
        format!("https://{}/1/MAo=", listen.ocsp_link),
        format!("https://{}/ca/1.cer", listen.repository_link),
    ];
    let clock = place.clock.clone();
    // A link of its own each time: whether it opens, or what the other end says.
    let open = async |link: &akashi_link::Identity, url: &str| {
        let clock = clock.clone();
        let now = Arc::new(move || Clock::now(&*clock));
        let asked = akashi_link::client_by(link, now).unwrap().get(url).send().await;
        asked.map(|_| ()).map_err(|error| akashi_link::says_dismissed(&error))
    };
    for url in &doors {
        assert_eq!(open(&gone.link(), url).await, Ok(()), "{url}");
    }
    // One that has had a link already, and would take it up again.
    let of_one = clock.clone();
    let one = akashi_link::client_by(&gone.link(), Arc::new(move || Clock::now(&*of_one))).unwrap();
    let asks_again = || one.get(&doors[0]).header("connection", "close").send();
    assert!(asks_again().await.is_ok());
    for party in [gone.party, terminal.party] {
        let dismiss = Deed::Dismiss { party, why: "gone".into() };
        place.security.ask(dismiss).await.unwrap();
    }
    for (who, link) in [("agency", gone.link()), ("terminal", terminal.link())] {
        for url in &doors {
            // Once it is refused it stays so; why is not heard of a client that is told before it has asked.
            let (mut is_refused, mut is_told) = (false, false);
            for _ in 0..50 {
                match open(&link, url).await {
                    Ok(()) => assert!(!is_refused, "{who} at {url}"),
                    Err(why) => (is_refused, is_told) = (true, is_told || why),
                }
                if is_told {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            assert!(is_told, "{who} at {url}");
            assert_eq!(open(&stays.link(), url).await, Ok(()), "and to others all are open");
        }
    }
    assert!(asks_again().await.is_err(), "nor is one taken up again");
    // The desk says what became of its terminal, and not that a line is broken.
    let url = place.url();
    let mut told = None;
    for _ in 0..20 {
        let desk = Desk::sign_in(&url, &terminal.token, officer.token.clone(), clock.clone());
        let error = desk.await.map(|_| ()).unwrap_err();
        told = Some(error).filter(|error| matches!(error, DeskError::Dismissed { .. }));
        if told.is_some() {
            break;
        }
    }
    assert!(told.unwrap().to_string().contains("it was dismissed"));
    place.close().await;
}
