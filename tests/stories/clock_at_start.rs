//! A clock that is wrong when the authority starts: what is known from before, what waits, what does not.

use std::time::Duration;

use akashi_agency::Verdict;
use akashi_ledger::{Access, Scope, TimeQuality};
use akashi_ra_console::journey;
use akashi_wire::act::{CertificateBy, Deed, LookUpBy, Procedure, Refusal, SerialGiven};
use akashi_wire::batch::BatchAnswer;
use akashi_wire::date::EffectiveDate;
use akashi_wire::{Clock, RevocationReason, SerialNumber};
use jiff::{SignedDuration, Timestamp};

use crate::again::Again;
use crate::clock::{judged_in, one_register};
use crate::support::*;

told_on_both!(
    in_the_same_life_of_the_machine_the_length_of_a_stop_is_known,
    nine_hours_ahead_at_boot_for_six_seconds_ends_by_itself,
    a_year_behind_at_boot_is_over_when_the_clock_is_right,
    after_a_long_stop_two_persons_say_that_the_clock_is_right,
    a_clock_that_is_synchronised_is_believed_after_any_stop,
    whoever_does_not_know_the_time_learns_it_from_two_registers,
    after_a_long_stop_one_register_is_witness_enough_of_a_clock_that_says_the_same,
    a_start_that_registers_contradict_is_not_believed_though_the_kernel_vouches_for_it,
    a_clock_before_the_newest_published_list_is_not_believed_though_the_book_is_older,
);

const HOLD: RevocationReason = RevocationReason::CertificateHold;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

fn whole(serial: SerialNumber) -> CertificateBy {
    CertificateBy::Serial { serial: SerialGiven::Whole(serial) }
}

impl Again {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn is_held(&self) -> bool {
        let doors = &self.house.doors;
        doors.scheduler.tick(&*doors.clock).await.unwrap().held_by_clock
    }

    async fn revoked_at(&self, serial: SerialNumber) -> Option<(Timestamp, RevocationReason)> {
        self.house.ledger().standing(serial).await.unwrap().unwrap().revocation()
    }

    async fn entries(&self, verb: &str) -> Vec<akashi_ledger::Entry> {
        let all = self.house.ledger().audit_entries(10_000).await.unwrap();
        all.into_iter().filter(|entry| entry.verb == verb).collect()
    }
}

async fn in_the_same_life_of_the_machine_the_length_of_a_stop_is_known(book: Book) {
    let small = [SignedDuration::from_secs(3), SignedDuration::from_mins(9), 2 * HOUR];
    for ahead in small.into_iter().chain([20 * 24 * HOUR, YEAR, -2 * HOUR, -YEAR]) {
        let mut place = answering_anybody(book).await;
        let (_, holder) = place.holder(tottori()).await;
        let (_, other) = place.holder(tottori()).await;
        let (clock, machine) = (place.clock.clone(), place.machine.clone());
        let again = place
            .reopened(|_| {
                // Ten minutes, or two days, of which the book knows nothing: what two clocks may drift apart in that
                // time is no doubt.
                let minutes = if ahead.abs() < HOUR { 10 } else { 48 * 60 };
                clock.advance(Duration::from_secs(60 * minutes));
                machine.set_ahead(ahead);
            })
            .await;
        assert!(again.is_held().await, "{ahead:#}");
        assert_eq!(again.house.doors.clock.now(), again.now(), "{ahead:#}");
        let desk = &again.desks[&tottori()];
        journey::hold(desk, whole(holder.serial)).await.unwrap();
        assert_eq!(again.revoked_at(holder.serial).await, Some((again.now(), HOLD)));
        let newest = again.house.ledger().audit_entries(1).await.unwrap().remove(0);
        assert_eq!(newest.quality, TimeQuality::Kept);
        // Lists and answers are of now, whatever the machine's clock says: judged by software that is not ours.
        again.judged_by_openssl(&holder, &other.certificate).await;
        machine.set_ahead(SignedDuration::ZERO);
        assert!(!again.is_held().await, "{ahead:#}");
        again.house.ledger().verify_audit().await.unwrap();
        again.close().await;
    }
}

