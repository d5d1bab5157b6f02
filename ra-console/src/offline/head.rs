//! What a terminal knows of the authority before it cannot ask.

use akashi_wire::SignedMessage;
use akashi_wire::journal::Head;
use der::{Decode, Encode};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_cert::Certificate;

/// Reads the first line of a journal: signed, and its envelope made by the link authority that made
/// the officer's own token. Else whoever changed the line would read of persons.
pub(super) fn read(message: &[u8], link_authority: &[u8]) -> Option<Head> {
    let message = SignedMessage::from_der(message.to_vec()).verify().ok()?;
    let head: Head = serde_json::from_slice(message.content()).ok()?;
    let made = [head.envelope.0.as_slice(), message.signer()];
    made.iter().all(|one| is_made_by(link_authority, one).is_some()).then_some(head)
}

fn is_made_by(link_authority: &[u8], certificate: &[u8]) -> Option<()> {
    let authority = Certificate::from_der(link_authority).ok()?;
    let certificate = Certificate::from_der(certificate).ok()?;
    let key = &authority.tbs_certificate().subject_public_key_info().subject_public_key;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.raw_bytes())
        .verify(&certificate.tbs_certificate().to_der().ok()?, certificate.signature().raw_bytes())
        .ok()
}
