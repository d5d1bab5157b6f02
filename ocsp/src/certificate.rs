//! The responder's own certificates (RFC 6960 §4.2.2.2): checked before they are used.

use std::sync::{Arc, RwLock};

use jiff::Timestamp;

use crate::UnfitCertificate;
use crate::x509::{Parts, PublicKey};

/// A certificate for the responder's key, checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OwnCertificate {
    pub(crate) der: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl OwnCertificate {
    /// Checks what the book gave: for our key, by our authority, for OCSP, and not over.
    pub(crate) fn check(
        der: Vec<u8>,
        public_key: &[u8],
        authority: &[u8],
        now: Timestamp,
    ) -> Result<Self, UnfitCertificate> {
        let malformed = |_| UnfitCertificate::Malformed;
        let authority = Parts::read(authority).map_err(malformed)?;
        let parts = Parts::read(&der).map_err(malformed)?;
        if parts.public_key.info != public_key {
            return Err(UnfitCertificate::OtherKey);
        }
        if parts.issuer != authority.subject {
            return Err(UnfitCertificate::OtherIssuer);
        }
        if !parts.is_signed_by(&authority.public_key) {
            return Err(UnfitCertificate::Signature);
        }
        if !parts.may_sign_ocsp {
            return Err(UnfitCertificate::Usage);
        }
        if parts.not_after < now {
            return Err(UnfitCertificate::Ended(parts.not_after));
        }
        let (not_before, not_after) = (parts.not_before, parts.not_after);
        Ok(Self { der, not_before, not_after })
    }
}

/// SHA-1 of a public key's bits: names the responder in its answers (ResponderID byKey).
pub(crate) fn key_hash(public_key: &[u8]) -> der::Result<[u8; 20]> {
    Ok(crate::cert_id::sha1(PublicKey::read(public_key)?.bits))
}

/// Every certificate that is in use, newest first. A new one joins before the one before it ends,
/// so that no answer is lost between them.
#[derive(Default)]
pub(crate) struct OwnCertificates(RwLock<Vec<Arc<OwnCertificate>>>);

impl OwnCertificates {
    /// Whether it is here already.
    pub(crate) fn holds(&self, der: &[u8]) -> bool {
        self.read().iter().any(|own| own.der == der)
    }

    /// Adds one; forgets those that have ended.
    pub(crate) fn add(&self, new: OwnCertificate, now: Timestamp) {
        let mut held = self.0.write().expect("nobody panics with the certificates in hand");
        held.retain(|own| own.not_after >= now);
        held.push(Arc::new(new));
        held.sort_by_key(|own| std::cmp::Reverse(own.not_before));
    }

    /// The newest that is valid from the one time to the other. Without one nothing is signed.
    pub(crate) fn valid_for(
        &self,
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Option<Arc<OwnCertificate>> {
        let valid = |own: &&Arc<OwnCertificate>| {
            own.not_before <= this_update && next_update <= own.not_after
        };
        self.read().iter().find(valid).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<OwnCertificate>>> {
        self.0.read().expect("nobody panics with the certificates in hand")
    }
}
