//! The moduli of all certificates, and what their comparison found.

use akashi_ledger::{Position, Recording, Slot};
use akashi_wire::date::day_in_japan;
use akashi_wire::{Order, RevocationReason};
use jiff::ToSpan;

use crate::books::books;

#[tokio::test]
async fn every_intention_leaves_its_modulus_and_a_follower_misses_none() {
    for book in books().await {
        for number in 1..=5 {
            book.issue(number, number).await;
        }
        let all = book.ledger.moduli(Position(0), 100).await.unwrap();
        let serials: Vec<_> = (1..=5).map(|n| book.intention(n, n, Slot::Current).serial).collect();
        assert_eq!(all.iter().map(|one| one.serial).collect::<Vec<_>>(), serials);
        assert_eq!(all[2].modulus, vec![3; 256]);
        let mut paged = Vec::new();
        let mut after = Position(0);
        while let Some(last) = {
            let page = book.ledger.moduli(after, 2).await.unwrap();
            paged.extend(page.clone());
            page.last().map(|one| one.position)
        } {
            after = last;
        }
        assert_eq!(paged, all);
        assert_eq!(book.ledger.before_newest_moduli(2).await.unwrap(), all[2].position);
        assert_eq!(book.ledger.before_newest_moduli(9).await.unwrap(), Position(0));
    }
}

#[tokio::test]
async fn a_comparison_is_begun_once_a_day_when_there_is_something_new() {
    for book in books().await {
        let permit = book.order(Order::CompareModuli).await;
        assert!(
            !book.ledger.is_comparison_due(book.now + 1.hour(), book.now + 1.hour()).await.unwrap(),
            "nothing yet"
        );
        book.issue(1, 1).await;
        assert!(
            !book.ledger.is_comparison_due(book.now, book.now).await.unwrap(),
            "written after that time"
        );
        assert!(
            book.ledger.is_comparison_due(book.now + 1.hour(), book.now + 1.hour()).await.unwrap()
        );

        let day = day_in_japan(book.now);
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let up_to = change.begin_comparison(day).await.unwrap().unwrap();
        change.commit().await.unwrap();
        assert_eq!(book.ledger.moduli(Position(0), 1).await.unwrap()[0].position, up_to);
        let mut again = book.ledger.begin(&permit, book.now).await.unwrap();
        assert_eq!(again.begin_comparison(day).await.unwrap(), None);
        drop(again);

        let later = book.now + 6.hours();
        let broken = book.ledger.broken_comparisons(later).await.unwrap();
        assert_eq!(broken, [day.to_string()], "it has not ended");
        assert!(book.ledger.broken_comparisons(book.now).await.unwrap().is_empty());
        let mut change = book.ledger.begin(&permit, later).await.unwrap();
        change.end_comparison(day, "1 moduli").await.unwrap();
        change.commit().await.unwrap();
        assert!(book.ledger.broken_comparisons(later).await.unwrap().is_empty());
        assert!(!book.ledger.is_comparison_due(later, later).await.unwrap(), "nothing since");
    }
}

#[tokio::test]
async fn what_was_found_stands_until_the_certificate_is_revoked_or_over() {
    for book in books().await {
        let (one, other) = (book.issue(1, 1).await.serial, book.issue(2, 2).await.serial);
        let permit = book.order(Order::CompareModuli).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let found =
            [(one, format!("a prime with {other}")), (other, format!("a prime with {one}"))];
        for (serial, what) in &found {
            change.share_prime(*serial, what).await.unwrap();
        }
        change.share_prime(one, "a prime with three").await.unwrap();
        change.commit().await.unwrap();
        let standing = book.ledger.shared_primes(book.now).await.unwrap();
        assert_eq!(standing, [(one, "a prime with three".to_owned()), found[1].clone()]);

        let mut change = book.begin(&book.revoking().await).await;
        let reason = RevocationReason::KeyCompromise;
        let recording = Recording { reason, received_at: book.now };
        change.revoke(one, &recording).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(book.ledger.shared_primes(book.now).await.unwrap(), [found[1].clone()]);
        let over = book.now + (4 * 365 * 24).hours();
        assert_eq!(book.ledger.shared_primes(over).await.unwrap(), []);
    }
}
