//! CRL numbers, and what a list is made of.

use akashi_ledger::{
    Intention, LedgerError, ListedChange, NewCertificate, NewFile, PersonId, Position, Recording,
    Scope, Slot, StatusChange,
};
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Order, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::books::{books, town};

#[tokio::test]
async fn a_number_is_never_used_twice_and_never_goes_back() {
    for book in books().await {
        let scope = Scope::Partition(town());
        let record = Order::RecordList { generation: 1, scope, life: 72 * 3600, up_to: 1 };
        let recording = book.order(record).await;
        let mut last = 0;
        for second in 0..3 {
            let (at, end) = (book.now + second.seconds(), book.now + 72.hours());
            let mut change = book.begin(&recording).await;
            let record = change.record_crl(1, scope, at, end, Position(1)).await.unwrap();
            let again = change.record_crl(1, scope, at, end, Position(1)).await;
            assert!(matches!(again, Err(LedgerError::ListTooSoon { .. })), "one of a second");
            assert!(record.number > last && record.number >= book.now.as_millisecond());
            last = record.number;
            change.commit().await.unwrap();
        }
        assert!(
            book.ledger.published_crl(1, scope).await.unwrap().is_none(),
            "recorded is not published"
        );
        let digest = Sha256([7; 32]);
        let publishing =
            book.order(Order::PublishList { generation: 1, scope, number: last, digest }).await;
        let mut change = book.begin(&publishing).await;
        change.publish_crl(1, scope, last, digest).await.unwrap();
        assert!(change.publish_crl(1, scope, last, Sha256([8; 32])).await.is_err(), "one content");
        drop(change);
        for _ in 0..2 {
            // Said twice, because an answer was lost, it is published once.
            let mut change = book.begin(&publishing).await;
            change.publish_crl(1, scope, last, digest).await.unwrap();
            change.commit().await.unwrap();
        }
        let mut change = book.begin(&publishing).await;
        let unknown = change.publish_crl(2, scope, last, digest).await;
        assert!(unknown.is_err(), "another generation has numbers of its own");
        drop(change);
        let published = book.ledger.published_crl(1, scope).await.unwrap().unwrap();
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
        assert_eq!(book.ledger.newest_change(1, None, Position::default()).await.unwrap(), None);
        let mut change = book.begin(&book.revoking().await).await;
        let reason = RevocationReason::AffiliationChanged;
        let recording = Recording { reason, received_at: book.now };
        change.revoke(serials[0], &recording).await.unwrap();
        change.commit().await.unwrap();
        let quiet = book.ledger.newest_change(1, Some(town()), start).await.unwrap().unwrap();
        assert!(!quiet.1, "a move is listed at the regular time");
        let mut change = book.begin(&book.holding().await).await;
        change.hold(serials[1], book.now).await.unwrap();
        let head = change.commit().await.unwrap();
        assert!(book.ledger.newest_change(1, Some(town()), start).await.unwrap().unwrap().1);

        let mut listed = Vec::new();
        book.ledger
            .each_change(1, Some(town()), book.now, head, |row| listed.push(row.serial))
            .await
            .unwrap();
        let mut expected = vec![serials[0], serials[1]];
        expected.sort();
        assert_eq!(listed, expected);
        let mut everywhere = 0;
        book.ledger.each_change(1, None, book.now, start, |_| everywhere += 1).await.unwrap();
        assert_eq!(everywhere, 0, "nothing after the position is read");
    }
}

