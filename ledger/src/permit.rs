//! Leave to change the book.
//!
//! A permit is made only by verifying a signature of an enrolled party: an officer's act, a
//! source's batch, or an order of the authority's own scheduler. Nothing that changes the book can
//! be called without one, and nobody outside of this module can make one.

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{MunicipalityCode, SignedMessage, Verified};
use jiff::Timestamp;

use crate::{Ledger, LedgerError};

/// Leave of one enrolled party to change the book, by one signed message.
#[derive(Debug, Clone)]
pub struct Permit {
    party: PartyId,
    role: Role,
    evidence: Sha256,
}

impl Permit {
    /// Who.
    pub fn party(&self) -> PartyId {
        self.party
    }

    /// In what capacity.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// SHA-256 of the signed message.
    pub fn evidence(&self) -> Sha256 {
        self.evidence
    }

    /// The municipality to which the party is confined.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        self.role.municipality()
    }

    /// The permit of the very first page, where nobody is enrolled yet.
    pub(crate) fn founding(enrolment: &crate::Enrolment, message: &Verified) -> Self {
        Self {
            party: enrolment.party,
            role: enrolment.role.clone(),
            evidence: Sha256::of(message.message()),
        }
    }

    /// As it stands in the audit chain.
    pub(crate) fn actor(&self) -> String {
        format!("{}:{}", self.role.name(), self.party)
    }

    /// Stops a caller that holds the wrong kind of permit.
    pub(crate) fn require(
        &self,
        verb: &'static str,
        allowed: impl FnOnce(&Role) -> bool,
    ) -> Result<(), LedgerError> {
        if allowed(&self.role) {
            Ok(())
        } else {
            Err(LedgerError::NotPermitted { actor: self.actor(), verb })
        }
    }
}

impl<R> Ledger<R> {
    /// The permit that a verified message gives, if its signer is enrolled now.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when the signer's certificate is unknown, ended or out of
    /// its time.
    pub async fn permit(&self, message: &Verified, now: Timestamp) -> Result<Permit, LedgerError> {
        let enrolment = self
            .enrolment_of(Sha256::of(message.signer()))
            .await?
            .filter(|enrolment| enrolment.is_in_force(now) && message.signer_has_not_ended(now))
            .ok_or(LedgerError::NotEnrolled)?;
        let evidence = Sha256::of(message.message());
        Ok(Permit { party: enrolment.party, role: enrolment.role, evidence })
    }

    /// The permit of the authority's own scheduler for what is to be done now: an order, signed by
    /// the scheduler's key and verified like anybody's message.
    ///
    /// `certificate` is the scheduler's; `sign` gives its signature over the octets it gets.
    pub async fn order<E: std::fmt::Display>(
        &self,
        order: &str,
        certificate: &[u8],
        now: Timestamp,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Permit, LedgerError> {
        let content = format!("{{\"order\":\"{order}\",\"at\":\"{now}\"}}");
        let message =
            SignedMessage::sign(MessageKind::Order, content.as_bytes(), certificate, now, sign)
                .and_then(|message| message.verify(MessageKind::Order))
                .map_err(|_| LedgerError::NotEnrolled)?;
        self.permit(&message, now).await
    }
}
