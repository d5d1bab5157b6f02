//! Whether a list is the authority's (RFC 5280 §5.1.1.3).

use rsa::PublicKey;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::DecodePublicKey;

/// Whether a signature over a SHA-256 digest is by this key (DER of SubjectPublicKeyInfo), judged by the `rsa` crate,
/// which never signs for the authority: a faulty signature by the CRT would give away the key.
pub fn is_signed(public_key: &[u8], digest: &[u8; 32], signature: &[u8]) -> bool {
    PublicKey::from_public_key_der(public_key)
        .is_ok_and(|key| key.verify(Pkcs1v15Sign::new::<sha2::Sha256>(), digest, signature).is_ok())
}