#[tokio::test]
async fn a_list_that_is_read_in_many_pages_has_every_change_once_and_in_order() {
    const ENDED: u32 = 9000;
    for book in books().await {
        let permit = book.issuing().await;
        let holding = book.holding().await;
        let towns: [MunicipalityCode; 2] = [town(), "131016".parse().unwrap()];
        let mut expected = Vec::new();
        let mut head = Position(0);
        for numbers in (0..ENDED).collect::<Vec<_>>().chunks(500) {
            let new = |number: &u32| {
                let id = Sha256::of(&number.to_be_bytes());
                let octets: [u8; 16] = id.0[..16].try_into().unwrap();
                let intention = Intention {
                    serial: SerialNumber::from_random(octets),
                    municipality: towns[*number as usize % 2],
                    person: PersonId::from_random(octets),
                    public_key: id,
                    modulus: Vec::new(),
                    ..book.intention(0, 0, Slot::Current)
                };
                let (permit, sealed_items) = (permit.clone(), vec![0]);
                NewCertificate { permit, intention, sealed_items, history: 1, card: None }
            };
            let news: Vec<_> = numbers.iter().map(new).collect();
            let mut change = book.begin(&permit).await;
            change.intend_all(&news).await.unwrap();
            let of = |new: &NewCertificate| (new.intention.municipality, new.intention.serial);
            let ends: Vec<_> = news.iter().map(of).collect();
            let file = |(_, serial): &(_, SerialNumber)| NewFile {
                permit: permit.clone(),
                serial: *serial,
                sealed_der: vec![0],
            };
            change.file_all(&ends.iter().map(file).collect::<Vec<_>>()).await.unwrap();
            change.commit().await.unwrap();
            let mut change = book.begin(&holding).await;
            for (at, (town, serial)) in ends.iter().enumerate() {
                if at % 100 == 0 {
                    change.hold(*serial, book.now).await.unwrap();
                    expected.push((*town, *serial, StatusChange::Held));
                }
                expected.push((*town, *serial, StatusChange::Revoked));
            }
            let serials: Vec<_> = ends.iter().map(|(_, serial)| *serial).collect();
            let reason = RevocationReason::CaCompromise;
            let recording = Recording { reason, received_at: book.now };
            change.revoke_all(&serials, &recording).await.unwrap();
            head = change.commit().await.unwrap();
        }
        // A hold stands before what made it final.
        expected.sort_by_key(|(town, serial, _)| (*town, *serial));
        for scope in [None, Some(towns[0]), Some(towns[1])] {
            let mut found = Vec::new();
            let take = |row: ListedChange| found.push((row.serial, row.change, row.recorded_at));
            book.ledger.each_change(1, scope, book.now, head, take).await.unwrap();
            let of_scope = expected.iter().filter(|(town, ..)| scope.is_none_or(|s| s == *town));
            let expected: Vec<_> =
                of_scope.map(|(_, serial, change)| (*serial, *change, book.now)).collect();
            assert!(found == expected, "{scope:?}: {} of {}", found.len(), expected.len());
        }
    }
}

#[tokio::test]
async fn after_the_end_of_the_authority_its_key_has_nothing_to_sign() {
    for book in books().await {
        let end = akashi_wire::pki::not_after(&book.ledger.authority().await.unwrap().certificate);
        let scope = Scope::Complete;
        let list = Order::RecordList { generation: 1, scope, life: 3600, up_to: 1 };
        for (at, is_over) in [(end, false), (end + 1.millisecond(), true)] {
            let recorded = async |order: Order| {
                // Whoever orders lives longer than the authority here.
                let permit = book.order(order).await;
                let mut change = book.ledger.begin(&permit, at).await.unwrap();
                let done = match order_is_list(&change) {
                    true => change.record_crl(1, scope, at, at, Position(1)).await.map(|_| ()),
                    false => change.intend_responder(SerialNumber::from_random([7; 16])).await,
                };
                change.rollback().await.unwrap();
                done
            };
            for order in [list.clone(), Order::CertifyResponders] {
                let done = recorded(order).await;
                let over = matches!(done, Err(LedgerError::AuthorityOver { .. }));
                assert_eq!(over, is_over, "{done:?}");
                assert_eq!(done.is_ok(), !is_over, "{done:?}");
            }
        }
    }
}

/// Whether this change is for a list.
fn order_is_list(change: &akashi_ledger::Change) -> bool {
    change.permit().cause().to_string().contains("record_list")
}
