//! The repository's door. Everything HTTP says about lists is here (RFC 5280 §4.2.1.13, RFC 9110).
//!
//! `GET /crl/GENERATION/SCOPE.crl`, the current list; `GET /crl/GENERATION/SCOPE/NUMBER.crl`, for ever
//! that list; `GET /ca/GENERATION.cer`; `GET /cps`. In `registered` mode `?purpose=…` names the agency's
//! purpose, where it notified more than one.

use std::fs::File;
use std::sync::Arc;

use akashi_ledger::{Access, Scope};
use akashi_link::Peer;
use akashi_shelf::{Facts, number_of, scope_of};
use akashi_wire::Clock;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use crate::repository::{Refusal, Repository};

/// Octets of a list that are read and sent at a time.
const CHUNK: usize = 64 * 1024;

#[derive(Clone)]
struct Door {
    repository: Arc<Repository>,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Asked {
    purpose: Option<String>,
}

/// The repository as a router. Behind mutual TLS each request carries its [`Peer`].
pub fn router(repository: Arc<Repository>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/crl/{generation}/{file}", get(current))
        .route("/crl/{generation}/{scope}/{file}", get(numbered))
        .route("/ca/{file}", get(certificate))
        .route("/cps", get(practice_statement))
        .fallback(nothing)
        .with_state(Door { repository, clock })
}

async fn current(
    State(door): State<Door>,
    Path((generation, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    match file.strip_suffix(".crl").and_then(scope_of) {
        Some(scope) if door.is_of(&generation) => {
            door.give(scope, None, asked, peer, &headers).await
        }
        _ => nothing().await,
    }
}

async fn numbered(
    State(door): State<Door>,
    Path((generation, scope, file)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    match (scope_of(&scope), file.strip_suffix(".crl").and_then(number_of)) {
        (Some(scope), Some(number)) if door.is_of(&generation) => {
            door.give(scope, Some(number), asked, peer, &headers).await
        }
        _ => nothing().await,
    }
}

async fn certificate(State(door): State<Door>, Path(file): Path<String>) -> Response {
    if !file.strip_suffix(".cer").is_some_and(|generation| door.is_of(generation)) {
        return nothing().await;
    }
    let octets = Bytes::copy_from_slice(door.repository.certificate());
    ([(CONTENT_TYPE, "application/pkix-cert")], octets).into_response()
}

async fn practice_statement(State(door): State<Door>) -> String {
    door.repository.practice_statement().to_owned()
}

async fn nothing() -> Response {
    let text = "There is no such address. Lists are at /crl/GENERATION/CODE.crl, \
                /crl/GENERATION/complete.crl and /crl/GENERATION/authority.crl, the authority's \
                certificate is at /ca/GENERATION.cer, its practice statement at /cps. The first \
                generation is 1.";
    (StatusCode::NOT_FOUND, text).into_response()
}

impl Door {
    /// Whether the lists here are of this generation, as it stands in an address.
    fn is_of(&self, generation: &str) -> bool {
        number_of(generation) == Some(self.repository.generation())
    }

    async fn give(
        &self,
        scope: Scope,
        number: Option<i64>,
        asked: Asked,
        peer: Option<Extension<Peer>>,
        headers: &HeaderMap,
    ) -> Response {
        let now = self.clock.now();
        let peer = peer.map(|Extension(peer)| peer);
        let admitted = match self.repository.admit(peer.as_ref(), asked.purpose, now).await {
            Ok(admitted) => admitted,
            Err(refusal) => return refusal.into_response(),
        };
        let (file, facts) = match self.repository.list(scope, number).await {
            Ok(Some(list)) => list,
            Ok(None) => return nothing().await,
            Err(_) => return cannot_read(),
        };
        if let Err(refusal) = self.repository.record(&admitted, scope, facts.number, now).await {
            return refusal.into_response();
        }
        let about = self.about(&facts, number.is_some(), now);
        if is_known(headers, &facts) {
            (StatusCode::NOT_MODIFIED, about).into_response()
        } else {
            let length = facts.length.to_string();
            let what = [(CONTENT_TYPE, "application/pkix-crl"), (CONTENT_LENGTH, length.as_str())];
            (about, what, stream(file)).into_response()
        }
    }

    /// ETag, Last-Modified and how long the answer may be kept.
    fn about(&self, facts: &Facts, for_ever: bool, now: Timestamp) -> [(HeaderName, String); 3] {
        let left = facts.next_update.duration_since(now).min(self.repository.max_age()).as_secs();
        let keep = match self.repository.access() {
            // Status is told to the one who may know it; nothing on the way may keep it.
            Access::Registered => "private, no-store".into(),
            // The same number never has other octets.
            Access::Open if for_ever => "public, max-age=31536000, immutable".into(),
            Access::Open if left > 0 => format!("public, max-age={left}"),
            Access::Open => "no-cache".into(),
        };
        let modified = DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&facts.this_update)
            .unwrap_or_default();
        [(ETAG, etag(facts)), (LAST_MODIFIED, modified), (CACHE_CONTROL, keep)]
    }
}

fn etag(facts: &Facts) -> String {
    format!("\"{}\"", facts.digest)
}

/// Whether the asker has these octets already (RFC 9110 §13.2.2: the tag counts, and the date only
/// where no tag was sent, and only where it is the very one that was told with the list: where a time was brought
/// back, the list of now is older than the one before).
fn is_known(headers: &HeaderMap, facts: &Facts) -> bool {
    let mut tags = headers.get_all(IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let own = etag(facts);
        return tags
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own);
    }
    headers
        .get(IF_MODIFIED_SINCE)
        .and_then(|value| DateTimeParser::new().parse_timestamp(value.as_bytes()).ok())
        .is_some_and(|since| facts.this_update.as_second() == since.as_second())
}

/// The octets of a file, a chunk at a time.
fn stream(file: File) -> Body {
    let file = tokio::fs::File::from_std(file);
    Body::from_stream(futures::stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
    }))
}

/// The shelf is out of order; the issuer says more to the operator.
fn cannot_read() -> Response {
    let text = "The list cannot be read now. Go on with the one that you have until its \
                nextUpdate, and ask again in a minute.";
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], text).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown | Self::NotAnAgency | Self::Superseded { .. } => StatusCode::FORBIDDEN,
            Self::Purpose { .. } => StatusCode::BAD_REQUEST,
            Self::CannotRecord(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, [(CACHE_CONTROL, "private, no-store")], self.to_string()).into_response()
    }
}
