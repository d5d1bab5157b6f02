//! An officer's token: a private key with its certificate, in a PKCS#12 file (RFC 7292).

mod pfx;

use std::path::Path;

use p12_keystore::KeyStore;

use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::Certificate;

use crate::{EcKey, KeyError, LinkAuthority, Signer, Usage, write_durably};

/// Iterations of PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2), and of the digest over the whole (RFC 7292 appendix B): what one
/// guess of a password costs.
pub const ITERATIONS: u32 = 600_000;

/// The key and certificate with which an officer signs acts and opens the link to the authority.
pub struct OfficerToken {
    key: EcKey,
    certificate: Vec<u8>,
    link_authority: Vec<u8>,
}

impl OfficerToken {
    /// Puts a key and the certificate that the authority gave for it together.
    pub fn new(key: EcKey, certificate: Vec<u8>, link_authority: Vec<u8>) -> Self {
        Self { key, certificate, link_authority }
    }

    /// A key that waits for the certificate of its enrolment, under one that it gave itself and that
    /// nobody else takes.
    pub fn waiting(key: EcKey, now: Timestamp) -> Result<Self, KeyError> {
        let own = LinkAuthority::create(&key, "waits for its enrolment", now)?;
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = own.certify(key.public_key(), "not enrolled yet", &usage, now)?;
        Ok(Self { key, certificate, link_authority: own.certificate().to_vec() })
    }

    /// Whether it waits for its enrolment still: what it shows for a link authority has its own key.
    pub fn is_waiting(&self) -> bool {
        let own = Certificate::from_der(&self.link_authority);
        own.and_then(|own| own.tbs_certificate().subject_public_key_info().to_der())
            .is_ok_and(|own| own == self.key.public_key())
    }

    /// Opens a PKCS#12 file.
    pub fn open(file: &Path, password: &str) -> Result<Self, KeyError> {
        let octets =
            std::fs::read(file).map_err(|source| KeyError::File { file: file.into(), source })?;
        let unreadable = || KeyError::Token(file.into());
        let store = KeyStore::from_pkcs12(&octets, password).map_err(|_| unreadable())?;
        let (_, chain) = store.private_key_chain().ok_or_else(unreadable)?;
        let [certificate, link_authority] = chain.chain() else { return Err(unreadable()) };
        Ok(Self {
            key: EcKey::from_pkcs8(chain.key())?,
            certificate: certificate.as_der().to_vec(),
            link_authority: link_authority.as_der().to_vec(),
        })
    }

    /// Writes a PKCS#12 file, whose password is as dear to try as [`ITERATIONS`] says; OpenSSL, NSS and Java read it.
    pub fn save(&self, file: &Path, password: &str) -> Result<(), KeyError> {
        self.save_with(file, password, ITERATIONS)
    }

    /// The same with another number of iterations: of those who play, and make a thousand tokens an hour.
    pub fn save_with(&self, file: &Path, password: &str, iterations: u32) -> Result<(), KeyError> {
        let certificates = [&self.certificate[..], &self.link_authority];
        let pfx = pfx::pfx(self.key.to_pkcs8(), certificates, (password, iterations))?;
        write_durably(file, &pfx)
    }

    /// DER of the holder's certificate.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// DER of the link authority that issued it.
    pub fn link_authority(&self) -> &[u8] {
        &self.link_authority
    }

    /// The key, for one end of a link.
    pub fn key(&self) -> &EcKey {
        &self.key
    }

    /// Gives the key away, to somebody who keeps it in another way.
    pub fn into_key(self) -> EcKey {
        self.key
    }

    /// Signs octets: ECDSA with SHA-256, DER.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(message)
    }
}
