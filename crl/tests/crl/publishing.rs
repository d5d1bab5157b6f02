//! What is published, when, and what it says.

use std::sync::Arc;

use akashi_crl::schedule::Cause;
use akashi_crl::{CrlError, Settings};
use akashi_ledger::Scope;
use akashi_wire::RevocationReason::*;
use akashi_wire::clock::SimulatedClock;
use akashi_wire::order::OrderRefusal;
use jiff::SignedDuration;
use x509_parser::prelude::*;

use crate::support::*;

const HOUR: u64 = 3600;

#[tokio::test]
async fn at_the_first_start_every_scope_gets_a_list_and_then_there_is_nothing_to_do() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let lists = published(issuer.tick(world.now()).await.unwrap());
    assert_eq!(scopes(&lists), [chiyoda(), shinjuku(), Scope::Complete, Scope::Authority]);
    for list in &lists {
        assert_eq!(list.entries, 0);
        let (entries, tail) = read(&issuer.shelf().current(list.scope));
        assert_eq!((entries.len(), tail.number()), (0, Some(list.number)));
        let record = world.ledger.published_crl(1, list.scope).await.unwrap().unwrap();
        assert_eq!((record.number, record.digest), (list.number, Some(tail.digest)));
    }
    assert!(issuer.tick(world.now()).await.unwrap().is_empty());
    drop(issuer);
    let again = world.issuer().await;
    assert!(again.tick(world.now()).await.unwrap().is_empty(), "a restart changes nothing");
}

#[tokio::test]
async fn a_partition_lists_its_own_town_and_the_complete_list_both() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let (leaked, moved) = (world.issue(SHINJUKU).await, world.issue(SHINJUKU).await);
    let (held, void) = (
        world.issue(SHINJUKU).await,
        world.intend(SHINJUKU, world.now() + SignedDuration::from_hours(1)).await,
    );
    let (good, other) = (world.issue(SHINJUKU).await, world.issue(CHIYODA).await);
    world.revoke(leaked, KeyCompromise).await;
    world.revoke(moved, AffiliationChanged).await;
    world.hold(held).await;
    world.void(void).await;
    world.revoke(other, CessationOfOperation).await;
    published(issuer.tick(world.now()).await.unwrap());

    let (entries, _) = read(&issuer.shelf().current(shinjuku()));
    let mut said: Vec<_> = entries.iter().map(|entry| (entry.serial, entry.reason)).collect();
    let mut expected = vec![
        (leaked, KeyCompromise),
        (moved, AffiliationChanged),
        (held, CertificateHold),
        (void, Unspecified),
    ];
    expected.sort();
    assert_eq!(said, expected, "in the order of serial numbers");
    said.push((other, CessationOfOperation));
    said.sort();
    let (complete, _) = read(&issuer.shelf().current(Scope::Complete));
    assert_eq!(complete.iter().map(|entry| (entry.serial, entry.reason)).collect::<Vec<_>>(), said);
    assert_eq!(serials(&issuer.shelf().current(chiyoda())), [other]);
    assert_eq!(serials(&issuer.shelf().current(Scope::Authority)), []);
    assert!(!serials(&issuer.shelf().current(Scope::Complete)).contains(&good));
}

#[tokio::test]
async fn a_hold_that_becomes_final_says_so_from_the_final_record_on() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let serial = world.issue(SHINJUKU).await;
    world.hold(serial).await;
    published(issuer.tick(world.now()).await.unwrap());
    assert_eq!(read(&issuer.shelf().current(shinjuku())).0[0].reason, CertificateHold);
    world.wait(HOUR);
    let at = world.revoke(serial, KeyCompromise).await;
    published(issuer.tick(world.now()).await.unwrap());
    let [entry] = read(&issuer.shelf().current(shinjuku())).0[..] else { panic!() };
    assert_eq!((entry.reason, entry.at()), (KeyCompromise, at));
}

#[tokio::test]
async fn the_name_in_a_partition_equals_the_certificates_octet_for_octet() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    published(issuer.tick(world.now()).await.unwrap());
    let idp = |scope| {
        let octets = std::fs::read(issuer.shelf().current(scope)).unwrap();
        let (rest, list) = parse_x509_crl(&octets).unwrap();
        assert!(rest.is_empty());
        let idp = oid_registry::OID_X509_EXT_ISSUER_DISTRIBUTION_POINT;
        let found = list.extensions().iter().find(|extension| extension.oid == idp);
        found.map(|extension| (extension.critical, extension.value.to_vec()))
    };
    for (scope, town) in [(shinjuku(), SHINJUKU), (chiyoda(), CHIYODA)] {
        let name = tlv(0xa0, world.point(town));
        let expected = tlv(0x30, &[name, vec![0x81, 1, 0xff]].concat());
        assert_eq!(idp(scope), Some((true, expected)));
    }
    assert_eq!(idp(Scope::Authority), Some((true, vec![0x30, 3, 0x82, 1, 0xff])));
    assert_eq!(idp(Scope::Complete), None);
}

