//! Changes that share one commit.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use akashi_ledger::{
    Fault, FaultInjection, FaultPoint, LedgerError, NewCertificate, NewFile, Position, Slot,
};
use akashi_wire::Order;
use futures::future::join_all;

use crate::books::{Book, books};
use crate::statements::run;

/// Counts commits, and lets them fail on demand.
#[derive(Debug, Default)]
struct Commits {
    seen: AtomicUsize,
    fail: bool,
}

impl FaultInjection for Commits {
    fn fault(&self, moment: FaultPoint) -> Fault {
        if moment != FaultPoint::Commit {
            return Fault::Go;
        }
        self.seen.fetch_add(1, Ordering::Relaxed);
        if self.fail { Fault::Fail } else { Fault::Go }
    }
}

impl Book {
    fn with_commits(mut self, commits: &Arc<Commits>) -> Self {
        self.ledger = self.ledger.with_faults(commits.clone());
        self
    }

    async fn append(&self, subject: String) -> Result<Position, LedgerError> {
        let permit = self.order(Order::RaiseAlarms).await;
        let mut change = self.ledger.begin(&permit, self.now).await?;
        change.append("test", &subject, None).await?;
        change.commit().await
    }
}

#[tokio::test]
async fn changes_that_queue_become_durable_together_and_keep_their_order() {
    for book in books().await {
        let commits = Arc::new(Commits::default());
        let book = book.with_commits(&commits);
        let before = book.ledger.head().await.unwrap();
        let noted = join_all((0..20).map(|number| book.append(number.to_string()))).await;
        let mut positions: Vec<_> = noted.into_iter().map(Result::unwrap).collect();
        positions.sort();
        let expected: Vec<_> = (1..=20).map(|more| Position(before.0 + more)).collect();
        assert_eq!(positions, expected);
        assert!(commits.seen.load(Ordering::Relaxed) < 10, "{commits:?}");
        assert_eq!(book.ledger.verify_audit().await.unwrap().entries, before.0 + 20);
    }
}

#[tokio::test]
async fn a_lone_change_is_durable_at_once() {
    for book in books().await {
        let commits = Arc::new(Commits::default());
        let book = book.with_commits(&commits);
        for number in 1..=3 {
            book.append(number.to_string()).await.unwrap();
            assert_eq!(commits.seen.load(Ordering::Relaxed), number);
        }
    }
}

#[tokio::test]
async fn a_change_that_is_given_up_or_refused_leaves_no_trace_and_harms_nobody_in_its_group() {
    for book in books().await {
        let before = book.issue(1, 1).await.position;
        let permit = book.order(Order::RaiseAlarms).await;
        let given_up = async {
            let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
            change.append("given up", "", None).await.unwrap();
        };
        let refused = async {
            let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
            // The data base itself refuses: the same serial number again.
            let mut again = book.intention(1, 2, Slot::Current);
            again.public_key = akashi_wire::octets::Sha256([77; 32]);
            assert!(change.intend(&again, b"sealed", 1).await.is_err());
        };
        let (one, _, two, _, three) = tokio::join!(
            book.append("one".into()),
            given_up,
            book.append("two".into()),
            refused,
            book.append("three".into()),
        );
        let mut positions = [one.unwrap(), two.unwrap(), three.unwrap()];
        positions.sort();
        assert_eq!(positions, [1, 2, 3].map(|more| Position(before.0 + more)));
        assert_eq!(book.ledger.verify_audit().await.unwrap().entries, before.0 + 3);
    }
}