/// What holds while nobody knows the time, and when it ends.
struct Stop {
    /// For how long the machine was off.
    off: Duration,
    /// By how much its clock is then ahead.
    ahead: SignedDuration,
}

/// The authority stops and another life of the machine begins; a holder and one who has died meanwhile.
struct Boot {
    again: Again,
    machine: std::sync::Arc<akashi_town::SimulatedMachine>,
    lost: Holder,
    dead: Holder,
    newcomer: LookUpBy,
    lists: Vec<u8>,
    batch: akashi_registry::SealedBatch,
}

/// A place whose responder answers openssl too.
async fn answering_anybody(book: Book) -> Place {
    Place::make(book, Access::Open, usual_start()).await
}

async fn booted(book: Book, stop: Stop, is_synchronised: bool) -> Boot {
    let place = answering_anybody(book).await;
    one_register(&place).await;
    booted_from(place, stop, is_synchronised).await
}

async fn booted_from(place: Place, stop: Stop, is_synchronised: bool) -> Boot {
    booted_out_of_reach(place, stop, is_synchronised, false).await
}

/// The same, and perhaps no register can be reached.
async fn booted_out_of_reach(
    mut place: Place,
    stop: Stop,
    is_synchronised: bool,
    silent: bool,
) -> Boot {
    let (_, lost) = place.holder(tottori()).await;
    let (code, dead) = place.holder(tottori()).await;
    place.seen_good(&lost.certificate).await;
    place.tick().await;
    place.listed(Scope::Partition(tottori())).await.unwrap();
    place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let batch = place.batch_of(tottori(), 10);
    let newcomer = place.resident(tottori());
    let newcomer = place.by_items(&newcomer);
    let (clock, machine) = (place.clock.clone(), place.machine.clone());
    let lists = listed(&place.dir);
    let mut stopped = place.stop().await;
    stopped.silent = silent;
    let again = stopped
        .opened(|_| {
            clock.advance(stop.off);
            machine.reboot();
            machine.synchronise(is_synchronised);
            machine.set_ahead(stop.ahead);
        })
        .await;
    Boot { again, machine, lost, dead, newcomer, lists, batch }
}

/// The list of the town, as it is published.
fn listed(authority: &std::path::Path) -> Vec<u8> {
    std::fs::read(authority.join("public/crl/1").join(format!("{}.crl", tottori()))).unwrap()
}

/// While nobody knows the time nothing is signed, and what ends a certificate is taken; gives when.
async fn nobody_knows(boot: &Boot) -> Timestamp {
    let Boot { again, lost, dead, .. } = boot;
    assert!(again.is_held().await);
    let desk = &again.desks[&tottori()];
    let agency = again.agency.judge(&lost.certificate, again.now()).await;
    let later = matches!(&agency, Verdict::CannotTell(why) if why.contains("tryLater"));
    assert!(later, "{agency:?}");
    // By telephone, by the feed: both are taken in and settled.
    journey::hold(desk, whole(lost.serial)).await.unwrap();
    let recorded = again.now();
    let BatchAnswer { accepted, .. } = again.send(tottori(), &boot.batch).await;
    assert_eq!(accepted, 1);
    assert!(again.is_held().await);
    assert!(again.revoked_at(lost.serial).await.is_some());
    assert!(again.revoked_at(dead.serial).await.is_some());
    let newest = again.house.ledger().audit_entries(1).await.unwrap().remove(0);
    assert_eq!(newest.quality, TimeQuality::NotWitnessed);
    // Nothing is signed that would be good from a time or until one.
    let refused = refusal(desk.ask(Deed::OpenCase { procedure: Procedure::Issue }).await);
    assert_eq!(refused, Refusal::TimeInDoubt);
    assert_eq!(listed(&again.authority), boot.lists, "what is published stands");
    recorded
}

