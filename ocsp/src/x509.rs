//! What this room reads of a certificate (RFC 5280 §4.1), octet for octet as it was signed.

use const_oid::ObjectIdentifier;
use der::asn1::BitStringRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber};
use jiff::Timestamp;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::ext::Extensions;
use x509_cert::time::Validity;

use crate::oid;

/// A public key as a certificate states it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicKey<'a> {
    algorithm: ObjectIdentifier,
    /// SubjectPublicKeyInfo, DER.
    pub(crate) info: &'a [u8],
    /// The BIT STRING's octets, without tag, length and number of unused bits.
    pub(crate) bits: &'a [u8],
}

/// A certificate, taken apart and not interpreted.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    tbs: &'a [u8],
    /// DER of the issuer's name.
    pub(crate) issuer: &'a [u8],
    /// DER of the subject's name.
    pub(crate) subject: &'a [u8],
    /// First second.
    pub(crate) not_before: Timestamp,
    /// Last second.
    pub(crate) not_after: Timestamp,
    /// The subject's key.
    pub(crate) public_key: PublicKey<'a>,
    /// Whether id-kp-OCSPSigning is among its extended key usages.
    pub(crate) may_sign_ocsp: bool,
    signature_algorithm: ObjectIdentifier,
    signature: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo.
    pub(crate) fn read(info: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(info)?;
        let (algorithm, bits) = reader.sequence(|info| {
            Ok::<_, der::Error>((algorithm(info)?, BitStringRef::decode(info)?.raw_bytes()))
        })?;
        reader.finish()?;
        Ok(Self { algorithm, info, bits })
    }

    /// Whether this key made the signature over the message: sha256WithRSAEncryption with at
    /// least 2048 bits, or ecdsa-with-SHA256 on P-256.
    pub(crate) fn verifies(
        &self,
        algorithm: ObjectIdentifier,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match (self.algorithm, algorithm) {
            (oid::EC_PUBLIC_KEY, oid::ECDSA_WITH_SHA256) => &ECDSA_P256_SHA256_ASN1,
            (oid::RSA, oid::SHA256_WITH_RSA) => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, self.bits).verify(message, signature).is_ok()
    }
}

impl<'a> Parts<'a> {
    /// Takes a certificate apart.
    pub(crate) fn read(certificate: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(certificate)?;
        let (tbs, signature_algorithm, signature) = reader.sequence(|certificate| {
            let tbs = certificate.tlv_bytes()?;
            let algorithm = algorithm(certificate)?;
            let signature = BitStringRef::decode(certificate)?.raw_bytes();
            Ok::<_, der::Error>((tbs, algorithm, signature))
        })?;
        reader.finish()?;
        let mut reader = SliceReader::new(tbs)?;
        reader.sequence(|fields| {
            if is_context(fields, 0) {
                fields.tlv_bytes()?;
            }
            let (_serial, _algorithm) = (fields.tlv_bytes()?, fields.tlv_bytes()?);
            let issuer = fields.tlv_bytes()?;
            let validity: Validity = fields.decode()?;
            let subject = fields.tlv_bytes()?;
            let public_key = PublicKey::read(fields.tlv_bytes()?)?;
            for unique_id in [1, 2] {
                if is_context(fields, unique_id) {
                    fields.tlv_bytes()?;
                }
            }
            let extensions: Option<Extensions> =
                fields.context_specific(TagNumber(3), der::TagMode::Explicit)?;
            let usages = extensions
                .iter()
                .flatten()
                .find(|extension| extension.extn_id == oid::EXTENDED_KEY_USAGE)
                .map(|extension| Vec::<ObjectIdentifier>::from_der(extension.extn_value.as_bytes()))
                .transpose()?;
            Ok(Self {
                tbs,
                issuer,
                subject,
                not_before: second(validity.not_before)?,
                not_after: second(validity.not_after)?,
                public_key,
                may_sign_ocsp: usages.is_some_and(|usages| usages.contains(&oid::OCSP_SIGNING)),
                signature_algorithm,
                signature,
            })
        })
    }

    /// Whether this key signed it.
    pub(crate) fn is_signed_by(&self, key: &PublicKey<'_>) -> bool {
        key.verifies(self.signature_algorithm, self.tbs, self.signature)
    }
}

/// Reads an AlgorithmIdentifier and forgets its parameters.
pub(crate) fn algorithm<'a>(reader: &mut SliceReader<'a>) -> der::Result<ObjectIdentifier> {
    reader.sequence(|algorithm| {
        let oid = ObjectIdentifier::decode(algorithm)?;
        if !algorithm.is_finished() {
            algorithm.tlv_bytes()?;
        }
        Ok(oid)
    })
}

/// The AlgorithmIdentifier of a digest: parameters are absent or NULL (RFC 5754 §2).
pub(crate) fn digest_algorithm(reader: &mut SliceReader<'_>) -> der::Result<ObjectIdentifier> {
    reader.sequence(|algorithm| {
        let oid = ObjectIdentifier::decode(algorithm)?;
        if !algorithm.is_finished() {
            der::asn1::Null::decode(algorithm)?;
        }
        Ok(oid)
    })
}

/// Whether a constructed `[number]` comes next.
pub(crate) fn is_context(reader: &SliceReader<'_>, number: u32) -> bool {
    !reader.is_finished()
        && Tag::peek(reader)
            == Ok(Tag::ContextSpecific { constructed: true, number: TagNumber(number) })
}

fn second(time: x509_cert::time::Time) -> der::Result<Timestamp> {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or_else(|| der::ErrorKind::DateTime.into())
}
