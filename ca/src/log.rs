//! The log's own hand: signs heads of the audit chain, and nothing else.

use std::sync::Arc;

use akashi_keys::OfficerToken;
use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Clock, SignedMessage};

use crate::CaError;

/// Signs what the chain is at its head, with the log's key.
pub struct Log {
    ledger: Ledger<Issuing>,
    token: Arc<OfficerToken>,
}

impl Log {
    /// The log of this book, which signs with this token.
    pub fn new(ledger: Ledger<Issuing>, token: Arc<OfficerToken>) -> Self {
        Self { ledger, token }
    }

    /// Signs the head, where something came since the one that was signed last.
    ///
    /// # Errors
    /// [`CaError::Replaced`] once another key took the place of the log's.
    pub async fn sign_head(&self, clock: &dyn Clock) -> Result<(), CaError> {
        let Some(head) = self.ledger.head_to_sign(clock.mark()).await? else { return Ok(()) };
        let (kind, certificate) = (MessageKind::ChainHead, self.token.certificate());
        let sign = |octets: &[u8]| self.token.sign(octets);
        let message = SignedMessage::sign(kind, &head, certificate, clock.now(), sign)
            .and_then(|message| message.verify(kind))
            .map_err(|_| CaError::BadSignature("the log's own key"))?;
        self.ledger.keep_signed_head(&message).await.map_err(|error| match error {
            LedgerError::NotEnrolled => CaError::Replaced { whose: Role::Log.name() },
            other => other.into(),
        })
    }
}
