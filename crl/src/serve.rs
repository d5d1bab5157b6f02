//! The room at work: a scheduler that publishes what is due, and two doors.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use akashi_link::{Identity, LinkError};
use akashi_wire::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::http::router;
use crate::{CrlError, Issuer, Outcome, Repository};

/// How often the scheduler looks whether something is due: well within the minute in which an
/// urgent revocation must be published.
const TICK: Duration = Duration::from_secs(1);

/// Hears what became of each list that was due, and when the book could not be read.
pub type Report = Arc<dyn Fn(Result<Outcome, CrlError>) + Send + Sync>;

/// Publishes what is due and serves the repository over plain HTTP until `stop` resolves.
///
/// Plain, because clients fetch lists to find out whether a certificate, a server's too, may be
/// trusted (RFC 5280 §4.2.1.13, §8); the lists are signed. A list under way at the stop is
/// finished first.
pub async fn serve(
    listener: TcpListener,
    issuer: Arc<Issuer>,
    repository: Arc<Repository>,
    clock: Arc<dyn Clock>,
    report: Report,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let (stopping, stopped) = watch::channel(false);
    let publishing = tokio::spawn(keep_publishing(issuer, clock.clone(), report, stopped));
    let served = akashi_link::serve_plain(listener, router(repository, clock), stop).await;
    stopping.send_replace(true);
    let _ = publishing.await;
    served
}

/// Serves the repository to agencies over mutual TLS until `stop` resolves.
pub async fn serve_link(
    listener: TcpListener,
    identity: &Identity,
    repository: Arc<Repository>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let now = clock.clone();
    let now = Arc::new(move || now.now());
    akashi_link::serve(listener, identity, now, router(repository, clock), stop).await
}

/// Publishes what is due, looking once a second, until `stopped` says so.
pub async fn keep_publishing(
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    report: Report,
    mut stopped: watch::Receiver<bool>,
) {
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
                report(Ok(outcome));
                continue;
            }
            Ok(None) => {}
            Err(error) => report(Err(error)),
        }
        // Whoever could say "stop" has gone, or has said it.
        if tokio::time::timeout(TICK, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}
