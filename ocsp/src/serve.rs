//! Both doors, and the scheduler that follows the book behind them.

use std::future::Future;
use std::sync::Arc;

use akashi_link::{Dismissed, Door, Identity, LinkError};
use akashi_wire::Clock;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::observe::Observer;
use crate::{OcspError, Responder, router};

/// Answers over plain HTTP and follows the book, until `stop` resolves.
pub async fn serve(
    door: impl Into<Door>,
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), OcspError> {
    let mut following = follow(responder.clone(), clock.clone(), Some(Observer::default()));
    let served = akashi_link::serve_plain(door, router(responder, clock), stop);
    until_broken_off(served, &mut following).await
}

/// Answers agencies over mutual TLS and follows the book, until `stop` resolves.
pub async fn serve_link(
    door: impl Into<Door>,
    identity: &Identity,
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), OcspError> {
    // The other door says how the following goes.
    let mut following = follow(responder.clone(), clock.clone(), None);
    let now = clock.clone();
    let now = Arc::new(move || now.now());
    let (dismissed, book) = (Dismissed::default(), responder.clone());
    let door = door.into().but_for(dismissed.clone());
    let served = akashi_link::serve(door, identity, now, router(responder, clock), stop);
    let served = async {
        tokio::select! {
            served = served => served,
            () = dismissed.follow(|| book.dismissed()) => Ok(()),
        }
    };
    until_broken_off(served, &mut following).await
}

/// Serves while the book is followed: a responder that does not follow it must not look alive.
async fn until_broken_off(
    served: impl Future<Output = Result<(), LinkError>>,
    following: &mut JoinSet<()>,
) -> Result<(), OcspError> {
    tokio::select! {
        served = served => Ok(served?),
        _ = following.join_next() => {
            let why = std::io::Error::other("the responder has stopped following the book");
            Err(LinkError::Listen(why).into())
        }
    }
}

/// Follows until what is returned is dropped. Two doors of one responder follow twice as often,
/// which harms nothing.
fn follow(
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    mut observer: Option<Observer>,
) -> JoinSet<()> {
    let mut following = JoinSet::new();
    following.spawn(async move {
        let mut ticks = tokio::time::interval(responder.settings().follow_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Some(observer) = &observer {
            observer.begin(clock.monotonic());
        }
        loop {
            ticks.tick().await;
            // What fails is said, counted and tried again; silence turns into `tryLater` by itself.
            let reading = clock.read();
            let followed = responder.follow(reading).await;
            if let Some(observer) = &mut observer {
                observer.hear(&followed, responder.counts(), reading);
            }
            // The others may know what time it is.
            if let Some(past) = responder.past(&reading).await {
                clock.hear(&past);
            }
        }
    });
    following
}
