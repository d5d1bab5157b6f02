//! The responder's key is rolled over: another kind, nothing lost, and the one before is certified no more.

use std::process::Command;

use akashi_agency::Verdict;
use akashi_wire::party::Role;
use akashi_wire::pki;
use jiff::ToSpan;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_kind_takes_the_place_of_the_one_before() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    place.seen_good(&holder.certificate).await;
    let old = pki::public_key(&place.house.responder_certificate().await.unwrap()).unwrap();
    assert_eq!(old.len(), 91, "a point on P-256");
    let roll = |kind: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
            .args(["responder-key", "--kind", kind, "--dir"])
            .arg(&place.dir)
            .env_clear()
            .env("AKASHI_PASSPHRASE", akashi_town::PASSPHRASE)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && told.contains("start the responder anew"), "{told}");
    };
    roll("rsa-2048");
    // What is up goes on with the key that it has.
    place.seen_good(&holder.certificate).await;

    let again = place.reopened(|_| ()).await;
    assert_eq!(again.judged(&holder.certificate).await, Verdict::Valid);
    let new = pki::public_key(&again.house.responder_certificate().await.unwrap()).unwrap();
    assert_eq!(new.len(), 294, "RSA of 2048 bits");
    let certified = async |key: &[u8]| {
        let all = again.house.ledger().responder_certificates().await.unwrap();
        all.iter().filter(|one| one.public_key == key).count()
    };
    assert_eq!((certified(&old).await, certified(&new).await), (1, 1));
    // Past the age at which every certificate of a responder is renewed.
    for _ in 0..3 {
        again.clock.advance_to(akashi_wire::Clock::now(&*again.clock) + (16 * 24).hours());
        again.tick().await;
    }
    assert_eq!(certified(&old).await, 1, "it gets no more");
    // Nor does it when it is brought back, and whoever has it is told.
    let token = akashi_edge::Opened::open(
        &again.authority,
        &akashi_keys::Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap(),
    );
    let token = token.unwrap().own(&Role::Responder).unwrap();
    let now = akashi_wire::Clock::now(&*again.clock);
    let public_key = akashi_wire::octets::Octets(old.clone());
    let order = akashi_wire::Order::AskForCertificate {
        generation: 1,
        public_key,
        in_place_of: Vec::new(),
    };
    let order = akashi_wire::order::SignedOrder::sign(order, token.certificate(), now, |octets| {
        token.sign(octets)
    });
    let refused = again.house.doors.orders.carry_out(order.unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("another key took the place"), "{refused}");
    assert!(certified(&new).await > 1, "this one is renewed");
    assert_eq!(again.judged(&holder.certificate).await, Verdict::Valid);
    again.close().await;
}
