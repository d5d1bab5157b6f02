//! Cards whose generator gives the same prime twice: refused at the counter, found by night.

use std::time::Duration;

use akashi_ca::CaError;
use akashi_ledger::{Intention, PersonId, Slot};
use akashi_ra_console::{Desk, DeskError, journey};
use akashi_town::card_key::{CardKey, PRIMES, primes};
use akashi_town::filler;
use akashi_wire::act::{CertificateBy, IdentityProof, LookUpBy, Procedure, Refusal, SerialGiven};
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::again::Again;
use crate::support::*;

told_on_both!(
    a_key_that_shares_a_prime_is_refused_and_the_one_that_it_shares_with_alarms,
    what_shares_a_prime_is_found_by_night_and_alarms_once,
);

/// Two keys that have half of their primes in common.
fn two_that_share() -> [CardKey; 2] {
    let (one, mut other) = (primes(), primes());
    other[..PRIMES / 2].copy_from_slice(&one[..PRIMES / 2]);
    [CardKey::of(&one), CardKey::of(&other)]
}

async fn certified(desk: &Desk, by: LookUpBy, card: &str, key: &CardKey) -> Result<(), DeskError> {
    let case = desk.find(Procedure::Issue, by).await?;
    let challenge = desk.apply(case, card).await?;
    desk.hand_in(case, card, key.proof(&challenge).map_err(CaError::from).unwrap()).await?;
    Ok(())
}

