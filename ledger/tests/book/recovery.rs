//! What the recovery key asks for waits, and is what it asked for, whoever carries it out.

use akashi_keys::OfficerToken;
use akashi_ledger::{Change, LedgerError, NewEnrolment, Recovery};
use akashi_wire::act::{Deed, Suspension};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::recovery::{RecoveredAs, RecoveredParty, RecoveryRequest};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Alarm, Order, SignedMessage, Verified};
use jiff::SignedDuration;

use crate::books::{Book, books};
use crate::permits::YEAR_3000;
use crate::two_persons::{another, change, kind, party, signed, token};

const STOPS: Suspension = Suspension::Issuing;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What this token signs about these parties to be.
fn asks(book: &Book, by: &OfficerToken, parties: &[(&str, &OfficerToken)]) -> Verified {
    let asked = |(name, token): &(&str, &OfficerToken)| RecoveredParty {
        name: (*name).to_owned(),
        role: RecoveredAs::SecurityOfficer,
        request_for_certificate: Octets(token.key().request_for_certificate().unwrap()),
    };
    let parties = parties.iter().map(asked).collect();
    let request = RecoveryRequest { authority: Sha256([0; 32]), made_at: book.now, parties };
    let content = serde_json::to_vec(&request).unwrap();
    let sign = |octets: &[u8]| by.sign(octets);
    SignedMessage::sign(MessageKind::RecoveryRequest, &content, by.certificate(), book.now, sign)
        .and_then(|message| message.verify(MessageKind::RecoveryRequest))
        .unwrap()
}

async fn asked(book: &Book, message: &Verified) -> Result<Recovery, LedgerError> {
    let (_, permit) = book.ledger.permit_recovery(message, book.now).await?;
    let mut change = book.ledger.begin(&permit, book.now).await?;
    match change.ask_for_recovery(message, WEEK).await {
        Ok(recovery) => change.commit().await.map(|_| recovery),
        Err(error) => {
            change.rollback().await.unwrap();
            Err(error)
        }
    }
}

async fn stopped(book: &Book, by: &OfficerToken, recovery: Sha256) -> Result<(), LedgerError> {
    let deed = Deed::StopRecovery { recovery, why: "nobody knows of it".into() };
    let mut change = change(book, &signed(by, 80, deed, book.now), book.now).await?;
    match change.stop_recovery(recovery).await {
        Ok(()) => change.commit().await.map(|_| ()),
        Err(error) => {
            change.rollback().await.unwrap();
            Err(error)
        }
    }
}

/// One that was asked for and stopped, for whoever wants a row of each.
pub async fn asked_and_stopped(book: &Book) {
    let recovery = asked(book, &asks(book, &book.recovery, &[("R", &token(book, "R"))])).await;
    stopped(book, &book.security, recovery.unwrap().digest).await.unwrap();
}

/// A change of the scheduler that carries it out, after so long.
async fn carrying_out(book: &Book, recovery: Sha256, after: SignedDuration) -> Change {
    let (now, scheduler) = (book.now + after, &book.scheduler);
    let sign = |octets: &[u8]| scheduler.sign(octets);
    let order = Order::CarryOutRecovery { recovery };
    let permit = book.ledger.order(order, scheduler.certificate(), now, sign).await.unwrap();
    book.ledger.begin(&permit, now).await.unwrap()
}

/// What the authority's directory has: the key that asks, and for how long that waits.
fn by(book: &Book) -> (&[u8], SignedDuration) {
    (book.recovery.certificate(), WEEK)
}

/// The alarm about it, as the scheduler tells it.
async fn told(book: &Book, recovery: Sha256, after: SignedDuration) {
    let (now, scheduler) = (book.now + after, &book.scheduler);
    let sign = |octets: &[u8]| scheduler.sign(octets);
    let order = Order::RaiseAlarms;
    let permit = book.ledger.order(order, scheduler.certificate(), now, sign).await.unwrap();
    let mut change = book.ledger.begin(&permit, now).await.unwrap();
    let alarm = Alarm::RecoveryAsked { recovery, asked_at: book.now, until: now, parties: 1 };
    assert!(change.raise(&alarm).await.unwrap());
    change.commit().await.unwrap();
}

fn new(number: u8, name: &str, token: &OfficerToken) -> NewEnrolment {
    NewEnrolment {
        party: party(number),
        name: name.into(),
        role: Role::SecurityOfficer,
        until: YEAR_3000,
        certificate: token.certificate().to_vec(),
    }
}

