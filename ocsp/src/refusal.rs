//! Why a question is not answered with a status.

use crate::request::RequestError;
use crate::response::ResponseStatus;

/// Why a question gets an error response (RFC 6960 §2.3). None of these says anything about a
/// certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a request.
    #[error("malformed: {0}")]
    Malformed(#[from] RequestError),
    /// A certificate of another issuer is asked about.
    #[error("a certificate of another issuer is asked about")]
    OtherIssuer,
    /// Registered agencies only, and nobody is named.
    #[error("only registered agencies are answered: sign the request or use mutual TLS")]
    Unsigned,
    /// The request's signature does not verify, or the signer's certificate is not with it.
    #[error("the request's signature does not verify")]
    BadSignature,
    /// Not an agency, or no longer.
    #[error("the asker is not a registered agency in force")]
    NotAnAgency,
    /// No purpose, of several, or one that the agency did not notify.
    #[error("the agency did not notify this purpose, or notified several and told none")]
    PurposeNotNotified,
    /// The table has not been read yet.
    #[error("the book has not been read yet")]
    NotLoaded,
    /// The book was not read for too long.
    #[error("contact with the book is lost")]
    LostContact,
    /// No certificate is valid from thisUpdate to nextUpdate.
    #[error("no responder certificate is valid for the whole life of an answer")]
    NoCertificate,
    /// The clock went back.
    #[error("the clock stands before the last signature")]
    ClockBehind,
    /// Nobody knows the time.
    #[error("nobody has witnessed the time since the start")]
    TimeInDoubt,
    /// The authority is over.
    #[error("the authority has ended: nothing is answered for it any more")]
    AuthorityOver,
    /// The book cannot say who asks.
    #[error("the book cannot be asked who asks")]
    LedgerUnreachable,
    /// The question could not be put on record.
    #[error("the question could not be put on record")]
    NotRecorded,
    /// The key could not sign.
    #[error("the key could not sign")]
    Key,
    /// The answer would have been against its rules.
    #[error("the answer is against its rules and was not signed")]
    Lint,
}

impl Refusal {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = 16;

    /// What the client is told.
    pub fn status(&self) -> ResponseStatus {
        match self {
            Self::Malformed(_) => ResponseStatus::MalformedRequest,
            Self::Unsigned => ResponseStatus::SigRequired,
            Self::OtherIssuer
            | Self::BadSignature
            | Self::NotAnAgency
            | Self::PurposeNotNotified
            // No later question will be answered either (RFC 5019 §2.2.3).
            | Self::AuthorityOver => ResponseStatus::Unauthorized,
            Self::NotLoaded
            | Self::LostContact
            | Self::NoCertificate
            | Self::ClockBehind
            | Self::TimeInDoubt
            | Self::LedgerUnreachable
            | Self::NotRecorded => ResponseStatus::TryLater,
            Self::Key | Self::Lint => ResponseStatus::InternalError,
        }
    }

    /// One word, for counting and for logs.
    pub fn name(&self) -> &'static str {
        NAMES[self.kind()]
    }

    pub(crate) fn kind(&self) -> usize {
        match self {
            Self::Malformed(_) => 0,
            Self::OtherIssuer => 1,
            Self::Unsigned => 2,
            Self::BadSignature => 3,
            Self::NotAnAgency => 4,
            Self::PurposeNotNotified => 5,
            Self::NotLoaded => 6,
            Self::LostContact => 7,
            Self::NoCertificate => 8,
            Self::ClockBehind => 9,
            Self::LedgerUnreachable => 10,
            Self::NotRecorded => 11,
            Self::Key => 12,
            Self::Lint => 13,
            Self::TimeInDoubt => 14,
            Self::AuthorityOver => 15,
        }
    }
}

/// The names, by kind.
pub(crate) const NAMES: [&str; Refusal::KINDS] = [
    "malformed",
    "other_issuer",
    "unsigned",
    "bad_signature",
    "not_an_agency",
    "purpose_not_notified",
    "not_loaded",
    "lost_contact",
    "no_certificate",
    "clock_behind",
    "ledger_unreachable",
    "not_recorded",
    "key",
    "lint",
    "time_in_doubt",
    "authority_over",
];
