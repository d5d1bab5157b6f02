//! What the book says is what is told.

use akashi_wire::RevocationReason;
use der::asn1::Null;
use x509_cert::ext::pkix::CrlReason;

use super::world::*;
use crate::response::CertStatus;
use crate::{Answer, Refusal, ResponseStatus};

fn revoked(status: CertStatus) -> (i64, Option<CrlReason>) {
    match status {
        CertStatus::Revoked(info) => {
            (info.revocation_time.to_unix_duration().as_secs() as i64, info.revocation_reason)
        }
        other => panic!("{other:?} is not revoked"),
    }
}

#[tokio::test]
async fn a_filed_certificate_is_good_and_everything_else_is_unknown() {
    let mut world = World::open().await;
    let (issued, intended) = (world.issue().await, world.intend().await);
    world.follow().await;
    assert_eq!(world.status(issued).await, CertStatus::Good(Null));
    assert_eq!(world.status(intended).await, CertStatus::Unknown(Null), "it was never filed");
    assert_eq!(world.status(serial()).await, CertStatus::Unknown(Null));
    let counts = world.responder.counts();
    assert_eq!((counts.good(), counts.revoked(), counts.unknown()), (1, 0, 2));
}

#[tokio::test]
async fn a_number_that_cannot_be_ours_is_unknown_and_echoed() {
    let world = World::open().await;
    for number in [&[0x05][..], &[0xff], &[0x00, 0x80], &[0x7f; 40]] {
        let id = world.cert_id(number);
        let told = Told::read(world.ask(&request(vec![id.clone()], &[])).await.octets());
        assert_eq!(told.statuses, [CertStatus::Unknown(Null)]);
        assert_eq!(told.cert_ids, [id]);
    }
}

#[tokio::test]
async fn a_revocation_is_told_as_soon_as_the_book_was_followed() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
    let at = world.now().as_second();
    world.revoke(serial, RevocationReason::AffiliationChanged).await;
    world.follow().await;
    let told = revoked(world.status(serial).await);
    assert_eq!(told, (at, Some(CrlReason::AffiliationChanged)), "rounded down to the second");
}

#[tokio::test]
async fn a_reason_that_is_unspecified_is_left_out_and_a_hold_has_its_own() {
    let mut world = World::open().await;
    let (one, held, voided) = (world.issue().await, world.issue().await, world.intend().await);
    world.revoke(one, RevocationReason::Unspecified).await;
    world.hold(held).await;
    let mut change = world.writing(super::permits::revoking()).await;
    change.void(voided).await.unwrap();
    change.commit().await.unwrap();
    world.follow().await;
    assert_eq!(revoked(world.status(one).await).1, None);
    assert_eq!(revoked(world.status(voided).await).1, None, "perhaps signed: listed as revoked");
    assert_eq!(revoked(world.status(held).await).1, Some(CrlReason::CertificateHold));
}

#[tokio::test]
async fn an_answer_is_kept_until_the_standing_changes_or_half_its_life_is_over() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let question = world.request(&[serial]);
    let first = world.ask(&question).await;
    world.clock.advance(SECOND);
    assert_eq!(world.ask(&question).await, first);
    assert_eq!(world.responder.counts().from_cache(), 1);

    world.clock.advance(1800 * SECOND);
    world.follow().await;
    let renewed = world.ask(&question).await;
    assert_ne!(renewed, first, "renewed at half-life");

    world.revoke(serial, RevocationReason::KeyCompromise).await;
    world.follow().await;
    let answer = world.ask(&question).await;
    assert_eq!(
        revoked(Told::read(answer.octets()).statuses.remove(0)).1,
        Some(CrlReason::KeyCompromise)
    );
    assert_eq!(world.responder.counts().signed(), 3);
}

#[tokio::test]
async fn the_times_of_an_answer_are_whole_seconds_and_never_in_the_future() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let told = Told::read(world.ask(&world.request(&[serial])).await.octets());
    let now = world.now().as_second();
    assert_eq!((told.this_update, told.produced_at, told.next_update), (now, now, now + 3600));
}

