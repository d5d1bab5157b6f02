//! The door, plain: `GET /challenge` and `POST /revocations`. What is handed in is signed, and that is all the proof that
//! there is.

use std::sync::Arc;
use std::time::Duration;

use akashi_link::whole;
use akashi_wire::act::Refusal;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Clock, SignedMessage};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics::counter;

use crate::authority::NotHandedOn;
use crate::serve::HoldersDoor;

/// An application is smaller.
const LIMIT: usize = 32 * 1024;
/// A whole application must be here within this time.
const TIME: Duration = Duration::from_secs(10);

/// What the door is served with.
pub(crate) type Served = (Arc<HoldersDoor>, Arc<dyn Clock>);

/// The router.
pub fn router(door: Arc<HoldersDoor>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/challenge", get(challenge))
        .route("/revocations", post(revocation))
        .with_state((door, clock))
}

fn counted(outcome: &'static str) {
    counter!("akashi_holders_applications_total", "outcome" => outcome).increment(1);
}

fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    (status, Json(refusal.told())).into_response()
}

async fn challenge(State((door, clock)): State<Served>) -> Response {
    match door.challenges.give(clock.monotonic(), rand::random()) {
        Some(challenge) => ([(CACHE_CONTROL, "no-store")], Json(challenge)).into_response(),
        None => refused(StatusCode::SERVICE_UNAVAILABLE, &Refusal::NotNowPossible),
    }
}

async fn revocation(State((door, _)): State<Served>, request: Request) -> Response {
    let body = match whole(request.into_body(), (LIMIT, TIME)).await {
        Ok(body) => body,
        Err(why) => return why.into_response(),
    };
    let message = SignedMessage::from_der(body.to_vec());
    // Whose it is the authority sees; what is no application is not brought before it.
    if let Err(error) = message.unverified_content(MessageKind::HolderApplication) {
        counted("malformed");
        let malformed = Refusal::Malformed { what: error.to_string() };
        return refused(StatusCode::BAD_REQUEST, &malformed);
    }
    match door.hand_on(&message).await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
            counted(if status.is_success() { "done" } else { "refused" });
            (status, [(CONTENT_TYPE, "application/json")], answer.json).into_response()
        }
        Err(why) => {
            counted(if matches!(why, NotHandedOn::Busy) { "busy" } else { "failed" });
            refused(StatusCode::SERVICE_UNAVAILABLE, &Refusal::NotNowPossible)
        }
    }
}
