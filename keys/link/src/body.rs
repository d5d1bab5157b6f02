//! The body of a request, whole in memory: within a limit of its own, within a time, and within one budget for all that are
//! there at once, whoever sends them.

use std::time::Duration;

use akashi_wire::act::Refusal;
use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Octets of which one place of the budget is taken.
const PLACE: usize = 1024;

/// What all bodies of this process have together.
static ALL: Bodies = Bodies::of(32 * 1024 * 1024);

/// Bodies that share a budget.
struct Bodies {
    places: Semaphore,
}

/// A body, and its part of the budget for as long as this is kept.
#[derive(Debug)]
pub struct Whole {
    octets: Vec<u8>,
    _places: SemaphorePermit<'static>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBody {
    /// It is longer than it may be.
    TooLong,
    /// It did not come in time.
    Late,
    /// Others have all that there is.
    Busy,
    /// It broke off.
    BrokenOff,
}

/// That the same request is to be made again.
fn again() -> Json<serde_json::Value> {
    Json(Refusal::NotNowPossible.told())
}

impl IntoResponse for NoBody {
    fn into_response(self) -> Response {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            // In the words that whoever asks understands.
            Self::Late => (StatusCode::REQUEST_TIMEOUT, again()).into_response(),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, again()).into_response(),
            Self::BrokenOff => StatusCode::BAD_REQUEST.into_response(),
        }
    }
}

impl std::ops::Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets
    }
}

/// The whole body, of so many octets at most, which comes within this time.
///
/// # Errors
/// [`NoBody`], which is an answer by itself.
pub async fn whole(body: Body, (limit, time): (usize, Duration)) -> Result<Whole, NoBody> {
    ALL.whole(body, (limit, time)).await
}

impl Bodies {
    const fn of(octets: usize) -> Self {
        Self { places: Semaphore::const_new(octets / PLACE) }
    }

    async fn whole(
        &'static self,
        body: Body,
        (limit, time): (usize, Duration),
    ) -> Result<Whole, NoBody> {
        // What says itself that it is too long is not read.
        if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > limit {
            return Err(NoBody::TooLong);
        }
        tokio::time::timeout(time, self.read(body, limit)).await.unwrap_or(Err(NoBody::Late))
    }

    async fn read(&'static self, body: Body, limit: usize) -> Result<Whole, NoBody> {
        let busy = |_| NoBody::Busy;
        let (mut octets, mut places) = (Vec::new(), self.places.try_acquire_many(0).map_err(busy)?);
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let data = piece.map_err(|_| NoBody::BrokenOff)?;
            if octets.len() + data.len() > limit {
                return Err(NoBody::TooLong);
            }
            let needs = (octets.len() + data.len()).div_ceil(PLACE) - octets.len().div_ceil(PLACE);
            let needs = u32::try_from(needs).unwrap_or(u32::MAX);
            places.merge(self.places.try_acquire_many(needs).map_err(busy)?);
            octets.extend_from_slice(&data);
        }
        Ok(Whole { octets, _places: places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn all_bodies_have_one_budget_and_give_back_what_they_had() {
        static FEW: Bodies = Bodies::of(8 * 1024);
        let whole = |octets: usize| FEW.whole(Body::from(vec![7; octets]), (6 * 1024, SOON));
        let first = whole(5 * 1024).await.unwrap();
        assert_eq!(&*first, &[7; 5 * 1024]);
        let second = whole(3 * 1024).await.unwrap();
        assert_eq!(whole(1).await.unwrap_err(), NoBody::Busy);
        drop(second);
        assert!(whole(3 * 1024).await.is_ok());
        assert_eq!(whole(3 * 1024 + 1).await.unwrap_err(), NoBody::Busy);
        drop(first);
        assert!(whole(6 * 1024).await.is_ok());
        assert_eq!(FEW.places.available_permits(), 8);
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_or_late_or_broken_is_none_and_keeps_nothing() {
        static SOME: Bodies = Bodies::of(64 * 1024);
        let read = |body| SOME.whole(body, (2048, SOON));
        assert_eq!(read(Body::from(vec![0; 2049])).await.unwrap_err(), NoBody::TooLong);
        // In pieces, of which nobody says how many there are.
        let piece = || Ok::<_, std::io::Error>(vec![0_u8; 1024]);
        let pieces = futures::stream::iter([piece(), piece(), piece()]);
        assert_eq!(read(Body::from_stream(pieces)).await.unwrap_err(), NoBody::TooLong);
        let waits = futures::stream::iter([piece()]).chain(futures::stream::pending());
        assert_eq!(read(Body::from_stream(waits)).await.unwrap_err(), NoBody::Late);
        let broken = futures::stream::iter([piece(), Err(std::io::Error::other("gone"))]);
        assert_eq!(read(Body::from_stream(broken)).await.unwrap_err(), NoBody::BrokenOff);
        assert_eq!(SOME.places.available_permits(), 64);
    }
}
