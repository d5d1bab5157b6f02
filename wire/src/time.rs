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

/// The answer, signed by the register
/// ([`MessageKind::TimeAnswer`](crate::signed::MessageKind)) over its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAnswer {
    /// The question's.
    pub challenge: Sha256,
    /// What time it is there.
    #[serde(deserialize_with = "bounds::moment")]
    pub at: Timestamp,
}
