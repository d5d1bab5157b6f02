//! An act is taken from a terminal in force of the place where its signer works, and from nowhere else.

use akashi_keys::OfficerToken;
use akashi_ledger::{LedgerError, NewRecall};
use akashi_wire::act::{CardSelection, Deed, Procedure, RecallId, Suspension};
use akashi_wire::clock::Doubt;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Order, RevocationReason};
use jiff::{SignedDuration, ToSpan};

use crate::books::{Book, books, town};
use crate::two_persons::{
    change, enrolled_by_two, in_the_office, in_town, kind, party, proposed, second, signed,
    signed_at, with_two,
};

fn open() -> Deed {
    Deed::OpenCase { procedure: Procedure::Issue }
}

/// Stops a party by the book's first security officer, who signs at this terminal.
async fn stopped(book: &Book, at: Sha256, request: u8, number: u8) -> Result<(), LedgerError> {
    let what = Suspension::Party { party: party(number) };
    let deed = Deed::Suspend { what, why: String::new() };
    let message = signed_at(at, &book.security, request, deed, book.now);
    let mut change = change(book, &message, book.now).await?;
    change.suspend(what).await?;
    change.commit().await?;
    Ok(())
}

fn at(token: &OfficerToken) -> Sha256 {
    Sha256::of(token.certificate())
}

