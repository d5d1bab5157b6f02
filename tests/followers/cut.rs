//! Connections to the data base are cut at random while everybody is at work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::{Access, Position, Standing, status};
use akashi_wire::date::EffectiveDate;
use akashi_wire::{ResidentCode, SerialNumber};
use rand::RngExt;

use crate::insisting::{certify, report, revoke, revoked, told};
use crate::second_responder::{SecondResponder, Told};
use crate::server::psql;
use crate::support::*;

/// Cuts two connections of somebody else's, whichever.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) AS victim";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_at_random_lose_no_act_no_event_and_no_row() {
    let mut place = Place::make(Book::Postgres, Access::Open, usual_start()).await;
    let base = place.house.config.ledger.clone().unwrap();
    let codes: Vec<ResidentCode> = (0..15).map(|_| place.resident(tottori())).collect();
    let keys: Vec<_> = codes.iter().map(|_| place.new_key()).collect();
    let responder = SecondResponder::open(&place).await;
    let url = place.url();
    let over = AtomicBool::new(false);

    // Of three persons one keeps the certificate, one gives it back, one dies.
    let acts = async {
        let mut issued: BTreeMap<SerialNumber, (Vec<u8>, bool)> = BTreeMap::new();
        let desk = place.desk(tottori());
        for (number, (code, key)) in codes.iter().zip(&keys).enumerate() {
            let (serial, octets) = certify(desk, place.by_items(code), &**key).await.unwrap();
            match number % 3 {
                0 => {}
                1 => assert_eq!(revoke(desk, place.by_items(code)).await.unwrap(), serial),
                _ => {
                    let batch = {
                        let mut registry = place.registry.lock().unwrap();
                        let (now, mut rng) = (place.now(), rand::rng());
                        let unknown = EffectiveDate::Unknown;
                        registry.at(now, &mut rng).death(code, unknown).unwrap();
                        registry.next_batch(&place.sources[&tottori()], now, 10).unwrap().unwrap()
                    };
                    let source = &place.sources[&tottori()];
                    let answer = report(source, &url, &batch).await;
                    assert_eq!(report(source, &url, &batch).await, answer);
                }
            }
            issued.insert(serial, (octets, number % 3 != 0));
        }
        over.store(true, Ordering::Release);
        issued
    };
    let cuts = async {
        let mut cuts = 0;
        while !over.load(Ordering::Acquire) {
            let pause = rand::rng().random_range(30..150);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            tokio::task::block_in_place(|| psql(&base, CUT));
            cuts += 1;
        }
        cuts
    };
    let (issued, cuts) = tokio::join!(acts, cuts);
    assert!(cuts > 5, "the connections were cut {cuts} times only");

    place.settled().await.unwrap();
    let rows = place.house.ledger().status_after(Position(0), 1000).await.unwrap();
    for row in &rows {
        assert!(issued.contains_key(&row.serial), "{} was given to nobody", row.serial);
    }
    responder.follow(&place).await;
    for (serial, (octets, ends)) in &issued {
        let standing = status::fold(rows.iter().filter(|row| row.serial == *serial));
        assert_eq!(matches!(standing, Some(Standing::Revoked { .. })), *ends, "{standing:?}");
        let expected = |verdict: &Verdict| {
            if *ends { revoked(verdict) } else { *verdict == Verdict::Valid }
        };
        told(&place.agency, &place.clock, octets, expected).await;
        let by_second = if *ends { Told::Revoked } else { Told::Good };
        assert_eq!(responder.ask(&place, *serial).await, by_second);
    }
    place.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(responder.follow(&place).await.differences, Some(0));
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}
