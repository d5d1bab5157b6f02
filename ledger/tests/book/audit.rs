//! The audit chain.

use akashi_ledger::{Content, LedgerError};
use akashi_wire::{Order, SignedMessage};

use crate::books::{Book, books};
use crate::statements::run;

async fn sign_head(book: &Book) {
    let head = book.ledger.head_to_sign().await.unwrap().unwrap();
    let token = &book.scheduler;
    let message = SignedMessage::sign(
        akashi_wire::signed::MessageKind::ChainHead,
        &head,
        token.certificate(),
        book.now,
        |o| token.sign(o),
    )
    .and_then(|m| m.verify(akashi_wire::signed::MessageKind::ChainHead))
    .unwrap();
    book.ledger.keep_signed_head(&message).await.unwrap();
}

#[tokio::test]
async fn a_whole_chain_verifies_and_its_unsigned_tail_is_counted() {
    for book in books().await {
        book.issue(1, 1).await;
        sign_head(&book).await;
        assert_eq!(book.ledger.head_to_sign().await.unwrap(), None);
        let signed = book.ledger.verify_audit().await.unwrap();
        assert_eq!((signed.signed_up_to, signed.unsigned_tail), (signed.entries, 0));
        book.issue(2, 2).await;
        let report = book.ledger.verify_audit().await.unwrap();
        assert_eq!(report.unsigned_tail, report.entries - signed.entries);
    }
}

#[tokio::test]
async fn content_lies_beside_the_chain_under_a_commitment() {
    for book in books().await {
        let permit = book.order(Order::RaiseAlarms).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let sealed = Content::new(b"a name", [5; 32], |_| Ok::<_, ()>(b"sealed".to_vec())).unwrap();
        change.append("look_up", "case", Some(sealed)).await.unwrap();
        change.commit().await.unwrap();
        let entry = &book.ledger.audit_entries(1).await.unwrap()[0];
        assert_eq!(
            entry.commitment,
            akashi_wire::octets::Sha256::of(&[[5; 32].as_slice(), b"a name"].concat())
        );
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_head_signed_by_somebody_else_breaks_the_chain() {
    for book in books().await {
        book.issue(1, 1).await;
        let head = book.ledger.head_to_sign().await.unwrap().unwrap();
        let token = &book.security;
        let message = SignedMessage::sign(
            akashi_wire::signed::MessageKind::ChainHead,
            &head,
            token.certificate(),
            book.now,
            |o| token.sign(o),
        )
        .and_then(|m| m.verify(akashi_wire::signed::MessageKind::ChainHead))
        .unwrap();
        let refused = book.ledger.keep_signed_head(&message).await;
        assert!(matches!(refused, Err(LedgerError::NotEnrolled)), "{refused:?}");
        // Whoever puts it there past the program is found out.
        let octets = hex::encode(message.message());
        let octets = match book.address.starts_with("sqlite:") {
            true => format!("X'{octets}'"),
            false => format!("'\\x{octets}'::bytea"),
        };
        let last = book.ledger.head().await.unwrap();
        let sql = format!(
            "INSERT INTO audit_signature (position, hash, message)
             SELECT position, hash, {octets} FROM audit WHERE position = {last}"
        );
        run(&book.address, &sql).await.unwrap();
        let broken = book.ledger.verify_audit().await;
        assert!(matches!(broken, Err(LedgerError::Chain { .. })), "{broken:?}");
    }
}
