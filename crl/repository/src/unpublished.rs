//! Lists that were handed over and are not published: counted, aged, and told to the authority.

use std::collections::BTreeMap;

use akashi_edge::OwnOrders;
use akashi_ledger::Scope;
use akashi_wire::Order;
use jiff::{SignedDuration, Timestamp};

use crate::Publication;

/// A list that is not published for so long is an alarm: an urgent revocation must be published within the minute.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// What is not published, by scope.
#[derive(Debug, Default)]
pub struct Unpublished(BTreeMap<Scope, Waiting>);

#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: i64,
    since: Timestamp,
    is_told: bool,
}

impl Unpublished {
    /// Hears what became of a list; gives what is to be told because it is published now.
    pub fn hear(&mut self, publication: &Publication, now: Timestamp) -> Option<(Scope, i64)> {
        let (scope, number) = (publication.scope, publication.number);
        if publication.result.is_err() {
            // Another list of the scope makes it no younger.
            let waits =
                self.0.entry(scope).or_insert(Waiting { number, since: now, is_told: false });
            waits.number = number;
            return None;
        }
        self.0.remove(&scope).filter(|waited| waited.is_told).map(|_| (scope, number))
    }

    /// What waits for too long and was not told yet: which list, and for how many seconds.
    fn overdue(&self, now: Timestamp) -> Vec<(Scope, i64, u32)> {
        let age = |waits: &Waiting| now.duration_since(waits.since);
        let late = self.0.iter().filter(|(_, waits)| !waits.is_told && age(waits) >= PATIENCE);
        late.map(|(scope, waits)| {
            (*scope, waits.number, u32::try_from(age(waits).as_secs()).unwrap_or(u32::MAX))
        })
        .collect()
    }

    /// Tells the authority what waits for too long, each once; what cannot be told now is told at the next look.
    pub async fn tell(&mut self, generation: i64, orders: &OwnOrders, now: Timestamp) {
        for (scope, number, since) in self.overdue(now) {
            let since = Some(since);
            let order = Order::TellUnpublished { generation, scope, number, since };
            if orders.give(order, now).await.is_ok()
                && let Some(waits) = self.0.get_mut(&scope)
            {
                waits.is_told = true;
            }
        }
    }
}

/// Tells the authority that a list is published of which it heard that it was not.
pub async fn tell_published(
    (scope, number): (Scope, i64),
    generation: i64,
    orders: &OwnOrders,
    now: Timestamp,
) {
    let order = Order::TellUnpublished { generation, scope, number, since: None };
    if let Err(refusal) = orders.give(order, now).await {
        tracing::error!(
            target: "repository",
            "the authority cannot be told that {scope} {number} is published: {refusal}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PublishError;

    #[test]
    fn a_list_is_told_once_after_a_minute_and_again_only_when_it_is_published() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000_000 + seconds).unwrap();
        let (scope, mut waiting) = (Scope::Complete, Unpublished::default());
        let failed = |number| Publication {
            scope,
            number,
            result: Err(PublishError::Signature { scope, number }),
        };
        assert_eq!(waiting.hear(&failed(7), at(0)), None);
        assert_eq!(waiting.overdue(at(59)), []);
        // A newer one of the same scope is not published either: agencies wait since the first.
        assert_eq!(waiting.hear(&failed(8), at(30)), None);
        assert_eq!(waiting.overdue(at(60)), [(scope, 8, 60)]);
        waiting.0.get_mut(&scope).unwrap().is_told = true;
        assert_eq!(waiting.overdue(at(600)), []);
        let published = Publication { scope, number: 8, result: Ok(()) };
        assert_eq!(waiting.hear(&published, at(601)), Some((scope, 8)));
        assert_eq!(waiting.hear(&published, at(602)), None, "nobody heard of it");
    }
}
