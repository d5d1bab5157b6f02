//! How often one machine may act. Each act that is taken is an entry for ever, with what was signed beside it: whoever
//! has a place at the door must not write without end.

use std::num::NonZeroU32;
use std::sync::Arc;

use akashi_link::Peer;
use akashi_wire::act::Refusal;
use akashi_wire::octets::Sha256;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{Doors, refused};

/// A machine that was still may act so many seconds' worth at once: a lot of cards that is registered, a day's
/// list of what waits.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// The acts of each machine, by its certificate.
#[derive(Clone)]
pub struct Rate(Arc<DefaultKeyedRateLimiter<Sha256>>);

impl Rate {
    /// So many a second, and [`AT_ONCE`] times as many at once.
    pub fn of(acts_per_second: NonZeroU32) -> Self {
        let quota = Quota::per_second(acts_per_second);
        let quota = quota.allow_burst(acts_per_second.saturating_mul(AT_ONCE));
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    fn lets(&self, machine: &[u8]) -> bool {
        self.0.check_key(&Sha256::of(machine)).is_ok()
    }
}

/// Lets a request in, or refuses it before its body is read. Refusals are on record as any other.
pub(super) async fn may_act(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if doors.rate.lets(&peer.certificate) {
        return next.run(request).await;
    }
    // Beside the answer: a book that keeps others waiting keeps nobody from being told.
    tokio::spawn(async move {
        let (counter, now) = (&doors.counter, doors.clock.now());
        if let Err(error) = counter.refuse(&peer.certificate, &Refusal::TooOften, now).await {
            tracing::error!(target: "ca", "a refused act is not on record: {error}");
        }
    });
    ([(RETRY_AFTER, "1")], refused(&Refusal::TooOften)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_acts_for_twenty_seconds_at_once_and_another_has_its_own() {
        let rate = Rate::of(NonZeroU32::MIN);
        assert_eq!((0..30).filter(|_| rate.lets(b"one")).count(), 20);
        assert!(rate.lets(b"another"));
    }
}
