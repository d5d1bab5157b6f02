//! The 異動 inbox.

use akashi_ledger::{InboxState, NewEvent};
use akashi_wire::octets::Sha256;
use akashi_wire::{Alarm, Order};

use crate::books::{Book, books, town};

pub fn event(sequence: u64, person: u8, history: u32, content: u8) -> NewEvent {
    NewEvent {
        sequence,
        code_hash: [person; 32],
        history,
        digest: Sha256([content; 32]),
        sealed_event: vec![content],
    }
}

pub async fn accept(
    book: &Book,
    first: u64,
    events: &[NewEvent],
    text: u8,
) -> akashi_wire::batch::BatchAnswer {
    let (permit, message) = book.batch(&[text]).await;
    let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
    let answer = change.accept(town(), &message, (first, None), b"text", events).await.unwrap();
    change.commit().await.unwrap();
    answer
}

#[tokio::test]
async fn a_batch_is_taken_once_and_its_repetition_gets_the_same_answer() {
    for book in books().await {
        let events = [event(1, 1, 2, 1), event(2, 2, 2, 2)];
        let first = accept(&book, 1, &events, 1).await;
        assert_eq!((first.accepted, first.next_expected, first.gap), (2, 3, false));
        assert_eq!(accept(&book, 1, &events, 1).await, first);
        assert_eq!(book.ledger.waiting_events(10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_gap_is_told_and_closed_by_what_was_missing() {
    for book in books().await {
        let late = accept(&book, 3, &[event(3, 3, 2, 3)], 3).await;
        assert_eq!((late.next_expected, late.gap), (1, true));
        let missing = accept(&book, 1, &[event(1, 1, 2, 1), event(2, 2, 2, 2)], 1).await;
        assert_eq!((missing.next_expected, missing.gap), (4, false));
        let entries = book.ledger.audit_entries(20).await.unwrap();
        let gap = Alarm::BatchGap { municipality: town(), due: 1, came: 3 };
        assert!(entries.iter().any(|e| e.verb == "alarm" && e.subject == gap.to_text()));
        let standing = book.ledger.standing_alarms().await.unwrap();
        assert_eq!(
            standing.first().map(|one| &one.alarm),
            Some(&gap),
            "until somebody signs for it"
        );
        let source = book.ledger.source(town()).await.unwrap().unwrap();
        assert_eq!((source.next_expected, source.last_heard), (4, Some(book.now)));
    }
}

#[tokio::test]
async fn a_change_sent_again_in_another_form_counts_until_it_was_acted_on() {
    for book in books().await {
        accept(&book, 1, &[event(1, 1, 2, 1)], 1).await;
        accept(&book, 1, &[event(1, 1, 2, 11)], 2).await;
        let waiting = book.ledger.waiting_events(10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].sealed_event, [11], "the last version wins");

        // Under another sequence it is the same change: source, person and history number.
        accept(&book, 2, &[event(2, 1, 2, 12)], 3).await;
        let waiting = book.ledger.waiting_events(10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].sequence, 2);

        let permit = book.order(Order::Settle).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        change.settle(&waiting[0], InboxState::Settled, None, "no certificate").await.unwrap();
        change.commit().await.unwrap();
        accept(&book, 2, &[event(2, 1, 2, 13)], 4).await;
        assert!(book.ledger.waiting_events(10).await.unwrap().is_empty(), "acted on: it stands");
        let entries = book.ledger.audit_entries(10).await.unwrap();
        assert!(entries.iter().any(|entry| entry.verb == "resent_too_late"));
    }
}

#[tokio::test]
async fn what_is_scheduled_is_due_on_its_day_and_not_before() {
    for book in books().await {
        accept(&book, 1, &[event(1, 1, 2, 1)], 1).await;
        let waiting = book.ledger.waiting_events(10).await.unwrap();
        let due = book.now + jiff::SignedDuration::from_hours(24);
        let permit = book.order(Order::Settle).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        change.settle(&waiting[0], InboxState::Scheduled, Some(due), "scheduled").await.unwrap();
        change.commit().await.unwrap();
        let before = due - jiff::SignedDuration::from_millis(1);
        assert!(book.ledger.due_events(before, 10).await.unwrap().is_empty());
        assert_eq!(book.ledger.due_events(due, 10).await.unwrap().len(), 1);
        let standing = book.ledger.event_standing(town(), 1).await.unwrap().unwrap();
        assert_eq!(
            (standing.state.as_str(), standing.result.as_deref()),
            ("scheduled", Some("scheduled"))
        );
    }
}
