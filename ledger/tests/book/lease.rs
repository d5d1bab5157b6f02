//! Several authorities over one book on PostgreSQL: one has the lease, and whoever has lost it changes nothing of what
//! only one may.

use akashi_ledger::{Holder, Issuing, Ledger, LedgerError};
use akashi_wire::octets::Sha256;
use akashi_wire::{Order, Scope};

use crate::books::books;

const ONE: Holder = Holder([1; 16]);
const OTHER: Holder = Holder([2; 16]);

#[tokio::test]
async fn whoever_lost_the_lease_in_the_midst_of_a_change_changes_nothing_more() {
    let book = books().await.pop().unwrap();
    let (one, other) = (&book.ledger, Ledger::<Issuing>::open(&book.address).await.unwrap());
    let permit = async |ledger: &Ledger<Issuing>, order| {
        let sign = |octets: &[u8]| book.scheduler.sign(octets);
        ledger.order(order, book.scheduler.certificate(), book.now, sign).await.unwrap()
    };
    let lease = one.lease().await.unwrap().unwrap();
    assert_eq!(lease.fence, 0);
    assert!(one.take_lease(&lease, ONE).await.unwrap());
    let settling = permit(one, Order::Settle).await;
    one.begin(&settling, book.now).await.unwrap().rollback().await.unwrap();
    // It is renewed while it is looked at: whoever saw it before takes nothing.
    let seen = other.lease().await.unwrap().unwrap();
    assert_eq!((seen.fence, seen.holder), (1, ONE));
    assert!(one.renew_lease().await.unwrap());
    assert!(!other.take_lease(&seen, OTHER).await.unwrap());
    let seen = other.lease().await.unwrap().unwrap();
    assert_eq!(seen.beat, 1);

    // A change that is under way ends before the lease goes to another.
    let change = one.begin(&settling, book.now).await.unwrap();
    let taking = {
        let (other, seen) = (other.clone(), seen.clone());
        tokio::spawn(async move { other.take_lease(&seen, OTHER).await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!taking.is_finished());
    change.rollback().await.unwrap();
    assert!(taking.await.unwrap().unwrap());
    // From then on the one before does nothing of it, though nobody told it.
    for order in [Order::Settle, Order::RaiseAlarms, Order::CloseCases, Order::EnterInquiries] {
        let permit = permit(one, order).await;
        let refused = one.begin(&permit, book.now).await;
        assert!(matches!(refused.map(|_| ()), Err(LedgerError::LeaseElsewhere)));
    }
    // Nor does it give the list issuer a number.
    let scope = Scope::Complete;
    let record = Order::RecordList { generation: 1, scope, life: 3600, up_to: 0 };
    let publish = Order::PublishList { generation: 1, scope, number: 1, digest: Sha256::of(b"") };
    for order in [record, publish] {
        let sign = |octets: &[u8]| book.list_issuer.sign(octets);
        let certificate = book.list_issuer.certificate();
        let permit = one.order(order, certificate, book.now, sign).await.unwrap();
        let refused = one.begin(&permit, book.now).await;
        assert!(matches!(refused.map(|_| ()), Err(LedgerError::LeaseElsewhere)));
    }
    assert!(!one.renew_lease().await.unwrap());
    // What is everybody's it still does.
    let refusal = permit(one, Order::RecordRefusal).await;
    one.begin(&refusal, book.now).await.unwrap().rollback().await.unwrap();
    let settling = permit(&other, Order::Settle).await;
    other.begin(&settling, book.now).await.unwrap().rollback().await.unwrap();
    other.close().await;
}

#[tokio::test]
async fn whoever_is_paused_in_the_midst_of_a_change_keeps_the_lease_from_nobody_for_ever() {
    let book = books().await.pop().unwrap();
    let (one, other) = (&book.ledger, Ledger::<Issuing>::open(&book.address).await.unwrap());
    let lease = one.lease().await.unwrap().unwrap();
    assert!(one.take_lease(&lease, ONE).await.unwrap());
    let sign = |octets: &[u8]| book.scheduler.sign(octets);
    let order = Order::RaiseAlarms;
    let permit = one.order(order, book.scheduler.certificate(), book.now, sign).await.unwrap();
    // It holds the head of the chain, and says nothing more.
    let mut change = one.begin(&permit, book.now).await.unwrap();
    let seen = other.lease().await.unwrap().unwrap();
    let begun = std::time::Instant::now();
    assert!(other.take_lease(&seen, OTHER).await.unwrap());
    assert!(begun.elapsed() < std::time::Duration::from_secs(25), "{:?}", begun.elapsed());
    // Nothing of what it was in the midst of comes to be.
    let before = other.head().await.unwrap();
    let appended = change.append("alarm", "too late", None::<akashi_ledger::Content>).await;
    let done = match appended {
        Ok(_) => change.commit().await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(done.is_err());
    assert_eq!(other.head().await.unwrap(), before);
    other.close().await;
}

#[tokio::test]
async fn a_book_that_is_a_file_has_no_lease() {
    let book = books().await.remove(0);
    assert_eq!(book.ledger.lease().await.unwrap(), None);
}
