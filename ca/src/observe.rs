//! What the authority says of itself to whoever runs it: how much it does, and how the book stands.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use akashi_edge::observe::{disk, health};
use akashi_ledger::{HeldUp, Issuing, Ledger, LedgerError, NewestList, Overview};
use akashi_wire::alarm::Severity;
use akashi_wire::{Alarm, Answer, Clock};
use jiff::{SignedDuration, Timestamp};
use metrics::{counter, gauge};

use crate::CaError;

/// A scheduler that has not gone round for so long does not live: a tick takes as long as what it settles, in groups.
pub(crate) const LATE: Duration = Duration::from_secs(3600);

/// How often the book is asked how it stands.
pub(crate) const MEASURED_EVERY: Duration = Duration::from_secs(10);

/// Counts an act; its verb is none where it had none.
pub(crate) fn act(verb: &'static str, outcome: &Result<Answer, CaError>) {
    let outcome = match outcome {
        Ok(_) => "done",
        Err(CaError::Refused(_)) => "refused",
        Err(_) => "failed",
    };
    counter!("akashi_acts_total", "act" => verb, "outcome" => outcome).increment(1);
}

/// Counts a batch.
pub(crate) fn batch(outcome: &'static str) {
    counter!("akashi_batches_total", "outcome" => outcome).increment(1);
}

/// Counts an order.
pub(crate) fn order(outcome: &'static str) {
    counter!("akashi_orders_total", "outcome" => outcome).increment(1);
}

