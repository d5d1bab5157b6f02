//! What can go wrong in the simulated registry.

use akashi_keys::KeyError;
use akashi_wire::MunicipalityCode;
use akashi_wire::signed::SignedMessageError;

/// Why the registry does not do what was asked. Never repeats a resident code or a name.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nobody has this code.
    #[error("no resident has this code")]
    NoSuchResident,
    /// Somebody has this code already.
    #[error("the code belongs to somebody already")]
    CodeTaken,
    /// The record is deleted; only a move in, a notice of one or a taking back can follow.
    #[error("the record is deleted")]
    Deleted,
    /// No move out or move in stands of which the old town could hear.
    #[error("no town waits for a notice of a move in")]
    NoMove,
    /// The table does not list such a body.
    #[error("{0} is not in the table of municipalities")]
    NoSuchMunicipality(MunicipalityCode),
    /// There is no change of this number that could still be taken back.
    #[error(
        "change {number} of this record cannot be taken back: there is none, it was taken back, or it is itself a taking back, a change of code or the entry of the record"
    )]
    NotToBeTakenBack {
        /// The history number.
        number: u32,
    },
    /// These events were never sent.
    #[error("{municipality} has sent {sent} events; {count} from {first} on cannot be sent again")]
    NotSent {
        /// The source.
        municipality: MunicipalityCode,
        /// The sequence of the first event asked for.
        first: u64,
        /// How many were asked for.
        count: u32,
        /// How many have been sent.
        sent: u64,
    },
    /// The question does not follow the contract.
    #[error("the question does not follow the contract")]
    Question,
    /// Signed, and not by the authority.
    #[error("only the authority may ask here")]
    Asker,
    /// No source here answers for this municipality.
    #[error("no registry of {0} answers here")]
    ForeignMunicipality(MunicipalityCode),
    /// Encrypting to the authority failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Signing failed.
    #[error(transparent)]
    Signature(#[from] SignedMessageError),
}