#[tokio::test]
async fn a_nonce_is_echoed_and_such_an_answer_is_kept_for_nobody() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    for length in [1, 16, 32, 128] {
        let nonce = vec![0xa5; length];
        let answer = world.ask(&world.request_with_nonce(serial, &nonce)).await;
        assert!(matches!(answer, Answer::Signed { may_be_kept: false, .. }));
        assert_eq!(Told::read(answer.octets()).nonce, Some(nonce));
    }
    let plain = world.ask(&world.request(&[serial])).await;
    assert_eq!(Told::read(plain.octets()).nonce, None, "another client's nonce is not told");
    assert_eq!(world.responder.counts().from_cache(), 0);
    assert_eq!(world.responder.counts().signed(), 5);
}

#[tokio::test]
async fn many_certificates_are_answered_at_once_in_their_order_and_with_their_own_octets() {
    let mut world = World::open().await;
    let (good, bad) = (world.issue().await, world.issue().await);
    world.revoke(bad, RevocationReason::Superseded).await;
    world.follow().await;
    let question = world.request(&[bad, good, serial()]);
    let told = Told::read(world.ask(&question).await.octets());
    assert!(matches!(
        told.statuses[..],
        [CertStatus::Revoked(_), CertStatus::Good(_), CertStatus::Unknown(_)]
    ));
    assert_eq!(told.cert_ids[0], world.cert_id(bad.as_bytes()));
    assert_eq!(told.cert_ids[1], world.cert_id(good.as_bytes()));
}

#[tokio::test]
async fn a_question_about_another_issuer_is_refused_whole() {
    let mut world = World::open().await;
    let ours = world.issue().await;
    world.follow().await;
    let certificate = world.authority_certificate();
    let parts = crate::x509::Parts::read(&certificate).unwrap();
    let strangers = [
        cert_id(b"another name", parts.public_key.bits, ours.as_bytes()),
        cert_id(parts.subject, b"another key", ours.as_bytes()),
    ];
    for stranger in strangers {
        let alone = world.ask(&request(vec![stranger.clone()], &[])).await;
        assert_eq!(alone, Answer::Error(ResponseStatus::Unauthorized));
        let ids = vec![world.cert_id(ours.as_bytes()), stranger];
        let among_ours = world.ask(&request(ids, &[])).await;
        assert_eq!(among_ours, Answer::Error(ResponseStatus::Unauthorized));
    }
    assert_eq!(world.responder.counts().refused(&Refusal::OtherIssuer), 4);
}

#[tokio::test]
async fn an_issuer_may_be_named_by_sha_256_with_or_without_parameters() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    let certificate = world.authority_certificate();
    let parts = crate::x509::Parts::read(&certificate).unwrap();
    let hash = |octets| ring::digest::digest(&ring::digest::SHA256, octets);
    for parameters in [&[5, 0][..], &[]] {
        let oid = der::Encode::to_der(&crate::oid::SHA_256).unwrap();
        let id = tlv(
            0x30,
            &[
                &tlv(0x30, &[&oid, parameters]),
                &tlv(4, &[hash(parts.subject).as_ref()]),
                &tlv(4, &[hash(parts.public_key.bits).as_ref()]),
                &tlv(2, &[serial.as_bytes()]),
            ],
        );
        let told = Told::read(world.ask(&request(vec![id.clone()], &[])).await.octets());
        assert_eq!((told.statuses, told.cert_ids), (vec![CertStatus::Good(Null)], vec![id]));
    }
}

#[tokio::test]
async fn a_table_that_differs_from_the_book_is_found_counted_and_replaced() {
    let mut world = World::open().await;
    let serial = world.issue().await;
    world.follow().await;
    world.responder.follower.table_to_spoil().forget(serial);
    world.clock.advance(599 * SECOND);
    assert_eq!(world.follow().await.differences, None);
    world.clock.advance(SECOND);
    assert_eq!(world.follow().await.differences, Some(1));
    assert_eq!(world.responder.counts().tables_replaced(), 1);
    assert_eq!(world.status(serial).await, CertStatus::Good(Null));
    world.clock.advance(600 * SECOND);
    assert_eq!(world.follow().await.differences, Some(0));
    assert_eq!(world.responder.counts().tables_replaced(), 1);
}

#[tokio::test]
async fn an_expired_certificate_keeps_its_last_status() {
    let mut world = World::open().await;
    let (good, bad) = (world.issue().await, world.issue().await);
    world.revoke(bad, RevocationReason::KeyCompromise).await;
    world.clock.advance(400 * 86_400 * SECOND);
    world.certify_responder(30).await;
    world.follow().await;
    assert_eq!(world.status(good).await, CertStatus::Good(Null));
    assert_eq!(revoked(world.status(bad).await).1, Some(CrlReason::KeyCompromise));
}
