//! An older change held open while newer ones come: positions are given out in the order of
//! commits, so whoever follows them misses nothing.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::{Access, Position, Recording, Scope};
use akashi_wire::Order;
use akashi_wire::RevocationReason;
use akashi_wire::party::Role;

use crate::insisting::{revoke, revoked, told};
use crate::second_responder::{SecondResponder, Told, own};
use crate::support::*;

told_on_both!(an_older_change_held_open_hides_no_newer_one_from_the_followers);

async fn an_older_change_held_open_hides_no_newer_one_from_the_followers(book: Book) {
    let mut place = Place::make(book, Access::Open, usual_start()).await;
    let mut holders = Vec::new();
    for _ in 0..4 {
        holders.push(place.holder(tottori()).await);
    }
    let responder = SecondResponder::open(&place).await;
    let before = place.house.ledger().head().await.unwrap();

    // The older change: begun, and not committed.
    let token = own(&place, &Role::Scheduler);
    let ledger = place.house.ledger();
    let (by, sign) = (token.certificate(), |octets: &[u8]| token.sign(octets));
    let permit = ledger.order(Order::Settle, by, place.now(), sign).await.unwrap();
    let mut older = ledger.begin(&permit, place.now()).await.unwrap();
    let (reason, received_at) = (RevocationReason::AffiliationChanged, older.at());
    let recording = Recording { reason, received_at };
    let oldest = older.revoke(holders[0].1.serial, &recording).await.unwrap().position;

    // Newer ones come meanwhile, over the counter.
    let newer = async {
        let desk = place.desk(tottori());
        let wishes = holders[1..].iter().map(|(code, _)| revoke(desk, place.by_items(code)));
        let [one, two, three] = wishes.collect::<Vec<_>>().try_into().ok().unwrap();
        tokio::join!(one, two, three)
    };
    let commit = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(responder.follow(&place).await.rows, 0, "nothing is told before it holds");
            for (_, holder) in &holders {
                assert_eq!(responder.ask(&place, holder.serial).await, Told::Good);
            }
        }
        older.commit().await.unwrap();
    };
    let ((one, two, three), ()) = tokio::join!(newer, commit);
    for (outcome, (_, holder)) in [one, two, three].into_iter().zip(&holders[1..]) {
        assert_eq!(outcome.unwrap(), holder.serial);
    }
    let rows = place.house.ledger().status_after(before, 100).await.unwrap();
    let positions: Vec<Position> = rows.iter().map(|row| row.position).collect();
    assert_eq!(positions.len(), 4);
    assert_eq!(positions[0], oldest, "the older change has the lower position");
    everything_is_seen(&place, &responder, &holders).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_transaction_of_somebody_else_hides_nothing() {
    let mut place = Place::make(Book::Postgres, Access::Open, usual_start()).await;
    let mut holders = Vec::new();
    for _ in 0..3 {
        holders.push(place.holder(tottori()).await);
    }
    let responder = SecondResponder::open(&place).await;
    // A backup, or an auditor at the console: an old snapshot, and a number of its own.
    let mut console = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            place.house.config.ledger.as_deref().unwrap(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut typing = console.stdin.take().unwrap();
    typing
        .write_all(
            b"BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM status;\n\
              CREATE TABLE note (text TEXT);\nINSERT INTO note VALUES ('old');\n",
        )
        .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (code, holder) in &holders {
        let desk = place.desk(tottori());
        assert_eq!(revoke(desk, place.by_items(code)).await.unwrap(), holder.serial);
        responder.follow(&place).await;
        assert_eq!(responder.ask(&place, holder.serial).await, Told::Revoked);
    }
    typing.write_all(b"COMMIT;\n\\q\n").unwrap();
    drop(typing);
    assert!(console.wait().unwrap().success());
    everything_is_seen(&place, &responder, &holders).await;
    place.close().await;
}

/// Both responders and the next list know that all of these ended.
async fn everything_is_seen(
    place: &Place,
    responder: &SecondResponder,
    holders: &[(akashi_wire::ResidentCode, Holder)],
) {
    responder.follow(place).await;
    for (_, holder) in holders {
        assert_eq!(responder.ask(place, holder.serial).await, Told::Revoked);
        told(&place.agency, &place.clock, &holder.certificate, revoked).await;
        let verdict = place.stranger.judge(&holder.certificate, place.now()).await;
        assert!(matches!(verdict, Verdict::Revoked { .. }), "{verdict:?}");
    }
    // The hour after which a changed list is renewed; the comparison is due as well.
    place.clock.advance(Duration::from_secs(3700));
    assert_eq!(responder.follow(place).await.differences, Some(0));
    place.listed(Scope::Partition(tottori())).await.unwrap();
    let list = place.dir.join("public/crl/1").join(format!("{TOTTORI}.crl"));
    for (_, holder) in holders {
        assert!(holds(&list, holder.serial.as_bytes()), "{} is not listed", holder.serial);
    }
    place.house.ledger().verify_audit().await.unwrap();
}
