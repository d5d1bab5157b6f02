//! What a column cannot hold is damage, told by the column's name: it is never taken for nothing.

use crate::books::books;
use crate::derived::octets;
use crate::inbox::{accept, event};
use crate::statements::run;

#[tokio::test]
async fn a_value_that_means_nothing_is_told_with_its_column_and_is_not_read_as_none() {
    for book in books().await {
        accept(&book, 1, &[event(1, 1, 2, 1)], 1).await;
        let sound = book.ledger.sources().await.unwrap();
        assert!(sound[0].last_digest.is_some());
        for (alter, says) in [
            (format!("last_digest = {}", octets(&book, &[1, 2])), "last_digest: 2 octets"),
            ("next_expected = -1".into(), "next_expected: -1 is out of range"),
            (format!("last_heard = {}", i64::MAX), "is not a time"),
        ] {
            let before = run(&book.address, "SELECT CAST(next_expected AS TEXT) FROM source");
            let before = before.await.unwrap();
            run(&book.address, &format!("UPDATE source SET {alter}")).await.unwrap();
            let told = book.ledger.sources().await.expect_err(says).to_string();
            assert!(told.contains(says), "{told}");
            let mend = format!(
                "UPDATE source SET last_digest = NULL, last_heard = NULL, next_expected = {before}"
            );
            run(&book.address, &mend).await.unwrap();
        }
        assert_eq!(book.ledger.sources().await.unwrap()[0].next_expected, sound[0].next_expected);
    }
}
