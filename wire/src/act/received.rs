//! An act as it was received: what is asked is told only to whom the table names.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Act, CaseId, Deed, RequestId};
use crate::octets::Sha256;
use crate::party::Role;

/// An act as it was received. Its deed comes out of it by the signer's role alone.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct ReceivedAct(Act);

impl ReceivedAct {
    /// Names the request.
    pub fn request(&self) -> RequestId {
        self.0.request
    }

    /// SHA-256 of the certificate of the terminal at which it says it was signed.
    pub fn terminal(&self) -> Sha256 {
        self.0.terminal
    }

    /// What a party of this role asks with it. The table of deeds and roles is asked here, and nowhere
    /// else.
    pub fn of(self, role: &Role) -> AskedAct {
        let Act { request, authority, terminal, made_at, deed } = self.0;
        let (verb, case) = (deed.verb(), deed.case());
        let deed = deed.is_for(role).then_some(deed);
        AskedAct { request, authority, terminal, made_at, verb, case, deed }
    }
}

/// An act, and who asks: without a deed where its signer may not ask for it.
#[derive(Debug, Clone)]
pub struct AskedAct {
    /// Names the request.
    pub request: RequestId,
    /// SHA-256 of the certificate of the authority that is meant.
    pub authority: Sha256,
    /// SHA-256 of the certificate of the terminal at which it was signed.
    pub terminal: Sha256,
    /// When it was signed, by the terminal's clock.
    pub made_at: Timestamp,
    /// What the chain calls it.
    pub verb: &'static str,
    /// The case that it names.
    pub case: Option<CaseId>,
    deed: Option<Deed>,
}

impl AskedAct {
    /// What is asked; nothing where the signer's role may not ask for it.
    pub fn deed(&self) -> Option<&Deed> {
        self.deed.as_ref()
    }

    /// The same, taken out.
    pub fn into_deed(self) -> Option<Deed> {
        self.deed
    }
}
