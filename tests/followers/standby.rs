//! A hot standby of the data base: whoever only reads works on it as on the book itself, and whoever
//! writes is told that he cannot.

use std::time::{Duration, Instant};

use akashi_ledger::{Inquiry, Ledger, Responding, Verifying};
use akashi_wire::Clock;
use akashi_wire::act::PartyId;

use crate::restarted::{holder, world};
use crate::server::{Server, asked};

/// Waits until the copy has all that the book has now.
fn caught_up(server: &Server, standby: &Server) {
    let written = asked(&server.url(), "SELECT pg_current_wal_lsn()");
    let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
    let until = Instant::now() + Duration::from_secs(30);
    while asked(&standby.url(), &sql) != "t" {
        assert!(Instant::now() < until, "the standby does not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verifier_reads_a_standby_as_it_reads_the_book() {
    let (server, dir) = (Server::make(), tempfile::tempdir().unwrap());
    let mut world = world(&server, &dir).await;
    let standby = server.standby();
    assert_eq!(asked(&standby.url(), "SELECT pg_is_in_recovery()"), "t");
    let verifier = Ledger::<Verifying>::open(&standby.url()).await.unwrap();
    let before = verifier.verify_audit().await.unwrap();
    assert!(before.entries > 0);

    // What comes later comes to the copy too, and stands there as it does here.
    let (_, serial, _) = holder(&mut world, 1).await;
    world.stop().await;
    caught_up(&server, &standby);
    let after = verifier.verify_audit().await.unwrap();
    assert!(after.entries > before.entries);
    assert_eq!(verifier.verify_derived().await.unwrap(), []);
    let here = Ledger::<Verifying>::open(&server.url()).await.unwrap();
    let own = here.verify_audit().await.unwrap();
    assert_eq!((after.entries, after.signed_up_to), (own.entries, own.signed_up_to));
    let end = verifier.certificate_end(serial).await.unwrap();
    assert!(end.is_some());
    assert_eq!(end, here.certificate_end(serial).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_standby_a_responder_is_told_that_nothing_can_be_recorded() {
    let (server, dir) = (Server::make(), tempfile::tempdir().unwrap());
    let world = world(&server, &dir).await;
    let standby = server.standby();
    // It opens, since opening writes nothing; but nothing is answered that was not recorded before.
    let responder = Ledger::<Responding>::open(&standby.url()).await.unwrap();
    let inquiry = Inquiry {
        party: PartyId::from_random([1; 16]),
        purpose: "tax".into(),
        asked: "01".into(),
        answer: "good".into(),
        at: world.clock.now(),
    };
    let told = responder.record_inquiries([0; 4], &[inquiry], world.clock.now()).await.unwrap_err();
    assert!(told.to_string().contains("read-only"), "{told}");
    world.stop().await;
}
