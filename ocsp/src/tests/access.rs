//! Registered agencies only, each question on record before its answer.

use std::sync::Arc;

use akashi_keys::EcKey;
use akashi_ledger::{BookDoor, LedgerError};
use akashi_wire::Clock;
use akashi_wire::party::Role;
use der::asn1::Null;
use jiff::SignedDuration;

use super::world::*;
use crate::response::CertStatus;
use crate::{Answer, Asker, OcspError, Refusal, Responder, ResponseStatus};

const SIG_REQUIRED: Answer = Answer::Error(ResponseStatus::SigRequired);
const UNAUTHORIZED: Answer = Answer::Error(ResponseStatus::Unauthorized);
const TRY_LATER: Answer = Answer::Error(ResponseStatus::TryLater);

fn agency(purposes: &[&str]) -> Role {
    Role::Agency { purposes: purposes.iter().map(|&purpose| purpose.to_owned()).collect() }
}

#[tokio::test]
async fn nobody_in_particular_is_asked_to_sign() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    assert_eq!(world.ask(&world.request(&[serial])).await, SIG_REQUIRED);
    assert!(world.ledger.inquiries_about(&serial.to_string()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_registered_agency_is_answered_and_the_question_is_on_record() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, party) = world.enrol("Tax Office", agency(&["e-Tax 申告"])).await;
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    let answer = world.ask(&signed(&tbs, &token)).await;
    assert!(matches!(answer, Answer::Signed { may_be_kept: false, .. }));
    assert_eq!(Told::read(answer.octets()).statuses, [CertStatus::Good(Null)]);
    let inquiries = world.ledger.inquiries_about(&serial.to_string()).await.unwrap();
    assert_eq!(inquiries.len(), 1);
    assert_eq!(inquiries[0].party, party);
    assert_eq!(inquiries[0].purpose, "e-Tax 申告", "the only notified purpose");
    assert_eq!(inquiries[0].answer, "good");
}

#[tokio::test]
async fn a_kept_answer_is_on_record_each_time_it_is_given() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, _) = world.enrol("Tax Office", agency(&["tax"])).await;
    let asker = Asker { certificate: Some(token.certificate()), purpose: None };
    for _ in 0..3 {
        world.ask_as(&world.request(&[serial]), asker).await;
    }
    assert_eq!(world.responder.counts().from_cache(), 2);
    assert_eq!(world.ledger.inquiries_about(&serial.to_string()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_agency_with_several_purposes_tells_one_that_it_notified_at_every_door() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, _) = world.enrol("City", agency(&["tax", "welfare"])).await;
    let question = world.request(&[serial]);
    let ask = |purpose| Asker { certificate: Some(token.certificate()), purpose };
    let welfare = world.ask_as(&question, ask(Some("welfare"))).await;
    assert_eq!(welfare.status(), ResponseStatus::Successful);
    assert_eq!(world.ask_as(&question, ask(Some("police"))).await, UNAUTHORIZED);
    assert_eq!(world.ask_as(&question, ask(None)).await, UNAUTHORIZED);
    // Nor does a signature over the question say for what it is asked.
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    let by_signature = signed(&tbs, &token);
    let carried = |purpose| Asker { certificate: None, purpose };
    for told in [None, Some("police")] {
        assert_eq!(world.ask_as(&by_signature, carried(told)).await, UNAUTHORIZED);
    }
    let welfare = world.ask_as(&by_signature, carried(Some("welfare"))).await;
    assert_eq!(welfare.status(), ResponseStatus::Successful);
    assert_eq!(world.responder.counts().refused(&Refusal::PurposeNotNotified), 4);
    let inquiries = world.ledger.inquiries_about(&serial.to_string()).await.unwrap();
    assert_eq!(inquiries.len(), 2);
    assert!(inquiries.iter().all(|inquiry| inquiry.purpose == "welfare"));
}

#[tokio::test]
async fn an_agency_whose_certificate_is_over_is_answered_at_no_door() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let nearly_five_years_ago = world.now() - SignedDuration::from_hours(5 * 365 * 24 - 1);
    let old = token(&world.link, "Old Office", nearly_five_years_ago);
    world.enrol_with(&old, "Old Office", agency(&["tax"])).await;
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    let question = world.request(&[serial]);
    let link = Asker { certificate: Some(old.certificate()), purpose: None };
    assert_eq!(world.ask(&signed(&tbs, &old)).await.status(), ResponseStatus::Successful);
    assert_eq!(world.ask_as(&question, link).await.status(), ResponseStatus::Successful);
    world.clock.set(world.now() + SignedDuration::from_hours(2));
    world.follow().await;
    assert_eq!(world.ask(&signed(&tbs, &old)).await, UNAUTHORIZED);
    assert_eq!(world.ask_as(&question, link).await, UNAUTHORIZED);
    assert_eq!(world.responder.counts().refused(&Refusal::NotAnAgency), 2);
}

