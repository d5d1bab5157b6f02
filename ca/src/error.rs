//! What can go wrong in the authority.

use akashi_keys::KeyError;
use akashi_ledger::LedgerError;
use akashi_lint::{Finding, LintError};
use akashi_wire::act::Refusal;

/// Why the authority did not do something. A [`Refusal`] is the asker's to mend; all else is the
/// operator's.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// What was asked cannot be granted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The authority's directory.
    #[error(transparent)]
    Open(#[from] akashi_edge::OpenError),
    /// A link.
    #[error(transparent)]
    Link(#[from] akashi_link::LinkError),
    /// A certificate could not be encoded: the profile cannot say what it was given.
    #[error("the certificate cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    /// The profile and the lint disagree: nothing was signed.
    #[error("the certificate is against the profile and was not signed: {}", akashi_lint::sentences(.0))]
    Lint(Vec<Finding>),
    /// The certificate or the founding record of the authority is not one.
    #[error(transparent)]
    Founding(#[from] LintError),
    /// Another key took the place of that of one of the authority's own programs.
    #[error(
        "the {whose} of this directory is enrolled no more, another took its place: `akashi identity complete {}` where the next key was made, or bring keys/{whose}.key and certificates/{whose}.der from there",
        .whose.replace('_', "-")
    )]
    Replaced {
        /// Whose: the name of its role.
        whose: &'static str,
    },
    /// What was signed does not verify, or reads back as something else: it is not let out.
    #[error("what was signed is not what was meant: {0}. Stop the authority and examine its key")]
    BadSignature(&'static str),
    /// What went wrong with a whole group, as each of its members hears it.
    #[error(transparent)]
    Shared(std::sync::Arc<CaError>),
    /// The moduli could not be compared.
    #[error("the comparison of all moduli: {0}")]
    Comparison(String),
    /// A row of the book holds what no version of this program writes.
    #[error("the book holds what cannot be read: {0}")]
    Damaged(String),
}

impl CaError {
    /// An error where there is a finding.
    pub(crate) fn of_findings(findings: Vec<Finding>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self::Lint(findings)) }
    }

    /// What the asker is refused, where it is the asker who can mend it.
    pub fn refused(&self) -> Option<Refusal> {
        let refusal = match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::Ledger(error) => of_the_book(error),
            Self::Key(KeyError::ContentKey { destroyed: true, .. }) => Refusal::RecordsDeleted,
            Self::Shared(error) => return error.refused(),
            _ => return None,
        };
        let is_ours = matches!(
            refusal,
            Refusal::NotNowPossible | Refusal::ClockBehind | Refusal::TimeInDoubt
        );
        (!is_ours || matches!(self, Self::Refused(_))).then_some(refusal)
    }

    /// What the asker is told.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Ledger(error) => of_the_book(&error),
            Self::Key(KeyError::ContentKey { destroyed: true, .. }) => Refusal::RecordsDeleted,
            Self::Shared(error) => match &*error {
                Self::Ledger(error) => of_the_book(error),
                _ => Refusal::NotNowPossible,
            },
            _ => Refusal::NotNowPossible,
        }
    }
}

pub(crate) fn of_the_book(error: &LedgerError) -> Refusal {
    match error {
        LedgerError::ClockBehind { .. } => Refusal::ClockBehind,
        LedgerError::TimeInDoubt => Refusal::TimeInDoubt,
        LedgerError::NotEnrolled => Refusal::NotEnrolled,
        LedgerError::NotPermitted { .. } => Refusal::NotAllowed,
        LedgerError::NotATerminal => Refusal::NotATerminal,
        LedgerError::LastTerminal => Refusal::LastTerminal,
        LedgerError::Superseded { since } => Refusal::Superseded { since: *since },
        LedgerError::Over { end } => Refusal::Over { end: *end },
        LedgerError::OutlivesTerm { until } => Refusal::OutlivesTerm { until: *until },
        LedgerError::RecoveryNotEnough => Refusal::RecoveryNotEnough,
        LedgerError::RecoveryWaits => Refusal::RecoveryWaits,
        LedgerError::Suspended { since } => Refusal::Suspended { since: *since },
        LedgerError::SamePerson => Refusal::SamePerson,
        LedgerError::NoSuchProposal => Refusal::NoSuchProposal,
        LedgerError::ProposalDiffers => Refusal::ProposalDiffers,
        LedgerError::ProposalLapsed { until } => Refusal::ProposalLapsed { until: *until },
        LedgerError::NotAsItStands => Refusal::NotAsItStands,
        LedgerError::NoHandOver => Refusal::NoHandOver,
        LedgerError::TakenUp { by } => Refusal::TakenUp { by: *by },
        LedgerError::TooFewSecurityOfficers => Refusal::TooFewSecurityOfficers,
        LedgerError::OwnEnrolment => Refusal::OwnEnrolment,
        LedgerError::OwnIdentity => Refusal::OwnIdentity,
        LedgerError::IssuingSuspended => Refusal::IssuingSuspended,
        LedgerError::NameTaken => Refusal::NameTaken,
        LedgerError::KeyTaken => Refusal::KeyTaken,
        LedgerError::LinkTaken => Refusal::LinkTaken,
        _ => Refusal::NotNowPossible,
    }
}
