//! What the authority says of itself to whoever runs it: how much it does, and how the book stands.

use std::time::Duration;

use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_wire::Answer;
use akashi_wire::alarm::Severity;
use jiff::Timestamp;
use metrics::{counter, gauge};

use crate::CaError;

/// A scheduler that has not gone round for so long does not live: a tick takes as long as what it settles, in groups.
pub(crate) const LATE: Duration = Duration::from_secs(600);

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

/// Asks the book how it stands.
pub(crate) async fn measure(ledger: &Ledger<Issuing>) -> Result<(), LedgerError> {
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
    Ok(())
}
