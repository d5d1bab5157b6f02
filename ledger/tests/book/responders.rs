//! A responder whose certificate ends, and no other in time, is seen.

use akashi_ledger::ResponderCertificate;
use akashi_wire::octets::Octets;
use akashi_wire::{Order, SerialNumber};
use jiff::SignedDuration;

use crate::books::{Book, books};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A key of a responder that takes the place of others, certified for so many days.
async fn certified(book: &Book, octet: u8, in_place_of: &[Vec<u8>], days: i32) -> Vec<u8> {
    let public_key = vec![octet; 91];
    let before: Vec<Octets> = in_place_of.iter().cloned().map(Octets).collect();
    let key = Octets(public_key.clone());
    let wish =
        Order::AskForCertificate { generation: 1, public_key: key, in_place_of: before.clone() };
    let mut change = book.begin(&book.order(wish).await).await;
    change.ask_for_certificate(1, &public_key, &before).await.unwrap();
    change.commit().await.unwrap();
    if days > 0 {
        let mut change = book.begin(&book.order(Order::CertifyResponders).await).await;
        let new = ResponderCertificate {
            serial: SerialNumber::from_random([octet; 16]),
            public_key: public_key.clone(),
            certificate: vec![octet],
            not_before: book.now,
            not_after: book.now + DAY * days,
        };
        change.file_responder(1, &new).await.unwrap();
        change.commit().await.unwrap();
    }
    public_key
}

#[tokio::test]
async fn a_responder_without_a_certificate_for_the_days_to_come_is_found() {
    for book in books().await {
        let ending = async |days: i32, asked_by: SignedDuration| {
            let (by, asked_by) = (book.now + DAY * days, book.now + asked_by);
            book.ledger.responders_that_end(1, by, asked_by).await.unwrap()
        };
        let hour = SignedDuration::from_hours(1);
        let first = certified(&book, 4, &[], 30).await;
        assert_eq!(ending(30, hour).await, Vec::<Vec<u8>>::new());
        assert_eq!(ending(31, hour).await, std::slice::from_ref(&first));
        // One that asked a moment ago is certified with the next tick.
        let bare = certified(&book, 5, &[], 0).await;
        assert_eq!(ending(1, SignedDuration::ZERO).await, Vec::<Vec<u8>>::new());
        assert_eq!(ending(1, hour).await, [bare]);
        // In whose place another stands needs none any more.
        certified(&book, 6, &[first], 60).await;
        assert_eq!(ending(31, SignedDuration::ZERO).await, Vec::<Vec<u8>>::new());
    }
}
