//! What a holder asks of the authority, over the signature of the holder's own card.
//!
//! One door, `POST /revocations`, plain HTTP: the signature is all the proof that there is. The holder
//! first fetches a [`DoorChallenge`] (`GET /challenge`), good for one application and a few minutes.
//! The body is a CMS SignedData of the kind
//! [`HolderApplication`](crate::signed::MessageKind::HolderApplication) whose content is the JSON of a
//! [`RevocationApplication`], without any certificate: the authority has it, and nobody on the way learns who the holder is. The answer is an
//! [`Answer::Revoked`](crate::Answer::Revoked) or a [`Refusal`](crate::act::Refusal).

pub mod challenge;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::octets::{Octets, Sha256};
use crate::{RevocationReason, SerialNumber};

/// What the door gave: octets that one application repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorChallenge {
    /// As the door gave them: they mean something to it and to the authority ([`challenge`]).
    #[serde(deserialize_with = "bounds::challenge")]
    pub challenge: Octets,
}

/// 失効申請 (公的個人認証法 art. 9): the holder wants the certificate ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationApplication {
    /// What is applied for: nothing else that a holder signs has this form.
    pub application: Revocation,
    /// SHA-256 of the certificate of the authority that is asked.
    pub authority: Sha256,
    /// The certificate, which must be the one that signs.
    pub serial: SerialNumber,
    /// keyCompromise, when somebody else may sign; else cessationOfOperation.
    pub reason: RevocationReason,
    /// When it was signed, by the holder's clock.
    #[serde(deserialize_with = "bounds::moment")]
    pub made_at: Timestamp,
    /// What the door gave for this application and no other.
    #[serde(deserialize_with = "bounds::challenge")]
    pub challenge: Octets,
}

/// 失効, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// The only one.
    Revocation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_reads_back_and_is_nothing_else() {
        let application = RevocationApplication {
            application: Revocation::Revocation,
            authority: Sha256([2; 32]),
            serial: SerialNumber::from_random([3; 16]),
            reason: RevocationReason::CessationOfOperation,
            made_at: "2026-04-01T00:00:00Z".parse().unwrap(),
            challenge: Octets(vec![4; 48]),
        };
        let json = serde_json::to_string(&application).unwrap();
        assert_eq!(serde_json::from_str::<RevocationApplication>(&json).unwrap(), application);
        for (from, to) in [("\"revocation\"", "\"renewal\""), ("{", "{\"extra\":1,")] {
            let other = json.replacen(from, to, 1);
            assert!(serde_json::from_str::<RevocationApplication>(&other).is_err(), "{other}");
        }
    }
}