/// Somebody gets a certificate.
async fn issued(again: &Again, newcomer: LookUpBy) -> Vec<u8> {
    let desk = &again.desks[&tottori()];
    desk.certify(Procedure::Issue, newcomer, &*key(77)).await.unwrap().certificate
}

impl Again {
    /// openssl judges one who has lost the card, and one of now, as their list and the responder say.
    async fn judged_by_openssl(&self, lost: &Holder, good: &[u8]) {
        let list = self.authority.join(format!("public/crl/1/{}.crl", tottori()));
        // A list that could not be signed before rests for a minute.
        self.clock.advance(Duration::from_secs(61));
        for _ in 0..100 {
            if holds(&list, lost.serial.as_bytes()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.seen(&lost.certificate, |v| matches!(v, Verdict::Revoked { .. })).await;
        self.seen(good, |v| *v == Verdict::Valid).await;
        for (one, expected) in [(&lost.certificate[..], "revoked"), (good, "good")] {
            judged_in(&self.authority, &self.house, self.now(), one, expected).await;
        }
    }
}

/// From here on the time is known, and everybody is told when it was.
async fn everybody_knows(boot: Boot, recorded: Timestamp) {
    let Boot { again, lost, dead, newcomer, .. } = boot;
    assert!(!again.is_held().await);
    assert_eq!(again.house.doors.clock.now(), again.now());
    let (at, _) = again.revoked_at(lost.serial).await.unwrap();
    let late = at.duration_since(recorded);
    assert!(SignedDuration::ZERO <= late && late <= SignedDuration::from_secs(2), "{late:?}");
    let (at, _) = again.revoked_at(dead.serial).await.unwrap();
    assert!(at >= recorded, "never earlier than it was recorded");
    for (certificate, reason) in [(&lost, HOLD), (&dead, RevocationReason::AffiliationChanged)] {
        match again.judged(&certificate.certificate).await {
            Verdict::Revoked { at, reason: told } => {
                assert_eq!(told, reason);
                assert!(at + SignedDuration::from_secs(1) > recorded, "{at} {recorded}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(again.entries("doubt_clock").await.len(), 1);
    let told = again.entries("trust_clock").await;
    assert!(told[0].subject.contains("are to be read"), "{}", told[0].subject);
    again.judged_by_openssl(&lost, &issued(&again, newcomer).await).await;
    again.house.ledger().verify_audit().await.unwrap();
    assert_eq!(again.house.ledger().verify_derived().await.unwrap(), []);
    again.close().await;
}

/// A hardware clock that is read as UTC, until something sets it right.
async fn nine_hours_ahead_at_boot_for_six_seconds_ends_by_itself(book: Book) {
    let stop = Stop { off: Duration::from_secs(600), ahead: 9 * HOUR };
    let boot = booted(book, stop, false).await;
    let recorded = nobody_knows(&boot).await;
    boot.again.clock.advance(Duration::from_secs(6));
    boot.machine.set_ahead(SignedDuration::ZERO);
    everybody_knows(boot, recorded).await;
}

async fn a_year_behind_at_boot_is_over_when_the_clock_is_right(book: Book) {
    let stop = Stop { off: Duration::from_secs(600), ahead: -YEAR };
    // No clock is a witness of a time before what is on record.
    let boot = booted(book, stop, true).await;
    let recorded = nobody_knows(&boot).await;
    let desk = &boot.again.desks[&tottori()];
    let contradicted = refusal(desk.ask(Deed::AcceptClock).await);
    assert!(matches!(contradicted, Refusal::NotNow { .. }), "{contradicted:?}");
    boot.again.clock.advance(Duration::from_secs(6));
    boot.machine.set_ahead(SignedDuration::ZERO);
    everybody_knows(boot, recorded).await;
}

async fn after_a_long_stop_two_persons_say_that_the_clock_is_right(book: Book) {
    let stop = Stop { off: Duration::from_secs(40 * 24 * 3600), ahead: SignedDuration::ZERO };
    let place = answering_anybody(book).await;
    // Nobody else can say so.
    let mut boot = booted_out_of_reach(place, stop, false, true).await;
    let recorded = nobody_knows(&boot).await;
    boot.again.clock.advance(Duration::from_secs(3600));
    boot.again.desks[&tottori()].ask(Deed::AcceptClock).await.unwrap();
    assert!(boot.again.is_held().await, "one person is not two");
    boot.again.security.ask(Deed::AcceptClock).await.unwrap();
    boot.again.reach_registry().await;
    everybody_knows(boot, recorded).await;
}

async fn after_a_long_stop_one_register_is_witness_enough_of_a_clock_that_says_the_same(
    book: Book,
) {
    for silent in [false, true] {
        let stop = Stop { off: Duration::from_secs(40 * 24 * 3600), ahead: SignedDuration::ZERO };
        let place = answering_anybody(book).await;
        one_register(&place).await;
        let Boot { mut again, lost, newcomer, .. } =
            booted_out_of_reach(place, stop, false, silent).await;
        if silent {
            // It is reached a while later.
            assert!(again.is_held().await);
            again.reach_registry().await;
            let doors = &again.house.doors;
            assert!(doors.witnesses.ask(&*doors.clock, rand::random).await.unwrap());
        }
        assert!(!again.is_held().await, "a planned stop is no night call");
        assert_eq!(again.entries("doubt_clock").await.len(), usize::from(silent));
        journey::hold(&again.desks[&tottori()], whole(lost.serial)).await.unwrap();
        assert_eq!(again.revoked_at(lost.serial).await, Some((again.now(), HOLD)));
        again.judged_by_openssl(&lost, &issued(&again, newcomer).await).await;
        again.close().await;
    }
}

async fn a_clock_that_is_synchronised_is_believed_after_any_stop(book: Book) {
    let stop = Stop { off: Duration::from_secs(40 * 24 * 3600), ahead: SignedDuration::ZERO };
    let Boot { again, lost, newcomer, .. } = booted(book, stop, true).await;
    assert!(!again.is_held().await, "a planned stop is no night call");
    journey::hold(&again.desks[&tottori()], whole(lost.serial)).await.unwrap();
    assert_eq!(again.revoked_at(lost.serial).await, Some((again.now(), HOLD)));
    again.judged_by_openssl(&lost, &issued(&again, newcomer).await).await;
    assert_eq!(again.entries("doubt_clock").await.len(), 0);
    again.close().await;
}

async fn whoever_does_not_know_the_time_learns_it_from_two_registers(book: Book) {
    let stop = Stop { off: Duration::from_secs(600), ahead: 9 * HOUR };
    let boot = booted_from(answering_anybody(book).await, stop, false).await;
    let Boot { again, machine, lost, newcomer, .. } = boot;
    let desk = &again.desks[&tottori()];
    journey::hold(desk, whole(lost.serial)).await.unwrap();
    let doors = &again.house.doors;
    doors.witnesses.ask(&*doors.clock, rand::random).await.unwrap();
    // The machine's clock is still wrong; the time is right all the same, and everything is signed again.
    assert!(again.is_held().await);
    assert_eq!(doors.clock.now(), again.now());
    let at = again.revoked_at(lost.serial).await.unwrap().0;
    let off = at.duration_since(again.now()).abs();
    assert!(off <= SignedDuration::from_secs(1), "{off:?}");
    again.judged_by_openssl(&lost, &issued(&again, newcomer).await).await;
    let kinds: Vec<bool> = again
        .entries("doubt_clock")
        .await
        .iter()
        .map(|entry| entry.quality == TimeQuality::NotWitnessed)
        .collect();
    assert_eq!(kinds, [false, true], "newest first: the clock differs, nobody knew the time");
    machine.set_ahead(SignedDuration::ZERO);
    assert!(!again.is_held().await);
    again.house.ledger().verify_audit().await.unwrap();
    again.close().await;
}

/// A boot with a clock that would be believed: a little ahead, or by something that says that it keeps it. Two registers
/// say otherwise before anything is recorded by it.
async fn a_start_that_registers_contradict_is_not_believed_though_the_kernel_vouches_for_it(
    book: Book,
) {
    for (ahead, is_synchronised) in
        [(SignedDuration::from_mins(9), false), (20 * 24 * HOUR, true), (YEAR * 6, true)]
    {
        let mut place = answering_anybody(book).await;
        let (mover, moving) = place.holder(tottori()).await;
        let (_, lost) = place.holder(tottori()).await;
        let day =
            akashi_wire::date::day_in_japan(place.now()).saturating_add(jiff::Span::new().days(15));
        place.reported(|office| office.notify_move_out(&mover, day)).await;
        place.quiet_head().await;
        let (clock, machine) = (place.clock.clone(), place.machine.clone());
        let again = place
            .reopened(|_| {
                clock.advance(Duration::from_secs(600));
                machine.reboot();
                machine.synchronise(is_synchronised);
                machine.set_ahead(ahead);
            })
            .await;
        let before = again.now();
        assert!(again.is_held().await, "{ahead:#}");
        for entry in again.house.ledger().audit_entries(50).await.unwrap() {
            assert!(entry.at <= before + SignedDuration::from_secs(120), "{ahead:#}: {entry:?}");
        }
        // They also tell what time it is: nothing waits but what is planned.
        let doors = &again.house.doors;
        doors.witnesses.ask(&*doors.clock, rand::random).await.unwrap();
        assert!(again.is_held().await, "the machine's clock is wrong still");
        let off = again.house.doors.clock.now().duration_since(again.now()).abs();
        assert!(off <= SignedDuration::from_secs(60), "{ahead:#}: {off:#}");
        machine.set_ahead(SignedDuration::ZERO);
        assert!(!again.is_held().await);
        assert!(again.revoked_at(moving.serial).await.is_none(), "its day has not come");
        journey::hold(&again.desks[&tottori()], whole(lost.serial)).await.unwrap();
        again.judged_by_openssl(&lost, &moving.certificate).await;
        again.house.ledger().verify_audit().await.unwrap();
        again.close().await;
    }
}

/// A book from a backup, and a clock that stands between the two: what was published since says that it is wrong.
async fn a_clock_before_the_newest_published_list_is_not_believed_though_the_book_is_older(
    book: Book,
) {
    for is_behind in [true, false] {
        let mut place = Place::open(book).await;
        let (_, holder) = place.holder(tottori()).await;
        let newcomer = place.resident(tottori());
        place.machine.synchronise(false);
        one_register(&place).await;
        place.quiet_head().await;
        let backup = place.backup();
        place.clock.advance(Duration::from_secs(40 * 60));
        journey::hold(place.desk(tottori()), whole(holder.serial)).await.unwrap();
        place.listed(Scope::Partition(tottori())).await.unwrap();
        let published = listed(&place.dir);
        let (clock, machine) = (place.clock.clone(), place.machine.clone());
        let again = place
            .reopened(|_| {
                backup.restore();
                clock.advance(Duration::from_secs(60));
                machine.reboot();
                // Later than anything that the book has, and earlier than what agencies have.
                machine.set_ahead(SignedDuration::from_mins(if is_behind { -20 } else { 0 }));
            })
            .await;
        assert_eq!(again.is_held().await, is_behind);
        if is_behind {
            let by = again.by_items(&newcomer);
            let refused = again.desks[&tottori()].certify(Procedure::Issue, by, &*key(77)).await;
            assert_eq!(refusal(refused), Refusal::TimeInDoubt);
            assert_eq!(listed(&again.authority), published, "no list goes back before it");
            machine.set_ahead(SignedDuration::ZERO);
            assert!(!again.is_held().await);
        }
        let by = again.by_items(&newcomer);
        again.desks[&tottori()].certify(Procedure::Issue, by, &*key(77)).await.unwrap();
        again.close().await;
    }
}