#[tokio::test]
async fn who_leaves_with_what_others_wrote_waits_until_it_is_there_to_stay() {
    for book in books().await {
        let fails = book.with_commits(&Arc::new(Commits { fail: true, ..Commits::default() }));
        let permit = fails.order(Order::RaiseAlarms).await;
        let reads = async {
            let change = fails.ledger.begin(&permit, fails.now).await.unwrap();
            change.rollback().await
        };
        let alone = fails.ledger.begin(&permit, fails.now).await.unwrap();
        alone.rollback().await.expect("nothing was read that is not durable");
        let mut change = fails.ledger.begin(&permit, fails.now).await.unwrap();
        change.append("test", "a moment ago", None).await.unwrap();
        // The reader queues before the writer gives its place up.
        let (read, noted) = tokio::join!(reads, change.commit());
        assert!(noted.is_err());
        assert!(read.is_err(), "what was read was never there");
    }
}

#[tokio::test]
async fn when_the_commit_fails_every_member_is_told_and_nothing_is_recorded() {
    for book in books().await {
        let before = book.ledger.head().await.unwrap();
        let book = book.with_commits(&Arc::new(Commits { fail: true, ..Commits::default() }));
        let noted = join_all((0..5).map(|number| book.append(number.to_string()))).await;
        assert!(noted.iter().all(Result::is_err), "{noted:?}");
        assert_eq!(book.ledger.head().await.unwrap(), before);
    }
}

#[tokio::test]
async fn who_gives_up_waiting_does_not_keep_the_book_locked() {
    for book in books().await {
        for _ in 0..20 {
            let patience = Duration::from_micros(rand::random_range(0..3000));
            let _ = tokio::time::timeout(patience, book.append("impatient".into())).await;
        }
        let other = akashi_ledger::Ledger::<akashi_ledger::Issuing>::open(&book.address);
        let other = other.await.unwrap();
        let permit = book.order(Order::RaiseAlarms).await;
        let begun = tokio::time::timeout(Duration::from_secs(5), other.begin(&permit, book.now));
        begun.await.expect("the book is not locked").unwrap();
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn each_member_of_a_group_has_rows_that_rest_on_its_own_act() {
    for book in books().await {
        let members: Vec<_> = join_all((1..=3).map(|number| {
            let book = &book;
            async move { (number, book.issuing().await) }
        }))
        .await;
        let intention = |number: u8| book.intention(number, number, Slot::Current);
        let new = members.iter().map(|(number, permit)| NewCertificate {
            permit: permit.clone(),
            intention: intention(*number),
            sealed_items: Vec::new(),
            history: 1,
            card: Some(format!("CARD{number}")),
        });
        let mut change = book.begin(&members[0].1).await;
        change.intend_all(&new.collect::<Vec<_>>()).await.unwrap();
        change.commit().await.unwrap();
        let files = members.iter().map(|(number, permit)| NewFile {
            permit: permit.clone(),
            serial: intention(*number).serial,
            sealed_der: vec![0],
        });
        let mut change = book.begin(&members[0].1).await;
        change.file_all(&files.collect::<Vec<_>>()).await.unwrap();
        change.commit().await.unwrap();
        let causes =
            run(&book.address, "SELECT cause FROM status ORDER BY position").await.unwrap();
        let entries = "SELECT cause FROM audit WHERE verb = 'file' ORDER BY position";
        assert_eq!(causes, run(&book.address, entries).await.unwrap());
        let distinct: BTreeSet<&str> = causes.lines().collect();
        assert_eq!(distinct.len(), 3, "{causes}");
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn whoever_waits_too_long_for_its_turn_is_told_that_nothing_was_done() {
    let book = books().await.swap_remove(0);
    let before = book.ledger.head().await.unwrap();
    let permit = book.order(Order::RaiseAlarms).await;
    let slow = book.ledger.begin(&permit, book.now).await.unwrap();
    let waits = book.append("waits".into());
    let told = tokio::time::timeout(Duration::from_secs(25), waits).await;
    assert!(matches!(told, Ok(Err(LedgerError::Busy { .. }))), "{told:?}");
    slow.rollback().await.unwrap();
    assert_eq!(book.ledger.head().await.unwrap().0, before.0);
    book.append("goes on".into()).await.unwrap();
}
