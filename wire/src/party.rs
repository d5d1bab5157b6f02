//! Who may ask the authority for something, and as what.

use serde::{Deserialize, Serialize};

use crate::MunicipalityCode;

/// In what capacity a certificate of the authority's own hierarchy acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// Enrols the others, two of them together; the first two are made by `init`. Touches no
    /// resident's case.
    SecurityOfficer,
    /// Enrols the officers of one municipality, two of them together, and stops them.
    TownAdministrator {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// 受付窓口職員: a registration officer of one municipality.
    Officer {
        /// The only municipality whose residents this officer sees.
        municipality: MunicipalityCode,
    },
    /// Takes telephone calls for one municipality: puts certificates on hold, and does nothing else.
    HoldDesk {
        /// The only municipality whose certificates it sees.
        municipality: MunicipalityCode,
    },
    /// Runs the machines: says that a clock is right, and sees who is enrolled.
    Operator,
    /// Sees who is enrolled and what is suspended; does nothing.
    Auditor,
    /// 署名検証者: an agency that notified the authority beforehand.
    Agency {
        /// What it may ask for, as notified (law art. 17).
        #[serde(deserialize_with = "crate::bounds::purposes")]
        purposes: Vec<String>,
    },
    /// The registry of one municipality, sending 異動 and answering look-ups.
    Source {
        /// The municipality.
        municipality: MunicipalityCode,
    },
    /// The authority's own scheduler.
    Scheduler,
}

impl Role {
    /// One word for the audit chain and the screen.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SecurityOfficer => "security_officer",
            Self::TownAdministrator { .. } => "town_administrator",
            Self::Officer { .. } => "officer",
            Self::HoldDesk { .. } => "hold_desk",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Agency { .. } => "agency",
            Self::Source { .. } => "source",
            Self::Scheduler => "scheduler",
        }
    }

    /// The municipality to which this role is confined.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        match self {
            Self::TownAdministrator { municipality }
            | Self::Officer { municipality }
            | Self::HoldDesk { municipality }
            | Self::Source { municipality } => Some(*municipality),
            Self::SecurityOfficer
            | Self::Operator
            | Self::Auditor
            | Self::Agency { .. }
            | Self::Scheduler => None,
        }
    }
}
