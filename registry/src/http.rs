//! The two ends of the link: batches go out, questions come in.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use akashi_link::{Identity, LinkError, Peer};
use akashi_wire::batch::{BatchAnswer, MEDIA_TYPE};
use akashi_wire::lookup::LookUpRequest;
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::time::{TimeAnswer, TimeQuestion};
use akashi_wire::{MunicipalityCode, SignedMessage};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::Timestamp;
use rand::rngs::StdRng;
use reqwest::header::CONTENT_TYPE;
use tokio::net::TcpListener;

use crate::{Registry, RegistryError, SealedBatch, TownIdentity};

/// A question is short.
const QUESTION_OCTETS: usize = 64 * 1024;

/// What answers questions. The clock and the randomness come from whoever starts the program.
#[derive(Clone)]
pub struct Window {
    /// The register.
    pub registry: Arc<Mutex<Registry>>,
    /// DER of the one certificate, the authority's, whose questions are answered.
    pub asker: Arc<[u8]>,
    /// Who answers for the register of which municipality.
    pub registries: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Salts of commitments.
    pub rng: Arc<Mutex<StdRng>>,
}

impl Window {
    /// Answers a signed question of the authority with a sealed envelope.
    ///
    /// # Errors
    /// [`RegistryError::Asker`] for a question that somebody else signed.
    pub fn answer(&self, question: &[u8]) -> Result<Vec<u8>, RegistryError> {
        let signed = SignedMessage::from_der(question.to_vec())
            .verify(MessageKind::LookUpQuestion)
            .map_err(|_| RegistryError::Question)?;
        if signed.signer() != &self.asker[..] {
            return Err(RegistryError::Asker);
        }
        let request: LookUpRequest =
            serde_json::from_slice(signed.content()).map_err(|_| RegistryError::Question)?;
        let municipal = self
            .registries
            .get(&request.municipality)
            .ok_or(RegistryError::ForeignMunicipality(request.municipality))?;
        let now = (self.clock)();
        let (answer, openings) = {
            let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
            let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
            registry.look_up(&request, Sha256::of(question), now, &mut *rng)?
        };
        municipal.seal_answer(&answer, openings, now)
    }
}

impl Window {
    /// Says what time it is here, over the challenge of a question.
    ///
    /// # Errors
    /// [`RegistryError::Question`] for what is none, and [`RegistryError::ForeignMunicipality`].
    pub fn time(&self, question: &[u8]) -> Result<Vec<u8>, RegistryError> {
        let TimeQuestion { municipality, challenge } =
            serde_json::from_slice(question).map_err(|_| RegistryError::Question)?;
        let municipal = self
            .registries
            .get(&municipality)
            .ok_or(RegistryError::ForeignMunicipality(municipality))?;
        let at = (self.clock)();
        let answer = serde_json::to_vec(&TimeAnswer { challenge, at, boot: None })
            .expect("an answer is JSON");
        Ok(municipal.sign(MessageKind::TimeAnswer, &answer, at)?.0)
    }
}

/// `POST /lookup`: a signed `LookUpRequest`; the answer is a sealed `LookUpEnvelope`. `POST /time`: a
/// `TimeQuestion`; the answer is a signed `TimeAnswer`.
pub fn router(window: Window) -> Router {
    Router::new()
        .route("/lookup", post(look_up))
        .route("/time", post(time))
        .layer(DefaultBodyLimit::max(QUESTION_OCTETS))
        .with_state(window)
}

async fn look_up(State(window): State<Window>, question: Bytes) -> Response {
    answered(window.answer(&question))
}

async fn time(State(window): State<Window>, question: Bytes) -> Response {
    answered(window.time(&question))
}

fn answered(answer: Result<Vec<u8>, RegistryError>) -> Response {
    match answer {
        Ok(sealed) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], sealed).into_response(),
        Err(error) => {
            let status = match error {
                RegistryError::Question => StatusCode::BAD_REQUEST,
                RegistryError::Asker => StatusCode::FORBIDDEN,
                RegistryError::ForeignMunicipality(_) => StatusCode::NOT_FOUND,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            (status, error.to_string()).into_response()
        }
    }
}

/// Answers questions over mutual TLS until `stop` resolves.
///
/// The link authority certifies officers and agencies too; none of them may ask here: neither over a
/// link of their own, nor with a question that they signed.
pub async fn serve(
    listener: TcpListener,
    identity: &Identity,
    window: Window,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let (asker, now) = (window.asker.clone(), window.clock.clone());
    let router = router(window).layer(middleware::from_fn_with_state(asker, only));
    akashi_link::serve(listener, identity, now, router, stop).await
}

async fn only(
    State(asker): State<Arc<[u8]>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if peer.certificate[..] == asker[..] {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "only the authority may ask here").into_response()
    }
}

/// Why a batch did not arrive. It may be sent again as it is.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The authority cannot be reached, or the line broke.
    #[error("the authority cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The authority refused the batch, or cannot take it now.
    #[error("the authority answered {status}: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        text: String,
    },
    /// The answer is not one, or is one to another batch.
    #[error("the answer of the authority is not one to this batch")]
    Answer,
}

/// Posts a batch to the authority's door for 異動 and reads its answer.
pub async fn send(
    client: &reqwest::Client,
    url: &str,
    batch: &SealedBatch,
) -> Result<BatchAnswer, SendError> {
    let request = client.post(url).header(CONTENT_TYPE, MEDIA_TYPE).body(batch.sealed.clone());
    let response = request.send().await?;
    let status = response.status();
    let octets = response.bytes().await?;
    if !status.is_success() {
        let text = String::from_utf8_lossy(&octets).into_owned();
        return Err(SendError::Refused { status: status.as_u16(), text });
    }
    let answer: BatchAnswer = serde_json::from_slice(&octets).map_err(|_| SendError::Answer)?;
    if answer.source != batch.batch.header.source || answer.digest != batch.digest {
        return Err(SendError::Answer);
    }
    Ok(answer)
}
