//! The authority, as its door for holders reaches it.

use std::time::Duration;

use akashi_link::{Identity, LinkError, Now, causes};
use akashi_wire::SignedMessage;
use akashi_wire::holder::challenge::ChallengeKeys;
use tokio::sync::Semaphore;

/// The longest answer that is read, in octets.
const LIMIT: usize = 16 * 1024;
/// The authority answers within this time, or it is not known what came of it: with the wait for a turn shorter than a
/// holder waits for this door (`akashi_link::plain_client`, ten seconds).
pub const PATIENCE: Duration = Duration::from_secs(6);
/// An application waits so long for its turn.
const WAITS: Duration = Duration::from_secs(2);
/// So many applications are with the authority at a time, however many come.
const AT_A_TIME: usize = 16;

/// A link to the authority.
pub struct Authority {
    client: reqwest::Client,
    base: String,
    places: Semaphore,
}

/// The authority's answer to an application, as it gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// JSON: an answer or a refusal.
    pub json: Vec<u8>,
}

/// Why an application was not handed on, or is not known to have been.
#[derive(Debug, thiserror::Error)]
pub enum NotHandedOn {
    /// So many are with the authority already.
    #[error("{AT_A_TIME} applications are with the authority already")]
    Busy,
    /// The authority does not hear this door.
    #[error("the authority refuses this door: {0}")]
    Refused(String),
    /// The authority did not answer.
    #[error("the authority does not answer: {0}")]
    Unanswered(String),
}

impl Authority {
    /// The authority at `url` (`https://HOST:PORT`), reached with this identity, by this time.
    pub fn new(identity: &Identity, url: &str, now: Now) -> Result<Self, LinkError> {
        let base = format!("{}/holders", url.trim_end_matches('/'));
        let client = akashi_link::client_by(identity, now)?;
        Ok(Self { client, base, places: Semaphore::new(AT_A_TIME) })
    }

    /// The keys of the next minutes' challenges.
    pub async fn challenge_keys(&self) -> Result<ChallengeKeys, NotHandedOn> {
        let asked = self.client.get(format!("{}/challenge-keys", self.base)).timeout(PATIENCE);
        let answer = read(asked).await?;
        let strange = |why: String| NotHandedOn::Unanswered(format!("{}: {why}", answer.status));
        match answer.status {
            200 => serde_json::from_slice(&answer.json).map_err(|e| strange(e.to_string())),
            403 => Err(NotHandedOn::Refused(String::from_utf8_lossy(&answer.json).into_owned())),
            _ => Err(strange(String::from_utf8_lossy(&answer.json).into_owned())),
        }
    }

    /// Hands an application on.
    pub async fn hand_on(&self, application: &SignedMessage) -> Result<Answered, NotHandedOn> {
        // In the order in which they came: what is none of a holder is refused within milliseconds.
        let waits = tokio::time::timeout(WAITS, self.places.acquire()).await;
        let Ok(Ok(_place)) = waits else { return Err(NotHandedOn::Busy) };
        let asked = self.client.post(format!("{}/revocations", self.base)).timeout(PATIENCE);
        let answer = read(asked.body(application.as_der().to_vec())).await?;
        // What is said to this door is not for the holder.
        match serde_json::from_slice::<serde_json::Value>(&answer.json) {
            Ok(_) => Ok(answer),
            Err(_) => Err(NotHandedOn::Refused(String::from_utf8_lossy(&answer.json).into_owned())),
        }
    }
}

/// Asks, and reads the answer, so long at most.
async fn read(asked: reqwest::RequestBuilder) -> Result<Answered, NotHandedOn> {
    let unanswered = |error: reqwest::Error| NotHandedOn::Unanswered(causes(&error));
    let mut answer = asked.send().await.map_err(unanswered)?;
    let (status, mut json) = (answer.status().as_u16(), Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(unanswered)? {
        json.extend_from_slice(&chunk);
        if json.len() > LIMIT {
            return Err(NotHandedOn::Unanswered("its answer is too long".into()));
        }
    }
    Ok(Answered { status, json })
}
