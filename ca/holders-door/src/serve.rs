//! The door at work.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use akashi_edge::observe::health;
use akashi_link::{Door, LinkError};
use akashi_wire::act::Refusal;
use akashi_wire::{Clock, SignedMessage};
use tokio::sync::Notify;

use crate::authority::{Answered, Authority, NotHandedOn};
use crate::challenges::Challenges;
use crate::http::router;

/// How often the authority is asked for keys: it may have been started anew, and know nothing of those before.
const EVERY: Duration = Duration::from_secs(10);
/// The same, while it does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// A door that has not come round for so long does not live.
const LATE: Duration = Duration::from_secs(60);

/// The door for holders.
pub struct HoldersDoor {
    /// What it gives out.
    pub challenges: Challenges,
    authority: Authority,
    /// That the keys are no longer good.
    stale: Notify,
}

impl HoldersDoor {
    /// A door that hands on to this authority.
    pub fn new(authority: Authority) -> Self {
        Self { challenges: Challenges::default(), authority, stale: Notify::new() }
    }

    /// Hands an application on. What fails is counted and no line of the log, which anybody could fill: whether the
    /// authority answers is seen, and said once, where it is asked for keys.
    pub(crate) async fn hand_on(
        &self,
        application: &SignedMessage,
    ) -> Result<Answered, NotHandedOn> {
        let answered = self.authority.hand_on(application).await;
        match &answered {
            // Whoever asks for another challenge gets one of the authority that runs now.
            Ok(answer) if is_spent(&answer.json) => self.stale.notify_one(),
            Ok(_) | Err(NotHandedOn::Busy) => {}
            Err(_) => self.stale.notify_one(),
        }
        answered
    }

    /// Asks the authority for keys; why not, where it does not give any.
    async fn ask_for_keys(&self, clock: &dyn Clock) -> Option<NotHandedOn> {
        match self.authority.challenge_keys().await {
            Ok(keys) => {
                self.challenges.take(keys, clock.monotonic());
                None
            }
            Err(error) => Some(error),
        }
    }

    async fn keep_asking(&self, clock: &dyn Clock) {
        let starting = Some("it is starting".to_owned());
        health().round("authority", LATE, clock.monotonic(), starting);
        let mut last = None;
        loop {
            let wrong = self.ask_for_keys(clock).await;
            let is_refused = matches!(wrong, Some(NotHandedOn::Refused(_)));
            let wrong = wrong.map(|wrong| wrong.to_string());
            if let Some(wrong) = wrong.as_ref().filter(|_| last != wrong) {
                tracing::error!(target: "holders-door", "{wrong}");
            } else if wrong.is_none() && last.is_some() {
                tracing::info!(target: "holders-door", "the authority answers again");
            }
            health().round("authority", LATE, clock.monotonic(), wrong.clone());
            // Who is refused stays so until somebody has done something.
            let wait = if wrong.is_none() || is_refused { EVERY } else { AGAIN };
            last = wrong;
            let soonest = tokio::time::sleep(AGAIN);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // At once, and however many applications fail no more often than that.
                () = self.stale.notified() => soonest.await,
            }
        }
    }
}

fn is_spent(json: &[u8]) -> bool {
    serde_json::from_slice(json).is_ok_and(|refusal: Refusal| refusal == Refusal::ChallengeSpent)
}

/// Serves the door until `stop` resolves.
///
/// Plain, since it is for everybody: what is handed in is signed.
pub async fn serve(
    at: impl Into<Door>,
    door: Arc<HoldersDoor>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let served = akashi_link::serve_plain(at, router(door.clone(), clock.clone()), stop);
    tokio::select! {
        served = served => served,
        () = async { door.keep_asking(&*clock).await } => {
            Err(LinkError::Listen(std::io::Error::other("the authority is not asked any more")))
        }
    }
}