#[tokio::test]
async fn another_parser_reads_what_was_meant() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let (leaked, void) = (world.issue(SHINJUKU).await, world.intend(SHINJUKU, world.now()).await);
    let at = world.revoke(leaked, KeyCompromise).await;
    world.void(void).await;
    let list = issuer.publish(shinjuku(), world.later()).await.unwrap();

    let octets = std::fs::read(issuer.shelf().current(shinjuku())).unwrap();
    let (_, crl) = parse_x509_crl(&octets).unwrap();
    assert_eq!(crl.version(), Some(X509Version::V2));
    assert_eq!(crl.tbs_cert_list.signature, crl.signature_algorithm);
    assert_eq!(crl.last_update().timestamp(), list.this_update.as_second());
    assert_eq!(crl.next_update().unwrap().timestamp(), list.next_update.as_second());
    assert_eq!(list.next_update.duration_since(list.this_update), SignedDuration::from_hours(72));
    assert_eq!(crl.crl_number().unwrap().to_string(), list.number.to_string());
    let (_, ca) = X509Certificate::from_der(&world.authority.certificate).unwrap();
    assert_eq!(crl.issuer().as_raw(), ca.subject().as_raw());
    crl.verify_signature(ca.public_key()).unwrap();
    for entry in crl.iter_revoked_certificates() {
        let reason = entry.reason_code();
        if entry.raw_serial() == leaked.as_bytes() {
            assert_eq!(entry.revocation_date.timestamp(), at.as_second());
            assert!(!reason.unwrap().0);
            assert_eq!(reason.unwrap().1, x509_parser::x509::ReasonCode::KeyCompromise);
        } else {
            assert_eq!(entry.raw_serial(), void.as_bytes());
            assert!(entry.extensions().is_empty(), "unspecified is not said");
        }
    }
}

#[tokio::test]
async fn numbers_and_times_increase_though_the_clock_stands_still_or_goes_back_a_little() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let begin = world.now();
    let mut numbers = Vec::new();
    let mut times = Vec::new();
    for seconds in [0, 0, 3, 0, 1, 4, 0] {
        world.clock.set(begin + SignedDuration::from_secs(seconds));
        let list = issuer.publish(shinjuku(), world.now()).await.unwrap();
        numbers.push(list.number);
        times.push(list.this_update.as_second());
    }
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    // Of a second there is one: by its date alone nobody takes the one before for it.
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");

    // The authority's clock counts, which the issuer asks.
    world.clock.set(begin - SignedDuration::from_secs(6));
    let behind = issuer.publish(shinjuku(), world.now()).await;
    assert!(matches!(behind, Err(CrlError::Order(OrderRefusal::ClockBehind { .. }))));
    assert_eq!(read(&issuer.shelf().current(shinjuku())).1.number(), numbers.last().copied());
}

#[tokio::test]
async fn a_list_that_was_begun_before_the_authoritys_end_is_not_signed_after_it() {
    let world = World::open().await;
    let before = world.issuer().await.publish(shinjuku(), world.later()).await.unwrap();
    let issuer = world.issuer().await;
    let end = akashi_wire::pki::not_after(&issuer.authority().certificate);
    let clock = Arc::new(SimulatedClock::at(end));
    let issuer = issuer.with_clock(clock.clone());
    let last = issuer.publish(shinjuku(), world.later()).await.unwrap();
    assert!(last.number > before.number, "in its last moment it is");
    // It took until a second later to write it.
    clock.advance(std::time::Duration::from_secs(1));
    let late = issuer.publish(shinjuku(), world.later()).await;
    assert!(matches!(late, Err(CrlError::AuthorityOver { end: at }) if at == end), "{late:?}");
    let shelf = issuer.shelf();
    assert_eq!(read(&shelf.current(shinjuku())).1.number(), Some(last.number));
    assert_eq!(shelf.numbers(shinjuku()).unwrap()[0], last.number, "and no trace of it is left");
}

#[tokio::test]
async fn no_revocation_lies_after_this_update_though_the_clock_went_back() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    world.wait(4);
    let serial = world.issue(SHINJUKU).await;
    let at = world.revoke(serial, KeyCompromise).await;
    let list = issuer.publish(shinjuku(), at - SignedDuration::from_secs(4)).await.unwrap();
    assert_eq!((list.entries, list.this_update), (1, at));
}

