//! An outage reads as an outage: never as revoked, never as good.

use akashi_wire::Clock;
use der::asn1::Null;

use super::world::*;
use crate::UnfitCertificate;
use crate::response::CertStatus;
use crate::{Answer, OcspError, Refusal, ResponseStatus};

const TRY_LATER: Answer = Answer::Error(ResponseStatus::TryLater);

#[tokio::test]
async fn nothing_is_told_before_the_book_was_read() {
    let world = World::with(Options { certified: false, ..Options::default() }).await;
    world.certify_responder(30).await;
    let question = world.request(&[serial()]);
    assert_eq!(world.ask(&question).await, TRY_LATER);
    assert_eq!(world.responder.counts().refused(&Refusal::NotLoaded), 1);
    world.follow().await;
    assert_eq!(world.ask(&question).await.status(), ResponseStatus::Successful);
}

#[tokio::test]
async fn after_a_minute_without_contact_even_kept_answers_are_not_given() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
    world.ledger.close().await;
    world.clock.advance(60 * SECOND);
    assert!(world.responder.follow(world.clock.read()).await.is_err());
    assert_eq!(world.status(serial).await, CertStatus::Good(Null), "just within the limit");
    world.clock.advance(SECOND);
    assert_eq!(world.ask(&world.request(&[serial])).await, TRY_LATER);
    let counts = world.responder.counts();
    assert_eq!((counts.refused(&Refusal::LostContact), counts.follow_failures()), (1, 1));
}

#[tokio::test]
async fn a_step_that_waited_behind_a_younger_one_does_not_take_back_its_news() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    let began_long_ago = world.clock.read();
    world.clock.advance(61 * SECOND);
    world.follow().await;
    world.responder.follow(began_long_ago).await.unwrap();
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
}

#[tokio::test]
async fn setting_the_time_of_day_does_not_make_old_news_young() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let before = world.now();
    world.clock.advance(61 * SECOND);
    world.clock.set(before);
    assert_eq!(world.ask(&world.request(&[serial])).await, TRY_LATER);
}

#[tokio::test]
async fn a_clock_that_went_back_stops_the_signing() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
    let then = world.now();
    world.clock.set(then - jiff::SignedDuration::from_secs(5));
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
    world.clock.set(then - jiff::SignedDuration::from_secs(7));
    assert_eq!(world.ask(&world.request(&[serial])).await, TRY_LATER);
    assert_eq!(world.responder.counts().refused(&Refusal::ClockBehind), 1);
}

#[tokio::test]
async fn the_responder_asks_for_its_certificate_and_waits_for_it() {
    let world = World::with(Options { certified: false, ..Options::default() }).await;
    assert!(world.follow().await.trouble.is_none());
    let wishes = world.ledger.responders_to_certify(1, (world.now(), world.now())).await.unwrap();
    assert_eq!(wishes, std::slice::from_ref(&world.responder_key));
    let question = world.request(&[serial()]);
    assert_eq!(world.ask(&question).await, TRY_LATER);
    assert_eq!(world.responder.counts().refused(&Refusal::NoCertificate), 1);
    world.certify_responder(30).await;
    world.follow().await;
    assert_eq!(world.ask(&question).await.status(), ResponseStatus::Successful);
}

#[tokio::test]
async fn nothing_is_signed_that_would_outlive_the_responders_certificate() {
    let world = World::with(Options { certified: false, ..Options::default() }).await;
    world.certify_responder(1).await;
    world.follow().await;
    let question = world.request(&[serial()]);
    world.clock.advance(23 * 3600 * SECOND);
    world.follow().await;
    let told = Told::read(world.ask(&question).await.octets());
    world.clock.advance(SECOND);
    world.follow().await;
    assert_eq!(world.ask(&question).await, TRY_LATER, "still valid, but not for an hour");

    world.certify_responder(30).await;
    world.follow().await;
    let after = Told::read(world.ask(&question).await.octets());
    assert_ne!(after.certificate, told.certificate);
}

#[tokio::test]
async fn a_new_certificate_takes_over_without_a_failed_request() {
    let world = World::open().await;
    let question = world.request(&[serial()]);
    let mut certificates = std::collections::BTreeSet::new();
    for day in 0..60 {
        if day % 15 == 14 {
            world.certify_responder(30).await;
        }
        world.follow().await;
        certificates.insert(Told::read(world.ask(&question).await.octets()).certificate);
        world.clock.advance(86_400 * SECOND);
    }
    assert_eq!(certificates.len(), 5);
}

#[tokio::test]
async fn a_certificate_that_is_not_for_ocsp_is_not_used_and_said_once() {
    let world = World::with(Options { certified: false, ..Options::default() }).await;
    world.file_responder(world.responder_certificate(30, false)).await;
    let trouble = world.follow().await.trouble;
    assert!(matches!(trouble, Some(OcspError::Certificate(UnfitCertificate::Usage))));
    assert!(world.follow().await.trouble.is_none());
    assert_eq!(world.ask(&world.request(&[serial()])).await, TRY_LATER);

    let mut spoilt = world.responder_certificate(31, true);
    *spoilt.last_mut().unwrap() ^= 1;
    world.file_responder(spoilt).await;
    // Two certificates of one notBefore: the book gives one of them.
    world.follow().await;
    assert_eq!(world.ask(&world.request(&[serial()])).await, TRY_LATER);
}

#[tokio::test]
async fn a_book_that_ends_before_what_was_read_of_it_is_read_anew() {
    let mut world = World::open().await;
    let lost = world.issue().await;
    for _ in 0..3 {
        world.issue().await;
    }
    world.follow().await;
    assert_eq!(world.status(lost).await, CertStatus::Good(Null));

    // Another, shorter book in its place, as after a restore from an older copy.
    let mut copy = World::open().await;
    let kept = copy.issue().await;
    let (responder, shorter) = (&world.responder, copy.ledger.as_role());
    let times = shorter.times().await.unwrap();
    let zero = std::time::Duration::ZERO;
    let step = responder.follower.step(&shorter, responder.counts(), zero, times);
    assert_eq!(step.await.unwrap().rows, 1);
    assert_eq!(world.responder.counts().book_went_back(), 1);
    assert_eq!(world.status(lost).await, CertStatus::Unknown(Null));
    assert_eq!(world.status(kept).await, CertStatus::Good(Null));
}

#[tokio::test]
async fn after_the_end_of_the_authority_whoever_asks_is_told_to_ask_no_more() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let end = akashi_wire::pki::not_after(&world.responder.authority().certificate);
    world.clock.set(end);
    let answer = world.ask(&world.request(&[serial])).await;
    assert_eq!(answer, Answer::Error(ResponseStatus::Unauthorized));
    assert_eq!(world.responder.counts().refused(&Refusal::AuthorityOver), 1);
}
