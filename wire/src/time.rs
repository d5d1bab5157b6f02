//! What time it is elsewhere: asked by an authority that doubts its machine's clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::MunicipalityCode;
use crate::bounds;
use crate::octets::Sha256;

/// Whose register is asked, over the authority's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeQuestion {
    /// Of which municipality.
    pub municipality: MunicipalityCode,
    /// 32 octets that nobody can foresee: an answer of before is none to this question.
    pub challenge: Sha256,
}

/// The answer ([`MessageKind::TimeAnswer`](crate::signed::MessageKind)): the register's, signed over its JSON; or that
/// of another program of the authority, which finds the challenge in what the authority says of itself and brings the
/// answer to its door (`POST /time`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAnswer {
    /// The question's.
    pub challenge: Sha256,
    /// What time it is there.
    #[serde(deserialize_with = "bounds::moment")]
    pub at: Timestamp,
    /// Of a program of the authority: on which machine, by the SHA-256 of the kernel's boot id. One that stands on the
    /// machine which asks says nothing that this does not say itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Sha256>,
}
