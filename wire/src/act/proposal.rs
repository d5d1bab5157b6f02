//! What takes two persons, and how it stands: what a review shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Deed, PartyId, RequestId, Suspension};
use crate::MunicipalityCode;
use crate::octets::Sha256;
use crate::party::Role;
use crate::recovery::RecoveredParty;

/// A party, as a review shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownParty {
    /// Its number.
    pub party: PartyId,
    /// Name of the person or body.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// Until when, whatever its keys say.
    pub until: Timestamp,
    /// When the key that it has now was certified.
    pub certified_at: Timestamp,
    /// The last moment of that key's certificate.
    pub not_after: Timestamp,
    /// Since when it may not act, for as long as that is not lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// Since when it is enrolled no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// Something that one person proposed and that waits for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownProposal {
    /// The request that proposed it.
    pub request: RequestId,
    /// SHA-256 of the act, to be countersigned.
    pub digest: Sha256,
    /// What is proposed.
    pub deed: Box<Deed>,
    /// By whom.
    pub proposed_by: PartyId,
    /// When.
    pub proposed_at: Timestamp,
    /// Until when another may countersign it.
    pub until: Timestamp,
}

/// A suspension in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownSuspension {
    /// Of what.
    pub suspended: Suspension,
    /// By whom.
    pub by: PartyId,
    /// Since when.
    pub since: Timestamp,
}

/// A municipality that another has taken up, and whose source speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownHandOver {
    /// The one that was taken up.
    pub from: MunicipalityCode,
    /// Who took it up.
    pub to: MunicipalityCode,
    /// Since when.
    pub since: Timestamp,
}

/// What the recovery key asked for and what waits: it is carried out unless somebody stops it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRecovery {
    /// SHA-256 of what was signed: its name.
    pub recovery: Sha256,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From when on it is carried out.
    pub until: Timestamp,
    /// Who is to be enrolled.
    pub parties: Vec<RecoveredParty>,
}
