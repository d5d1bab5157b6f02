//! An alarm is begun once, is over once, and is taken upon oneself by one person; the chain tells of each.

use akashi_ledger::{LedgerError, Position, StandingAlarm};
use akashi_wire::act::Deed;
use akashi_wire::{Alarm, Order};

use crate::books::{Book, books, town};
use crate::two_persons::kind;

async fn raised(book: &Book, alarm: &Alarm) -> bool {
    let mut change = book.begin(&book.order(Order::RaiseAlarms).await).await;
    let is_new = change.raise(alarm).await.unwrap();
    match is_new {
        true => change.commit().await.map(|_| ()).unwrap(),
        false => change.rollback().await.unwrap(),
    }
    is_new
}

async fn standing(book: &Book) -> Vec<StandingAlarm> {
    book.ledger.standing_alarms().await.unwrap()
}

async fn signed_for(book: &Book, position: Position) -> Result<(), LedgerError> {
    let deed = Deed::SignForAlarm { alarm: position.0, why: "on my way".into() };
    let mut change = book.begin(&book.act(&book.security, deed).await).await;
    change.sign_for(position).await?;
    change.append("sign_for_alarm", &position.to_string(), None).await?;
    change.commit().await.map(|_| ())
}

fn silent() -> Alarm {
    Alarm::SourceSilent { municipality: town() }
}

fn late(seconds: u32) -> Alarm {
    Alarm::ListUnpublished { scope: akashi_wire::Scope::Partition(town()), number: 4, seconds }
}

#[tokio::test]
async fn what_stands_is_begun_once_until_it_is_over_and_what_happened_is_told_each_time() {
    for book in books().await {
        assert!(raised(&book, &silent()).await);
        assert!(!raised(&book, &silent()).await, "it stands");
        let [one] = &standing(&book).await[..] else { panic!("one stands") };
        assert_eq!((&one.alarm, &one.signed_for), (&silent(), &None));
        let mut change = book.begin(&book.order(Order::RaiseAlarms).await).await;
        change.end_alarm(one.position).await.unwrap();
        change.commit().await.unwrap();
        assert!(standing(&book).await.is_empty());
        assert!(raised(&book, &silent()).await, "it has begun anew");
        // In other words it is another alarm, and the one before is over.
        assert!(raised(&book, &late(60)).await && raised(&book, &late(120)).await);
        let all: Vec<Alarm> = standing(&book).await.into_iter().map(|one| one.alarm).collect();
        assert_eq!(all, [silent(), late(120)]);
        // Twice happened is twice told.
        let gap = Alarm::BatchGap { municipality: town(), due: 1, came: 3 };
        assert!(raised(&book, &gap).await && raised(&book, &gap).await);
        assert_eq!(standing(&book).await.len(), 4);
        book.ledger.verify_audit().await.unwrap();
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
    }
}

#[tokio::test]
async fn one_person_signs_for_an_alarm_and_what_nothing_else_ends_is_over_by_it() {
    for book in books().await {
        raised(&book, &silent()).await;
        let gap = Alarm::BatchGap { municipality: town(), due: 1, came: 3 };
        raised(&book, &gap).await;
        let [stands, happened] = &standing(&book).await[..] else { panic!("two stand") };
        signed_for(&book, stands.position).await.unwrap();
        let [one, _] = &standing(&book).await[..] else { panic!("two stand") };
        assert!(one.signed_for.is_some_and(|signed| signed.at == book.now));
        let again = kind(signed_for(&book, stands.position).await);
        assert!(matches!(again, LedgerError::NotAsItStands), "{again}");
        signed_for(&book, happened.position).await.unwrap();
        assert_eq!(standing(&book).await.len(), 1, "what has happened is over");
        let again = kind(signed_for(&book, happened.position).await);
        assert!(matches!(again, LedgerError::NotAsItStands), "{again}");
        let none = kind(signed_for(&book, Position(1)).await);
        assert!(matches!(none, LedgerError::NotAsItStands), "{none}");
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_alarm_is_signed_for_by_the_act_that_names_it_and_ended_by_an_order_that_looks_after_alarms()
 {
    for book in books().await {
        raised(&book, &silent()).await;
        raised(&book, &late(60)).await;
        let [one, other] = &standing(&book).await[..] else { panic!("two stand") };
        let deed = Deed::SignForAlarm { alarm: one.position.0, why: "…".into() };
        let mut change = book.begin(&book.act(&book.security, deed).await).await;
        let refused = kind(change.sign_for(other.position).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused}");
        let refused = kind(change.end_alarm(one.position).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused}");
        drop(change);
        let mut change = book.begin(&book.order(Order::Settle).await).await;
        let refused = kind(change.end_alarm(one.position).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused}");
        drop(change);
        assert_eq!(standing(&book).await.len(), 2);
    }
}
