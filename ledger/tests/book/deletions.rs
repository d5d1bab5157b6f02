//! That content is deleted stands in the book: in its month and not before, once, and for ever.

use akashi_ledger::{Change, LedgerError};
use akashi_wire::clock::Doubt;
use akashi_wire::{DeletionMonth, Order};
use jiff::{Timestamp, ToSpan};

use crate::books::{Book, books};
use crate::two_persons::kind;

fn month(text: &str) -> DeletionMonth {
    text.parse().unwrap()
}

async fn change(book: &Book, text: &str, now: Timestamp) -> Change {
    let permit = book.order(Order::DeleteContent { month: month(text) }).await;
    book.ledger.begin(&permit, now).await.unwrap()
}

#[tokio::test]
async fn a_month_that_has_begun_is_deleted_once_and_one_to_come_is_not() {
    for book in books().await {
        // 2026-04-01 in Japan, since nine hours.
        for (text, begun) in [("2026-04", true), ("2026-03", true), ("2026-05", false)] {
            let mut change = change(&book, text, book.now).await;
            match change.delete_content(month(text)).await {
                Ok(first) => assert!(begun && first, "{text}"),
                Err(refused) => {
                    assert!(!begun && matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
                    continue;
                }
            }
            change.commit().await.unwrap();
        }
        let mut again = change(&book, "2026-04", book.now).await;
        assert!(!again.delete_content(month("2026-04")).await.unwrap());
        again.rollback().await.unwrap();
        let deleted: Vec<_> = book.ledger.deletions().await.unwrap();
        let months: Vec<String> = deleted.iter().map(|(month, _)| month.to_string()).collect();
        assert_eq!(months, ["2026-03", "2026-04"]);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_runs_ahead_of_the_book_deletes_nothing() {
    for book in books().await {
        // Nothing was written in that month: the book does not know it yet.
        let mut ahead = change(&book, "2027-04", book.now + 9000.hours()).await;
        let refused = kind(ahead.delete_content(month("2027-04")).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
    }
}

#[tokio::test]
async fn a_month_has_one_key_for_ever() {
    for book in books().await {
        let record = async |id: u8| {
            let mut change = book.begin(&book.order(Order::RecordContentKeys).await).await;
            let first = change.record_content_key(month("2039-05"), [id; 16]).await?;
            match first {
                true => change.commit().await.map(|_| ())?,
                false => change.rollback().await?,
            }
            Ok(first)
        };
        assert!(record(1).await.unwrap());
        assert!(!record(1).await.unwrap());
        assert!(matches!(kind(record(2).await), LedgerError::NotAsItStands));
        assert_eq!(book.ledger.content_keys().await.unwrap(), [(month("2039-05"), [1; 16])]);
    }
}

#[tokio::test]
async fn while_the_clock_is_in_doubt_nothing_is_deleted() {
    for book in books().await {
        let mut doubt = book.begin(&book.order(Order::DoubtClock).await).await;
        let differs = Doubt::Differs { ahead: jiff::SignedDuration::from_hours(1) };
        doubt.doubt_clock(&differs).await.unwrap();
        doubt.commit().await.unwrap();
        let mut change = change(&book, "2026-04", book.now + 1.second()).await;
        let refused = kind(change.delete_content(month("2026-04")).await);
        assert!(matches!(refused, LedgerError::NotAsItStands), "{refused:?}");
    }
}