#[tokio::test]
async fn strangers_the_dismissed_the_suspended_and_those_who_are_no_agency_are_unauthorized() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    let stranger = token(&world.link, "Stranger", world.now());
    assert_eq!(world.ask(&signed(&tbs, &stranger)).await, UNAUTHORIZED);

    let (dismissed, party) = world.enrol("Agency", agency(&["tax"])).await;
    assert_eq!(world.ask(&signed(&tbs, &dismissed)).await.status(), ResponseStatus::Successful);
    world.dismiss(party).await;
    assert_eq!(world.ask(&signed(&tbs, &dismissed)).await, UNAUTHORIZED);
    let (suspended, party) = world.enrol("Another agency", agency(&["tax"])).await;
    assert_eq!(world.ask(&signed(&tbs, &suspended)).await.status(), ResponseStatus::Successful);
    world.suspend(party).await;
    assert_eq!(world.ask(&signed(&tbs, &suspended)).await, UNAUTHORIZED);

    let role = Role::Officer { municipality: "131041".parse().unwrap() };
    let (officer, _) = world.enrol("Officer", role).await;
    let asker = Asker { certificate: Some(officer.certificate()), purpose: None };
    assert_eq!(world.ask_as(&world.request(&[serial]), asker).await, UNAUTHORIZED);

    let (aimless, _) = world.enrol("Without a purpose", agency(&[])).await;
    assert_eq!(world.ask(&signed(&tbs, &aimless)).await, UNAUTHORIZED);

    let counts = world.responder.counts();
    assert_eq!(counts.refused(&Refusal::NotAnAgency), 4);
    assert_eq!(counts.refused(&Refusal::PurposeNotNotified), 1);
    assert_eq!(world.ledger.inquiries_about(&serial.to_string()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_signature_over_another_question_counts_for_nothing_even_on_a_good_link() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, _) = world.enrol("Agency", agency(&["tax"])).await;
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    let mut spoilt = signed(&tbs, &token);
    let place = spoilt.windows(16).position(|window| window == serial.as_bytes()).unwrap();
    spoilt[place + 15] ^= 1;
    assert_eq!(world.ask(&spoilt).await, UNAUTHORIZED);
    let asker = Asker { certificate: Some(token.certificate()), purpose: None };
    assert_eq!(world.ask_as(&spoilt, asker).await, UNAUTHORIZED);
    assert_eq!(world.responder.counts().refused(&Refusal::BadSignature), 2);
}

#[tokio::test]
async fn what_cannot_be_put_on_record_is_not_answered() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, _) = world.enrol("Agency", agency(&["tax"])).await;
    let tbs = tbs_request(vec![world.cert_id(serial.as_bytes())], &[]);
    // The clock is behind the book, not behind the last signature: the book refuses the entry.
    let now = world.now();
    world.clock.set(now - jiff::SignedDuration::from_secs(60));
    assert_eq!(world.ask(&signed(&tbs, &token)).await, TRY_LATER);
    assert_eq!(world.responder.counts().refused(&Refusal::NotRecorded), 1);
    world.clock.set(now);
    assert_eq!(world.ask(&signed(&tbs, &token)).await.status(), ResponseStatus::Successful);
    world.ledger.close().await;
    assert_eq!(world.ask(&signed(&tbs, &token)).await, TRY_LATER);
    assert_eq!(world.responder.counts().refused(&Refusal::LedgerUnreachable), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_agencies_that_ask_at_once_are_all_on_record() {
    let mut world = World::registered().await;
    let serial = world.issue().await;
    world.follow().await;
    let (token, _) = world.enrol("Agency", agency(&["tax"])).await;
    let question = world.request(&[serial]);
    let head = world.ledger.head().await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (responder, question) = (world.responder.clone(), question.clone());
        let (certificate, reading) = (token.certificate().to_vec(), world.clock.read());
        asking.spawn(async move {
            let asker = Asker { certificate: Some(&certificate), purpose: None };
            responder.answer(&question, asker, reading).await.status()
        });
    }
    let all = asking.join_all().await;
    assert!(all.iter().all(|status| *status == ResponseStatus::Successful));
    assert_eq!(world.ledger.inquiries_about(&serial.to_string()).await.unwrap().len(), 64);
    let commits = world.ledger.head().await.unwrap().0 - head.0;
    assert!(commits < 64, "{commits} commits for 64 questions");
}

#[tokio::test]
async fn who_may_ask_is_what_the_founders_signed_and_not_what_a_row_says() {
    let world = World::registered().await;
    let output = std::process::Command::new("sqlite3")
        .args(["-cmd", ".timeout 10000"])
        .arg(world.dir.path().join("book.db"))
        .arg("UPDATE authority SET profile = replace(profile, '\"registered\"', '\"open\"')")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let orders = Arc::new(BookDoor::new(world.ledger.clone(), world.clock.clone()));
    let signing = (EcKey::generate().unwrap().into(), world.own.clone());
    let settings = crate::Settings::default();
    let opened = Responder::open(world.ledger.as_role(), orders, signing, settings).await;
    let error = opened.err().expect("nobody signed that everybody may ask");
    assert!(matches!(error, OcspError::Ledger(LedgerError::NotFounded { .. })), "{error}");
}
