//! What can go wrong with the responder itself; what is wrong with a question is a
//! [`Refusal`](crate::Refusal).

use akashi_ledger::LedgerError;
use akashi_link::LinkError;
use jiff::Timestamp;

/// Why the responder does not open, does not follow, or has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum OcspError {
    /// The book.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The door.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The authority's certificate in the book cannot be read.
    #[error("the authority's certificate in the book is not a certificate: {0}")]
    AuthorityCertificate(der::Error),
    /// The responder's own public key cannot be read.
    #[error("the responder's public key is not a SubjectPublicKeyInfo: {0}")]
    PublicKey(der::Error),
    /// A certificate that the book gives for the responder's key is not fit to answer with.
    #[error("the responder's certificate is not used: {0}")]
    Certificate(#[from] UnfitCertificate),
    /// The authority does not take the responder's wish for a certificate.
    #[error("the responder asked for a certificate in vain: {0}")]
    Order(#[from] akashi_wire::order::OrderRefusal),
    /// An answer was against its rules, and was not signed.
    #[error("an answer was against its rules and was not signed: {0}")]
    Lint(String),
    /// The authority's certificate or its founding record is not one.
    #[error(transparent)]
    Founding(#[from] akashi_lint::LintError),
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(&'static str),
}

/// Why a certificate from the book is not fit for a delegated responder (RFC 6960 §4.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitCertificate {
    /// Not a certificate.
    #[error("it is not a certificate in DER")]
    Malformed,
    /// Another key's.
    #[error("it certifies another key")]
    OtherKey,
    /// Another issuer's.
    #[error("the authority is not its issuer")]
    OtherIssuer,
    /// Its signature does not verify.
    #[error("the authority's signature on it does not verify")]
    Signature,
    /// Without id-kp-OCSPSigning.
    #[error("its extended key usage is not OCSPSigning")]
    Usage,
    /// Ended before it was picked up.
    #[error("it ended at {0}")]
    Ended(Timestamp),
}