/// Counts a tick, and what it settled.
pub(crate) fn tick(outcome: &'static str, settled: usize) {
    counter!("akashi_ticks_total", "outcome" => outcome).increment(1);
    counter!("akashi_events_settled_total").increment(settled as u64);
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// How often it is looked who keeps the book from going on.
const SERVER_LOOKED_AT: Duration = Duration::from_secs(5);
/// What stays so is said again after so long.
const SAID_AGAIN: Duration = Duration::from_secs(60);

/// Says in the log, and to whoever asks whether this program is ready, whose session on the data base keeps the book from
/// going on, and why the data base lets nobody in: nothing can be entered then, so that no alarm says it.
pub(crate) async fn watch_the_server(ledger: Ledger<Issuing>, clock: Arc<dyn Clock>) {
    let mut looks = tokio::time::interval(SERVER_LOOKED_AT);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut said: Option<Said> = None;
    loop {
        looks.tick().await;
        let wrong = match ledger.held_up(said.is_some()).await {
            Ok(held) => {
                held.first().map(|held| (held_up_by(held), format!("session {}", held.session)))
            }
            Err(error) => {
                let why = format!("the data base lets nobody in: {error}");
                Some((why.clone(), why))
            }
        };
        let now = clock.monotonic();
        match (wrong, &mut said) {
            // The same, whose seconds go on.
            (Some((why, cause)), Some(said))
                if said.cause == cause && now.saturating_sub(said.at) < SAID_AGAIN =>
            {
                (said.why, said.is_clear) = (why, false);
            }
            (Some((why, cause)), _) => {
                tracing::error!(target: "ca", "{why}");
                said = Some(Said { why, cause, at: now, is_clear: false });
            }
            // Whoever waited may have given up and begun again a moment ago: once is not over.
            (None, Some(said)) if !said.is_clear => said.is_clear = true,
            (None, Some(_)) => {
                tracing::info!(target: "ca", "the book goes on");
                said = None;
            }
            (None, None) => {}
        }
        health().round("data base", LATE, now, said.as_ref().map(|said| said.why.clone()));
    }
}

/// What keeps the book from going on, as it was said.
struct Said {
    why: String,
    cause: String,
    at: Duration,
    /// At the last look nothing did.
    is_clear: bool,
}

fn held_up_by(held: &HeldUp) -> String {
    let (HeldUp { seconds, session, login, program }, ended) = (held, held.is_ended_by());
    format!(
        "the book waits for {seconds} s already for a lock that session {session} of the login {login} ({program}) has on \
         the data base: whoever runs that ends it there ({ended})"
    )
}

/// No responder that is followed has not had the book for so long.
const SILENT: SignedDuration = SignedDuration::from_mins(10);

/// What the book and the disk show that is wrong.
fn wrong(overview: &Overview, home: &Path, now: Timestamp) -> Vec<Alarm> {
    let late = overview.lists.iter().filter(|list| {
        let (life, left) = (
            list.next_update.duration_since(list.this_update),
            list.next_update.duration_since(now),
        );
        left < life / 4
    });
    let of_it =
        |list: &NewestList| Alarm::ListLate { scope: list.scope, next_update: list.next_update };
    let mut wrong: Vec<Alarm> = late.map(of_it).collect();
    let newest = overview.responders.iter().max();
    if newest.is_some_and(|at| now.duration_since(*at) > SILENT) {
        wrong.push(Alarm::ResponderSilent {});
    }
    if disk(home).is_some_and(|disk| disk.free < disk.size / 20) {
        wrong.push(Alarm::DiskAlmostFull {});
    }
    wrong
}

/// Asks the book how it stands; gives what is wrong.
pub(crate) async fn measure(
    ledger: &Ledger<Issuing>,
    home: &Path,
    now: Timestamp,
) -> Result<Vec<Alarm>, LedgerError> {
    let waiting = ledger.unsettled().await?;
    for source in ledger.sources().await? {
        let town = source.municipality.to_string();
        if let Some(heard) = source.last_heard {
            gauge!("akashi_feed_last_heard_timestamp_seconds", "municipality" => town.clone())
                .set(seconds(heard));
        }
        let of_it = waiting.iter().find(|one| one.municipality == source.municipality);
        let (events, since) = of_it.map_or((0, f64::NAN), |one| (one.events, seconds(one.since)));
        gauge!("akashi_feed_unsettled_events", "municipality" => town.clone()).set(events as f64);
        gauge!("akashi_feed_oldest_unsettled_timestamp_seconds", "municipality" => town).set(since);
    }
    let alarms = ledger.standing_alarms().await?;
    for (severity, name) in [
        (Severity::Critical, "critical"),
        (Severity::Warning, "warning"),
        (Severity::Notice, "notice"),
    ] {
        for (is_signed, signed) in [(true, "yes"), (false, "no")] {
            let of_it = alarms.iter().filter(|one| {
                one.alarm.severity() == severity && one.signed_for.is_some() == is_signed
            });
            gauge!("akashi_alarms", "severity" => name, "signed_for" => signed)
                .set(of_it.count() as f64);
        }
    }
    let overview = ledger.overview().await?;
    gauge!("akashi_undelivered_certificates").set(overview.undelivered as f64);
    gauge!("akashi_chain_position").set(overview.head.0 as f64);
    Ok(wrong(&overview, home, now))
}

#[cfg(test)]
mod tests {
    use akashi_ledger::Position;

    use super::*;

    #[test]
    fn a_list_that_nobody_renews_and_responders_that_nobody_hears_are_told_in_time() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let list = NewestList {
            generation: 1,
            scope: akashi_wire::Scope::Complete,
            number: 1,
            digest: akashi_wire::octets::Sha256([0; 32]),
            this_update: at("2026-04-01T00:00:00Z"),
            next_update: at("2026-04-04T00:00:00Z"),
            unlisted_since: None,
        };
        let overview = Overview {
            head: Position(1),
            head_at: at("2026-04-01T00:00:00Z"),
            signed: Position(1),
            undelivered: 0,
            undelivered_since: None,
            lists: vec![list],
            responders: vec![at("2026-04-02T00:00:00Z"), at("2026-04-03T06:00:00Z")],
        };
        let codes = |now: &str| -> Vec<_> {
            // The disk of whoever tests is another matter.
            let all = wrong(&overview, Path::new("/no/such/place"), at(now));
            all.iter().map(Alarm::code).collect()
        };
        assert!(codes("2026-04-03T06:00:00Z").is_empty());
        assert_eq!(codes("2026-04-03T06:00:01Z"), ["list_late"]);
        assert_eq!(codes("2026-04-03T06:10:01Z"), ["list_late", "responder_silent"]);
    }
}
