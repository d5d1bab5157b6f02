//! Whom no link is opened to any more.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use akashi_wire::octets::Sha256;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use tokio::time::MissedTickBehavior;

/// How often it is looked who was dismissed.
const LOOKS: Duration = Duration::from_secs(1);

/// The certificates of those who were dismissed, as far as it is known: whoever serves a link tells it.
#[derive(Clone, Default)]
pub struct Dismissed(Arc<RwLock<HashSet<Sha256>>>);

impl Dismissed {
    /// These are dismissed, and nobody else.
    pub fn are(&self, all: HashSet<Sha256>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// Looks once a second who is, for as long as this is awaited. What cannot be looked up is looked up again: whatever a
    /// party asks for is refused by the book all the same.
    pub async fn follow<F>(self, look: impl Fn() -> F)
    where
        F: Future<Output = Option<HashSet<Sha256>>>,
    {
        let mut looks = tokio::time::interval(LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Some(all) = look().await {
                self.are(all);
            }
        }
    }

    fn has(&self, certificate: &[u8]) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&Sha256::of(certificate))
    }
}

impl fmt::Debug for Dismissed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dismissed")
    }
}

/// Takes the certificates that another verifier takes, but for those of who was dismissed: these hear that theirs is
/// revoked (RFC 8446 §6.2, certificate_revoked).
#[derive(Debug)]
pub(crate) struct Admits {
    pub who: Arc<dyn ClientCertVerifier>,
    pub but: Dismissed,
}

impl ClientCertVerifier for Admits {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.who.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.who.verify_client_cert(own, chain, now)?;
        match self.but.has(own) {
            true => Err(Error::InvalidCertificate(CertificateError::Revoked)),
            false => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.who.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.who.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.who.supported_verify_schemes()
    }
}
