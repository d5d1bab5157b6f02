//! What the responder says of itself: how it answers, whether it reads the book, and what it refused.

use std::collections::BTreeMap;
use std::time::Duration;

use akashi_wire::Reading;
use metrics::{counter, gauge};

use crate::{Counts, Followed, OcspError};

/// A responder that has not gone round for so long does not live.
const LATE: Duration = Duration::from_secs(60);
/// What was refused is said so often, as counts.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// Hears what came of each round of following.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// What was wrong last: said once for as long as it stays the same.
    wrong: Option<String>,
    /// When refusals were said last, and how many there were.
    said: Option<(Duration, BTreeMap<&'static str, u64>)>,
}

impl Observer {
    /// From the start on: one that never comes round does not live either.
    pub fn begin(&self, now: Duration) {
        let starting = Some("it is starting".to_owned());
        akashi_edge::observe::health().round("responder", LATE, now, starting);
    }

    /// Hears of one round.
    pub fn hear(
        &mut self,
        followed: &Result<Followed, OcspError>,
        counts: &Counts,
        Reading { now, monotonic, .. }: Reading,
    ) {
        let wrong = match followed {
            Ok(Followed { trouble: None, .. }) => None,
            Ok(Followed { trouble: Some(trouble), .. }) => Some(trouble.to_string()),
            Err(error) => Some(format!("the book cannot be read: {error}")),
        };
        match (&self.wrong, &wrong) {
            (before, Some(wrong)) if before.as_ref() != Some(wrong) => {
                tracing::error!(target: "ocsp", "{wrong}");
            }
            (Some(before), None) => {
                tracing::info!(target: "ocsp", "it is over: {before}");
            }
            _ => {}
        }
        if followed.is_ok() {
            gauge!("akashi_ocsp_last_contact_timestamp_seconds").set(now.as_second() as f64);
        }
        self.wrong.clone_from(&wrong);
        akashi_edge::observe::health().round("responder", LATE, monotonic, wrong);
        let told =
            [("good", counts.good()), ("revoked", counts.revoked()), ("unknown", counts.unknown())];
        for (answer, count) in told.into_iter().chain(counts.refusals()) {
            counter!("akashi_ocsp_answers_total", "answer" => answer).absolute(count);
        }
        self.say_refusals(counts, monotonic);
    }

    /// What was refused, at once and then in a line a minute at most: who was refused does not learn why in every case.
    fn say_refusals(&mut self, counts: &Counts, now: Duration) {
        let is_due = self.said.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) >= SAID_EVERY);
        if !is_due {
            return;
        }
        let all: BTreeMap<_, _> = counts.refusals().collect();
        let none = BTreeMap::new();
        let before = self.said.as_ref().map_or(&none, |(_, before)| before);
        let new = all.iter().filter_map(|(name, count)| {
            let new = count - before.get(name).copied().unwrap_or_default();
            (new > 0).then(|| format!("{name} {new}"))
        });
        let new: Vec<String> = new.collect();
        if !new.is_empty() {
            tracing::info!(target: "ocsp", "requests refused since that was said last: {}", new.join(", "));
            self.said = Some((now, all));
        }
    }
}
