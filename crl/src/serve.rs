//! The room at work: what is due is signed, and handed over. Nobody can connect to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use akashi_edge::observe::health;
use akashi_wire::{Clock, Scope};
use metrics::{counter, gauge};
use tokio::sync::watch;

use crate::{CrlError, Issuer, Outcome};

/// How often the scheduler looks whether something is due: well within the minute in which an
/// urgent revocation must be published.
const TICK: Duration = Duration::from_secs(1);

/// A list issuer that has not gone round for so long does not live: the longest list takes seconds.
const LATE: Duration = Duration::from_secs(600);

/// Counts a list, and says that this program goes round.
fn observe(outcome: &Outcome, now: Duration) {
    let (made, wrong) = match &outcome.result {
        Ok(published) => {
            let next = published.next_update.as_second() as f64;
            let scope = outcome.scope.to_string();
            gauge!("akashi_list_next_update_timestamp_seconds", "scope" => scope).set(next);
            ("done", None)
        }
        Err(error) => ("failed", Some(format!("{}: {error}", outcome.scope))),
    };
    counter!("akashi_lists_signed_total", "outcome" => made).increment(1);
    health().round("list issuer", LATE, now, wrong);
}

/// Hears what became of each list that was due, and when the book could not be read.
pub type Report = Arc<dyn Fn(Result<Outcome, CrlError>) + Send + Sync>;

/// Tells the log what goes wrong with a scope, once for as long as it stays the same.
pub fn to_the_log() -> Report {
    let told: Mutex<BTreeMap<Scope, String>> = Mutex::default();
    Arc::new(move |outcome| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(Outcome { scope, result: Ok(_), .. }) => {
                told.remove(&scope);
            }
            Ok(Outcome { scope, result: Err(error), .. }) => {
                let text = format!("{scope}: {error}");
                if told.insert(scope, text.clone()).as_ref() != Some(&text) {
                    tracing::error!(target: "crl", "{text}");
                }
            }
            Err(error) => tracing::error!(target: "crl", "{error}"),
        }
    })
}

/// Signs what is due until `stop` resolves. A list under way at the stop is finished first.
///
/// # Errors
/// [`CrlError::Ended`] where the work broke off by itself: a program without it must not look alive.
pub async fn issue(
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    report: Report,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CrlError> {
    let (stopping, stopped) = watch::channel(false);
    let mut issuing = tokio::spawn(keep_issuing(issuer, clock, report, stopped));
    tokio::select! {
        _ = &mut issuing => return Err(CrlError::Ended),
        () = stop => {}
    }
    stopping.send_replace(true);
    issuing.await.map_err(|_| CrlError::Ended)
}

/// Signs what is due, looking once a second, until `stopped` says so.
async fn keep_issuing(
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    report: Report,
    mut stopped: watch::Receiver<bool>,
) {
    // A book that cannot be read is said so once, for as long as it is the same.
    let mut unreadable = String::new();
    health().round("list issuer", LATE, clock.monotonic(), Some("it is starting".into()));
    loop {
        if *stopped.borrow() {
            return;
        }
        // The others may know what time it is.
        if let Some(past) = issuer.past(&clock.read()).await {
            clock.hear(&past);
        }
        match issuer.step(clock.now()).await {
            Ok(Some(outcome)) => {
                unreadable.clear();
                observe(&outcome, clock.monotonic());
                report(Ok(outcome));
                continue;
            }
            Ok(None) => unreadable.clear(),
            Err(error) if error.to_string() == unreadable => {}
            Err(error) => {
                unreadable = error.to_string();
                report(Err(error));
            }
        }
        let wrong = (!unreadable.is_empty()).then(|| unreadable.clone());
        health().round("list issuer", LATE, clock.monotonic(), wrong);
        // Whoever could say "stop" has gone, or has said it.
        if tokio::time::timeout(TICK, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}
