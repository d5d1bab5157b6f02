//! From the list issuer to the repository: what is signed and cannot be published is told to whoever sees alarms.

use std::fs;
use std::time::Duration;

use akashi_ledger::Scope;
use akashi_ra_console::journey;
use akashi_wire::Alarm;
use akashi_wire::act::{CertificateBy, SerialGiven};

use crate::support::*;

told_on_both!(a_list_that_cannot_be_published_is_an_alarm_after_a_minute_and_so_is_its_end);

async fn a_list_that_cannot_be_published_is_an_alarm_after_a_minute_and_so_is_its_end(book: Book) {
    let mut place = Place::open(book).await;
    let (_, holder) = place.holder(tottori()).await;
    let scope = Scope::Partition(tottori());
    place.listed(scope).await.unwrap();
    let town = place.dir.join(format!("public/crl/1/{}", tottori()));
    let current = town.with_extension("crl");
    let before = fs::read(&current).unwrap();
    // A disk that takes nothing more: where the lists lie nothing can be written.
    let away = town.with_extension("away");
    fs::rename(&town, &away).unwrap();
    fs::write(&town, b"").unwrap();
    let by = CertificateBy::Serial { serial: SerialGiven::Whole(holder.serial) };
    journey::hold(place.desk(tottori()), by).await.unwrap();
    place.clock.advance(Duration::from_secs(1));
    let told = async |verb: &str| match verb {
        // It is over by the entry that names the one that began it.
        "alarm_over" => {
            let begun = place.entries("alarm").await;
            let of_it = begun.iter().filter(|entry| is_of(entry, scope));
            let positions: Vec<String> = of_it.map(|entry| entry.position.to_string()).collect();
            let over = place.entries("alarm_over").await;
            over.iter().filter(|entry| positions.contains(&entry.subject)).count()
        }
        _ => place.entries(verb).await.iter().filter(|entry| is_of(entry, scope)).count(),
    };
    let waited = async |word: &str| {
        for _ in 0..100 {
            if told(word).await > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nobody is told {word:?}: {:?}", place.alarms_said().await);
    };
    // Signed by now, and looked at some times in vain.
    let handed_over = place.dir.join(format!("lists/crl/1/{scope}.crl"));
    for _ in 0..100 {
        if holds(&handed_over, holder.serial.as_bytes()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(holds(&handed_over, holder.serial.as_bytes()), "the list issuer goes on");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(told("alarm").await, 0, "not before a minute has passed");
    place.clock.advance(Duration::from_secs(61));
    waited("alarm").await;
    assert_eq!(fs::read(&current).unwrap(), before, "agencies see the list before");
    fs::remove_file(&town).unwrap();
    fs::rename(&away, &town).unwrap();
    place.clock.advance(Duration::from_secs(2));
    place.listed(scope).await.unwrap();
    waited("alarm_over").await;
    assert_eq!((told("alarm").await, told("alarm_over").await), (1, 1), "each once");
    assert!(holds(&current, holder.serial.as_bytes()));
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

/// Whether an alarm is that the list of this scope is not published.
fn is_of(entry: &akashi_ledger::Entry, of: akashi_wire::Scope) -> bool {
    let alarm = Alarm::from_text(&entry.subject);
    matches!(alarm, Ok(Alarm::ListUnpublished { scope, .. }) if scope == of)
}