async fn a_key_that_shares_a_prime_is_refused_and_the_one_that_it_shares_with_alarms(book: Book) {
    let mut place = Place::open(book).await;
    let [one, other] = two_that_share();
    let (first, second) = (place.resident(tottori()), place.resident(yonago()));
    let by = place.by_items(&first);
    certified(place.desk(tottori()), by, "ONE", &one).await.unwrap();
    place.tick().await;
    assert_eq!(place.alarms("in common").await, 0);

    let by = place.by_items(&second);
    let refused = certified(place.desk(yonago()), by, "OTHER", &other).await;
    let refused = refusal(refused);
    assert!(
        matches!(&refused, Refusal::BadKey { what } if what.contains("shares a prime")),
        "{refused:?}"
    );
    for _ in 0..200 {
        place.tick().await;
        if place.alarms("in common").await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let [serial] = place.good_ones().await[..] else { panic!("one certificate, and it is good") };
    assert_eq!(place.alarms(&format!("{serial} has a prime in common")).await, 1);
    // Whoever is told of it ends it by its number, at the counter of the town that issued it.
    let by = CertificateBy::Serial { serial: SerialGiven::Whole(serial) };
    let lost = RevocationReason::KeyCompromise;
    let unsafe_key = place.house.ledger().shared_primes(place.now());
    assert_eq!(unsafe_key.await.unwrap().len(), 1);
    let identity = IdentityProof::ResidentCard;
    let ended = journey::revoke(place.desk(tottori()), by, lost, identity).await.unwrap();
    assert_eq!(ended.serial, serial);
    assert_eq!(place.house.ledger().shared_primes(place.now()).await.unwrap(), []);
    // The same desk goes on with another key.
    let by = place.by_items(&second);
    certified(place.desk(yonago()), by, "OTHER", &CardKey::make()).await.unwrap();
    place.close().await;
}

async fn what_shares_a_prime_is_found_by_night_and_alarms_once(book: Book) {
    let mut place = Place::open(book).await;
    let codes = [place.resident(tottori()), place.resident(tottori()), place.resident(tottori())];
    // A window on no keys: as if years lay between the two.
    let none = |config: &mut akashi_edge::Config| {
        config.rules.insert("shared_prime_window".into(), 0.into());
    };
    let again = place.reopened(none).await;
    let [one, other] = two_that_share();
    for (code, key) in codes.iter().zip([one, CardKey::make(), other]) {
        let (desk, card) = (&again.desks[&tottori()], card_of(&again, code));
        certified(desk, again.by_items(code), &card, &key).await.unwrap();
    }
    let entries = async |verb: &str| {
        let mut entries = again.house.ledger().audit_entries(100_000).await.unwrap();
        entries.retain(|entry| entry.verb == verb);
        entries
    };
    assert_eq!(entries("begin_comparison").await.len(), 0, "it is day");

    // Half past two in Japan.
    let night = akashi_wire::date::start_of_day(akashi_wire::date::day_in_japan(again.clock.now()))
        + 26.hours().minutes(30);
    again.clock.advance_to(night);
    for _ in 0..200 {
        again.house.doors.scheduler.compare(&*again.clock).await.unwrap();
        if !entries("end_comparison").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ended = entries("end_comparison").await;
    assert!(ended[0].subject.contains("3 moduli, 2 found"), "{ended:?}");
    let alarms = async || {
        let mut alarms = entries("alarm").await;
        alarms.retain(|entry| said(entry).contains("a prime in common with"));
        alarms.len()
    };
    // The authority ticks by itself too: whichever tick saw them first notes them.
    for _ in 0..200 {
        again.tick().await;
        if alarms().await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for _ in 0..3 {
        again.tick().await;
        again.house.doors.scheduler.compare(&*again.clock).await.unwrap();
    }
    assert_eq!(alarms().await, 2);
    assert_eq!(entries("begin_comparison").await.len(), 1, "once a night");
    let revoked = entries("revoke").await;
    assert!(revoked.is_empty(), "nothing is revoked without two persons: {revoked:?}");
    again.close().await;
}

/// The prime of the group of 2048 bits (RFC 3526 §3).
fn a_prime() -> Vec<u8> {
    let digits = concat!(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22",
        "514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6",
        "F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D",
        "C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
        "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E8603",
        "9B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
        "15728E5A8AACAA68FFFFFFFFFFFFFFFF"
    );
    hex::decode(digits).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_modulus_that_is_itself_a_prime_is_found_by_night_and_alarms() {
    let mut place = Place::open(Book::Sqlite).await;
    place.holder(tottori()).await;
    let (officer, _) = place.officer(tottori()).await;
    let permit = place.permit_of(&officer, filler::issuing()).await;
    let (now, serial) = (place.now(), SerialNumber::from_random([0x4a; 16]));
    let intention = Intention {
        serial,
        generation: 1,
        municipality: tottori(),
        person: PersonId::from_random([7; 16]),
        case: filler::case(),
        public_key: Sha256([7; 32]),
        modulus: a_prime(),
        tbs_digest: Sha256([8; 32]),
        not_before: now,
        not_after: now + (3 * 365 * 24).hours(),
        slot: Slot::Current,
    };
    let mut change = place.house.ledger().begin(&permit, now).await.unwrap();
    change.intend(&intention, b"sealed", 1).await.unwrap();
    change.file(serial, b"sealed").await.unwrap();
    change.commit().await.unwrap();
    // Half past two in Japan.
    let day = akashi_wire::date::day_in_japan(place.now());
    place.clock.advance_to(akashi_wire::date::start_of_day(day) + 26.hours().minutes(30));
    for _ in 0..200 {
        place.house.doors.scheduler.compare(&*place.clock).await.unwrap();
        place.tick().await;
        if place.alarms("itself a prime").await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alarm = format!("certificate {serial} has a modulus that is itself a prime");
    assert_eq!(place.alarms(&alarm).await, 1);
    assert_eq!(place.alarms("itself a prime").await, 1, "and no other has");
    place.close_filled().await;
}

/// A card of its own for each.
fn card_of(again: &Again, code: &akashi_wire::ResidentCode) -> String {
    let registry = again.registry.lock().unwrap();
    let items = registry.record(code).unwrap().items().clone();
    akashi_wire::octets::Sha256::of(items.name.as_bytes()).to_string()[..12].to_uppercase()
}
