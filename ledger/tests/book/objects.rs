//! A permit is good for what was signed, about what it was signed: to nothing else may it be put.

use akashi_ledger::{CaseFile, LedgerError, NewRecall, Recording, Scope, Slot, Standing, Step};
use akashi_wire::act::{CardSelection, CaseId, Deed, IdentityProof, PartyId, RecallId, Suspension};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::{Order, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::books::{Book, books, town};

fn other_case() -> CaseId {
    CaseId::from_random([99; 16])
}

fn revoke_in(case: CaseId) -> Deed {
    let reason = RevocationReason::KeyCompromise;
    Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason }
}

fn file(book: &Book, case: CaseId) -> CaseFile {
    CaseFile {
        case,
        municipality: town(),
        party: PartyId::from_random([4; 16]),
        procedure: "revocation".into(),
        step: Step::LookedUp,
        person: Some(book.intention(1, 1, Slot::Current).person),
        serial: None,
        sealed_file: b"sealed".to_vec(),
        opened_at: book.now,
        closes_at: None,
    }
}

fn recording(book: &Book) -> Recording {
    let reason = RevocationReason::KeyCompromise;
    Recording { reason, received_at: book.now }
}

#[track_caller]
fn refused<T>(outcome: Result<T, LedgerError>) {
    let refused = outcome.map(|_| ()).expect_err("what was not signed");
    assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused:?}");
}

