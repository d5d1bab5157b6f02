//! 二重発行の禁止 (law art. 6), and requests that are answered once.

use akashi_ca::CaError;
use akashi_ca::issuance::{Interrupted, Recorded};
use akashi_keys::Signer;
use akashi_wire::Act;
use akashi_wire::act::{Answer, Deed, Procedure, Refusal, RequestId};
use akashi_wire::octets::{Octets, Sha256};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(
    nobody_gets_a_second_certificate,
    two_counters_race_and_one_certificate_comes_of_it,
    the_same_request_gets_the_same_answer_however_often_it_comes,
);

async fn nobody_gets_a_second_certificate(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let refused = refusal(place.try_certified(tottori(), Procedure::Issue, &code).await);
    match refused {
        Refusal::AlreadyCertified { serial, not_after, .. } => {
            assert_eq!((serial, not_after), (holder.serial, holder.not_after));
        }
        other => panic!("{other:?}"),
    }
    // A case that was begun before does not get round it either.
    let newcomer = place.resident(tottori());
    let desk = place.desk(tottori());
    let early = desk.find(Procedure::Issue, place.by_items(&newcomer)).await.unwrap();
    let challenge = desk.apply(early, "CARD-EARLY").await.unwrap();
    place.certified(tottori(), &newcomer).await;
    let key = place.new_key();
    let late = place.desk(tottori()).hand_in(early, "CARD-EARLY", proof(&*key, &challenge)).await;
    let late = refusal(late);
    assert!(matches!(late, Refusal::AlreadyCertified { .. }), "{late:?}");
    assert_eq!(place.good_ones().await.len(), 2);
    place.close().await;
}

async fn two_counters_race_and_one_certificate_comes_of_it(book: Book) {
    let mut place = Place::open(book).await;
    let (_, second) = place.officer(tottori()).await;
    for round in 0..4 {
        let code = place.resident(tottori());
        let (one, other) = (place.new_key(), place.new_key());
        let by = place.by_items(&code);
        let first = place.desk(tottori());
        let (one, other) = tokio::join!(
            first.certify(Procedure::Issue, by.clone(), &*one),
            second.certify(Procedure::Issue, by, &*other),
        );
        let won = [one.is_ok(), other.is_ok()];
        assert!(won == [true, false] || won == [false, true], "round {round}: {one:?}, {other:?}");
        assert_eq!(place.good_ones().await.len(), round + 1);
    }
    // Nothing was left half done that the scheduler would have to clear up for the winners.
    place.pass(25.hours());
    place.tick().await;
    assert_eq!(place.good_ones().await.len(), 4);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_that_loses_a_race_is_told_why() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, second) = place.officer(tottori()).await;
    let mut told = Vec::new();
    for round in 0..6 {
        let code = place.resident(tottori());
        let (one, other) = (place.new_key(), place.new_key());
        let first = place.desk(tottori());
        let cards = [format!("CARD-ONE-{round}"), format!("CARD-OTHER-{round}")];
        let mut cases = Vec::new();
        for (desk, key, card) in [(first, &one, &cards[0]), (&second, &other, &cards[1])] {
            let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
            let challenge = desk.apply(case, card).await.unwrap();
            cases.push((case, proof(&**key, &challenge)));
        }
        let [(case, proof), (other_case, other_proof)] = cases.try_into().unwrap();
        let (one, other) = tokio::join!(
            first.hand_in(case, &cards[0], proof),
            second.hand_in(other_case, &cards[1], other_proof),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?}, {other:?}");
        told.push(refusal(if one.is_ok() { other } else { one }));
    }
    // “Repeat the same request” would be bad advice: it can never be granted.
    let as_must = |refusal: &Refusal| matches!(refusal, Refusal::AlreadyCertified { .. });
    assert!(told.iter().all(as_must), "{told:?}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_that_was_begun_before_is_told_why_also_when_all_come_at_once() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let mut waiting = Vec::new();
    for number in 0..24 {
        let (desk, card) = (place.desk(tottori()), format!("CARD-{number}"));
        let case = desk.find(Procedure::Issue, place.by_items(&code)).await.unwrap();
        let challenge = desk.apply(case, &card).await.unwrap();
        let key = place.new_key();
        waiting.push((case, card, proof(&*key, &challenge)));
    }
    place.certified(tottori(), &code).await;
    // More than there are groups, so that some are certified together.
    let desk = place.desk(tottori());
    let handed_in = waiting
        .into_iter()
        .map(|(case, card, proof)| async move { refusal(desk.hand_in(case, &card, proof).await) });
    for refused in futures::future::join_all(handed_in).await {
        assert!(matches!(refused, Refusal::AlreadyCertified { .. }), "{refused:?}");
    }
    assert_eq!(place.good_ones().await.len(), 1);
    place.close().await;
}

