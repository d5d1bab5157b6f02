//! 本人確認情報の照会: what the authority asks the registry, and the signed answer.
//!
//! The registry is the server and the authority its client; the desk never asks by itself.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::octets::{Octets, Sha256};
use crate::{BirthDate, CaseId, CodeCommitment, CodeOpening, FourItems, MunicipalityCode, Sex};

/// Whom the authority asks about.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Whom {
    /// By resident code, read from the card's registry area at the counter.
    Code {
        /// The code with a salt; the answer repeats the commitment.
        opening: CodeOpening,
    },
    /// By what the applicant says of himself or herself.
    Items {
        /// 氏名 as written.
        #[serde(deserialize_with = "bounds::written")]
        name: String,
        /// 生年月日.
        birth_date: BirthDate,
        /// 性別, where it helps to tell two persons apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<Sex>,
        /// 住所, where it helps to tell two persons apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(deserialize_with = "bounds::written")]
        address: Option<String>,
    },
}

/// A question, always for one case and one purpose. It travels as a signed message
/// ([`MessageKind::LookUpQuestion`](crate::signed::MessageKind)) of the authority, over its JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpRequest {
    /// The case for which it is asked.
    pub case: CaseId,
    /// Why.
    #[serde(deserialize_with = "bounds::purpose")]
    pub purpose: String,
    /// Residents of this municipality only.
    pub municipality: MunicipalityCode,
    /// Whom.
    pub whom: Whom,
}

/// One resident, as the registry has the record now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidentRecord {
    /// A commitment to the resident code.
    pub resident: CodeCommitment,
    /// The municipality of residence.
    pub municipality: MunicipalityCode,
    /// How many changes this record has seen.
    #[serde(deserialize_with = "bounds::history")]
    pub history_number: u32,
    /// The four items, with the registry's own characters.
    pub items: FourItems,
    /// DV等支援措置: protected person.
    pub protected: bool,
    /// Whether the person still lives there.
    pub state: ResidentState,
}

/// Whether a record is living.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum ResidentState {
    /// A resident.
    Living,
    /// A resident who has notified a move out.
    LeavingOn {
        /// 異動予定日.
        day: Date,
    },
    /// The record is deleted: moved, dead, or deleted by the office.
    Deleted,
}

/// The signed part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpAnswer {
    /// The case it was asked for.
    pub case: CaseId,
    /// SHA-256 of the signed question, DER as it was sent: no answer to another question, nor to the same
    /// one asked before, can be put in its place.
    pub request: Sha256,
    /// The state of the register that was read.
    #[serde(deserialize_with = "bounds::moment")]
    pub as_of: Timestamp,
    /// Everybody whom the question fits: none, one or several.
    #[serde(deserialize_with = "bounds::few::<_, _, { bounds::PERSONS }>")]
    pub persons: Vec<ResidentRecord>,
}

/// What travels, inside the same encryption as a batch.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpEnvelope {
    /// CMS SignedData over the JSON of a [`LookUpAnswer`].
    #[serde(deserialize_with = "bounds::signed_answer")]
    pub signed: Octets,
    /// One opening a person, in the same order.
    #[serde(deserialize_with = "bounds::few::<_, _, { bounds::PERSONS }>")]
    pub openings: Vec<CodeOpening>,
}