#[tokio::test]
async fn after_its_time_exactly_those_are_enrolled_whom_the_recovery_key_named() {
    for book in books().await {
        let (one, other, swapped) =
            (token(&book, "one"), token(&book, "other"), token(&book, "swapped"));
        let named = [("One", &one), ("Other", &other)];
        // The one security officer there is, or the scheduler, is not the recovery key.
        for stranger in [&book.security, &book.scheduler, &one] {
            let refused = kind(asked(&book, &asks(&book, stranger, &named)).await);
            assert!(matches!(refused, LedgerError::NotEnrolled), "{refused:?}");
        }
        let message = asks(&book, &book.recovery, &named);
        let recovery = asked(&book, &message).await.unwrap();
        assert_eq!(recovery.until, book.now + WEEK);
        assert_eq!(book.ledger.recoveries().await.unwrap(), std::slice::from_ref(&recovery));
        let again = kind(asked(&book, &asks(&book, &book.recovery, &[("X", &swapped)])).await);
        assert!(matches!(again, LedgerError::RecoveryWaits), "{again:?}");

        let all = [new(41, "One", &one), new(42, "Other", &other)];
        // Nobody was told of it, or only since the authority was started anew.
        let mut change = carrying_out(&book, recovery.digest, WEEK).await;
        let refused = kind(change.carry_out_recovery(recovery.digest, &all, by(&book)).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "untold: {refused:?}");
        change.rollback().await.unwrap();
        told(&book, recovery.digest, SignedDuration::ZERO).await;
        let early = WEEK - SignedDuration::from_secs(1);
        let mut change = carrying_out(&book, recovery.digest, early).await;
        let refused = kind(change.carry_out_recovery(recovery.digest, &all, by(&book)).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "before its time: {refused:?}");
        change.rollback().await.unwrap();
        for wrong in [
            vec![new(41, "One", &one)],
            vec![new(41, "One", &one), new(42, "Other", &swapped)],
            vec![new(41, "One", &one), new(42, "Somebody", &other)],
            vec![new(41, "One", &one), NewEnrolment { role: Role::Auditor, ..all[1].clone() }],
            [all.to_vec(), vec![new(43, "Third", &swapped)]].concat(),
        ] {
            let mut change = carrying_out(&book, recovery.digest, WEEK).await;
            let refused = kind(change.carry_out_recovery(recovery.digest, &wrong, by(&book)).await);
            assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused:?}");
            change.rollback().await.unwrap();
        }
        let mut change = carrying_out(&book, recovery.digest, WEEK).await;
        // Whoever writes a party into the book has not its key in the authority's directory.
        let elsewhere = (book.officer.certificate(), WEEK);
        let refused = kind(change.carry_out_recovery(recovery.digest, &all, elsewhere).await);
        assert!(matches!(refused, LedgerError::NotEnrolled), "{refused:?}");
        // An order for one is none for another, nor to enrol at will.
        let refused = kind(change.carry_out_recovery(Sha256([1; 32]), &all, by(&book)).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused:?}");
        let refused = kind(change.enrol(&new(44, "At will", &swapped)).await);
        assert!(matches!(refused, LedgerError::NotPermitted { right: "enrol", .. }), "{refused:?}");
        assert!(change.carry_out_recovery(recovery.digest, &all, by(&book)).await.unwrap());
        change.commit().await.unwrap();
        let able = book.ledger.able(&Role::SecurityOfficer, book.now + WEEK).await.unwrap();
        assert!([41, 42].iter().all(|one| able.iter().any(|able| able.party == party(*one))));
        assert_eq!(book.ledger.recoveries().await.unwrap(), []);
        // Once is once.
        let mut change = carrying_out(&book, recovery.digest, WEEK).await;
        let refused = kind(change.carry_out_recovery(recovery.digest, &all, by(&book)).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
        change.rollback().await.unwrap();
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn who_is_left_stops_it_and_where_two_can_sign_there_is_none() {
    for book in books().await {
        let one = token(&book, "one");
        let message = asks(&book, &book.recovery, &[("One", &one)]);
        let recovery = asked(&book, &message).await.unwrap();
        let deed = Deed::StopRecovery { recovery: Sha256([9; 32]), why: String::new() };
        let mut other =
            change(&book, &signed(&book.security, 81, deed, book.now), book.now).await.unwrap();
        let refused = kind(other.stop_recovery(recovery.digest).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "another one: {refused:?}");
        other.rollback().await.unwrap();
        stopped(&book, &book.security, recovery.digest).await.unwrap();
        let all = [new(41, "One", &one)];
        let mut late = carrying_out(&book, recovery.digest, WEEK).await;
        let refused = kind(late.carry_out_recovery(recovery.digest, &all, by(&book)).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
        late.rollback().await.unwrap();
        // Said again word for word it stays stopped.
        let refused = kind(asked(&book, &message).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");

        let another_one = token(&book, "another");
        let named = asks(&book, &book.recovery, &[("Another", &another_one)]);
        let waits = asked(&book, &named).await.unwrap();
        told(&book, waits.digest, SignedDuration::ZERO).await;
        // While it waits two sign, and show that they can.
        let other = another(&book).await;
        let message =
            signed(&other, 83, Deed::Suspend { what: STOPS, why: String::new() }, book.now);
        let mut signing = change(&book, &message, book.now).await.unwrap();
        signing.suspend(STOPS).await.unwrap();
        signing.commit().await.unwrap();
        let mut late = carrying_out(&book, waits.digest, WEEK).await;
        let all = [new(45, "Another", &another_one)];
        assert!(!late.carry_out_recovery(waits.digest, &all, by(&book)).await.unwrap());
        late.commit().await.unwrap();
        assert_eq!(book.ledger.recoveries().await.unwrap(), []);
        assert!(!book.ledger.enrolments().await.unwrap().iter().any(|one| one.party == party(45)));
    }
}
