//! The room at work: what was handed over is published, and two doors.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use akashi_edge::OwnOrders;
use akashi_edge::observe::health;
use akashi_link::{Dismissed, Door, Identity, LinkError};
use akashi_wire::{Clock, Scope};
use metrics::counter;
use tokio::sync::watch;

use crate::http::router;
use crate::settings::TICK;
use crate::unpublished::Unpublished;
use crate::{Publication, PublishError, Publisher, Repository};

/// Hears what became of each list that was handed over, and when the book could not be read.
pub type Report = Arc<dyn Fn(Result<Publication, PublishError>) + Send + Sync>;

/// Tells the log what goes wrong with a scope, once for as long as it stays the same.
pub fn to_the_log() -> Report {
    let told: Mutex<BTreeMap<Scope, String>> = Mutex::default();
    Arc::new(move |outcome| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(Publication { scope, result: Ok(()), .. }) => {
                told.remove(&scope);
            }
            Ok(Publication { scope, result: Err(error), .. }) => {
                let text = error.to_string();
                if told.insert(scope, text.clone()).as_ref() != Some(&text) {
                    tracing::error!(target: "repository", "{text}");
                }
            }
            Err(error) => tracing::error!(target: "repository", "{error}"),
        }
    })
}

/// Publishes what is handed over, tells the authority by `orders` what cannot be published, and serves the repository
/// over plain HTTP until `stop` resolves.
///
/// Plain, because clients fetch lists to find out whether a certificate, a server's too, may be
/// trusted (RFC 5280 §4.2.1.13, §8); the lists are signed.
pub async fn serve(
    door: impl Into<Door>,
    (publisher, orders): (Arc<Publisher>, OwnOrders),
    repository: Arc<Repository>,
    clock: Arc<dyn Clock>,
    report: Report,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let (stopping, stopped) = watch::channel(false);
    let mut publishing =
        tokio::spawn(keep_publishing((publisher, orders), clock.clone(), report, stopped));
    // A repository that publishes nothing new must not look alive.
    let ended =
        || LinkError::Listen(std::io::Error::other("the repository has stopped publishing"));
    tokio::select! {
        served = akashi_link::serve_plain(door, router(repository, clock), stop) => served?,
        _ = &mut publishing => return Err(ended()),
    }
    stopping.send_replace(true);
    publishing.await.map_err(|_| ended())
}

/// Serves the repository to agencies over mutual TLS until `stop` resolves.
pub async fn serve_link(
    door: impl Into<Door>,
    identity: &Identity,
    repository: Arc<Repository>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let now = clock.clone();
    let now = Arc::new(move || now.now());
    let (dismissed, register) = (Dismissed::default(), repository.clone());
    let door = door.into().but_for(dismissed.clone());
    let served = akashi_link::serve(door, identity, now, router(repository, clock), stop);
    tokio::select! {
        served = served => served,
        () = dismissed.follow(|| register.dismissed()) => Ok(()),
    }
}

/// A repository that has not gone round for so long does not live.
const LATE: Duration = Duration::from_secs(120);

/// Publishes what is handed over, looking five times a second, until `stopped` says so.
async fn keep_publishing(
    (publisher, orders): (Arc<Publisher>, OwnOrders),
    clock: Arc<dyn Clock>,
    report: Report,
    mut stopped: watch::Receiver<bool>,
) {
    let generation = publisher.authority().generation();
    let mut unpublished = Unpublished::of_a_start(publisher.scopes(), clock.monotonic());
    // A book that cannot be read is said so once, for as long as it is the same.
    let mut unreadable = String::new();
    health().round("repository", LATE, clock.monotonic(), Some("it is starting".into()));
    loop {
        if *stopped.borrow() {
            return;
        }
        // The others may know what time it is.
        if let Some(past) = publisher.past(&clock.read()).await {
            clock.hear(&past);
        }
        let now = clock.monotonic();
        match publisher.tick(now).await {
            Ok(publications) => {
                unreadable.clear();
                publications.into_iter().for_each(|one| {
                    let outcome = if one.result.is_ok() { "done" } else { "failed" };
                    counter!("akashi_lists_published_total", "outcome" => outcome).increment(1);
                    unpublished.hear(&one, now);
                    report(Ok(one));
                });
            }
            Err(error) if error.to_string() == unreadable => {}
            Err(error) => {
                unreadable = error.to_string();
                report(Err(error));
            }
        }
        let wrong = (!unreadable.is_empty()).then(|| unreadable.clone());
        health().round("repository", LATE, now, wrong.or_else(|| unpublished.late(now)));
        unpublished.tell(generation, &orders, (now, clock.now())).await;
        // Whoever could say "stop" has gone, or has said it.
        if tokio::time::timeout(TICK, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}
