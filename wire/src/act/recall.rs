//! Cards by lot and model, and the recall of a bad lot.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{PartyId, RecallId};
use crate::RevocationReason;
use crate::bounds;
use crate::octets::Sha256;

/// Which cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum CardSelection {
    /// Of a lot, whatever the model.
    Lot {
        /// As the maker names it.
        #[serde(deserialize_with = "bounds::lot")]
        lot: String,
    },
    /// Of a model, whatever the lot.
    Model {
        /// As the maker names it.
        #[serde(deserialize_with = "bounds::lot")]
        model: String,
    },
    /// Of a lot of a model.
    LotAndModel {
        /// The lot.
        #[serde(deserialize_with = "bounds::lot")]
        lot: String,
        /// The model.
        #[serde(deserialize_with = "bounds::lot")]
        model: String,
    },
}

impl CardSelection {
    /// Of this lot, this model, or both; nothing selects nothing.
    pub fn of(lot: Option<String>, model: Option<String>) -> Option<Self> {
        match (lot, model) {
            (Some(lot), Some(model)) => Some(Self::LotAndModel { lot, model }),
            (Some(lot), None) => Some(Self::Lot { lot }),
            (None, Some(model)) => Some(Self::Model { model }),
            (None, None) => None,
        }
    }

    /// The lot, where it is one.
    pub fn lot(&self) -> Option<&str> {
        match self {
            Self::Lot { lot } | Self::LotAndModel { lot, .. } => Some(lot),
            Self::Model { .. } => None,
        }
    }

    /// The model, where it is one.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Model { model } | Self::LotAndModel { model, .. } => Some(model),
            Self::Lot { .. } => None,
        }
    }
}

impl fmt::Display for CardSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lot { lot } => write!(f, "lot {lot}"),
            Self::Model { model } => write!(f, "model {model}"),
            Self::LotAndModel { lot, model } => write!(f, "lot {lot} of model {model}"),
        }
    }
}

/// How many certificates a recall ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallCounts {
    /// Issued and in force.
    pub in_force: u64,
    /// On hold.
    pub on_hold: u64,
    /// Recorded and not filed yet: they are voided.
    pub under_way: u64,
}

impl RecallCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.in_force + self.on_hold + self.under_way
    }
}

/// A recall, proposed or confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRecall {
    /// Its number.
    pub recall: RecallId,
    /// Of which cards.
    pub selection: CardSelection,
    /// The reason that the CRL states.
    pub reason: RevocationReason,
    /// Why, in the words of whoever proposed it.
    pub why: String,
    /// Names the certificates that both persons looked at.
    pub digest: Sha256,
    /// Who proposed it.
    pub proposed_by: PartyId,
    /// Until when another may confirm it.
    pub until: Timestamp,
    /// Who confirmed it, once somebody has.
    pub confirmed_by: Option<PartyId>,
    /// Since when its cards are recalled.
    pub confirmed_at: Option<Timestamp>,
    /// Certificates revoked so far.
    pub revoked: u64,
    /// Certificates voided so far.
    pub voided: u64,
    /// When the last of them was ended.
    pub finished_at: Option<Timestamp>,
}