#[tokio::test]
async fn an_act_gives_nothing_but_at_a_terminal_of_its_signers_own_place() {
    for book in books().await {
        let permit = async |terminal, token: &OfficerToken, deed| {
            let message = signed_at(terminal, token, 1, deed, book.now);
            book.ledger.permit_act(&message, book.now).await.map(|act| act.permit.party())
        };
        permit(in_town(), &book.officer, open()).await.unwrap();
        permit(in_the_office(), &book.security, Deed::Review).await.unwrap();
        let nobody = Sha256::of(b"no certificate");
        for elsewhere in [in_the_office(), nobody, at(&book.officer), at(&book.source)] {
            let refused = kind(permit(elsewhere, &book.officer, open()).await);
            assert!(matches!(refused, LedgerError::NotATerminal), "{refused:?}");
        }
        for elsewhere in [in_town(), nobody, at(&book.security), at(&book.scheduler)] {
            let refused = kind(permit(elsewhere, &book.security, Deed::Review).await);
            assert!(matches!(refused, LedgerError::NotATerminal), "{refused:?}");
        }
        // A terminal signs nothing itself, and whoever is nobody hears of nothing else.
        let refused = kind(permit(in_town(), &book.source, open()).await);
        assert!(matches!(refused, LedgerError::NotATerminal), "{refused:?}");
        let past = book.now + 30.hours() * 365 * 10;
        let late = signed_at(in_town(), &book.officer, 2, open(), past);
        let refused = kind(book.ledger.permit_act(&late, past).await);
        assert!(matches!(refused, LedgerError::Over { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_permit_from_a_terminal_that_was_stopped_meanwhile_is_worth_nothing() {
    for book in books().await {
        let before = book.act(&book.officer, open()).await;
        stopped(&book, in_the_office(), 2, 91).await.unwrap();
        let refused = kind(book.ledger.begin(&before, book.now).await);
        assert!(matches!(refused, LedgerError::NotATerminal), "{refused:?}");
        let refused = kind(book.try_act(&book.officer, open(), book.now).await);
        assert!(matches!(refused, LedgerError::NotATerminal), "{refused:?}");
        // The officer is not: another terminal will do, and who signs in the office goes on.
        book.act(&book.security, Deed::Review).await;
    }
}

#[tokio::test]
async fn a_town_that_is_suspended_loses_its_terminals_and_a_counter_does_not() {
    for book in books().await {
        let municipality = town();
        for (request, what, works) in [
            (2, Suspension::Counter { municipality }, true),
            (3, Suspension::Town { municipality }, false),
        ] {
            let deed = Deed::Suspend { what, why: String::new() };
            let message = signed(&book.security, request, deed, book.now);
            let mut stop = change(&book, &message, book.now).await.unwrap();
            stop.suspend(what).await.unwrap();
            stop.commit().await.unwrap();
            let all = book.ledger.able(&Role::Terminal { municipality }, book.now).await.unwrap();
            assert_eq!(all.len() == 1, works, "{what}");
        }
    }
}

#[tokio::test]
async fn the_office_never_loses_its_last_terminal() {
    for (book, other) in with_two().await {
        let refused = kind(stopped(&book, in_the_office(), 2, 90).await);
        assert!(matches!(refused, LedgerError::LastTerminal), "{refused:?}");
        let dismiss = Deed::Dismiss { party: party(90), why: String::new() };
        let message = signed(&other, 3, dismiss, book.now);
        let mut change = change(&book, &message, book.now).await.unwrap();
        let refused = kind(change.dismiss(party(90)).await);
        assert!(matches!(refused, LedgerError::LastTerminal), "{refused:?}");
        drop(change);
        // Nor as a town, which it is none.
        let what = Suspension::Town { municipality: "130001".parse().unwrap() };
        let deed = Deed::Suspend { what, why: String::new() };
        let message = signed(&other, 4, deed, book.now);
        let mut change = crate::two_persons::change(&book, &message, book.now).await.unwrap();
        let refused = kind(change.suspend(what).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
        drop(change);

        let role = Role::Terminal { municipality: "130001".parse().unwrap() };
        let next = enrolled_by_two(&book, &other, 92, role).await;
        stopped(&book, at(&next), 5, 90).await.unwrap();
        let refused = kind(stopped(&book, at(&next), 6, 92).await);
        assert!(matches!(refused, LedgerError::LastTerminal), "{refused:?}");
    }
}

#[tokio::test]
async fn what_was_proposed_at_a_terminal_that_was_stopped_since_waits_for_nobody() {
    for (book, other) in with_two().await {
        let role = Role::Terminal { municipality: "130001".parse().unwrap() };
        let stolen = enrolled_by_two(&book, &other, 92, role).await;
        let lift = Deed::Lift { what: Suspension::Issuing, why: String::new() };
        let deed = Deed::Suspend { what: Suspension::Issuing, why: String::new() };
        let message = signed(&other, 2, deed, book.now);
        let mut stop = change(&book, &message, book.now).await.unwrap();
        stop.suspend(Suspension::Issuing).await.unwrap();
        stop.commit().await.unwrap();
        let from_there = signed_at(at(&stolen), &book.security, 3, lift.clone(), book.now);
        let (_, digest) = proposed(&book, &from_there).await;
        stopped(&book, in_the_office(), 4, 92).await.unwrap();
        let refused = kind(second(&book, (&other, 5), &from_there, (digest, book.now)).await);
        assert!(matches!(refused, LedgerError::NoSuchProposal), "{refused:?}");
        // Not even once it may be used again.
        let what = Suspension::Party { party: party(92) };
        let deed = Deed::Lift { what, why: String::new() };
        let back = signed(&other, 8, deed, book.now);
        let (_, back_digest) = proposed(&book, &back).await;
        let by = (&book.security, 9);
        let mut both = second(&book, by, &back, (back_digest, book.now)).await.unwrap();
        both.lift(what).await.unwrap();
        both.commit().await.unwrap();
        let refused = kind(second(&book, (&other, 10), &from_there, (digest, book.now)).await);
        assert!(matches!(refused, LedgerError::NoSuchProposal), "{refused:?}");
        let again = signed(&book.security, 6, lift, book.now);
        let (_, digest) = proposed(&book, &again).await;
        second(&book, (&other, 7), &again, (digest, book.now)).await.unwrap();
    }
}

#[tokio::test]
async fn every_entry_of_an_act_says_at_which_terminal_it_was_signed() {
    for book in books().await {
        stopped(&book, in_the_office(), 2, 4).await.unwrap();
        let newest = book.ledger.audit_entries(1).await.unwrap().remove(0);
        let actor = format!("security_officer:{}@{}", party(2), party(90));
        assert_eq!((newest.verb.as_str(), newest.actor), ("suspend", actor));
    }
}

#[tokio::test]
async fn a_clock_that_was_accepted_at_a_terminal_that_was_stopped_since_is_not() {
    for (book, other) in with_two().await {
        let role = Role::Terminal { municipality: "130001".parse().unwrap() };
        let stolen = enrolled_by_two(&book, &other, 92, role).await;
        let mut doubt = book.begin(&book.order(Order::DoubtClock).await).await;
        let differs = Doubt::Differs { ahead: SignedDuration::from_hours(1) };
        doubt.doubt_clock(&differs).await.unwrap();
        doubt.commit().await.unwrap();
        let accept = async |at: Sha256, token: &OfficerToken, request: u8| {
            let message = signed_at(at, token, request, Deed::AcceptClock, book.now);
            let mut change = change(&book, &message, book.now).await.unwrap();
            change.accept_clock().await.unwrap();
            change.append("accept_clock", "clock", None).await.unwrap();
            change.commit().await.unwrap();
            book.ledger.clock_doubt().await.unwrap().unwrap().accepted.is_none()
        };
        assert!(accept(at(&stolen), &book.security, 3).await);
        stopped(&book, in_the_office(), 4, 92).await.unwrap();
        assert!(accept(in_the_office(), &other, 5).await, "one person has said so");
        assert!(!accept(in_the_office(), &book.security, 6).await, "and now two");
    }
}

#[tokio::test]
async fn a_recall_that_was_proposed_at_a_terminal_that_was_stopped_since_is_confirmed_by_nobody() {
    for (book, other) in with_two().await {
        let role = Role::Terminal { municipality: "130001".parse().unwrap() };
        let stolen = enrolled_by_two(&book, &other, 92, role).await;
        let selection = CardSelection::Lot { lot: "L".into() };
        let propose = async |at: Sha256, number: u8| {
            let (reason, digest) = (RevocationReason::KeyCompromise, Sha256([number; 32]));
            let deed = Deed::ProposeRecall {
                selection: selection.clone(),
                reason,
                why: "why".into(),
                digest,
            };
            let message = signed_at(at, &book.security, number, deed, book.now);
            let mut change = change(&book, &message, book.now).await.unwrap();
            let recall = RecallId::from_random([number; 16]);
            let (selection, sealed_why) = (selection.clone(), b"sealed".to_vec());
            let new = NewRecall { recall, selection, reason, sealed_why, certificates: 0, digest };
            change.propose_recall(&new).await.unwrap();
            change.append("propose_recall", "", None).await.unwrap();
            change.commit().await.unwrap();
            (recall, digest)
        };
        let confirm = async |(recall, digest): (RecallId, Sha256), number: u8| {
            let deed = Deed::ConfirmRecall { recall, digest };
            let message = signed(&other, number, deed, book.now);
            let mut change = change(&book, &message, book.now).await?;
            change.confirm_recall(recall).await?;
            change.commit().await.map(|_| ())
        };
        let from_there = propose(at(&stolen), 3).await;
        let from_here = propose(in_the_office(), 4).await;
        stopped(&book, in_the_office(), 5, 92).await.unwrap();
        let refused = kind(confirm(from_there, 6).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused:?}");
        confirm(from_here, 7).await.unwrap();
    }
}
