//! What a list repeats of the certificate of the authority that signs it.

use const_oid::db::rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER;
use der::asn1::OctetString;
use der::{Decode, Encode, Reader, SliceReader, Tag};
use x509_cert::ext::Extension;

use akashi_keys::Signer;
use akashi_shelf::is_signed;

use crate::CrlError;

/// The authority, as far as its lists name it; octets as they stand in its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// DER of its subject: the issuer of its lists, octet for octet (RFC 5280 §5.1.2.3).
    pub name: Vec<u8>,
    /// Content of its subjectKeyIdentifier: the keyIdentifier of its lists (§5.2.1).
    pub key_identifier: Vec<u8>,
    /// DER of its SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// DER of the AlgorithmIdentifier with which it signs.
    pub algorithm: Vec<u8>,
    /// Octets in each of its signatures.
    pub signature_length: usize,
}

impl Signatory {
    /// Puts the authority's certificate and the handle of its key together.
    ///
    /// # Errors
    /// [`CrlError::OtherKey`] when they do not belong together, [`CrlError::NoFixedLength`] when
    /// the key's signatures have no length that is known beforehand.
    pub fn new(certificate: &[u8], signer: &dyn Signer) -> Result<Self, CrlError> {
        let unreadable = |error: der::Error| CrlError::Certificate { what: error.to_string() };
        let (name, public_key, extensions) = parts(certificate).map_err(unreadable)?;
        let key_identifier = extensions
            .iter()
            .find(|extension| extension.extn_id == ID_CE_SUBJECT_KEY_IDENTIFIER)
            .map(|extension| OctetString::from_der(extension.extn_value.as_bytes()))
            .ok_or_else(|| CrlError::Certificate {
                what: "it has no subjectKeyIdentifier (RFC 5280 §4.2.1.2)".into(),
            })?
            .map_err(unreadable)?;
        if signer.public_key() != public_key {
            return Err(CrlError::OtherKey);
        }
        let algorithm = signer.algorithm();
        let signature_length = signer
            .signature_length()
            .ok_or_else(|| CrlError::NoFixedLength { algorithm: algorithm.oid.to_string() })?;
        Ok(Self {
            name,
            key_identifier: key_identifier.as_bytes().to_vec(),
            public_key,
            algorithm: algorithm.to_der().map_err(unreadable)?,
            signature_length,
        })
    }

    /// Whether a signature is this authority's over a SHA-256 digest.
    pub fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        is_signed(&self.public_key, digest, signature)
    }
}

/// Subject and SubjectPublicKeyInfo as they stand, and the extensions.
fn parts(certificate: &[u8]) -> der::Result<(Vec<u8>, Vec<u8>, Vec<Extension>)> {
    let [tbs, _algorithm, _signature] = elements(certificate)?[..] else {
        return Err(Tag::Sequence.length_error().into());
    };
    let [_version, _serial, _algorithm, _issuer, _validity, name, public_key, .., extensions] =
        elements(tbs)?[..]
    else {
        return Err(Tag::Sequence.length_error().into());
    };
    let extensions = match elements(extensions)?[..] {
        [extensions] => Vec::<Extension>::from_der(extensions)?,
        _ => Vec::new(),
    };
    Ok((name.to_vec(), public_key.to_vec(), extensions))
}

/// The TLVs inside of a constructed TLV, each with its header.
fn elements(constructed: &[u8]) -> der::Result<Vec<&[u8]>> {
    let mut reader = SliceReader::new(constructed)?;
    let header = der::Header::decode(&mut reader)?;
    let content = reader.read_slice(header.length())?;
    reader.finish()?;
    let mut reader = SliceReader::new(content)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(reader.tlv_bytes()?);
    }
    Ok(elements)
}
