//! What can go wrong with the book.

use jiff::Timestamp;

use crate::Position;

/// Why something was not read or not written. Nothing is ever half written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The data base is out of reach, full, locked or broken.
    #[error("the ledger cannot be reached: {0}")]
    Unreachable(#[from] sqlx::Error),
    /// Another change of the same group met the failure of their commit.
    #[error("the ledger failed while it served several at once: ask again")]
    GroupLost,
    /// The address of the ledger is not understood.
    #[error("“{0}” is not a ledger: give sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// There is no such file.
    #[error(
        "there is no book at {0}: restore it from the backup, or correct `ledger` in akashi.toml; none was made in its place"
    )]
    Missing(std::path::PathBuf),
    /// The ledger was made by another version.
    #[error("the ledger has schema {found}, this program knows up to {known}: use a newer program")]
    Schema {
        /// As found.
        found: i64,
        /// As known.
        known: i64,
    },
    /// The ledger is empty.
    #[error("this ledger belongs to no authority yet: run `akashi init` first")]
    NoAuthority,
    /// The ledger belongs to an authority already.
    #[error("this ledger belongs to an authority already: nothing was changed")]
    AuthorityExists,
    /// The clock stands before what is recorded.
    #[error(
        "the clock says {now}, but the book was last written at {last}: set the clock right; nothing is signed until then"
    )]
    ClockBehind {
        /// The clock.
        now: Timestamp,
        /// The last entry.
        last: Timestamp,
    },
    /// A signature by somebody who is not enrolled, or no longer.
    #[error("the signer is not enrolled")]
    NotEnrolled,
    /// The permit is for something else.
    #[error("a permit of {actor} does not allow “{verb}”")]
    NotPermitted {
        /// Whose permit.
        actor: String,
        /// What was tried.
        verb: &'static str,
    },
    /// A person would have had two certificates.
    #[error("this person has a certificate already")]
    SecondCertificate,
    /// A public key that was certified before.
    #[error("this public key was certified before")]
    KeyUsedBefore,
    /// A serial number that is not in the book.
    #[error("the book knows no certificate {0}")]
    NoSuchCertificate(String),
    /// The status of this certificate does not allow the change.
    #[error("certificate {serial} is {standing}: it cannot be {change}")]
    StatusForbids {
        /// Which.
        serial: String,
        /// What it is.
        standing: &'static str,
        /// What was tried.
        change: &'static str,
    },
    /// A sequence that stood for another change before.
    #[error("sequence {sequence} of source {source_code} stood for another change before")]
    SequenceReused {
        /// The source.
        source_code: akashi_wire::MunicipalityCode,
        /// The sequence.
        sequence: u64,
    },
    /// A row holds what no version of this program writes.
    #[error("the ledger is damaged in {table}: {what}")]
    Damaged {
        /// Where.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The audit chain is broken.
    #[error("audit entry {position} is the first bad one: {what}")]
    Chain {
        /// The first bad entry.
        position: Position,
        /// What is wrong with it.
        what: String,
    },
}

impl LedgerError {
    /// Whether a unique index stopped a second row.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Unreachable(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}
