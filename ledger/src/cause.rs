//! What a change of the book rests on, by key: an act, an order, a batch, an event, a recall.

use std::fmt;

use akashi_wire::act::{RecallId, RequestId};
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Order};

/// Why something stands in the book. Its text is stable: audit entries and status rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The founding of the authority.
    Founding,
    /// An act, by its request.
    Act(RequestId),
    /// A batch, by its source and the SHA-256 of its text.
    Batch(MunicipalityCode, Sha256),
    /// A party's request for another key, by the SHA-256 of the signed message.
    Rekey(Sha256),
    /// A person's word on the time, by the SHA-256 of the signed message.
    TimeWord(Sha256),
    /// A request of the recovery key, by the SHA-256 of what was signed.
    Recovery(Sha256),
    /// An order of the authority's own programs, by its name and the SHA-256 of the signed message.
    Order(&'static str, Sha256),
    /// An event of a source, by its sequence.
    Event(MunicipalityCode, u64),
    /// A recall of cards.
    Recall(RecallId),
}

impl Cause {
    pub(crate) fn of_order(order: &Order, evidence: Sha256) -> Self {
        Self::Order(order.name(), evidence)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Founding => f.write_str("founding"),
            Self::Act(request) => write!(f, "act {request}"),
            Self::Batch(source, digest) => write!(f, "batch {source} {digest}"),
            Self::Recovery(digest) => write!(f, "recovery {digest}"),
            Self::TimeWord(evidence) => write!(f, "time word {evidence}"),
            Self::Rekey(evidence) => write!(f, "rekey {evidence}"),
            Self::Order(name, evidence) => write!(f, "order {name} {evidence}"),
            Self::Event(source, sequence) => write!(f, "event {source} {sequence}"),
            Self::Recall(recall) => write!(f, "recall {recall}"),
        }
    }
}
