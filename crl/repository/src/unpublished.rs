//! Lists that were handed over and are not published: counted, aged, and told to the authority.

use std::collections::BTreeMap;
use std::time::Duration;

use akashi_edge::OwnOrders;
use akashi_ledger::Scope;
use akashi_wire::Order;
use jiff::Timestamp;

use crate::Publication;

/// A list that is not published for so long is an alarm: an urgent revocation must be published within the minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// The authority is waited for no longer than this: publishing goes on.
const TELLING: Duration = Duration::from_secs(2);

/// For so long after a start nothing is told.
const STARTS: Duration = Duration::from_secs(10);

/// What could not be told is told again after this.
const AGAIN: Duration = Duration::from_secs(60);

/// What is not published, by scope, and what is published again of which the authority has not heard. Counted by the
/// life of this machine: the time may be brought back.
#[derive(Debug, Default)]
pub struct Unpublished {
    waiting: BTreeMap<Scope, Waiting>,
    over: BTreeMap<Scope, i64>,
    /// Not before then anything is told again.
    rests: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: i64,
    since: Duration,
    is_told: bool,
}

impl Unpublished {
    /// At a start nobody knows what the process before this one has told: of each of these it is told once that it is
    /// published, or after a minute that it is not, where that is so. Not before everything is published that waits.
    pub fn of_a_start(scopes: impl IntoIterator<Item = Scope>, now: Duration) -> Self {
        let over = scopes.into_iter().map(|scope| (scope, 0)).collect();
        Self { over, rests: Some(now.saturating_add(STARTS)), ..Self::default() }
    }

    /// Hears what became of a list.
    pub fn hear(&mut self, publication: &Publication, now: Duration) {
        let (scope, number) = (publication.scope, publication.number);
        if publication.result.is_err() {
            // Another list of the scope makes it no younger.
            let begins = Waiting { number, since: now, is_told: false };
            self.waiting.entry(scope).or_insert(begins).number = number;
        } else if self.waiting.remove(&scope).is_some_and(|waited| waited.is_told) {
            self.over.insert(scope, number);
        }
    }

    /// What has not been published for too long, in a sentence.
    pub fn late(&self, now: Duration) -> Option<String> {
        let age = |waits: &Waiting| now.saturating_sub(waits.since);
        let (scope, waits) = self.waiting.iter().find(|(_, one)| age(one) >= PATIENCE)?;
        let (number, seconds) = (waits.number, age(waits).as_secs());
        Some(format!("the list {number} of {scope} is not published, for {seconds} s now"))
    }

    /// What is to be told next: which list, and for how many seconds it is not published; nothing of one that is now.
    fn next(&self, now: Duration) -> Option<(Scope, i64, Option<u32>)> {
        if self.rests.is_some_and(|until| now < until) {
            return None;
        }
        let age = |waits: &Waiting| now.saturating_sub(waits.since);
        let late = self.waiting.iter().find(|(_, one)| !one.is_told && age(one) >= PATIENCE);
        let late = late.map(|(scope, waits)| {
            let seconds = u32::try_from(age(waits).as_secs()).unwrap_or(u32::MAX);
            (*scope, waits.number, Some(seconds))
        });
        // That one is published which waits would end an alarm that is true.
        let over = self.over.iter().find(|(scope, _)| !self.waiting.contains_key(scope));
        late.or_else(|| over.map(|(scope, number)| (*scope, *number, None)))
    }

    fn is_told(&mut self, scope: Scope, since: Option<u32>) {
        match since {
            None => {
                self.over.remove(&scope);
            }
            Some(_) => {
                self.waiting.entry(scope).and_modify(|waits| waits.is_told = true);
            }
        }
    }

    /// Tells the authority one of them, if there is one; what cannot be told is said in the log, and told a minute later.
    pub async fn tell(
        &mut self,
        generation: i64,
        orders: &OwnOrders,
        (now, at): (Duration, Timestamp),
    ) {
        let Some((scope, number, since)) = self.next(now) else { return };
        let order = Order::TellUnpublished { generation, scope, number, since };
        let why = match tokio::time::timeout(TELLING, orders.give(order, at)).await {
            Ok(Ok(_)) => {
                self.is_told(scope, since);
                return;
            }
            Ok(Err(refusal)) => refusal.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        self.rests = Some(now.saturating_add(AGAIN));
        let word = if since.is_some() { "is not published" } else { "is published now" };
        tracing::error!(
            target: "repository",
            "the authority cannot be told that {scope} {number} {word}: {why}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PublishError;

    #[test]
    fn a_list_is_told_once_after_a_minute_and_again_only_when_it_is_published() {
        let at = Duration::from_secs;
        let (scope, mut waiting) = (Scope::Complete, Unpublished::default());
        let failed = |number| Publication {
            scope,
            number,
            result: Err(PublishError::Signature { scope, number }),
        };
        waiting.hear(&failed(7), at(0));
        assert_eq!(waiting.next(at(59)), None);
        // A newer one of the same scope is not published either: agencies wait since the first.
        waiting.hear(&failed(8), at(30));
        assert_eq!(waiting.next(at(60)), Some((scope, 8, Some(60))));
        waiting.is_told(scope, Some(60));
        assert_eq!(waiting.next(at(600)), None);
        let published = Publication { scope, number: 8, result: Ok(()) };
        waiting.hear(&published, at(601));
        assert_eq!(waiting.next(at(601)), Some((scope, 8, None)));
        assert_eq!(waiting.next(at(602)), Some((scope, 8, None)), "until it is heard");
        waiting.is_told(scope, None);
        waiting.hear(&published, at(603));
        assert_eq!(waiting.next(at(603)), None, "nobody heard of it");
        // At a start of one that does not publish it the alarm of before stays, and is told anew.
        let mut starts = Unpublished::of_a_start([scope], at(1000));
        starts.hear(&failed(9), at(1001));
        assert_eq!(starts.next(at(1010)), None, "it is not published");
        assert_eq!(starts.next(at(1061)), Some((scope, 9, Some(60))));
        starts.is_told(scope, Some(60));
        assert_eq!(starts.next(at(1062)), None);
        starts.hear(&Publication { scope, number: 9, result: Ok(()) }, at(1100));
        assert_eq!(starts.next(at(1100)), Some((scope, 9, None)));
        // Nobody is asked five times a second who has just refused.
        waiting.hear(&failed(9), at(700));
        waiting.rests = Some(at(900));
        assert_eq!(waiting.next(at(899)), None);
        assert_eq!(waiting.next(at(900)), Some((scope, 9, Some(200))));
    }
}
