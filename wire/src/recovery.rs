//! New security officers where fewer than two can sign: asked at the authority's host, over the signature of the
//! recovery key, which m of n persons open together.
//!
//! One door, `POST /recovery`: the body is a CMS SignedData of the kind
//! [`RecoveryRequest`](crate::signed::MessageKind::RecoveryRequest) whose content is the JSON of a
//! [`RecoveryRequest`]. It is written down and waits; a security officer who is left stops it; after its time
//! the parties in it are enrolled, and no others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::octets::{Octets, Sha256};

/// So many parties are made at once, at most.
pub const MOST_PARTIES: usize = 8;

/// As what somebody is enrolled by a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredAs {
    /// A security officer.
    SecurityOfficer,
    /// A terminal of the office, without which none can act.
    OfficeTerminal,
}

/// A party to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveredParty {
    /// Its name.
    #[serde(deserialize_with = "bounds::party")]
    pub name: String,
    /// As what.
    pub role: RecoveredAs,
    /// PKCS#10 request for its own key.
    #[serde(deserialize_with = "bounds::request")]
    pub request_for_certificate: Octets,
}

/// What the recovery key signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// SHA-256 of the certificate of the authority that is asked.
    pub authority: Sha256,
    /// When it was signed.
    #[serde(deserialize_with = "bounds::moment")]
    pub made_at: Timestamp,
    /// Who is to be enrolled: one to [`MOST_PARTIES`].
    #[serde(deserialize_with = "bounds::few::<_, _, MOST_PARTIES>")]
    pub parties: Vec<RecoveredParty>,
}
