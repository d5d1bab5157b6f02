//! 停止: what one person's word stops at once, and two lift again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PartyId;
use crate::MunicipalityCode;

/// What is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Suspension {
    /// The source of a municipality: neither its batches nor its answers are taken.
    Source {
        /// Whose.
        municipality: MunicipalityCode,
    },
    /// The counters of a municipality: nothing that its officers sign is taken.
    Counter {
        /// Whose.
        municipality: MunicipalityCode,
    },
    /// Both, and the administrators of the municipality.
    Town {
        /// Which.
        municipality: MunicipalityCode,
    },
    /// One party.
    Party {
        /// Which.
        party: PartyId,
    },
    /// Every new certificate of this authority. What exists is revoked and answered for as before.
    Issuing,
}

impl Suspension {
    /// One word for the book.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Source { .. } => "source",
            Self::Counter { .. } => "counter",
            Self::Town { .. } => "town",
            Self::Party { .. } => "party",
            Self::Issuing => "issuing",
        }
    }

    /// The municipality that it is about.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        match self {
            Self::Source { municipality }
            | Self::Counter { municipality }
            | Self::Town { municipality } => Some(*municipality),
            Self::Party { .. } | Self::Issuing => None,
        }
    }

    /// The party that it is about.
    pub fn party(&self) -> Option<PartyId> {
        match self {
            Self::Party { party } => Some(*party),
            _ => None,
        }
    }
}

impl fmt::Display for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        self.municipality().map_or(Ok(()), |code| write!(f, " {code}"))?;
        self.party().map_or(Ok(()), |party| write!(f, " {party}"))
    }
}
