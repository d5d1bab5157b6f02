//! Why a list that was handed over is not published.

use akashi_ledger::{LedgerError, Scope};
use akashi_lint::{Finding, LintError};
use akashi_shelf::ShelfError;

/// Why a list is not published. The one before stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The book cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The authority's certificate or its founding record is not one.
    #[error(transparent)]
    Founding(#[from] LintError),
    /// A file cannot be read, or a list not be put in its place.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// A setting makes no sense.
    #[error("`[repository]` of akashi.toml: {0}")]
    Settings(&'static str),
    /// The authority's certificate has no key that is read here.
    #[error("the authority's certificate cannot be read: nothing is published")]
    Certificate,
    /// What lies there is another list than the one whose digest the authority recorded.
    #[error(
        "{scope} {number} was not published: the file that was handed over is not the one that the authority recorded. Somebody changed it: examine the machine of the list issuer"
    )]
    OtherOctets {
        /// Which list.
        scope: Scope,
        /// Its number.
        number: i64,
    },
    /// A later list of the authority's lies there, of which the book knows nothing.
    #[error(
        "{scope} {number} was not published: {lies} lies there, a later one of the authority's that the book does not know. The book is from a backup, or a clock ran ahead: the next list with a later number takes its place; what is revoked meanwhile is on none that agencies get. Where that takes long, move the file away"
    )]
    Later {
        /// Which list.
        scope: Scope,
        /// Its number.
        number: i64,
        /// The number of the one that lies there.
        lies: i64,
    },
    /// It was not signed by the authority.
    #[error(
        "{scope} {number} was not published: it is not signed by the authority. Examine the machine of the list issuer"
    )]
    Signature {
        /// Which list.
        scope: Scope,
        /// Its number.
        number: i64,
    },
    /// The list breaks a rule.
    #[error("{scope} {number} was not published: {}", akashi_lint::sentences(.findings))]
    Lint {
        /// Which list.
        scope: Scope,
        /// Its number.
        number: i64,
        /// Every rule that it breaks.
        findings: Vec<Finding>,
    },
}
