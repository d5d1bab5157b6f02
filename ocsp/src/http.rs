//! The door: OCSP over HTTP (RFC 6960 §A.1), with the caching of RFC 9919 §6.
//!
//! `POST` with the request as its body, `GET` with the request in base64 as the path; both at the
//! root and under the path of the OCSP URL in the certificates. What a client sends wrong is told
//! in an OCSPResponse, except what HTTP itself has a word for: 405, 408, 413, 414. The
//! Content-Type of a body is not looked at: what the octets are, the octets say.

use std::sync::Arc;
use std::time::Duration;

use akashi_link::{Peer, whole};
use akashi_wire::Clock;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use crate::request::MAX_OCTETS;
use crate::{Answer, Asker, Responder, SignedAnswer};

/// The header with which an agency tells for which of its notified purposes it asks; UTF-8,
/// percent-encoded where it is not ASCII.
pub const PURPOSE: HeaderName = HeaderName::from_static("akashi-purpose");

/// The longest URL, in octets.
const MAX_URL: usize = 2048;
/// A whole body must be here within this time.
const BODY: Duration = Duration::from_secs(10);
/// With padding, or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

struct Door {
    responder: Arc<Responder>,
    clock: Arc<dyn Clock>,
    prefix: String,
}

/// The responder's door, without a lock: for [`akashi_link::serve_plain`] and
/// [`akashi_link::serve`].
pub fn router(responder: Arc<Responder>, clock: Arc<dyn Clock>) -> Router {
    let prefix = path_of(&responder.authority().profile.ocsp_url).to_owned();
    Router::new().fallback(door).with_state(Arc::new(Door { responder, clock, prefix }))
}

async fn door(
    State(door): State<Arc<Door>>,
    peer: Option<Extension<Peer>>,
    request: Request,
) -> Response {
    if request.uri().path_and_query().is_some_and(|url| url.as_str().len() > MAX_URL) {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    let purpose = request.headers().get(PURPOSE).and_then(purpose);
    let asked = request.headers().get(IF_NONE_MATCH).cloned();
    let method = request.method().clone();
    // Kept until the answer begins: its place is not another's before.
    let _body;
    let octets = match method {
        Method::GET | Method::HEAD => from_path(request.uri().path(), &door.prefix),
        Method::POST => match whole(request.into_body(), (MAX_OCTETS, BODY)).await {
            Ok(body) => {
                let octets = body.to_vec();
                _body = Some(body);
                octets
            }
            Err(why) => return why.into_response(),
        },
        _ => return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, POST")]).into_response(),
    };
    let asker = Asker {
        certificate: peer.as_ref().map(|Extension(peer)| peer.certificate.as_slice()),
        purpose: purpose.as_deref(),
    };
    let reading = door.clock.read();
    let answer = door.responder.answer(&octets, asker, reading).await;
    // Whoever else has asked is signed for first, so that answers leave together: to wake a sleeping
    // client for each of them costs as much as a signature.
    tokio::task::yield_now().await;
    let asked = asked.filter(|_| method != Method::POST);
    response(answer, asked.as_ref(), door.responder.settings().max_age, reading.now)
}

fn response(
    answer: Answer,
    asked: Option<&HeaderValue>,
    max_age: Duration,
    now: Timestamp,
) -> Response {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/ocsp-response"));
    let octets = match answer {
        Answer::Error(status) => {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            Bytes::from_static(status.error_response())
        }
        Answer::Signed { answer, may_be_kept: false } => {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            Bytes::from_owner(answer.octets.clone())
        }
        Answer::Signed { answer, may_be_kept: true } => {
            caching(&mut headers, &answer, max_age, now);
            if asked.is_some_and(|etag| etag.as_bytes() == answer.etag().as_bytes()) {
                headers.remove(CONTENT_TYPE);
                return (StatusCode::NOT_MODIFIED, headers).into_response();
            }
            Bytes::from_owner(answer.octets.clone())
        }
    };
    (headers, Body::from(octets)).into_response()
}

/// What caches on the way are told. Expires is not nextUpdate, as RFC 9919 §6 has it, but the end
/// of max-age: a cache that knows only Expires would hide a revocation for an hour.
fn caching(headers: &mut HeaderMap, answer: &SignedAnswer, max_age: Duration, now: Timestamp) {
    let left = answer.next_update.duration_since(now).as_secs().max(0);
    let age = left.min(i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX));
    let expires = now.saturating_add(SignedDuration::from_secs(age)).unwrap_or(now);
    let control = format!("max-age={age}, public, no-transform, must-revalidate");
    let values = [
        (CACHE_CONTROL, HeaderValue::try_from(control).ok()),
        (ETAG, HeaderValue::from_str(answer.etag()).ok()),
        (LAST_MODIFIED, date(answer.this_update)),
        (EXPIRES, date(expires)),
    ];
    headers.extend(values.into_iter().filter_map(|(name, value)| Some((name, value?))));
}

fn date(at: Timestamp) -> Option<HeaderValue> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()?.try_into().ok()
}

/// The octets of a request in a path: percent-decoded exactly once, then base64. A `/` or `+` of
/// the base64 may stand as it is. What is no base64 gives no octets, which is no request.
pub fn from_path(path: &str, prefix: &str) -> Vec<u8> {
    let path = path.strip_prefix(prefix).unwrap_or(path);
    // No request begins with a slash in base64: the first octet of DER is 0x30, thus `M`.
    let decoded = percent_decoded(path.trim_start_matches('/').as_bytes());
    decoded.and_then(|text| BASE64.decode(text).ok()).unwrap_or_default()
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            decoded.extend(hex::decode(digits).ok()?);
            after
        } else {
            decoded.push(*first);
            after
        };
    }
    Some(decoded)
}

/// What cannot be read is not notified by anybody either; it is not passed over in silence.
fn purpose(value: &HeaderValue) -> Option<String> {
    let octets = percent_decoded(value.as_bytes()).unwrap_or_default();
    Some(String::from_utf8(octets).unwrap_or_default())
}

/// The path of a URL, without a slash at its end.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |start| &after_scheme[start..]);
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_exactly_once() {
        assert_eq!(from_path("/MAA=", ""), [0x30, 0]);
        assert_eq!(from_path("/MAA", ""), [0x30, 0]);
        assert_eq!(from_path("/MAA%3D", ""), [0x30, 0]);
        assert!(from_path("/MAA%253D", "").is_empty(), "what was encoded twice is no base64");
        assert!(from_path("/MA%", "").is_empty());
        assert!(from_path("/", "").is_empty());
    }

    #[test]
    fn slash_and_plus_may_stand_raw_or_encoded_under_the_prefix_and_at_the_root() {
        let request = [0x30, 0xff, 0xef, 0xbe];
        for path in ["/MP/vvg==", "/MP%2Fvvg==", "/ocsp/MP/vvg==", "//MP/vvg", "/ocsp//MP/vvg"] {
            assert_eq!(from_path(path, "/ocsp"), request, "{path}");
        }
        assert_eq!(from_path("/M+++", ""), from_path("/M%2B%2b+", ""));
        assert_eq!(from_path("/M+++", "").len(), 3);
    }

    #[test]
    fn the_prefix_is_the_path_of_the_url_in_the_certificates() {
        assert_eq!(path_of("http://ocsp.example/a/b/"), "/a/b");
        assert_eq!(path_of("http://ocsp.example"), "");
        assert_eq!(path_of("http://ocsp.example/"), "");
    }
}
