//! A wrong clock: nothing scheduled fires by mistake, nothing is signed in the past.

use akashi_agency::Verdict;
use akashi_wire::act::{Deed, Procedure, Refusal};
use akashi_wire::date::{EffectiveDate, day_in_japan, start_of_day};
use akashi_wire::{Clock, RevocationReason};
use jiff::ToSpan;

use crate::support::*;

const REVOKED: Option<RevocationReason> = Some(RevocationReason::AffiliationChanged);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_fires_nothing_until_two_persons_say_that_it_is_right() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let newcomer = place.resident(tottori());
    let undelivered = place.undelivered(tottori(), Procedure::Issue, &newcomer).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    place.tick().await;
    // A hand on the wall clock: the monotonic one has not moved.
    place.clock.set(start_of_day(day) + 1.hour());
    assert!(place.tick().await.held_by_clock);
    let nothing_fired = async |place: &Place| {
        place.tick().await;
        place.is_good(holder.serial).await && place.is_good(undelivered.serial).await
    };
    assert!(nothing_fired(&place).await);
    assert_eq!(place.alarms("clock").await, 1, "said, and said once");
    place.pass(1.hour());
    assert!(nothing_fired(&place).await, "more time is no leave");
    // What is not scheduled goes on: a death ends a certificate.
    let (other, dying) = place.holder(tottori()).await;
    place.reported(|office| office.death(&other, EffectiveDate::Unknown)).await;
    assert_eq!(place.reason(dying.serial).await, REVOKED);

    let desk = place.desk(tottori());
    desk.ask(Deed::AcceptClock).await.unwrap();
    assert!(nothing_fired(&place).await, "one person is not two");
    desk.ask(Deed::AcceptClock).await.unwrap();
    assert!(nothing_fired(&place).await, "the same person twice is not two");
    place.security.ask(Deed::AcceptClock).await.unwrap();
    assert!(!place.tick().await.held_by_clock);
    assert_eq!(place.reason(holder.serial).await, REVOKED);
    let unspecified = Some(RevocationReason::Unspecified);
    assert_eq!(place.reason(undelivered.serial).await, unspecified);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leave_given_before_a_jump_does_not_count_for_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    place.desk(tottori()).ask(Deed::AcceptClock).await.unwrap();
    place.tick().await;
    place.clock.set(start_of_day(day));
    place.tick().await;
    place.security.ask(Deed::AcceptClock).await.unwrap();
    place.tick().await;
    assert!(place.is_good(holder.serial).await, "one person has said so since the jump");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_planned_for_a_later_day_is_not_ended_by_a_clock_in_doubt() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.change(|office| office.notify_move_out(&code, day));
    let batch = place.batch_of(tottori(), 10);
    place.tick().await;
    place.clock.set(start_of_day(day) + 24.hours());
    assert!(place.tick().await.held_by_clock);
    place.sent(tottori(), &batch).await;
    place.tick().await;
    assert!(place.is_good(holder.serial).await, "it waits for the two persons like the others");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_behind_the_book_signs_nothing_until_it_is_right_again() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    place.pass(1.hour());
    place.seen_good(&holder.certificate).await;
    let right = place.now();
    // The book's last word is of this moment.
    place.tick().await;
    Acts::open(place.desk(tottori()), Procedure::Issue).await;
    let newcomer = place.resident(tottori());
    place.change(|office| office.move_within(&code, "鳥取県鳥取市栄町1番地"));
    let batch = place.batch_of(tottori(), 10);

    place.clock.set(right - 60.seconds());
    let before = place.quiet_head().await;
    let open = Deed::OpenCase { procedure: Procedure::Issue };
    assert_eq!(refusal(place.desk(tottori()).ask(open).await), Refusal::ClockBehind);
    let not_now = place.send(tottori(), &batch).await.unwrap_err().to_string();
    assert!(not_now.contains("503"), "{not_now}");
    // No answer is better than one that cannot be put on record.
    let verdict = place.agency.judge(&holder.certificate, place.now()).await;
    assert!(
        matches!(&verdict, Verdict::CannotTell(why) if why.contains("tryLater")),
        "{verdict:?}"
    );
    assert_eq!(place.house.ledger().head().await.unwrap(), before);

    // A few seconds are no harm; entries never go back.
    place.clock.set(right - 4.seconds());
    let case = Acts::open(place.desk(tottori()), Procedure::Issue).await;
    let opened = place.house.ledger().case(case).await.unwrap().unwrap().opened_at;
    assert!(opened >= right);
    place.clock.set(right);
    place.certified(tottori(), &newcomer).await;
    place.sent(tottori(), &batch).await;
    place.tick().await;
    place.seen_revoked(&holder.certificate, RevocationReason::AffiliationChanged).await;
    place.house.ledger().verify_audit().await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_slept_catches_up_by_itself() {
    let mut place = Place::open(Book::Sqlite).await;
    let (code, holder) = place.holder(tottori()).await;
    let day = day_in_japan(place.now()).saturating_add(20.days());
    place.reported(|office| office.notify_move_out(&code, day)).await;
    // Both clocks have run on.
    place.clock.advance_to(start_of_day(day) + 9.hours());
    assert!(!place.tick().await.held_by_clock);
    let (at, reason) = place.stands(holder.serial).await.unwrap().revocation().unwrap();
    // Late is late: the date is that of the record, and not of the planned day.
    assert_eq!((at, Some(reason)), (place.clock.now(), REVOKED));
    place.close().await;
}
