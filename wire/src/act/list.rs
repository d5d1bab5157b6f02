//! Lists of what there is, each with its state, for those who may see it. They name no resident.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CaseId, KnownParty, PartyId, Procedure};
use crate::alarm::KnownAlarm;
use crate::bounds;
use crate::{MunicipalityCode, RevocationReason, SerialNumber};

/// Of what a list is asked: of the own municipality, where the asker has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "list", rename_all = "snake_case", deny_unknown_fields)]
pub enum List {
    /// Alarms that stand.
    Alarms,
    /// Everybody who was ever enrolled.
    Parties,
    /// Sources of 異動.
    Sources,
    /// Cases that are open, the newest first.
    Cases {
        /// Only those that were opened before then: the next page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(deserialize_with = "bounds::moment_if_told")]
        before: Option<Timestamp>,
    },
    /// Certificates, the newest first.
    Certificates {
        /// Only those that were recorded before this position: the next page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<i64>,
    },
}

impl List {
    /// What the chain calls the look.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Alarms => "list_alarms",
            Self::Parties => "list_parties",
            Self::Sources => "list_sources",
            Self::Cases { .. } => "list_cases",
            Self::Certificates { .. } => "list_certificates",
        }
    }
}

/// How many cases or certificates are on a page.
pub const LIST_PAGE: usize = 200;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Listed {
    /// The alarms, the oldest first.
    Alarms {
        /// Each.
        alarms: Vec<KnownAlarm>,
    },
    /// The parties, in the order of their enrolment.
    Parties {
        /// Each.
        parties: Vec<KnownParty>,
    },
    /// The sources, by their codes.
    Sources {
        /// Each.
        sources: Vec<ListedSource>,
    },
    /// A page of cases.
    Cases {
        /// Each; where there are [`LIST_PAGE`], there may be more.
        cases: Vec<ListedCase>,
    },
    /// A page of certificates.
    Certificates {
        /// Each; where there are [`LIST_PAGE`], there may be more.
        certificates: Vec<ListedCertificate>,
    },
}

/// A source, and how far it is heard and settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedSource {
    /// Whose.
    pub municipality: MunicipalityCode,
    /// When it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heard: Option<Timestamp>,
    /// The event that is due next.
    pub next_expected: u64,
    /// Whether it is listened to: it may be suspended.
    pub is_open: bool,
    /// Events that came and are not settled.
    pub waiting: u64,
    /// When the oldest of them came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
}

/// A case that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCase {
    /// Its number.
    pub case: CaseId,
    /// Where.
    pub municipality: MunicipalityCode,
    /// What it is about.
    pub procedure: Procedure,
    /// Where it stands, in one word.
    pub step: String,
    /// Who opened it.
    pub party: PartyId,
    /// When.
    pub opened_at: Timestamp,
    /// When it closes itself if nobody touches it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    /// The certificate that was issued in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCertificate {
    /// Where it was recorded: the name of the next page.
    pub position: i64,
    /// Its number.
    pub serial: SerialNumber,
    /// Where it was issued.
    pub municipality: MunicipalityCode,
    /// Its last second.
    pub not_after: Timestamp,
    /// What is true of it, in one word: `intended` until it is signed and filed, then `good`, `held`, `revoked`, and
    /// `expired` once it is over.
    pub standing: String,
    /// Why it is on hold or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevocationReason>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}
