//! Batches on their way: chained, signed by the source, encrypted to the authority.

use std::sync::Arc;

use akashi_keys::{EcKey, Signer as _, seal_to};
use akashi_link::Identity;
use akashi_wire::batch::{Batch, BatchEnvelope, BatchHeader, Opening, signed_form};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Idou, MunicipalityCode, SignedMessage};
use jiff::Timestamp;

use crate::{Registry, RegistryError};

/// A municipality as the authority enrolled it: what sends its 異動, or what answers for its register.
pub struct TownIdentity {
    /// Which municipality.
    pub municipality: MunicipalityCode,
    /// Signs batches, or answers.
    pub key: Arc<EcKey>,
    /// DER of the certificate that the authority gave for this key.
    pub certificate: Vec<u8>,
    /// DER of the link authority.
    pub link_authority: Vec<u8>,
    /// DER of the certificate to which everything is encrypted.
    pub recipient: Vec<u8>,
}

impl TownIdentity {
    /// The same keys for a municipality that was handed over to this one (引継ぎ).
    pub fn speaking_for(&self, municipality: MunicipalityCode) -> Self {
        Self {
            municipality,
            key: self.key.clone(),
            certificate: self.certificate.clone(),
            link_authority: self.link_authority.clone(),
            recipient: self.recipient.clone(),
        }
    }

    /// The client's end of the link to the authority.
    pub fn link(&self) -> Identity {
        Identity {
            certificate: self.certificate.clone(),
            key: self.key.for_tls(),
            authority: self.link_authority.clone(),
        }
    }

    /// Signs a text as what it is; the result is DER of CMS SignedData.
    pub fn sign(
        &self,
        kind: MessageKind,
        text: &[u8],
        now: Timestamp,
    ) -> Result<Octets, RegistryError> {
        let message = SignedMessage::sign(kind, text, &self.certificate, now, |octets| {
            self.key.sign(octets)
        })?;
        Ok(Octets(message.as_der().to_vec()))
    }

    /// Encrypts an envelope to the authority.
    pub(crate) fn seal(&self, envelope: &impl serde::Serialize) -> Result<Vec<u8>, RegistryError> {
        let octets = serde_json::to_vec(envelope).expect("an envelope is JSON");
        Ok(seal_to(&self.recipient, &octets)?)
    }
}

/// A batch ready to be sent or written to a file, as often and in what order one likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBatch {
    /// What is inside.
    pub batch: Batch,
    /// SHA-256 of its signed form: what the authority's answer must name.
    pub digest: Sha256,
    /// CMS AuthEnvelopedData.
    pub sealed: Vec<u8>,
}

impl Registry {
    /// The next batch of a source, with at most so many events; `None` when nothing waits.
    pub fn next_batch(
        &mut self,
        source: &TownIdentity,
        now: Timestamp,
        max_events: usize,
    ) -> Result<Option<SealedBatch>, RegistryError> {
        let (first, due) = self.outbox_mut(source.municipality).due(max_events);
        if due.is_empty() {
            return Ok(None);
        }
        let (events, openings): (Vec<_>, Vec<_>) = due.iter().cloned().unzip();
        let fresh = events.len();
        self.seal_batch(source, now, first, events, openings, fresh).map(Some)
    }

    /// A batch with no events, which proves that silence is silence.
    pub fn heartbeat(
        &mut self,
        source: &TownIdentity,
        now: Timestamp,
    ) -> Result<SealedBatch, RegistryError> {
        let next = self.outbox_mut(source.municipality).sent() + 1;
        self.seal_batch(source, now, next, Vec::new(), Vec::new(), 0)
    }

    /// Events that were sent before, once more: a new batch with the same events.
    pub fn resend(
        &mut self,
        source: &TownIdentity,
        first: u64,
        count: u32,
        now: Timestamp,
    ) -> Result<SealedBatch, RegistryError> {
        self.resend_with(source, first, count, now, |_| ())
    }

    /// Events that were sent before, once more, with something changed in them, such as the cause.
    ///
    /// The outbox keeps what was changed. The record does not follow: that the register and its
    /// feed may disagree is what the authority's reconciliation is for.
    pub fn resend_with(
        &mut self,
        source: &TownIdentity,
        first: u64,
        count: u32,
        now: Timestamp,
        edit: impl FnMut(&mut Idou),
    ) -> Result<SealedBatch, RegistryError> {
        let municipality = source.municipality;
        let outbox = self.outbox_mut(municipality);
        let sent = outbox.sent();
        let again = outbox.sent_before(first, count).ok_or(RegistryError::NotSent {
            municipality,
            first,
            count,
            sent,
        })?;
        again.iter_mut().map(|(event, _)| event).for_each(edit);
        let (events, openings) = again.iter().cloned().unzip();
        self.seal_batch(source, now, first, events, openings, 0)
    }

    fn seal_batch(
        &mut self,
        source: &TownIdentity,
        now: Timestamp,
        first: u64,
        events: Vec<Idou>,
        openings: Vec<Opening>,
        fresh: usize,
    ) -> Result<SealedBatch, RegistryError> {
        let outbox = self.outbox_mut(source.municipality);
        let header = BatchHeader {
            source: source.municipality,
            first,
            count: events.len() as u32,
            created_at: now,
            previous: outbox.previous(),
        };
        let batch = Batch { header, events };
        let text = batch.to_text();
        let form = signed_form(&text);
        let digest = Sha256::of(&form);
        let signed = source.sign(MessageKind::Batch, &form, now)?;
        let sealed = source.seal(&BatchEnvelope { signed, text: Octets(text), openings })?;
        // Only what could be signed and encrypted is part of the chain.
        outbox.made(digest, fresh);
        Ok(SealedBatch { batch, digest, sealed })
    }
}
