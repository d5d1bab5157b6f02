//! That the service is as well after an attack as before.

use akashi_agency::Verdict;
use akashi_ledger::StatusRow;

use crate::support::Place;

/// What must not change.
pub struct Well {
    good: Vec<u8>,
    status: Vec<StatusRow>,
    parties: usize,
    refused: usize,
}

impl Well {
    /// As it is now; `good` is a certificate in force, and told to be so: after a leap of time
    /// the responder first reads the book again.
    pub async fn now(place: &Place, good: &[u8]) -> Self {
        place.seen_good(good).await;
        Self {
            good: good.to_vec(),
            status: place.status_rows().await,
            parties: place.house.ledger().enrolments().await.unwrap().len(),
            refused: refusals(place).await,
        }
    }

    /// Nothing was issued, ended, or enrolled, and a good question is still answered right.
    pub async fn still(&self, place: &Place, what: &str) {
        let verdict = place.agency.judge(&self.good, place.now()).await;
        assert_eq!(verdict, Verdict::Valid, "after {what}");
        assert!(place.status_rows().await == self.status, "after {what}: the status changed");
        let parties = place.house.ledger().enrolments().await.unwrap().len();
        assert_eq!(parties, self.parties, "after {what}: somebody was enrolled");
    }

    /// How many refusals were put on record since.
    pub async fn refusals(&self, place: &Place) -> usize {
        refusals(place).await - self.refused
    }

    /// The newest refusal on record.
    pub async fn newest_refusal(&self, place: &Place) -> String {
        let entries = place.entries("refuse").await;
        entries.last().map(|entry| entry.subject.clone()).unwrap_or_default()
    }
}

/// How many refusals are on record: an entry each, and what an entry counts. What is only counted yet is entered first.
async fn refusals(place: &Place) -> usize {
    place.house.doors.scheduler.ends(place.now()).await.unwrap();
    let entries = place.entries("refuse").await;
    let counts = entries.iter().map(|entry| {
        let more = entry.subject.split(" and ").nth(1);
        more.and_then(|more| more.split(' ').next()?.parse().ok()).unwrap_or(1)
    });
    counts.sum()
}

/// The audit chain is whole, its signatures too.
pub async fn the_chain_is_whole(place: &Place) {
    place.house.ledger().verify_audit().await.expect("the audit chain is whole");
}
