//! The authority's key, as the list issuer has it.

use std::sync::Arc;

use akashi_keys::{KeyError, Signer};

use crate::CrlError;
use crate::judge::Linted;
use crate::signatory::Signatory;

/// What signs lists. It is given what the lint has read and found sound, and nothing else: whoever has taken the list issuer
/// over in its own process has no way to it with octets of his choice.
///
/// ```
/// fn signs(key: &akashi_crl::ListKey, list: akashi_crl::judge::Linted) {
///     let _ = key.sign(list);
/// }
/// ```
///
/// What nobody linted is no argument:
///
/// ```compile_fail
/// fn signs(key: &akashi_crl::ListKey, octets: &[u8]) {
///     let _ = key.sign(octets);
/// }
/// ```
///
/// Nor is the key of another trade reached through it, nor a list called linted by somebody else:
///
/// ```compile_fail
/// fn signs(key: &akashi_crl::ListKey, digest: &[u8; 32]) {
///     let _ = akashi_keys::Signer::sign_digest(key, digest);
/// }
/// ```
///
/// ```compile_fail
/// fn lints(digest: [u8; 32]) -> akashi_crl::judge::Linted {
///     akashi_crl::judge::Linted(digest)
/// }
/// ```
#[derive(Clone)]
pub struct ListKey(Arc<dyn Signer>);

impl ListKey {
    /// The key, for lists alone.
    pub fn new(key: Arc<dyn Signer>) -> Self {
        Self(key)
    }

    /// What its lists repeat of the authority's certificate.
    ///
    /// # Errors
    /// [`CrlError::OtherKey`] where that is the certificate of another key.
    pub fn signatory(&self, certificate: &[u8]) -> Result<Signatory, CrlError> {
        Signatory::new(certificate, &*self.0)
    }

    /// Signs a list that was linted.
    pub fn sign(&self, list: Linted) -> Result<Vec<u8>, KeyError> {
        self.0.sign_digest(list.digest())
    }
}
