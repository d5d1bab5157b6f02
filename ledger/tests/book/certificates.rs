//! Certificates and their status.

use akashi_ledger::{LedgerError, NewEnrolment, Recording, Slot, Standing};
use akashi_wire::act::{Deed, PartyId, Suspension};
use akashi_wire::party::Role;
use akashi_wire::{Order, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::books::{Book, books};

fn recording(book: &Book, reason: RevocationReason) -> Recording {
    Recording { reason, received_at: book.now }
}

#[tokio::test]
async fn a_book_belongs_to_one_authority_for_ever() {
    for book in books().await {
        let authority = book.ledger.authority().await.unwrap();
        let message =
            crate::permits::founding(&authority, &book.scheduler, &[&book.security], book.now);
        let again = book.ledger.found(&message, &authority, &[], &[], book.now).await;
        assert!(matches!(again, Err(LedgerError::AuthorityExists)));
        assert_eq!(book.ledger.authority().await.unwrap(), authority);
    }
}

#[tokio::test]
async fn only_an_enrolled_party_gets_a_permit_and_only_for_its_own_work() {
    for book in books().await {
        let officer = PartyId::from_random([4; 16]);
        let dismiss = || Deed::Dismiss { party: officer, why: String::new() };
        // What an officer signed to open a case is no leave for anything else.
        let open = Deed::OpenCase { procedure: akashi_wire::act::Procedure::Issue };
        let permit = book.act(&book.officer, open).await;
        let serial = book.issue(1, 1).await.serial;
        let mut change = book.begin(&permit).await;
        let lost = recording(&book, RevocationReason::KeyCompromise);
        let refused = [
            change.dismiss(officer).await,
            change.revoke(serial, &lost).await.map(|_| ()),
            change.hold(serial, book.now).await.map(|_| ()),
            change.intend(&book.intention(2, 2, Slot::Current), b"", 1).await,
            change.file(book.intention(2, 2, Slot::Current).serial, b"").await.map(|_| ()),
            change.suspend(Suspension::Counter { municipality: crate::books::town() }).await,
        ];
        for refused in refused {
            assert!(matches!(refused, Err(LedgerError::NotPermitted { .. })), "{refused:?}");
        }
        drop(change);
        // Nor is an order of the authority's own good for another one.
        let mut change = book.begin(&book.order(Order::DoubtClock).await).await;
        let refused = change.revoke(serial, &lost).await;
        assert!(matches!(refused, Err(LedgerError::NotPermitted { right: "revoke", .. })));
        drop(change);

        // Whoever is dismissed gets nothing, not even for what was permitted before.
        let mut change = book.begin(&book.act(&book.security, dismiss()).await).await;
        change.dismiss(officer).await.unwrap();
        let again = change.dismiss(officer).await;
        assert!(matches!(again, Err(LedgerError::NotAsItStands)), "once: {again:?}");
        change.commit().await.unwrap();
        let late = book.ledger.begin(&permit, book.now).await.map(|_| ());
        assert!(matches!(late, Err(LedgerError::NotEnrolled)), "{late:?}");
        let refused = book.try_act(&book.officer, dismiss(), book.now + 1.second()).await;
        assert!(matches!(refused, Err(LedgerError::NotEnrolled)));
        // Nobody but the scheduler gives this order, and an old one is none.
        for other in [&book.security, &book.log, &book.list_issuer, &book.responder] {
            let (by, sign) = (other.certificate(), |octets: &[u8]| other.sign(octets));
            let refused = book.ledger.order(Order::Settle, by, book.now, sign).await;
            assert!(matches!(refused, Err(LedgerError::NotEnrolled)));
        }
    }
}

#[tokio::test]
async fn a_key_is_one_partys_and_a_name_is_one_partys_in_force() {
    for book in books().await {
        let enrol = |name: &str, number: u8, certificate: &[u8]| NewEnrolment {
            party: PartyId::from_random([number; 16]),
            name: name.into(),
            role: Role::SecurityOfficer,
            until: crate::permits::YEAR_3000,
            certificate: certificate.to_vec(),
        };
        let deed = crate::permits::enrolling(&Role::SecurityOfficer, book.officer.key());
        let permit = book.act(&book.security, deed).await;
        let mut change = book.begin(&permit).await;
        let taken = change.enrol(&enrol("party 4", 8, book.officer.certificate())).await;
        assert!(matches!(taken, Err(LedgerError::NameTaken)), "{taken:?}");
        drop(change);
        let mut change = book.begin(&permit).await;
        // Another certificate over the same key: the officer's, made once more.
        let again = book.officer_again();
        let taken = change.enrol(&enrol("somebody else", 8, &again)).await;
        assert!(matches!(taken, Err(LedgerError::KeyTaken)), "{taken:?}");
    }
}

#[tokio::test]
async fn one_person_has_one_living_certificate_and_one_key_is_certified_once() {
    for book in books().await {
        let issued = book.issue(1, 1).await;
        let permit = book.issuing().await;
        let mut change = book.begin(&permit).await;
        let second = change.intend(&book.intention(2, 1, Slot::Current), b"", 1).await;
        assert!(matches!(second, Err(LedgerError::SecondCertificate)));
        let mut same_key = book.intention(3, 3, Slot::Current);
        same_key.public_key = book.intention(1, 1, Slot::Current).public_key;
        let used = change.intend(&same_key, b"", 1).await;
        assert!(matches!(used, Err(LedgerError::KeyUsedBefore)));
        drop(change);

        book.case_about(crate::permits::case(), book.intention(1, 1, Slot::Next).person).await;
        let mut change = book.begin(&permit).await;
        // Beside a renewal, which waits in the other place until the old one is revoked.
        change.intend(&book.intention(4, 1, Slot::Next), b"", 1).await.unwrap();
        change.file(book.intention(4, 1, Slot::Next).serial, b"").await.unwrap();
        change.commit().await.unwrap();
        let delivered = Deed::ConfirmDelivery {
            case: crate::permits::case(),
            card: "CARD".into(),
            read_back: akashi_wire::octets::Sha256([0; 32]),
        };
        let mut change = book.begin(&book.act(&book.officer, delivered).await).await;
        let superseded = recording(&book, RevocationReason::Superseded);
        change.revoke(issued.serial, &superseded).await.unwrap();
        change.promote(book.intention(1, 1, Slot::Next).person).await.unwrap();
        let living = change.living(book.intention(1, 1, Slot::Next).person).await.unwrap();
        assert_eq!(living.len(), 1);
        assert_eq!((living[0].slot, living[0].filed), (Slot::Current, true));
        change.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_change_of_code_to_the_code_that_a_person_has_already_leaves_the_person() {
    for book in books().await {
        let issued = book.issue(1, 1).await;
        let person = book.intention(1, 1, Slot::Current).person;
        let mut change = book.begin(&book.issuing().await).await;
        change.person(&[6; 32], person, 1).await.unwrap();
        change.append("look_up", "", None).await.unwrap();
        change.commit().await.unwrap();
        let mut change = book.begin(&book.order(Order::Settle).await).await;
        for code_hash in [[7; 32], [7; 32]] {
            change.relink(person, &code_hash).await.unwrap();
            let found = change.find_person(&code_hash).await.unwrap().unwrap();
            assert_eq!(found.person, person);
            assert_eq!(change.living(person).await.unwrap()[0].serial, issued.serial);
        }
    }
}

#[tokio::test]
async fn an_intention_is_not_issued_until_it_is_filed_and_a_void_one_never_is() {
    for book in books().await {
        let issuing = book.issuing().await;
        let intention = book.intention(1, 1, Slot::Current);
        let mut change = book.begin(&issuing).await;
        change.intend(&intention, b"", 1).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(book.ledger.standing(intention.serial).await.unwrap(), None);
        let interrupted = book.ledger.interrupted(book.now + 1.minute()).await.unwrap();
        assert_eq!(interrupted, [intention.serial]);

        let mut change = book.begin(&book.order(Order::VoidInterrupted).await).await;
        change.void(intention.serial).await.unwrap();
        change.commit().await.unwrap();
        let mut change = book.begin(&issuing).await;
        let filed = change.file(intention.serial, b"").await;
        assert!(matches!(filed, Err(LedgerError::StatusForbids { change: "filed", .. })));
        drop(change);
        let standing = book.ledger.standing(intention.serial).await.unwrap().unwrap();
        assert_eq!(standing.revocation().unwrap().1, RevocationReason::Unspecified);
        assert!(book.ledger.interrupted(book.now + 1.minute()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_final_revocation_stands_and_a_hold_may_become_one() {
    for book in books().await {
        let serial = book.issue(1, 1).await.serial;
        let permit = book.holding().await;
        let mut change = book.begin(&permit).await;
        change.hold(serial, book.now).await.unwrap();
        let again = change.hold(serial, book.now).await;
        assert!(matches!(again, Err(LedgerError::StatusForbids { standing: "on hold", .. })));
        let lost = recording(&book, RevocationReason::KeyCompromise);
        let row = change.revoke(serial, &lost).await.unwrap();
        assert!(row.recorded_at >= book.now, "never back-dated");
        let late = change.revoke(serial, &recording(&book, RevocationReason::Superseded)).await;
        assert!(matches!(late, Err(LedgerError::StatusForbids { standing: "revoked", .. })));
        change.commit().await.unwrap();
        let standing = book.ledger.standing(serial).await.unwrap();
        let at = row.recorded_at;
        let reason = RevocationReason::KeyCompromise;
        assert_eq!(standing, Some(Standing::Revoked { at, reason }));

        let stranger = SerialNumber::from_random([9; 16]);
        let mut change = book.begin(&permit).await;
        assert!(change.revoke(stranger, &lost).await.is_err(), "never issued");
    }
}

#[tokio::test]
async fn a_change_that_is_not_committed_never_was() {
    for book in books().await {
        let serial = book.issue(1, 1).await.serial;
        let permit = book.holding().await;
        let head = book.ledger.head().await.unwrap();
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        change.hold(serial, book.now).await.unwrap();
        drop(change);
        assert_eq!(book.ledger.standing(serial).await.unwrap(), Some(Standing::Good));
        assert_eq!(book.ledger.head().await.unwrap(), head);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_behind_the_book_records_nothing_and_one_a_little_behind_goes_on() {
    for book in books().await {
        let permit = book.holding().await;
        let refused = book.ledger.begin(&permit, book.now - 6.seconds()).await;
        assert!(matches!(refused, Err(LedgerError::ClockBehind { .. })));
        let change = book.ledger.begin(&permit, book.now - 4.seconds()).await.unwrap();
        assert_eq!(change.at(), book.now, "time in the book never goes back");
    }
}
