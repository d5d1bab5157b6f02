//! Following the book in the order of commits.

use std::collections::BTreeSet;
use std::time::Duration;

use akashi_ledger::{Issuing, Ledger, Position};
use akashi_wire::Order;

use crate::books::{Book, books};

#[tokio::test]
async fn a_follower_misses_nothing_while_many_write_at_once() {
    for book in books().await {
        let book = std::sync::Arc::new(book);
        let writers: Vec<_> = (1..=20)
            .map(|number| {
                let book = book.clone();
                tokio::spawn(async move { book.issue(number, number).await.serial })
            })
            .collect();
        let mut seen = Vec::new();
        let mut last = Position::default();
        while seen.len() < 20 {
            for row in book.ledger.status_after(last, 3).await.unwrap() {
                assert!(row.position > last);
                last = row.position;
                seen.push(row.serial);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut issued = BTreeSet::new();
        for writer in writers {
            issued.insert(writer.await.unwrap());
        }
        assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), issued);
        assert_eq!(seen.len(), 20, "nothing was seen twice");
    }
}

#[tokio::test]
async fn an_older_change_held_open_keeps_a_later_one_waiting_so_positions_never_overtake() {
    for book in books().await {
        let other = Ledger::<Issuing>::open(&book.address).await.unwrap();
        let permit = book.order(Order::RaiseAlarms).await;
        let first = book.ledger.begin(&permit, book.now).await.unwrap();
        let (now, waiting_permit) = (book.now, permit.clone());
        let second = tokio::spawn(async move {
            let mut change = other.begin(&waiting_permit, now).await.unwrap();
            change.append("second", "", None).await.unwrap();
            change.commit().await.unwrap()
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!second.is_finished());
        let mut first = first;
        let position = first.append("first", "", None).await.unwrap();
        assert_eq!(first.commit().await.unwrap(), position);
        assert_eq!(second.await.unwrap(), Position(position.0 + 1));
    }
}

#[tokio::test]
async fn what_was_committed_is_there_when_the_book_is_opened_again() {
    for Book { ledger, address, .. } in books_with_one_certificate().await {
        let rows = ledger.status_after(Position::default(), 10).await.unwrap();
        ledger.close().await;
        let again = Ledger::<Issuing>::open(&address).await.unwrap();
        assert_eq!(again.status_after(Position::default(), 10).await.unwrap(), rows);
        assert_eq!(rows.len(), 1);
    }
}

async fn books_with_one_certificate() -> Vec<Book> {
    let books = books().await;
    for book in &books {
        book.issue(1, 1).await;
    }
    books
}
