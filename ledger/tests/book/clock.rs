//! A clock in doubt.

use akashi_ledger::{Issuing, Ledger};
use akashi_wire::Order;
use akashi_wire::act::Deed;

use crate::books::{Book, books};

impl Book {
    async fn hold_clock(&self) {
        let permit = self.order(Order::HoldClock).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        change.hold_clock().await.unwrap();
        change.commit().await.unwrap();
    }

    /// The act of a person who says that the clock is right.
    async fn accept_clock(&self, person: u8) {
        let token = if person == 1 { &self.security } else { &self.officer };
        let permit = self.act(token, Deed::AcceptClock).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        change.accept_clock().await.unwrap();
        change.append("accept_clock", "clock", None).await.unwrap();
        change.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_in_doubt_is_held_through_a_restart_until_two_persons_accept_it() {
    for book in books().await {
        book.accept_clock(1).await;
        book.hold_clock().await;
        assert!(book.ledger.is_clock_held().await.unwrap());
        book.accept_clock(2).await;
        book.accept_clock(2).await;
        assert!(book.ledger.is_clock_held().await.unwrap(), "the same person twice is one person");
        let again = Ledger::<Issuing>::open(&book.address).await.unwrap();
        assert!(again.is_clock_held().await.unwrap(), "a restart forgets nothing");
        book.accept_clock(1).await;
        assert!(!again.is_clock_held().await.unwrap(), "what was said in advance did not count");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_again_is_accepted_anew() {
    for book in books().await {
        book.hold_clock().await;
        book.accept_clock(1).await;
        book.hold_clock().await;
        book.accept_clock(2).await;
        assert!(book.ledger.is_clock_held().await.unwrap(), "the first accepted another time");
        book.accept_clock(1).await;
        assert!(!book.ledger.is_clock_held().await.unwrap());
    }
}
