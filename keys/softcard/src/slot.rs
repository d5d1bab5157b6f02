//! A slot: a key pair and what certifies it. The card has a living and a pending one.

use serde::{Deserialize, Serialize};

use crate::certificate::StoredCertificate;
use crate::key::KeyPair;
use crate::status::Status;

/// Which of the two slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SlotName {
    /// In use by the holder.
    Living,
    /// Being issued.
    Pending,
}

/// A key pair, its certificate and the certificate of the authority.
#[derive(Serialize, Deserialize)]
pub(crate) struct Slot {
    pub key: KeyPair,
    pub certificate: StoredCertificate,
    pub ca_certificate: StoredCertificate,
}

impl Slot {
    /// A slot for a new pair, without certificates.
    pub fn new(key: KeyPair) -> Self {
        Self {
            key,
            certificate: StoredCertificate::default(),
            ca_certificate: StoredCertificate::default(),
        }
    }

    /// Refuses a slot that cannot become the living one: both certificates must be complete, and
    /// the signing certificate must certify this very key.
    pub fn require_complete(&self) -> Result<(), Status> {
        let certified = self.certificate.public_key_info();
        let issued = self.ca_certificate.public_key_info();
        if certified.is_some_and(|info| self.key.has_public_half(&info)) && issued.is_some() {
            Ok(())
        } else {
            Err(Status::CONDITIONS_NOT_SATISFIED)
        }
    }
}
