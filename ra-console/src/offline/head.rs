//! What a terminal knows of the authority before it cannot ask.

use akashi_wire::SignedMessage;
use akashi_wire::journal::Head;
use akashi_wire::signed::MessageKind;
use der::{Decode, Encode};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

/// Reads the first line of a journal: signed, and its envelope made by the link authority that made
/// the officer's own token. Else whoever changed the line would read of persons.
pub(super) fn read(message: &[u8], link_authority: &[u8]) -> Option<Head> {
    let message =
        SignedMessage::from_der(message.to_vec()).verify(MessageKind::JournalLine).ok()?;
    let head: Head = serde_json::from_slice(message.content()).ok()?;
    let made = [head.envelope.0.as_slice(), message.signer()];
    let made = made.iter().all(|one| is_made_by(link_authority, one).is_some());
    (made && is_for_recipients(&head.envelope.0) == Some(true)).then_some(head)
}

/// Whether a certificate is for encrypting and for nothing else: only the authority's envelope is, of
/// all that the link authority makes. A party's own certificate would let that party read.
fn is_for_recipients(certificate: &[u8]) -> Option<bool> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let usage = certificate.tbs_certificate().get_extension::<KeyUsage>().ok()??.1;
    Some(usage == KeyUsage(KeyUsages::KeyEncipherment.into()))
}

fn is_made_by(link_authority: &[u8], certificate: &[u8]) -> Option<()> {
    let authority = Certificate::from_der(link_authority).ok()?;
    let certificate = Certificate::from_der(certificate).ok()?;
    let key = &authority.tbs_certificate().subject_public_key_info().subject_public_key;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.raw_bytes())
        .verify(&certificate.tbs_certificate().to_der().ok()?, certificate.signature().raw_bytes())
        .ok()
}
