//! 失効 and 一時保留 at the counter, and what agencies see of it.

use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::Scope;
use akashi_ra_console::journey;
use akashi_wire::RevocationReason::{self, *};
use akashi_wire::act::{Answer, Deed, IdentityProof, Procedure, Refusal};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(
    a_hold_is_seen_at_once_and_becomes_a_revocation_at_the_counter,
    a_hold_is_released_by_two_security_officers_where_the_rules_allow_it_and_by_nobody_else,
);

/// Whether a published list holds a serial number.
fn lists(place: &Place, scope: Scope, holder: &Holder) -> bool {
    let file = place.dir.join("public/crl/1").join(format!("{scope}.crl"));
    holds(&file, holder.serial.as_bytes())
}

async fn a_hold_is_released_by_two_security_officers_where_the_rules_allow_it_and_by_nobody_else(
    book: Book,
) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    let serial = holder.serial;
    let release = Deed::Release { serial, why: "the card was in the other coat".into() };
    let held = journey::hold(place.desk(tottori()), place.by_items(&code)).await.unwrap();
    assert_eq!(held.reason, CertificateHold);
    place.listed(Scope::Partition(tottori())).await.unwrap();
    let refused = refusal(place.security.one.ask(release.clone()).await);
    assert_eq!(refused, Refusal::HoldsAreFinal, "as it is where nobody set anything");

    let place = place
        .reopened(|config| {
            config.rules.insert("releases_holds".into(), toml::Value::Boolean(true));
        })
        .await;
    let (one, other) = (&place.security.one, &place.security.other);
    let desk = &place.desks[&tottori()];
    let on_hold = async |expected: bool| {
        let is_held = |verdict: &Verdict| match verdict {
            Verdict::Revoked { reason: CertificateHold, .. } => expected,
            Verdict::Valid => !expected,
            _ => false,
        };
        place.seen(&holder.certificate, is_held).await;
    };
    assert_eq!(refusal(desk.ask(release.clone()).await), Refusal::NotAllowed);
    let unknown = akashi_wire::SerialNumber::from_random([0x55; 16]);
    let nothing = Deed::Release { serial: unknown, why: String::new() };
    assert_eq!(refusal(one.ask(nothing).await), Refusal::NotOnHold { serial: unknown });
    let Answer::Proposed { request, digest, .. } = one.ask(release.clone()).await.unwrap() else {
        panic!("one person releases nothing");
    };
    assert_eq!(refusal(one.ask(Deed::Countersign { request, digest }).await), Refusal::SamePerson);
    on_hold(true).await;
    other.ask(Deed::Countersign { request, digest }).await.unwrap();
    on_hold(false).await;
    // The next list lets it go, and the gate lets that list out.
    let list = place.authority.join(format!("public/crl/1/{}.crl", Scope::Partition(tottori())));
    assert!(holds(&list, serial.as_bytes()));
    place.clock.advance(Duration::from_secs(2 * 3600));
    for _ in 0..100 {
        place.tick().await;
        if !holds(&list, serial.as_bytes()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!holds(&list, serial.as_bytes()), "a list without it");
    assert_eq!(refusal(one.ask(release.clone()).await), Refusal::NotOnHold { serial });
    // A proposal of before is none for a hold of after it.
    let hold = async || journey::hold(desk, place.by_items(&code)).await.unwrap();
    hold().await;
    let Answer::Proposed { request, digest, .. } = one.ask(release.clone()).await.unwrap() else {
        panic!("one person releases nothing");
    };
    place.security.ask(release.clone()).await.unwrap();
    place.clock.advance(Duration::from_secs(60));
    hold().await;
    let late = other.ask(Deed::Countersign { request, digest }).await;
    assert_eq!(refusal(late), Refusal::NoSuchProposal);
    on_hold(true).await;
    // And what ended stays ended.
    journey::revoke(desk, place.by_items(&code), KeyCompromise, IdentityProof::ResidentCard)
        .await
        .unwrap();
    assert_eq!(refusal(one.ask(release).await), Refusal::NotOnHold { serial });
    let ledger = place.house.ledger();
    let entries = ledger.audit_entries(100_000).await.unwrap();
    let of_it = entries.iter().filter(|entry| entry.subject == serial.to_string());
    let verbs: Vec<_> = of_it.map(|entry| entry.verb.as_str()).collect();
    for (verb, times) in [("hold", 3), ("release", 2), ("countersign", 2)] {
        assert_eq!(verbs.iter().filter(|one| **one == verb).count(), times, "{verbs:?}");
    }
    ledger.verify_audit().await.unwrap();
    place.close().await;
}

