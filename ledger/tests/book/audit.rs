//! The audit chain.

use akashi_keys::OfficerToken;
use akashi_ledger::{Content, LedgerError};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Order, SignedMessage, Verified};

use crate::books::{Book, books};
use crate::statements::run;

/// The head of the chain, signed with this token.
async fn signed_head(book: &Book, token: &OfficerToken) -> Verified {
    let head = book.ledger.head_to_sign(None).await.unwrap().unwrap();
    let (by, sign) = (token.certificate(), |octets: &[u8]| token.sign(octets));
    SignedMessage::sign(MessageKind::ChainHead, &head, by, book.now, sign)
        .and_then(|message| message.verify(MessageKind::ChainHead))
        .unwrap()
}

/// Puts a signed head into the table past the program.
pub async fn put_head(book: &Book, message: &Verified) {
    let octets = hex::encode(message.message());
    let octets = match book.address.starts_with("sqlite:") {
        true => format!("X'{octets}'"),
        false => format!("'\\x{octets}'::bytea"),
    };
    let sql = format!(
        "INSERT INTO audit_signature (position, hash, message)
         SELECT position, hash, {octets} FROM chain_head"
    );
    run(&book.address, &sql).await.unwrap();
}

async fn sign_head(book: &Book) {
    let head = signed_head(book, &book.log).await;
    book.ledger.keep_signed_head(&head).await.unwrap();
}

#[tokio::test]
async fn a_whole_chain_verifies_and_its_unsigned_tail_is_counted() {
    for book in books().await {
        book.issue(1, 1).await;
        sign_head(&book).await;
        assert_eq!(book.ledger.head_to_sign(None).await.unwrap(), None);
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
        let message = signed_head(&book, &book.security).await;
        let refused = book.ledger.keep_signed_head(&message).await;
        assert!(matches!(refused, Err(LedgerError::NotEnrolled)), "{refused:?}");
        // Whoever puts it there past the program is found out.
        put_head(&book, &message).await;
        let broken = book.ledger.verify_audit().await;
        assert!(matches!(broken, Err(LedgerError::Chain { .. })), "{broken:?}");
    }
}
