//! A responder that paused, as a machine that slept does.

use std::time::Duration;

use akashi_ledger::Access;
use akashi_ra_console::journey;
use akashi_wire::RevocationReason;
use akashi_wire::act::IdentityProof;
use akashi_wire::date::EffectiveDate;

use crate::second_responder::{SecondResponder, Told};
use crate::support::*;

told_on_both!(a_responder_that_paused_for_an_hour_tells_nothing_stale_and_has_missed_nothing);

async fn a_responder_that_paused_for_an_hour_tells_nothing_stale_and_has_missed_nothing(
    book: Book,
) {
    let mut place = Place::make(book, Access::Open, usual_start()).await;
    let (keeps, kept) = place.holder(tottori()).await;
    let (loses, lost) = place.holder(tottori()).await;
    let (dies, dying) = place.holder(tottori()).await;
    let responder = SecondResponder::open(&place).await;
    for holder in [&kept, &lost, &dying] {
        assert_eq!(responder.ask(&place, holder.serial).await, Told::Good);
    }

    // The hour, in which it does not follow while the world goes on.
    let half = Duration::from_secs(30 * 60);
    place.clock.advance(half);
    let desk = place.desk(tottori());
    journey::revoke(
        desk,
        place.by_items(&loses),
        RevocationReason::KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    place.reported(|office| office.death(&dies, EffectiveDate::Unknown)).await;
    let (_, newcomer) = place.holder(tottori()).await;
    place.clock.advance(half);

    // It is awake and has not read yet: no answer at all, not even the one that would be right.
    for holder in [&kept, &lost, &dying, &newcomer] {
        assert_eq!(responder.ask(&place, holder.serial).await, Told::TryLater);
    }
    let followed = responder.follow(&place).await;
    assert!(followed.rows >= 3, "{followed:?}");
    assert_eq!(responder.ask(&place, lost.serial).await, Told::Revoked);
    assert_eq!(responder.ask(&place, dying.serial).await, Told::Revoked);
    assert_eq!(responder.ask(&place, newcomer.serial).await, Told::Good);
    assert_eq!(responder.ask(&place, kept.serial).await, Told::Good);
    // After an hour the comparison is due as well: it finds nothing that was missed.
    assert_eq!(followed.differences, Some(0));
    assert!(place.is_good(kept.serial).await, "{keeps:?} did nothing");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_a_minute_is_borne_and_a_second_more_is_not() {
    let mut place = Place::make(Book::Sqlite, Access::Open, usual_start()).await;
    let (_, holder) = place.holder(tottori()).await;
    let responder = SecondResponder::open(&place).await;
    place.clock.advance(Duration::from_secs(60));
    assert_eq!(responder.ask(&place, holder.serial).await, Told::Good);
    place.clock.advance(Duration::from_secs(1));
    assert_eq!(responder.ask(&place, holder.serial).await, Told::TryLater);
    responder.follow(&place).await;
    assert_eq!(responder.ask(&place, holder.serial).await, Told::Good);
    place.close().await;
}