async fn a_hold_is_seen_at_once_and_becomes_a_revocation_at_the_counter(book: Book) {
    let mut place = Place::open(book).await;
    let (code, holder) = place.holder(tottori()).await;
    place.pass(1.hour());
    let desk = place.desk(tottori());
    let held = journey::hold(desk, place.by_items(&code)).await.unwrap();
    assert_eq!((held.serial, held.reason), (holder.serial, CertificateHold));
    assert_eq!(held.at, place.now());
    place.seen_revoked(&holder.certificate, CertificateHold).await;
    place.listed(Scope::Partition(tottori())).await.unwrap();
    assert!(lists(&place, Scope::Partition(tottori()), &holder));
    assert!(!lists(&place, Scope::Partition(yonago()), &holder));

    place.pass(1.hour());
    let desk = place.desk(tottori());
    let serial = holder.serial;
    let again = journey::hold(desk, place.by_items(&code)).await;
    assert_eq!(refusal(again), Refusal::OnHold { serial });
    for procedure in [Procedure::Issue, Procedure::Renewal] {
        let case = desk.find(procedure, place.by_items(&code)).await.unwrap();
        let refused = refusal(desk.apply(case, "CARD").await);
        assert_eq!(refused, Refusal::OnHold { serial });
    }
    // The holder comes, and asks for the end of it; the end is of now and not of the call.
    let ended =
        journey::revoke(desk, place.by_items(&code), KeyCompromise, IdentityProof::ResidentCard)
            .await
            .unwrap();
    assert_eq!((ended.serial, ended.at, ended.reason), (serial, place.now(), KeyCompromise));
    place.seen_revoked(&holder.certificate, KeyCompromise).await;
    for outcome in [
        journey::hold(desk, place.by_items(&code)).await,
        journey::revoke(desk, place.by_items(&code), KeyCompromise, IdentityProof::ResidentCard)
            .await,
    ] {
        assert_eq!(refusal(outcome), Refusal::NoLivingCertificate);
    }
    // Nothing undoes it, and a new one may be issued.
    let new = place.certified(tottori(), &code).await;
    assert_eq!(place.reason(serial).await, Some(KeyCompromise));
    place.seen_good(&new.certificate).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_gives_two_reasons_and_no_other() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Revocation, place.by_items(&code)).await.unwrap();
    for reason in RevocationReason::ALL {
        if !matches!(reason, KeyCompromise | CessationOfOperation) {
            let refused = refusal(
                desk.ask(Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason })
                    .await,
            );
            assert_eq!(refused, Refusal::ReasonNotForCounter { reason });
        }
    }
    assert!(place.is_good(holder.serial).await);
    desk.ask(Deed::Revoke {
        case,
        identity: IdentityProof::ResidentCard,
        reason: CessationOfOperation,
    })
    .await
    .unwrap();
    place.seen_revoked(&holder.certificate, CessationOfOperation).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_ends_a_certificate_on_hold_too() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    journey::hold(place.desk(tottori()), place.by_items(&code)).await.unwrap();
    place.reported(|office| office.move_within(&code, "鳥取県鳥取市栄町1番地")).await;
    place.seen_revoked(&holder.certificate, AffiliationChanged).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ocsp_and_both_lists_say_the_same_and_a_list_never_shrinks() {
    let mut place = Place::open(Book::Sqlite).await;
    let (lost, lost_holder) = place.holder(tottori()).await;
    let (moved, moved_holder) = place.holder(tottori()).await;
    let (_, good) = place.holder(tottori()).await;
    let (_, elsewhere) = place.holder(yonago()).await;
    journey::revoke(
        place.desk(tottori()),
        place.by_items(&lost),
        KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    place.reported(|office| office.move_within(&moved, "鳥取県鳥取市栄町1番地")).await;
    let town = Scope::Partition(tottori());
    // What is urgent is listed at once; the rest within the hour, the complete list in six.
    place.pass(61.minutes());
    place.listed(town).await.unwrap();
    place.pass(6.hours());
    place.listed(Scope::Complete).await.unwrap();
    for scope in [town, Scope::Complete] {
        let found = [&lost_holder, &moved_holder, &good, &elsewhere]
            .map(|holder| lists(&place, scope, holder));
        assert_eq!(found, [true, true, false, false], "{scope}");
    }
    let first = place.house.ledger().published_crl(1, town).await.unwrap().unwrap();
    // A quiet town gets a new list all the same, with a higher number and the same entries.
    place.pass(13.hours());
    let newer = async || {
        let newest = place.house.ledger().published_crl(1, town).await?;
        Ok(newest.is_some_and(|newest| newest.number > first.number))
    };
    place.wait("a new list of a quiet town", newer).await.unwrap();
    assert!(lists(&place, town, &lost_holder) && lists(&place, town, &moved_holder));
    place.seen_revoked(&lost_holder.certificate, KeyCompromise).await;
    place.seen_revoked(&moved_holder.certificate, AffiliationChanged).await;
    place.seen_good(&good.certificate).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_not_undone_by_a_renewal_that_was_under_way() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, old) = place.holder(tottori()).await;
    place.pass((3 * 365 - 60).days());
    let new = place.undelivered(tottori(), Procedure::Renewal, &code).await;
    let desk = place.desk(tottori());
    journey::hold(desk, place.by_items(&code)).await.unwrap();
    // The new certificate lies on the card that was reported.
    assert!(!place.is_good(new.serial).await);
    assert_eq!(place.reason(old.serial).await, Some(CertificateHold));
    assert_eq!(place.good_ones().await, []);
    place.close().await;
}
