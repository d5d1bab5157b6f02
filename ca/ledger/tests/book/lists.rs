//! CRL numbers, and what a list is made of.

use akashi_ledger::{Position, Recording, Scope};
use akashi_wire::RevocationReason;
use akashi_wire::octets::Sha256;
use jiff::ToSpan;

use crate::books::{books, town};

#[tokio::test]
async fn a_number_is_never_used_twice_and_never_goes_back() {
    for book in books().await {
        let permit = book.permit(&book.clockwork).await;
        let scope = Scope::Partition(town());
        let mut last = 0;
        for _ in 0..3 {
            let mut writing = book.ledger.begin(&permit, book.now).await.unwrap();
            let end = book.now + 72.hours();
            let record = writing.record_crl(scope, book.now, end, Position(1)).await.unwrap();
            assert!(record.number > last && record.number >= book.now.as_millisecond());
            last = record.number;
            writing.commit().await.unwrap();
        }
        assert!(
            book.ledger.published_crl(scope).await.unwrap().is_none(),
            "recorded is not published"
        );
        let mut writing = book.ledger.begin(&permit, book.now).await.unwrap();
        writing.publish_crl(scope, last, Sha256([7; 32])).await.unwrap();
        assert!(writing.publish_crl(scope, last, Sha256([8; 32])).await.is_err(), "one content");
        drop(writing);
        let mut writing = book.ledger.begin(&permit, book.now).await.unwrap();
        writing.publish_crl(scope, last, Sha256([7; 32])).await.unwrap();
        writing.commit().await.unwrap();
        let published = book.ledger.published_crl(scope).await.unwrap().unwrap();
        assert_eq!((published.number, published.digest), (last, Some(Sha256([7; 32]))));
    }
}

#[tokio::test]
async fn a_list_reads_every_change_in_order_and_knows_the_urgent_ones() {
    for book in books().await {
        let mut serials = Vec::new();
        for number in [3, 1, 2] {
            serials.push(book.issue(number, number).await.serial);
        }
        let start = book.ledger.head().await.unwrap();
        assert_eq!(book.ledger.newest_change(None, Position::default()).await.unwrap(), None);
        let permit = book.permit(&book.clockwork).await;
        let mut writing = book.ledger.begin(&permit, book.now).await.unwrap();
        let reason = RevocationReason::AffiliationChanged;
        let recording = Recording { reason, received_at: book.now, idou_date: None };
        writing.revoke(serials[0], &recording).await.unwrap();
        writing.commit().await.unwrap();
        let quiet = book.ledger.newest_change(Some(town()), start).await.unwrap().unwrap();
        assert!(!quiet.1, "a move is listed at the regular time");
        let mut writing = book.ledger.begin(&permit, book.now).await.unwrap();
        writing.hold(serials[1], book.now).await.unwrap();
        let head = writing.commit().await.unwrap();
        assert!(book.ledger.newest_change(Some(town()), start).await.unwrap().unwrap().1);

        let mut listed = Vec::new();
        book.ledger
            .each_change(Some(town()), book.now, head, |row| listed.push(row.serial))
            .await
            .unwrap();
        let mut expected = vec![serials[0], serials[1]];
        expected.sort();
        assert_eq!(listed, expected);
        let mut everywhere = 0;
        book.ledger.each_change(None, book.now, start, |_| everywhere += 1).await.unwrap();
        assert_eq!(everywhere, 0, "nothing after the position is read");
    }
}
