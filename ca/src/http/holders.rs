//! What the authority's own door for holders hands on, and the keys of the challenges that it gives out. Nobody else is
//! heard here.

use akashi_link::{Peer, whole};
use akashi_wire::SignedMessage;
use akashi_wire::order::OrderRefusal;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};

use super::{ACT_TIME, APPLICATION_LIMIT, Doors, answered, to_its_end, unavailable};

pub(super) fn router() -> Router<Doors> {
    Router::new()
        .route("/challenge-keys", get(challenge_keys))
        .route("/revocations", post(revocation))
}

/// Nothing where it is the door that asks, else the refusal, which is on record.
async fn not_the_door(doors: &Doors, peer: &Peer) -> Option<Response> {
    let now = doors.clock.now();
    match doors.holders.is_from_the_door(&peer.certificate, now).await {
        Ok(true) => None,
        Ok(false) => {
            let (refusal, scheduler) = (OrderRefusal::NotAllowed, &doors.scheduler);
            let recorded = scheduler.record_refused_order(&refusal, &peer.certificate, now).await;
            if let Err(error) = recorded {
                tracing::error!(target: "ca", "a refusal is not on record: {error}");
            }
            // The door itself, with the key in whose place another one is, reads what to do.
            let replaced = doors.holders.replaced(&peer.certificate).await.unwrap_or_default();
            let says = replaced.map_or_else(
                || "the authority's own door for holders is heard here, and nobody else".to_owned(),
                |since| OrderRefusal::Replaced { since }.to_string(),
            );
            Some((StatusCode::FORBIDDEN, says).into_response())
        }
        Err(error) => Some(unavailable(&error)),
    }
}

async fn challenge_keys(State(doors): State<Doors>, Extension(peer): Extension<Peer>) -> Response {
    match not_the_door(&doors, &peer).await {
        Some(refused) => refused,
        None => Json(doors.holders.challenge_keys(doors.clock.now())).into_response(),
    }
}

async fn revocation(
    State(doors): State<Doors>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    if let Some(refused) = not_the_door(&doors, &peer).await {
        return refused;
    }
    let body = match whole(request.into_body(), (APPLICATION_LIMIT, ACT_TIME)).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    let revoking = async move { (doors.holders.revoke(message, doors.clock.now()).await, body).0 };
    answered(to_its_end(revoking).await)
}