#[tokio::test]
async fn an_urgent_revocation_is_out_at_the_next_tick_in_its_own_partition_only() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let (leaked, renewed) = (world.issue(SHINJUKU).await, world.issue(CHIYODA).await);
    published(issuer.tick(world.now()).await.unwrap());
    world.wait(60);
    world.revoke(leaked, KeyCompromise).await;
    world.revoke(renewed, Superseded).await;
    world.wait(1);
    let [outcome] = &issuer.tick(world.now()).await.unwrap()[..] else { panic!() };
    assert_eq!((outcome.scope, outcome.cause), (shinjuku(), Cause::Urgent));
    assert_eq!(serials(&issuer.shelf().current(shinjuku())), [leaked]);

    world.wait(HOUR - 62);
    assert!(issuer.tick(world.now()).await.unwrap().is_empty(), "an ordinary one waits its hour");
    world.wait(1);
    let [outcome] = &issuer.tick(world.now()).await.unwrap()[..] else { panic!() };
    assert_eq!((outcome.scope, outcome.cause), (chiyoda(), Cause::Changed));
    assert_eq!(serials(&issuer.shelf().current(chiyoda())), [renewed]);
}

#[tokio::test]
async fn an_urgent_revocation_during_a_stop_is_out_at_the_start() {
    let world = World::open().await;
    published(world.issuer().await.tick(world.now()).await.unwrap());
    let serial = world.issue(SHINJUKU).await;
    world.hold(serial).await;
    let issuer = world.issuer().await;
    let [outcome] = &issuer.tick(world.later()).await.unwrap()[..] else { panic!() };
    assert_eq!((outcome.scope, outcome.cause), (shinjuku(), Cause::Urgent));
}

#[tokio::test]
async fn in_a_quiet_year_no_list_ever_expires() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    published(issuer.tick(world.now()).await.unwrap());
    for _ in 0..(45 * 4) {
        world.wait(6 * HOUR);
        published(issuer.tick(world.now()).await.unwrap());
        for scope in issuer.scopes() {
            let facts = issuer.shelf().facts(scope).unwrap();
            let left = facts.next_update.duration_since(world.now());
            assert!(left >= SignedDuration::from_hours(60), "{scope} has {left:#} left");
        }
    }
}

#[tokio::test]
async fn an_entry_appears_once_more_after_the_end_of_its_certificate_and_then_leaves() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let end = world.now() + SignedDuration::from_hours(24);
    let serial = world.issue_until(SHINJUKU, end).await;
    let longer = world.issue(SHINJUKU).await;
    world.revoke(serial, CessationOfOperation).await;
    world.revoke(longer, CessationOfOperation).await;
    let both = sorted(vec![serial, longer]);
    let current = issuer.shelf().current(shinjuku());
    published(issuer.tick(world.now()).await.unwrap());
    assert_eq!(serials(&current), both);

    world.clock.advance_to(end + SignedDuration::from_secs(1));
    issuer.publish(shinjuku(), world.later()).await.unwrap();
    assert_eq!(serials(&current), both, "ended, and on one more list");
    world.wait(HOUR);
    issuer.publish(shinjuku(), world.later()).await.unwrap();
    assert_eq!(serials(&current), [longer]);
    issuer.publish(Scope::Complete, world.later()).await.unwrap();
    let complete = issuer.shelf().current(Scope::Complete);
    assert_eq!(serials(&complete), both, "each scope counts its own lists");
}

#[tokio::test]
async fn settings_under_which_lists_would_expire_are_refused() {
    let world = World::open().await;
    let settings = Settings { next_update: SignedDuration::from_hours(3), ..Settings::default() };
    let error = world.issuer_with(settings).await.err().unwrap();
    assert!(matches!(error, CrlError::Settings(_)), "{error}");
}

#[tokio::test]
async fn a_town_without_a_distribution_point_is_loud_and_in_the_complete_list() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let serial = world.issue("131024").await;
    world.revoke(serial, KeyCompromise).await;
    let outcomes = issuer.tick(world.now()).await.unwrap();
    assert_eq!(serials(&issuer.shelf().current(Scope::Complete)), [serial]);
    let failed = outcomes.iter().find(|outcome| outcome.result.is_err()).unwrap();
    let error = failed.result.as_ref().unwrap_err();
    assert!(matches!(error, CrlError::NoDistributionPoint(town) if *town == code("131024")));
}