async fn the_same_request_gets_the_same_answer_however_often_it_comes(book: Book) {
    let mut place = Place::open(book).await;
    let code = place.resident(tottori());
    let key = place.new_key();
    let desk = place.desk(tottori());
    let open = desk.sign(Deed::OpenCase { procedure: Procedure::Issue }).unwrap();
    let opened = desk.send(&open).await.unwrap();
    assert_eq!(desk.send(&open).await.unwrap(), opened);
    let Answer::CaseOpened { case, .. } = opened else { panic!("{opened:?}") };
    let found = desk.sign(Deed::LookUp { case, by: place.by_items(&code) }).unwrap();
    assert_eq!(desk.send(&found).await.unwrap(), desk.send(&found).await.unwrap());
    let apply = desk.sign(application(case, "CARD")).unwrap();
    let permitted = desk.send(&apply).await.unwrap();
    assert_eq!(desk.send(&apply).await.unwrap(), permitted);
    let Answer::Permitted { challenge, .. } = permitted else { panic!("{permitted:?}") };

    let mut card = make_key(desk, case, "CARD", key.public_key()).await.unwrap();
    // Five copies at once: one certificate, five equal answers.
    let proof = Octets(proof(&*key, &challenge.0));
    let certify = desk.sign(Deed::Certify { case, card: "CARD".into(), proof }).unwrap();
    let send = || desk.send(&certify);
    let (a, b, c, d, e) = tokio::join!(send(), send(), send(), send(), send());
    let answers = [a, b, c, d, e].map(Result::unwrap);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let Answer::Certified { serial, certificate, run, .. } = &answers[0] else {
        panic!("{answers:?}")
    };
    assert_eq!(place.good_ones().await, [*serial]);
    write(desk, &mut card, case, run.clone()).await.unwrap();

    let read_back = Sha256::of(&certificate.0);
    let confirm =
        desk.sign(Deed::ConfirmDelivery { case, card: "CARD".into(), read_back }).unwrap();
    let (one, other) = tokio::join!(desk.send(&confirm), desk.send(&confirm));
    assert_eq!(one.unwrap(), other.unwrap());
    // A day later it is still the same answer, though nothing could be asked anew.
    place.pass(24.hours());
    assert_eq!(place.desk(tottori()).send(&certify).await.unwrap(), answers[0]);
    assert_eq!(place.good_ones().await.len(), 1);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_number_is_never_used_for_another_request() {
    let place = Place::open(Book::Sqlite).await;
    let (officer, desk) = place.officer(tottori()).await;
    let (colleague, other) = place.officer(tottori()).await;
    let request = RequestId::from_random([9; 16]);
    let open = |procedure| Deed::OpenCase { procedure };
    let first = officer.act(&place, request, open(Procedure::Issue));
    desk.send(&first).await.unwrap();
    for (desk, act) in [
        (&desk, officer.act(&place, request, open(Procedure::Hold))),
        (&other, colleague.act(&place, request, open(Procedure::Issue))),
    ] {
        assert_eq!(refusal(desk.send(&act).await), Refusal::RequestReused);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_of_another_time_or_for_another_authority_is_refused() {
    let place = Place::open(Book::Sqlite).await;
    let (officer, desk) = place.officer(tottori()).await;
    let deed = || Deed::OpenCase { procedure: Procedure::Issue };
    let made_at = place.now();
    let (in_time, too_late) = (desk.sign(deed()).unwrap(), desk.sign(deed()).unwrap());
    place.pass(300.seconds());
    desk.send(&in_time).await.unwrap();
    place.pass(1.second());
    assert_eq!(
        refusal(desk.send(&too_late).await),
        Refusal::NotNow { made_at, now: akashi_wire::Clock::now(&*place.clock) }
    );

    let now = place.now();
    let authority = place.security.authority().fingerprint;
    let act = |authority, made_at| {
        let request = RequestId::from_random(rand::random());
        let terminal = officer.terminal_digest();
        let act = Act { request, authority, terminal, made_at, deed: deed() };
        officer.sign(&serde_json::to_vec(&act).unwrap(), now)
    };
    let early = refusal(desk.send(&act(authority, now + 301.seconds())).await);
    assert!(matches!(early, Refusal::NotNow { .. }), "{early:?}");
    let other = refusal(desk.send(&act(Sha256([1; 32]), now)).await);
    assert_eq!(other, Refusal::OtherAuthority);
    // Every refusal stands in the chain.
    assert_eq!(place.entries("refuse").await.len(), 3);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_book_does_not_have_is_not_signed_though_a_case_says_that_it_was_recorded() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    let (_, other) = place.holder(tottori()).await;
    let tbs = |certificate: &[u8]| {
        let (_, read) = x509_parser::parse_x509_certificate(certificate).unwrap();
        read.tbs_certificate.as_ref().to_vec()
    };
    let ledger = place.house.ledger();
    let resume = |tbs, serial| Recorded::resume(Interrupted { tbs, serial }, ledger);
    // As it stands in the book it is taken up again.
    let sound = tbs(&holder.certificate);
    resume(sound.clone(), holder.serial).await.unwrap();
    // Another one's, one that nobody recorded, and the own one with another last octet.
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (tbs, serial) in
        [(tbs(&other.certificate), holder.serial), (sound, other.serial), (changed, holder.serial)]
    {
        let refused = resume(tbs, serial).await.map(|_| ());
        assert!(matches!(refused, Err(CaError::Damaged(_))), "{refused:?}");
    }
    place.close().await;
}
