//! 失効申請 by signature: the holder asks the authority to end the certificate on the card.

use akashi_card::{Card, Transport};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::holder::{DoorChallenge, Revocation, RevocationApplication};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MEDIA_TYPE;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

use super::{HolderError, OnCard, signature};

/// A signed application on its way.
pub struct Application {
    serial: SerialNumber,
    signed: Vec<u8>,
}

/// The certificate has ended: so says whoever answered, without a signature. Ask for its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The time that agencies are told.
    pub at: Timestamp,
    /// The reason that they are told.
    pub reason: RevocationReason,
}

/// What the authority's door for holders gives for one application.
pub async fn challenge(url: &str) -> Result<DoorChallenge, HolderError> {
    let not_heard = |why: String| HolderError::NotHeard { url: url.to_owned(), why };
    let client = akashi_link::plain_client().map_err(|e| not_heard(e.to_string()))?;
    let asked = client.get(format!("{}/challenge", url.trim_end_matches('/'))).send().await;
    let octets = body(asked.map_err(|e| not_heard(innermost(&e)))?).await.map_err(not_heard)?;
    serde_json::from_slice(&octets).map_err(|_| not_heard("its answer cannot be understood".into()))
}

impl Application {
    /// Signs an application with the card, whose PIN was verified.
    pub fn sign<T: Transport>(
        card: &mut Card<T>,
        on_card: &OnCard,
        serial: SerialNumber,
        reason: RevocationReason,
        challenge: &DoorChallenge,
        now: Timestamp,
    ) -> Result<Self, HolderError> {
        let authority = Sha256::of(&on_card.authority);
        let application = Revocation::Revocation;
        let challenge = challenge.challenge.clone();
        let application = RevocationApplication {
            application,
            authority,
            serial,
            reason,
            made_at: now,
            challenge,
        };
        let content = serde_json::to_vec(&application).expect("an application is JSON");
        let signed = signature::sign_for_authority(card, on_card, &content, now)?;
        Ok(Self { serial, signed })
    }

    /// Hands it in at the authority's door for holders. Handed in again, it gets the same answer.
    pub async fn hand_in(&self, url: &str) -> Result<Ended, HolderError> {
        let not_heard = |why: String| HolderError::NotHeard { url: url.to_owned(), why };
        let client = akashi_link::plain_client().map_err(|e| not_heard(e.to_string()))?;
        let answer = client
            .post(format!("{}/revocations", url.trim_end_matches('/')))
            .header("content-type", MEDIA_TYPE)
            .body(self.signed.clone())
            .send()
            .await
            .map_err(|e| not_heard(innermost(&e)))?;
        let granted = answer.status().is_success();
        let octets = body(answer).await.map_err(not_heard)?;
        let strange = |_| not_heard("its answer cannot be understood".into());
        if !granted {
            let refusal: Refusal = serde_json::from_slice(&octets).map_err(strange)?;
            return Err(HolderError::Refused(Box::new(refusal)));
        }
        match serde_json::from_slice(&octets).map_err(strange)? {
            Answer::Revoked { serial, at, reason } if serial == self.serial => {
                Ok(Ended { at, reason })
            }
            _ => Err(not_heard("its answer is another's".into())),
        }
    }
}

/// The words of whoever knows best what went wrong.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The longest answer that is read, in octets.
const LIMIT: usize = 16 * 1024;

/// What came, so many octets at most.
async fn body(mut answer: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        octets.extend_from_slice(&chunk);
        if octets.len() > LIMIT {
            return Err("its answer is too long".into());
        }
    }
    Ok(octets)
}
