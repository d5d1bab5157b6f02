//! Had something been missed, the comparison of the responder's table with the whole book would
//! have found it.

use std::time::Duration;

use akashi_ledger::Access;
use akashi_ra_console::journey;
use akashi_wire::RevocationReason;
use akashi_wire::act::IdentityProof;

use crate::second_responder::{SecondResponder, Told};
use crate::server::psql;
use crate::support::*;

/// What the authority's own writers cannot do, because they queue, is done by hand: a row appears
/// in the book behind the follower's back, as if an older transaction had committed late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_hidden_from_the_responder_is_found_by_the_comparison() {
    let mut place = Place::make(Book::Postgres, Access::Open, usual_start()).await;
    let base = place.house.config.ledger.clone().unwrap();
    let (loses, hidden) = place.holder(tottori()).await;
    let (other, seen) = place.holder(tottori()).await;
    let responder = SecondResponder::open(&place).await;

    let desk = place.desk(tottori());
    let reason = RevocationReason::CessationOfOperation;
    journey::revoke(desk, place.by_items(&loses), reason, IdentityProof::ResidentCard)
        .await
        .unwrap();
    psql(
        &base,
        "BEGIN;
         CREATE TABLE hidden AS SELECT * FROM status ORDER BY position DESC LIMIT 1;
         DELETE FROM status WHERE position = (SELECT position FROM hidden);
         COMMIT",
    );
    journey::revoke(desk, place.by_items(&other), reason, IdentityProof::ResidentCard)
        .await
        .unwrap();
    responder.follow(&place).await;
    psql(&base, "INSERT INTO status SELECT * FROM hidden; DROP TABLE hidden");

    // The follower is past it, and reading on will never show it.
    assert_eq!(responder.follow(&place).await.rows, 0);
    assert_eq!(responder.ask(&place, hidden.serial).await, Told::Good);
    assert_eq!(responder.ask(&place, seen.serial).await, Told::Revoked);

    place.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(responder.ask(&place, hidden.serial).await, Told::TryLater);
    let followed = responder.follow(&place).await;
    assert_eq!(followed.differences, Some(1), "the comparison finds what was hidden");
    assert_eq!(responder.ask(&place, hidden.serial).await, Told::Revoked);
    assert_eq!(responder.ask(&place, seen.serial).await, Told::Revoked);
    place.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(responder.follow(&place).await.differences, Some(0), "once is enough");
    // A list is made of the whole book each time: the next one holds it.
    place.clock.advance(Duration::from_secs(3600));
    let list = place.dir.join("public/crl/1").join(format!("{TOTTORI}.crl"));
    let listed = || holds(&list, hidden.serial.as_bytes()) && holds(&list, seen.serial.as_bytes());
    for _ in 0..600 {
        if listed() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(listed());
    place.close().await;
}
