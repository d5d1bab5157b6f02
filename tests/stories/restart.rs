//! The authority is stopped and opened again: everything is still there.

use akashi_agency::Verdict;
use akashi_ledger::{Scope, Standing};
use akashi_ra_console::journey;
use akashi_wire::act::{Deed, IdentityProof, Procedure, Refusal, Suspension};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, RevocationReason};
use jiff::ToSpan;

use crate::support::*;

told_on_both!(everything_is_still_there_after_a_restart);

async fn everything_is_still_there_after_a_restart(book: Book) {
    let mut place = Place::open(book).await;
    let (lost, lost_holder) = place.holder(tottori()).await;
    let (leaver, leaving) = place.holder(tottori()).await;
    let (dies, dying) = place.holder(tottori()).await;
    let newcomer = place.resident(tottori());
    let halfway = place.undelivered(tottori(), Procedure::Issue, &newcomer).await;
    let desk = place.desk(tottori());
    journey::revoke(
        desk,
        place.by_items(&lost),
        RevocationReason::KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    let read_back = Sha256::of(&halfway.certificate);
    let (case, card) = (halfway.case, halfway.card.clone());
    let confirm = desk.sign(Deed::ConfirmDelivery { case, card, read_back }).unwrap();
    let day = day_in_japan(place.now()).saturating_add(9.days());
    place.reported(|office| office.notify_move_out(&leaver, day)).await;
    place.change(|office| office.death(&dies, EffectiveDate::Unknown));
    // Accepted, and perhaps not settled when the power goes.
    let death = place.batch_of(tottori(), 10);
    let answer = place.sent(tottori(), &death).await;
    let (what, why) = (Suspension::Source { municipality: yonago() }, "an incident".to_owned());
    place.security.ask(Deed::Suspend { what, why: why.clone() }).await.unwrap();
    let entries = place.house.ledger().verify_audit().await.unwrap().entries;

    let again = place.reopened(|_| ()).await;
    let ledger = again.house.ledger();
    assert!(ledger.verify_audit().await.unwrap().entries >= entries);
    again.tick().await;
    let reason = async |holder: &Holder| {
        let standing: Standing = ledger.standing(holder.serial).await.unwrap().unwrap();
        standing.revocation().map(|(_, reason)| reason)
    };
    assert_eq!(reason(&lost_holder).await, Some(RevocationReason::KeyCompromise));
    assert_eq!(reason(&dying).await, Some(RevocationReason::AffiliationChanged));
    assert_eq!(reason(&leaving).await, None);
    // Sent again, since nobody knows what the power cut: the same answer.
    assert_eq!(again.send(tottori(), &death).await, answer);
    let desk = &again.desks[&tottori()];
    let delivered = desk.send(&confirm).await.unwrap();
    assert_eq!(desk.send(&confirm).await.unwrap(), delivered);
    // What was cut is still cut, until the security officer opens it.
    let is_open = async || ledger.source(yonago()).await.unwrap().unwrap().is_open;
    assert!(!is_open().await);
    again.security.ask(Deed::Lift { what, why }).await.unwrap();
    assert!(is_open().await);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_ocsp_and_the_list_agree_and_what_was_planned_still_comes() {
    let mut place = Place::open(Book::Sqlite).await;
    let (lost, lost_holder) = place.holder(tottori()).await;
    let (leaver, leaving) = place.holder(tottori()).await;
    let (certified, good) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(9.days());
    place.reported(|office| office.notify_move_out(&leaver, day)).await;
    let desk = place.desk(tottori());
    journey::revoke(
        desk,
        place.by_items(&lost),
        RevocationReason::KeyCompromise,
        IdentityProof::ResidentCard,
    )
    .await
    .unwrap();

    let again = place.reopened(|_| ()).await;
    assert_eq!(again.judged(&good.certificate).await, Verdict::Valid);
    assert_eq!(again.judged(&leaving.certificate).await, Verdict::Valid);
    let revoked = again.judged(&lost_holder.certificate).await;
    let lost = RevocationReason::KeyCompromise;
    assert!(matches!(revoked, Verdict::Revoked { reason, .. } if reason == lost), "{revoked:?}");
    // One certificate a person, then as before.
    let desk = &again.desks[&tottori()];
    let case = desk.find(Procedure::Issue, again.by_items(&certified)).await.unwrap();
    let second = refusal(desk.apply(case, "CARD").await);
    assert!(matches!(second, Refusal::AlreadyCertified { .. }), "{second:?}");

    again.clock.advance_to(start_of_day(day));
    again.tick().await;
    let standing = again.house.ledger().standing(leaving.serial).await.unwrap().unwrap();
    let moved = RevocationReason::AffiliationChanged;
    assert_eq!(standing.revocation(), Some((again.clock.now(), moved)));
    again.clock.advance(std::time::Duration::from_secs(3700));
    let list = again.authority.join("public/crl/1").join(format!("{TOTTORI}.crl"));
    let listed = || holds(&list, leaving.serial.as_bytes());
    for _ in 0..100 {
        if listed() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(listed() && holds(&list, lost_holder.serial.as_bytes()));
    assert!(!holds(&list, good.serial.as_bytes()));
    let newest = again.house.ledger().published_crl(1, Scope::Partition(tottori())).await.unwrap();
    assert!(newest.is_some());
    again.close().await;
}
