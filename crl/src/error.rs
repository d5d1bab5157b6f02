//! What can go wrong between the book and a published list.

use akashi_keys::KeyError;
use akashi_ledger::{LedgerError, Scope};
use akashi_lint::{Finding, LintError};
use akashi_shelf::ShelfError;
use akashi_wire::{MunicipalityCode, SerialNumber};

/// Why a list was not published. The one published before stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum CrlError {
    /// The book cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The authority's certificate or its founding record is not one.
    #[error(transparent)]
    Founding(#[from] LintError),
    /// The authority did not record what it was asked to.
    #[error("no list can be signed: {0}")]
    Order(akashi_wire::order::OrderRefusal),
    /// What makes lists has broken off.
    #[error("the list issuer has stopped working, and no list is made: start it anew")]
    Ended,
    /// The authority ended while the list was written.
    #[error("the authority ended at {end}: its key signs nothing any more")]
    AuthorityOver {
        /// Its last moment.
        end: jiff::Timestamp,
    },
    /// The authority's certificate lacks what a list repeats.
    #[error("the certificate of the authority cannot sign lists: {what}")]
    Certificate {
        /// What is missing or wrong.
        what: String,
    },
    /// The key at hand is not the one that the authority's certificate certifies.
    #[error("the key at hand is not the key of the authority's certificate: nothing is signed")]
    OtherKey,
    /// The length of the signature is not known beforehand, so the list cannot be streamed.
    #[error(
        "signatures of this key ({algorithm}) have no fixed length: lists are signed with RSA and SHA-256"
    )]
    NoFixedLength {
        /// The algorithm's object identifier.
        algorithm: String,
    },
    /// A setting that would leave a time without a valid list.
    #[error("the settings leave a gap: {0}")]
    Settings(String),
    /// No distribution point was made for this municipality.
    #[error(
        "municipality {0} has no distribution point: it was not part of this authority when it was made"
    )]
    NoDistributionPoint(MunicipalityCode),
    /// The signature that the key gave does not verify (RFC 5280 §5.1.1.3).
    #[error(
        "the signature over {scope} {number} does not verify by another implementation: nothing was published; have the key's hardware checked"
    )]
    Signature {
        /// Which list.
        scope: Scope,
        /// Its number, now burnt.
        number: i64,
    },
    /// The list breaks a rule.
    #[error("{scope} {number} was not published: {}", akashi_lint::sentences(.findings))]
    Lint {
        /// Which list.
        scope: Scope,
        /// Its number, now burnt.
        number: i64,
        /// Every rule that it breaks.
        findings: Vec<Finding>,
    },
    /// Revoked certificates that the last list named are missing from the new one.
    #[error(
        "{scope} was not published: certificate {serial} stands in the last list, has not ended and was not released, yet the book no longer lists it ({count} such in all). The book lost a revocation: restore it or record the revocation again"
    )]
    Vanished {
        /// Which list.
        scope: Scope,
        /// The first that is missing.
        serial: SerialNumber,
        /// How many are missing.
        count: usize,
    },
}
