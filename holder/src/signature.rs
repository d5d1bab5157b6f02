//! Signatures of the holder: CMS SignedData in the form CAdES-BES (RFC 5126 §4.3.1), RSA
//! PKCS#1 v1.5 with SHA-256. A deed of the law is signed with it, so the certificate itself is a
//! part of what is signed, and the authority's goes along.

use std::io::Read;

use akashi_card::{Card, KeySlot, Transport};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::{MessageKind, SignedMessageError};
use akashi_wire::signed_data::{ID_DATA, Signing, attribute};
use const_oid::ObjectIdentifier;
use der::asn1::{Any, OctetString};
use der::{Decode, Sequence};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

use super::{HolderError, OnCard};

pub use akashi_wire::signed_data::Content;

/// id-aa-signingCertificateV2 (RFC 5035 §3).
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Octets of a file that are read at a time.
const CHUNK: usize = 64 * 1024;

/// SigningCertificateV2 (RFC 5035 §3), without policies.
#[derive(Sequence)]
struct SigningCertificate {
    certs: Vec<CertificateId>,
}

/// ESSCertIDv2 (RFC 5035 §4): SHA-256 is the default and left out; issuer and serial number stand
/// in the signer's identifier.
#[derive(Sequence)]
struct CertificateId {
    cert_hash: OctetString,
}

/// The digest of everything that a reader gives; a file of any length.
pub fn digest(mut reader: impl Read) -> std::io::Result<Sha256> {
    use sha2::Digest;
    let (mut state, mut chunk) = (sha2::Sha256::new(), vec![0; CHUNK]);
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(Sha256(state.finalize().into())),
            read => state.update(&chunk[..read]),
        }
    }
}

/// Signs with the living key of a card whose PIN was verified; gives the ContentInfo in DER.
///
/// What the card gives is checked with its certificate's key before it is believed.
pub fn sign<T: Transport>(
    card: &mut Card<T>,
    on_card: &OnCard,
    content: Content<'_>,
    signed_at: Timestamp,
) -> Result<Vec<u8>, HolderError> {
    sign_with(card, on_card, (ID_DATA, content, Some(&[&on_card.authority])), signed_at)
}

fn sign_with<T: Transport>(
    card: &mut Card<T>,
    on_card: &OnCard,
    (content_type, content, inside): (ObjectIdentifier, Content<'_>, Option<&[&[u8]]>),
    signed_at: Timestamp,
) -> Result<Vec<u8>, HolderError> {
    let unreadable = |error: der::Error| HolderError::Unreadable(error.to_string());
    let leaf = Certificate::from_der(&on_card.certificate).map_err(unreadable)?;
    let key = leaf.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    let signing = Signing {
        content_type,
        content,
        certificate: &on_card.certificate,
        inside,
        attributes: vec![signing_certificate(&on_card.certificate).map_err(unreadable)?],
        signed_at,
    };
    let signed = signing.sign(|octets| {
        let signature = card.sign(KeySlot::Living, &Sha256::of(octets).0);
        let signature = signature.map_err(|error| error.to_string())?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(octets, &signature)
            .map_err(|_| "the card's key is not the one of its certificate".to_owned())?;
        Ok::<_, String>(signature)
    });
    signed.map_err(|error| match error {
        SignedMessageError::Malformed => HolderError::Unreadable(error.to_string()),
        SignedMessageError::Key(why) => HolderError::NotSigned(why),
        other => HolderError::NotSigned(other.to_string()),
    })
}

/// Signs an application to the authority, which has the certificate: none travels with it, so that
/// nobody on the way learns who the holder is. Nothing else that a card signs has its content type.
pub fn sign_for_authority<T: Transport>(
    card: &mut Card<T>,
    on_card: &OnCard,
    content: &[u8],
    signed_at: Timestamp,
) -> Result<Vec<u8>, HolderError> {
    let content_type = MessageKind::HolderApplication.oid();
    sign_with(card, on_card, (content_type, Content::Attached(content), None), signed_at)
}

/// The signed attribute that says with which certificate the signature was made.
fn signing_certificate(certificate: &[u8]) -> der::Result<Attribute> {
    let cert_hash = OctetString::new(Sha256::of(certificate).0)?;
    let value = SigningCertificate { certs: vec![CertificateId { cert_hash }] };
    attribute(SIGNING_CERTIFICATE_V2, Any::encode_from(&value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_however_the_octets_come() {
        let octets = vec![7; 3 * CHUNK + 1];
        let (front, back) = octets.split_at(5);
        assert_eq!(digest(&octets[..]).unwrap(), Sha256::of(&octets));
        assert_eq!(digest(front.chain(back)).unwrap(), Sha256::of(&octets));
    }
}
