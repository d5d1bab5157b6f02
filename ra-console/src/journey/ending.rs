//! Ending a certificate or holding it, and the inquiry letter for whoever has no document.

use akashi_wire::act::{Answer, CertificateBy, Deed, IdentityProof, LookUpBy, Procedure};
use akashi_wire::{BirthDate, CaseId, RevocationReason, SerialNumber};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{in_case, open_case, unexpected};
use crate::{Desk, DeskError};

/// A certificate that ended at the counter, or was put on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The case.
    pub case: CaseId,
    /// The certificate's number.
    pub serial: SerialNumber,
    /// The time that CRL and OCSP state.
    pub at: Timestamp,
    /// The reason that they state.
    pub reason: RevocationReason,
}

/// By what a certificate that is to end is found.
pub enum Find {
    /// By the registry's record of its holder.
    Person(LookUpBy),
    /// By the authority's own book: whether the registry answers or not, and after a death too.
    Certificate {
        /// By what.
        by: CertificateBy,
        /// The birth date that whoever asks has told: nothing ends when the certificate states another.
        born: Option<BirthDate>,
    },
}

impl From<LookUpBy> for Find {
    fn from(by: LookUpBy) -> Self {
        Self::Person(by)
    }
}

impl From<CertificateBy> for Find {
    fn from(by: CertificateBy) -> Self {
        Self::Certificate { by, born: None }
    }
}

/// 失効: not by the card, which may be lost.
pub async fn revoke(
    desk: &Desk,
    by: impl Into<Find>,
    reason: RevocationReason,
    identity: IdentityProof,
) -> Result<Ended, DeskError> {
    let case = open_case(desk, Procedure::Revocation).await?;
    revoke_in(desk, case, by, reason, identity).await
}

/// The same in a case that is open already, such as one whose inquiry letter was answered.
pub async fn revoke_in(
    desk: &Desk,
    case: CaseId,
    by: impl Into<Find>,
    reason: RevocationReason,
    identity: IdentityProof,
) -> Result<Ended, DeskError> {
    let revoked = async {
        find(desk, case, by.into()).await?;
        ended(case, desk.ask(Deed::Revoke { case, identity, reason }).await?)
    };
    revoked.await.map_err(in_case(case))
}

/// 電話による一時保留.
pub async fn hold(desk: &Desk, by: impl Into<Find>) -> Result<Ended, DeskError> {
    let case = open_case(desk, Procedure::Hold).await?;
    find(desk, case, by.into()).await?;
    ended(case, desk.ask(Deed::Hold { case }).await?)
}

async fn find(desk: &Desk, case: CaseId, by: Find) -> Result<(), DeskError> {
    match by {
        Find::Person(by) => desk.ask(Deed::LookUp { case, by }).await.map(|_| ()),
        Find::Certificate { by, born } => {
            let found = desk.ask(Deed::FindCertificate { case, by }).await?;
            let Answer::CertificateFound { holder, .. } = found else {
                return Err(unexpected("find_certificate"));
            };
            match born {
                Some(born) if born != holder.birth_date => Err(DeskError::OtherHolder),
                _ => Ok(()),
            }
        }
    }
}

/// A case that waits for the answer to an inquiry letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inquiry {
    /// The case.
    pub case: CaseId,
    /// The day that the answer names.
    pub sent: Date,
    /// When the case closes itself if nobody touches it.
    pub until: Timestamp,
}

/// 照会書: a letter goes to the address that the registry has; the case waits for its answer.
pub async fn inquire(
    desk: &Desk,
    procedure: Procedure,
    by: LookUpBy,
) -> Result<Inquiry, DeskError> {
    let case = open_case(desk, procedure).await?;
    let sent = async {
        desk.ask(Deed::LookUp { case, by }).await?;
        match desk.ask(Deed::SendInquiry { case }).await? {
            Answer::InquirySent { sent, until } => Ok(Inquiry { case, sent, until }),
            _ => Err(unexpected("send_inquiry")),
        }
    };
    sent.await.map_err(in_case(case))
}

fn ended(case: CaseId, answer: Answer) -> Result<Ended, DeskError> {
    match answer {
        Answer::Revoked { serial, at, reason } => Ok(Ended { case, serial, at, reason }),
        _ => Err(unexpected("revoke")),
    }
}
