//! An alarm is begun once, is over once, and is taken upon oneself by one person; the chain tells of each.

use akashi_keys::OfficerToken;
use akashi_ledger::{LedgerError, Position, StandingAlarm};
use akashi_wire::act::Deed;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Alarm, Order};

use crate::books::{Book, books, town};
use crate::statements::run;
use crate::two_persons::{enrolled_by_two, kind, party, with_two};

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
        // The same is told once, however often it is found: nobody fills the chain with it.
        let twice = Alarm::TwoCertificates { municipality: town(), sequence: 7 };
        assert!(raised(&book, &twice).await);
        assert!(!raised(&book, &twice).await);
        let gap = |came| Alarm::BatchGap { municipality: town(), due: 1, came };
        assert!(raised(&book, &gap(3)).await);
        assert!(!raised(&book, &gap(5)).await, "it is the same gap");
        assert_eq!(standing(&book).await.len(), 4);
        book.ledger.verify_audit().await.unwrap();
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
    }
}

#[tokio::test]
async fn one_person_signs_for_an_alarm_and_what_nothing_else_ends_is_over_by_it() {
    for book in books().await {
        raised(&book, &silent()).await;
        let twice = Alarm::TwoCertificates { municipality: town(), sequence: 7 };
        raised(&book, &twice).await;
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

#[tokio::test]
async fn a_municipality_signs_for_its_own_and_the_office_says_that_it_is_over() {
    for (book, other) in with_two().await {
        let supervisor = Role::Supervisor { municipality: town() };
        let supervisor = enrolled_by_two(&book, &other, 13, supervisor).await;
        let operator = enrolled_by_two(&book, &other, 14, Role::Operator).await;
        let own = |number| Alarm::PartyRekeyed {
            party: party(number),
            capacity: Role::Supervisor { municipality: town() },
            at: book.now,
        };
        let happened = Alarm::TwoCertificates { municipality: town(), sequence: 7 };
        let recovery = Alarm::RecoveryLapsed { recovery: Sha256([1; 32]), at: book.now };
        for alarm in [&happened, &own(13), &own(15), &recovery] {
            raised(&book, alarm).await;
        }
        let all = standing(&book).await;
        let of = |alarm: &Alarm| all.iter().find(|one| one.alarm == *alarm).unwrap().position;
        let signs = async |token: &OfficerToken, position: Position| {
            let deed = Deed::SignForAlarm { alarm: position.0, why: "…".into() };
            let mut change = book.begin(&book.act(token, deed).await).await;
            change.sign_for(position).await?;
            change.append("sign_for_alarm", &position.to_string(), None).await?;
            change.commit().await.map(|_| ())
        };
        // Whoever stole the key that was exchanged does not say that all is well.
        let refused = kind(signs(&supervisor, of(&own(13))).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused}");
        signs(&supervisor, of(&own(15))).await.unwrap();
        signs(&supervisor, of(&happened)).await.unwrap();
        let left = standing(&book).await;
        assert!(left.iter().any(|one| one.alarm == happened && one.signed_for.is_some()));
        let refused = kind(signs(&operator, of(&recovery)).await);
        assert!(matches!(refused, LedgerError::NotPermitted { .. }), "{refused}");
        signs(&operator, of(&happened)).await.unwrap();
        signs(&book.security, of(&recovery)).await.unwrap();
        assert!(standing(&book).await.iter().all(|one| one.alarm != happened));
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_alarm_that_cannot_be_read_hides_no_other_and_keeps_nothing_from_being_told() {
    for book in books().await {
        raised(&book, &silent()).await;
        let [one] = &standing(&book).await[..] else { panic!("one stands") };
        let sql = format!(
            "UPDATE standing_alarm SET alarm = '{}' WHERE position = {}",
            "{\"alarm\":\"of_another_version\"}", one.position.0
        );
        run(&book.address, &sql).await.unwrap();
        let gap = Alarm::BatchGap { municipality: town(), due: 1, came: 3 };
        assert!(raised(&book, &gap).await, "an event is settled all the same");
        let text = "{\"alarm\":\"of_another_version\"}".to_owned();
        let all: Vec<Alarm> = standing(&book).await.into_iter().map(|one| one.alarm).collect();
        assert_eq!(all, [Alarm::Unreadable { text }, gap]);
        signed_for(&book, one.position).await.unwrap();
        assert_eq!(standing(&book).await.len(), 1, "somebody has seen to it");
    }
}