#[tokio::test]
async fn an_act_in_one_case_ends_no_certificate_of_another_and_saves_no_other() {
    for book in books().await {
        let one = book.issue(1, 1).await.serial;
        let strangers = book.issue(2, 2).await.serial;
        // A case about the first person.
        let open = Deed::OpenCase { procedure: akashi_wire::act::Procedure::Revocation };
        let mut change = book.begin(&book.act(&book.officer, open.clone()).await).await;
        refused(change.save_case(&file(&book, other_case())).await);
        let nobody = CaseFile { person: None, ..file(&book, other_case()) };
        let elsewhere = CaseFile { municipality: "131016".parse().unwrap(), ..nobody.clone() };
        refused(change.save_case(&elsewhere).await);
        change.save_case(&nobody).await.unwrap();
        change.append("open", "case", None).await.unwrap();
        change.commit().await.unwrap();
        // Whom it is about is found, and by no other act said.
        let mut change = book.begin(&book.act(&book.officer, revoke_in(other_case())).await).await;
        refused(change.save_case(&file(&book, other_case())).await);
        drop(change);
        book.case_about(other_case(), book.intention(1, 1, Slot::Current).person).await;

        let permit = book.act(&book.officer, revoke_in(other_case())).await;
        let mut change = book.begin(&permit).await;
        refused(change.revoke(strangers, &recording(&book)).await);
        refused(change.revoke_all(&[one, strangers], &recording(&book)).await);
        refused(change.void(strangers).await);
        refused(change.save_case(&file(&book, CaseId::from_random([98; 16]))).await);
        drop(change);
        let hold = Deed::Hold { case: other_case() };
        let mut change = book.begin(&book.act(&book.officer, hold).await).await;
        refused(change.hold(strangers, book.now).await);
        drop(change);
        // Opening a case takes none over that there is.
        let mut change = book.begin(&book.act(&book.officer, open).await).await;
        refused(change.save_case(&file(&book, other_case())).await);
        drop(change);
        let delivered = Deed::ConfirmDelivery {
            case: other_case(),
            card: "CARD".into(),
            read_back: Sha256([0; 32]),
        };
        let mut change = book.begin(&book.act(&book.officer, delivered).await).await;
        refused(change.promote(book.intention(2, 2, Slot::Current).person).await);
        drop(change);

        let mut change = book.begin(&permit).await;
        change.revoke(one, &recording(&book)).await.unwrap();
        change.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_act_that_certifies_in_one_case_neither_intends_nor_files_in_another() {
    for book in books().await {
        let certify = |case| Deed::Certify { case, card: "CARD".into(), proof: Octets(Vec::new()) };
        let elsewhere = book.act(&book.officer, certify(other_case())).await;
        let intention = book.intention(1, 1, Slot::Current);
        let mut change = book.begin(&elsewhere).await;
        refused(change.intend(&intention, b"sealed", 1).await);
        drop(change);
        let mut change = book.begin(&book.issuing().await).await;
        change.intend(&intention, b"sealed", 1).await.unwrap();
        change.commit().await.unwrap();
        let mut change = book.begin(&elsewhere).await;
        refused(change.file(intention.serial, b"sealed").await);
    }
}

#[tokio::test]
async fn an_order_about_one_thing_is_no_order_about_another() {
    for book in books().await {
        let one = book.issue(1, 1).await.serial;
        let strangers = book.issue(2, 2).await.serial;
        let mut change = book.begin(&book.order(Order::EndByHolder { serial: one }).await).await;
        refused(change.revoke(strangers, &recording(&book)).await);
        let unknown = SerialNumber::from_random([77; 16]);
        refused(change.revoke(unknown, &recording(&book)).await);
        change.revoke(one, &recording(&book)).await.unwrap();
        change.commit().await.unwrap();

        let (scope, next) = (Scope::Complete, book.now + 1.hour());
        let order = Order::RecordList { generation: 1, scope, life: 3600, up_to: 1 };
        let mut change = book.begin(&book.order(order).await).await;
        let up_to = akashi_ledger::Position(1);
        refused(change.record_crl(1, Scope::Authority, book.now, next, up_to).await);
        change.record_crl(1, scope, book.now, next, up_to).await.unwrap();
        change.commit().await.unwrap();
        let digest = Sha256([1; 32]);
        let order = Order::PublishList { generation: 1, scope, number: 1, digest };
        let mut change = book.begin(&book.order(order).await).await;
        refused(change.publish_crl(1, scope, 1, Sha256([2; 32])).await);
        refused(change.publish_crl(1, scope, 2, digest).await);
        refused(change.publish_crl(1, Scope::Authority, 1, digest).await);
        drop(change);
        let order = Order::AskForCertificate {
            generation: 1,
            public_key: Octets(vec![1; 91]),
            in_place_of: Vec::new(),
        };
        let mut change = book.begin(&book.order(order).await).await;
        refused(change.ask_for_certificate(1, &[2; 91], &[]).await);
        drop(change);
        let month = |text: &str| text.parse().unwrap();
        let order = Order::DeleteContent { month: month("2026-03") };
        let mut change = book.begin(&book.order(order).await).await;
        refused(change.delete_content(month("2026-04")).await);
        drop(change);
        let (permit, _) = book.batch(b"one text").await;
        let (_, other) = book.batch(b"another").await;
        let mut change = book.begin(&permit).await;
        refused(change.accept(town(), &other, (1, None), b"text", &[]).await);
    }
}

#[tokio::test]
async fn a_security_officers_act_is_about_whom_and_what_it_names() {
    for book in books().await {
        let (here, other) = (PartyId::from_random([4; 16]), PartyId::from_random([3; 16]));
        let why = String::new;
        let dismiss = Deed::Dismiss { party: here, why: why() };
        let mut change = book.begin(&book.act(&book.security, dismiss).await).await;
        refused(change.dismiss(other).await);
        drop(change);
        let counter = Suspension::Counter { municipality: town() };
        let suspend = Deed::Suspend { what: counter, why: why() };
        let mut change = book.begin(&book.act(&book.security, suspend).await).await;
        refused(change.suspend(Suspension::Issuing).await);
        refused(change.suspend(Suspension::Party { party: here }).await);
        change.suspend(counter).await.unwrap();
        change.commit().await.unwrap();
        let lift = Deed::Lift { what: Suspension::Issuing, why: why() };
        let mut change = book.begin(&book.act(&book.security, lift).await).await;
        refused(change.lift(counter).await);
        drop(change);

        let register =
            Deed::RegisterCards { lot: "A".into(), model: "M".into(), cards: Vec::new() };
        let mut change = book.begin(&book.act(&book.security, register).await).await;
        refused(change.register_cards("B", "M", &["1"]).await);
        refused(change.register_cards("A", "N", &["1"]).await);
        drop(change);
        let lot = |lot: &str| CardSelection::Lot { lot: lot.into() };
        let (reason, digest) = (RevocationReason::KeyCompromise, Sha256([1; 32]));
        let propose = Deed::ProposeRecall { selection: lot("A"), reason, why: why(), digest };
        let mut change = book.begin(&book.act(&book.security, propose).await).await;
        let recall = RecallId::from_random([1; 16]);
        let new = |selection, digest| NewRecall {
            recall,
            selection,
            reason,
            sealed_why: Vec::new(),
            certificates: 0,
            digest,
        };
        refused(change.propose_recall(&new(lot("B"), digest)).await);
        refused(change.propose_recall(&new(lot("A"), Sha256([2; 32]))).await);
        drop(change);
        let confirm = Deed::ConfirmRecall { recall: RecallId::from_random([2; 16]), digest };
        let mut change = book.begin(&book.act(&book.security, confirm).await).await;
        refused(change.confirm_recall(recall).await);
        refused(change.recall_step(recall, 10).await);
        // Nor does it end what the walk along the cards has not met.
        let serial = SerialNumber::from_random([1; 16]);
        refused(change.revoke(serial, &recording(&book)).await);
    }
}

#[tokio::test]
async fn a_hold_is_released_over_two_signatures_about_that_certificate_alone() {
    for (book, other) in crate::two_persons::with_two().await {
        let (one, another) = (book.issue(1, 1).await.serial, book.issue(2, 2).await.serial);
        let mut held = Vec::new();
        for (number, serial) in [(1, one), (2, another)] {
            let person = book.intention(number, number, Slot::Current).person;
            book.case_about(crate::permits::case(), person).await;
            let mut change = book.begin(&book.holding().await).await;
            held.push(change.hold(serial, book.now).await.unwrap());
            change.commit().await.unwrap();
        }
        // Whoever may hold may not release, and nor may one alone.
        let mut change = book.begin(&book.holding().await).await;
        refused(change.release(one, book.now).await);
        drop(change);
        let release = Deed::Release { serial: one, why: String::new() };
        let first = crate::two_persons::signed(&book.security, 70, release, book.now);
        let mut alone = crate::two_persons::change(&book, &first, book.now).await.unwrap();
        let takes_two = alone.release(one, book.now).await;
        assert!(matches!(takes_two, Err(LedgerError::TakesTwo)), "{takes_two:?}");
        drop(alone);
        let (_, digest) = crate::two_persons::proposed(&book, &first).await;
        let both = crate::two_persons::second(&book, (&other, 71), &first, (digest, book.now));
        let mut both = both.await.unwrap();
        refused(both.release(another, book.now).await);
        both.release(one, book.now).await.unwrap();
        let again = both.release(one, book.now).await;
        assert!(matches!(again, Err(LedgerError::StatusForbids { .. })), "{again:?}");
        both.commit().await.unwrap();
        assert_eq!(book.ledger.standing(one).await.unwrap(), Some(Standing::Good));
        let at = held[1].recorded_at;
        assert_eq!(book.ledger.standing(another).await.unwrap(), Some(Standing::Held { at }));
    }
}

#[tokio::test]
async fn a_municipality_that_never_had_a_source_is_watched_once_another_speaks_for_it() {
    for (book, other) in crate::two_persons::with_two().await {
        let (to, from) = ("131016".parse().unwrap(), "131024".parse().unwrap());
        let hand_over = Deed::HandOver { from, to, why: String::new() };
        let first = crate::two_persons::signed(&book.security, 70, hand_over, book.now);
        let mut change = crate::two_persons::change(&book, &first, book.now).await.unwrap();
        let nobody = change.hand_over(from, to).await;
        assert!(matches!(nobody, Err(LedgerError::NoHandOver)), "nobody speaks for it");
        drop(change);
        let source = Role::Source { municipality: to };
        crate::two_persons::enrolled_by_two(&book, &other, 9, source).await;
        let (_, digest) = crate::two_persons::proposed(&book, &first).await;
        let both = crate::two_persons::second(&book, (&other, 71), &first, (digest, book.now));
        let mut both = both.await.unwrap();
        refused(both.hand_over("131032".parse().unwrap(), to).await);
        both.hand_over(from, to).await.unwrap();
        both.commit().await.unwrap();
        assert_eq!(book.ledger.speaks_for(from).await.unwrap(), to);
        let watched = book.ledger.sources().await.unwrap();
        let its = watched.iter().find(|one| one.municipality == from).expect("it is watched");
        assert_eq!((its.next_expected, its.last_heard), (1, None));
        assert_eq!(book.ledger.handovers().await.unwrap().len(), 1);
    }
}
