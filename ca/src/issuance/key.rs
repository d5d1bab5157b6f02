//! The authority's key, as the authority has it.

use std::sync::Arc;

use akashi_keys::{KeyError, Signer};
use spki::AlgorithmIdentifierOwned;

use super::Recorded;

/// What signs certificates. It is given what was linted and stands in the book, and nothing else.
///
/// ```
/// use akashi_ca::issuance::{CertificateKey, Recorded};
/// fn signs(recorded: Recorded, key: &CertificateKey, authority: &akashi_ca::profile::AuthorityFacts) {
///     let _ = recorded.sign(key, authority);
/// }
/// ```
///
/// What nobody recorded has no signature:
///
/// ```compile_fail
/// use akashi_ca::issuance::{CertificateKey, Linted};
/// fn signs(linted: Linted, key: &CertificateKey, authority: &akashi_ca::profile::AuthorityFacts) {
///     let _ = linted.sign(key, authority);
/// }
/// ```
///
/// Nor have octets:
///
/// ```compile_fail
/// fn signs(key: &akashi_ca::issuance::CertificateKey, octets: &[u8]) {
///     let _ = key.sign(octets);
/// }
/// ```
///
/// ```compile_fail
/// fn signs(key: &akashi_ca::issuance::CertificateKey, octets: &[u8]) {
///     let _ = akashi_keys::Signer::sign(key, octets);
/// }
/// ```
#[derive(Clone)]
pub struct CertificateKey(Arc<dyn Signer>);

impl CertificateKey {
    /// The key, for certificates alone.
    pub fn new(key: Arc<dyn Signer>) -> Self {
        Self(key)
    }

    /// The signatureAlgorithm of its certificates.
    pub fn algorithm(&self) -> AlgorithmIdentifierOwned {
        self.0.algorithm()
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key()
    }

    /// The length in octets of every signature.
    pub fn signature_length(&self) -> Option<usize> {
        self.0.signature_length()
    }

    /// The signature of a certificate that was recorded.
    pub(super) fn sign(&self, recorded: &Recorded) -> Result<Vec<u8>, KeyError> {
        self.0.sign(&recorded.0.der)
    }
}
