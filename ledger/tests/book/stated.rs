//! Finding a living certificate without a registry.

use akashi_ledger::{Intention, PersonId, Recording, Slot, Sought};
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::books::{Book, books, town};

/// Issues what is intended, to be found by these hashes.
async fn issue(book: &Book, intention: Intention, digests: Vec<[u8; 32]>) -> SerialNumber {
    let permit = book.issuing().await;
    let serial = intention.serial;
    let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
    change.index_stated(&[(serial, digests)]).await.unwrap();
    change.intend(&intention, b"sealed", 1).await.unwrap();
    change.commit().await.unwrap();
    let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
    change.file(serial, b"sealed").await.unwrap();
    change.commit().await.unwrap();
    serial
}

async fn sought(book: &Book, sought: Sought<'_>) -> Vec<(PersonId, SerialNumber)> {
    let permit = book.revoking().await;
    let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
    let found = change.seek(town(), sought).await.unwrap();
    change.rollback().await.unwrap();
    found
}

#[tokio::test]
async fn numbers_that_end_alike_and_equal_names_are_told_as_several_persons() {
    for book in books().await {
        let numbered = |number: u8, first: u8| {
            let mut octets = [number; 16];
            octets[12..].copy_from_slice(&[9, 8, 7, 6]);
            octets[0] = first;
            Intention {
                serial: SerialNumber::from_random(octets),
                ..book.intention(number, number, Slot::Current)
            }
        };
        let one = issue(&book, numbered(1, 1), vec![[1; 32], [2; 32]]).await;
        let other = issue(&book, numbered(2, 2), vec![[2; 32]]).await;
        let mut elsewhere = numbered(3, 3);
        elsewhere.municipality = "312029".parse().unwrap();
        issue(&book, elsewhere, vec![[1; 32]]).await;
        let persons = [1, 2].map(|person| PersonId::from_random([person; 16]));
        let both = [(persons[0], one), (persons[1], other)];
        assert_eq!(sought(&book, Sought::End([9, 8, 7, 6])).await, both);
        assert_eq!(sought(&book, Sought::Stated(&[2; 32])).await, both);
        assert_eq!(sought(&book, Sought::Stated(&[1; 32])).await, both[..1]);
        assert_eq!(sought(&book, Sought::Serial(other)).await, both[1..]);
        assert_eq!(sought(&book, Sought::End([9, 8, 7, 5])).await, []);

        // A renewal under way is the same person's, and the current one is the one that is told.
        let next = Intention {
            serial: SerialNumber::from_random([4; 16]),
            ..book.intention(4, 1, Slot::Next)
        };
        issue(&book, next, vec![[1; 32]]).await;
        assert_eq!(sought(&book, Sought::Stated(&[1; 32])).await, both[..1]);

        // What has ended is found by nothing.
        let permit = book.revoking().await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let reason = RevocationReason::KeyCompromise;
        let recording = Recording { reason, received_at: book.now };
        change.revoke(other, &recording).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(sought(&book, Sought::End([9, 8, 7, 6])).await, both[..1]);
        assert_eq!(sought(&book, Sought::Serial(other)).await, []);
        assert_eq!(sought(&book, Sought::Stated(&[2; 32])).await, both[..1]);
        let later = book.now + (4 * 365 * 24).hours();
        let permit = book.revoking().await;
        let mut change = book.ledger.begin(&permit, later).await.unwrap();
        assert_eq!(change.seek(town(), Sought::Serial(one)).await.unwrap(), [], "it is over");
    }
}
