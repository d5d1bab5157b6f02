//! A machine's clock in doubt: what waits, what does not, and how what was recorded meanwhile is read.

use akashi_keys::OfficerToken;
use akashi_ledger::{
    ClockDoubt, Issuing, Ledger, LedgerError, Listing, Position, Recording, Responding, Standing,
    TimeQuality,
};
use akashi_wire::act::Deed;
use akashi_wire::clock::{Doubt, Mark};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Order, RevocationReason, SignedMessage, Verified};
use jiff::SignedDuration;

use crate::audit::put_head;
use crate::books::{Book, books};

const DAYS: SignedDuration = SignedDuration::from_hours(20 * 24);

/// Puts the clock of a book in doubt.
pub async fn doubt(book: &Book, doubt: Doubt) {
    book.doubt(doubt).await;
}

impl Book {
    async fn doubt(&self, doubt: Doubt) {
        let permit = self.order(Order::DoubtClock).await;
        let mut change = self.begin(&permit).await;
        change.doubt_clock(&doubt).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn doubted(&self) -> Option<ClockDoubt> {
        self.ledger.clock_doubt().await.unwrap()
    }

    /// The act of a person who says that the clock is right.
    async fn accept_clock(&self, person: u8) -> Result<(), LedgerError> {
        let token = if person == 1 { &self.security } else { &self.officer };
        let permit = self.act(token, Deed::AcceptClock).await;
        let mut change = self.begin(&permit).await;
        change.accept_clock().await?;
        change.append("accept_clock", "clock", None).await.unwrap();
        change.commit().await.map(|_| ())
    }
}

#[tokio::test]
async fn a_clock_in_doubt_stays_so_through_a_restart_until_two_persons_accept_it() {
    for book in books().await {
        book.accept_clock(1).await.unwrap();
        book.doubt(Doubt::Differs { ahead: DAYS }).await;
        let accepted = async || book.doubted().await.unwrap().accepted.is_some();
        book.accept_clock(2).await.unwrap();
        book.accept_clock(2).await.unwrap();
        assert!(!accepted().await, "the same person twice is one person");
        let again = Ledger::<Issuing>::open(&book.address).await.unwrap();
        let found = again.clock_doubt().await.unwrap().unwrap();
        assert_eq!(found.doubt, Doubt::Differs { ahead: DAYS }, "a restart forgets nothing");
        assert!(found.accepted.is_none(), "what was said in advance did not count");
        book.accept_clock(1).await.unwrap();
        assert!(accepted().await);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_again_is_accepted_anew() {
    for book in books().await {
        book.doubt(Doubt::Differs { ahead: DAYS }).await;
        book.accept_clock(1).await.unwrap();
        book.doubt(Doubt::Differs { ahead: 2 * DAYS }).await;
        book.accept_clock(2).await.unwrap();
        let accepted = async || book.doubted().await.unwrap().accepted.is_some();
        assert!(!accepted().await, "the first accepted another time");
        book.accept_clock(1).await.unwrap();
        assert!(accepted().await);
    }
}

#[tokio::test]
async fn a_doubt_that_is_waited_for_is_said_once() {
    for book in books().await {
        let behind =
            |minutes: i64| Doubt::Unwitnessed { ahead: SignedDuration::from_mins(-minutes) };
        book.doubt(behind(50)).await;
        let found = book.doubted().await.unwrap();
        for minutes in [50, 49, 1, 0] {
            assert!(found.is(&behind(minutes), book.now), "{minutes} minutes");
        }
        for other in [behind(51), behind(-1), Doubt::Differs { ahead: behind(50).ahead() }] {
            assert!(!found.is(&other, book.now), "{other:?}");
        }
    }
}

#[test]
fn what_ends_a_certificate_may_be_of_either_time_and_nothing_older() {
    let now: jiff::Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    let (hour, skew) = (SignedDuration::from_hours(1), SignedDuration::from_secs(300));
    let of = |doubt| ClockDoubt { position: Position(1), at: now, doubt, accepted: None };
    let differs = of(Doubt::Differs { ahead: 40 * hour });
    let bound = of(Doubt::Unwitnessed { ahead: 40 * hour });
    // By when it was signed: whether it agrees with the machine, and whether it may be of now in either doubt.
    for (ahead, agrees, in_differs, in_bound) in [
        (40 * hour, true, true, true),
        (40 * hour + skew, true, true, true),
        (39 * hour, false, false, true),
        (41 * hour, false, false, true),
        (-skew, false, false, true),
        (-hour, false, false, false),
    ] {
        let made_at = now + ahead;
        assert_eq!(differs.agrees(made_at, now, skew), agrees, "{ahead:#}");
        assert_eq!(differs.may_be_of_now(made_at, now, skew), in_differs, "{ahead:#}");
        assert_eq!(bound.may_be_of_now(made_at, now, skew), in_bound, "{ahead:#}");
    }
}

#[tokio::test]
async fn no_word_makes_a_clock_right_that_stands_before_the_book() {
    for book in books().await {
        book.doubt(Doubt::Differs { ahead: -DAYS }).await;
        let refused = book.accept_clock(1).await;
        assert!(matches!(refused, Err(LedgerError::ClockBehind { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn what_needs_a_time_waits_while_nobody_knows_it_and_what_ends_a_certificate_does_not() {
    for book in books().await {
        let serial = book.issue(1, 1).await.serial;
        book.doubt(Doubt::Unwitnessed { ahead: DAYS }).await;
        assert!(!book.ledger.is_time_known().await.unwrap());
        let mut change = book.begin(&book.order(Order::CertifyResponders).await).await;
        use akashi_ledger::Right::*;
        for right in
            [Issue, Enrol, RecordList, PublishList, CertifyResponder, DeleteContent, Release]
        {
            let refused = change.require(right);
            assert!(matches!(refused, Err(LedgerError::TimeInDoubt)), "{right:?}: {refused:?}");
        }
        change.append("nothing", "", None).await.unwrap();
        change.commit().await.unwrap();
        revoked(&book, serial).await;
        let newest = book.ledger.audit_entries(1).await.unwrap().remove(0);
        assert_eq!(newest.quality, TimeQuality::NotWitnessed);
        // The chain is sound all the same, and says what each time is worth.
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_revocation_that_nobody_witnessed_is_published_as_late_as_it_was_recorded() {
    for mut book in books().await {
        let (before, serial) = (book.issue(1, 1).await.serial, book.issue(2, 2).await.serial);
        let known = revoked(&book, before).await;
        let bound = book.now;
        book.doubt(Doubt::Unwitnessed { ahead: DAYS }).await;
        let recorded = revoked(&book, serial).await;
        // It turns out that twenty days had passed.
        book.now = bound + DAYS;
        let mut change = book.begin(&book.order(Order::TrustClock).await).await;
        change.trust_clock(DAYS).await.unwrap();
        change.commit().await.unwrap();
        assert!(book.ledger.is_time_known().await.unwrap());
        assert_eq!(book.doubted().await, None);

        let read_as = |standing: Option<Standing>| standing.unwrap().revocation().unwrap().0;
        let standing = book.ledger.standing(serial).await.unwrap();
        assert_eq!(read_as(standing), recorded + DAYS);
        assert_eq!(read_as(book.ledger.standing(before).await.unwrap()), known, "known before");
        let responding = Ledger::<Responding>::open(&book.address).await.unwrap();
        let rows = responding.status_after(Position(0), 100).await.unwrap();
        let row = rows.iter().rfind(|row| row.serial == serial).unwrap();
        assert_eq!(row.recorded_at, recorded + DAYS);
        let listing = Ledger::<Listing>::open(&book.address).await.unwrap();
        let head = listing.head().await.unwrap();
        let mut listed = Vec::new();
        let take = |change: akashi_ledger::ListedChange| {
            listed.push((change.serial, change.recorded_at));
        };
        listing.each_change(1, None, book.now, head, take).await.unwrap();
        listed.sort();
        let mut expected = vec![(before, known), (serial, recorded + DAYS)];
        expected.sort();
        assert_eq!(listed, expected);
        // What comes afterwards is known again.
        let later = book.issue(3, 3).await.serial;
        let later = revoked(&book, later).await;
        assert_eq!(later, book.now);
    }
}

#[tokio::test]
async fn a_mark_is_what_the_log_signed_last_and_nobody_else() {
    for book in books().await {
        let mark =
            Mark { boot: Sha256([7; 32]), since_boot: 60_000, at: book.now.as_millisecond() };
        assert_eq!(book.ledger.past().await.unwrap().mark, None);
        let signed = signed_head(&book, &book.log, mark).await;
        book.ledger.keep_signed_head(&signed).await.unwrap();
        let past = book.ledger.past().await.unwrap();
        assert_eq!(past.mark, Some(mark));
        assert_eq!(past.latest, book.ledger.head_time().await.unwrap());
        // Every role begins with it.
        let responding = Ledger::<Responding>::open(&book.address).await.unwrap();
        assert_eq!(responding.past().await.unwrap(), past);
        let listing = Ledger::<Listing>::open(&book.address).await.unwrap();
        assert_eq!(listing.past().await.unwrap(), past);
        // Put into the table by hand, what another signed is no mark.
        book.issue(1, 1).await;
        for other in [&book.officer, &book.scheduler, &book.list_issuer] {
            let forged = signed_head(&book, other, Mark { at: 0, ..mark }).await;
            let refused = book.ledger.keep_signed_head(&forged).await;
            assert!(matches!(refused, Err(LedgerError::NotEnrolled)), "{refused:?}");
            put_head(&book, &forged).await;
            assert_eq!(book.ledger.past().await.unwrap().mark, None);
            let delete = "DELETE FROM audit_signature WHERE position > 1";
            crate::statements::run(&book.address, delete).await.unwrap();
        }
    }
}

/// The head of the chain, signed with this token and this mark.
pub async fn signed_head(book: &Book, token: &OfficerToken, mark: Mark) -> Verified {
    let head = book.ledger.head_to_sign(Some(mark)).await.unwrap().unwrap();
    let (by, sign) = (token.certificate(), |octets: &[u8]| token.sign(octets));
    SignedMessage::sign(MessageKind::ChainHead, &head, by, book.now, sign)
        .and_then(|message| message.verify(MessageKind::ChainHead))
        .unwrap()
}

pub async fn revoked(book: &Book, serial: akashi_wire::SerialNumber) -> jiff::Timestamp {
    let order = Order::EndByHolder { serial };
    let mut change = book.begin(&book.order(order).await).await;
    let recording = Recording { reason: RevocationReason::KeyCompromise, received_at: book.now };
    let row = change.revoke(serial, &recording).await.unwrap();
    change.append("revoke", &serial.to_string(), None).await.unwrap();
    change.commit().await.unwrap();
    row.recorded_at
}

#[test]
fn a_clock_that_two_accepted_is_that_clock_for_an_hour_and_is_not_set_back() {
    let at: jiff::Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    let (second, minute) = (SignedDuration::from_secs(1), SignedDuration::from_mins(1));
    let (position, accepted) = (akashi_ledger::Position(7), Some(at + DAYS));
    let of = |doubt| ClockDoubt { position, at, doubt, accepted };
    let unwitnessed = of(Doubt::Unwitnessed { ahead: DAYS });
    // After another start what is known is what was known then, however long the machine was off.
    let later = |since: SignedDuration| Doubt::Unwitnessed { ahead: DAYS + since };
    for (since, is_accepted) in
        [(-3 * second, false), (-second, true), (59 * minute, true), (61 * minute, false)]
    {
        assert_eq!(unwitnessed.is_accepted(&later(since), at), is_accepted, "{since:#}");
    }
    let nobody = ClockDoubt { accepted: None, ..unwitnessed };
    assert!(!nobody.is_accepted(&later(SignedDuration::ZERO), at));
    // Where what has passed is known, so is whether it was set.
    let differs = of(Doubt::Differs { ahead: DAYS });
    let later = |since: SignedDuration| Doubt::Differs { ahead: DAYS + since };
    assert!(differs.is_accepted(&later(second), at));
    assert!(!differs.is_accepted(&later(3 * second), at));
    assert!(!differs.is_accepted(&Doubt::Unwitnessed { ahead: DAYS + minute }, at));
}
