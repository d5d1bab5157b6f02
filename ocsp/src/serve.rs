//! Both doors, and the scheduler that follows the book behind them.

use std::future::Future;
use std::sync::Arc;

use akashi_link::Identity;
use akashi_wire::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::{OcspError, Responder, router};

/// Answers over plain HTTP and follows the book, until `stop` resolves.
pub async fn serve(
    listener: TcpListener,
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), OcspError> {
    let _following = follow(responder.clone(), clock.clone());
    Ok(akashi_link::serve_plain(listener, router(responder, clock), stop).await?)
}

/// Answers agencies over mutual TLS and follows the book, until `stop` resolves.
pub async fn serve_link(
    listener: TcpListener,
    identity: &Identity,
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), OcspError> {
    let _following = follow(responder.clone(), clock.clone());
    let now = clock.clone();
    let now = Arc::new(move || now.now());
    Ok(akashi_link::serve(listener, identity, now, router(responder, clock), stop).await?)
}

/// Follows until what is returned is dropped. Two doors of one responder follow twice as often,
/// which harms nothing.
fn follow(responder: Arc<Responder>, clock: Arc<dyn Clock>) -> JoinSet<()> {
    let mut following = JoinSet::new();
    following.spawn(async move {
        let mut ticks = tokio::time::interval(responder.settings().follow_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // What fails is counted and tried again; silence turns into `tryLater` by itself.
            let reading = clock.read();
            let _ = responder.follow(reading).await;
            // The others may know what time it is.
            if let Some(past) = responder.past(&reading).await {
                clock.hear(&past);
            }
        }
    });
    following
}
