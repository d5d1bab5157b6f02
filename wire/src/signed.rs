//! A message over a signature: CMS SignedData with the content inside (RFC 5652 §5), and
//! its kind in the signed content type.
//!
//! `openssl cms -verify -inform DER -in MESSAGE -CAfile LINK_AUTHORITY -purpose any` checks one
//! offline and prints its content. Private keys stay with whoever signs: signing takes a closure.

mod kind;

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedAttributes, SignedData, SignerIdentifier, SignerInfos};
use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::Certificate;

pub use kind::MessageKind;

use crate::signed_data::{
    Content, ID_CONTENT_TYPE, ID_EC_PUBLIC_KEY, ID_ECDSA_SHA256, ID_MESSAGE_DIGEST, ID_RSA,
    ID_RSA_SHA256, ID_SHA256, ID_SIGNED_DATA, Signing, attribute,
};

/// Something that travels with a message and is not a part of what is signed or kept: under the
/// documentation arc (RFC 5612), since no standard names it.
const ID_ENCLOSURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");

/// Media type of a signed message (RFC 8551 §3.2.1).
pub const MEDIA_TYPE: &str = "application/pkcs7-mime; smime-type=signed-data";

/// Why a signed message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedMessageError {
    /// Not DER of a ContentInfo with SignedData.
    #[error("this is not a CMS SignedData in DER with its content inside")]
    Malformed,
    /// A signature over something else.
    #[error("this is signed, and not as {0}")]
    Kind(MessageKind),
    /// Not exactly one signer, whose certificate is inside.
    #[error("exactly one signer with the certificate inside is expected")]
    Signer,
    /// The content is not the one that was signed.
    #[error("the content differs from what was signed")]
    Digest,
    /// An algorithm that is not used here.
    #[error("ECDSA P-256 or RSA PKCS#1 v1.5, with SHA-256, is expected")]
    Algorithm,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The signing closure failed.
    #[error("the key could not sign: {0}")]
    Key(String),
}

/// DER of a signed message, not yet verified.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedMessage(Vec<u8>);

/// A message whose signature was verified. Cannot be made in any other way.
///
/// It says *which* certificate signed, not who that is: enrolment is the ledger's to know.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    content: Vec<u8>,
    signer: Vec<u8>,
    message: Vec<u8>,
    enclosure: Option<Vec<u8>>,
    signer_ends: Timestamp,
}

impl Verified {
    /// The octets that were signed.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// DER of the signer's certificate.
    pub fn signer(&self) -> &[u8] {
        &self.signer
    }

    /// Whether the signer's certificate has not ended yet. (Whether it is enrolled is the ledger's
    /// to know. One that has not begun was made by the same authority at a later time: the clock is
    /// wrong, and the book says so.)
    pub fn signer_has_not_ended(&self, now: Timestamp) -> bool {
        now <= self.signer_ends
    }

    /// What was enclosed with the message. It is not signed: whoever uses it holds it against a
    /// digest in the content.
    pub fn enclosure(&self) -> Option<&[u8]> {
        self.enclosure.as_deref()
    }

    /// DER of the message without what was enclosed: the evidence.
    pub fn message(&self) -> &[u8] {
        &self.message
    }
}

impl SignedMessage {
    /// Takes octets as they came; nothing is checked before [`SignedMessage::verify`].
    pub fn from_der(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// The octets to send or keep.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// Signs `content`, which is of this kind, with the key of `certificate`.
    ///
    /// `sign` gets the octets to be signed and gives an ECDSA signature in DER or an RSA
    /// PKCS#1 v1.5 signature, by the kind of the certificate's key, over their SHA-256.
    pub fn sign<E: std::fmt::Display>(
        kind: MessageKind,
        content: &[u8],
        certificate: &[u8],
        signed_at: Timestamp,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, SignedMessageError> {
        let signing = Signing {
            content_type: kind.oid(),
            content: Content::Attached(content),
            certificate,
            inside: Some(&[]),
            attributes: Vec::new(),
            signed_at,
        };
        signing.sign(sign).map(Self)
    }

    /// Encloses octets that are to be used and not to be kept (an unsigned attribute, RFC 5652
    /// §5.3).
    pub fn enclosing(self, octets: &[u8]) -> Result<Self, SignedMessageError> {
        let value = OctetString::new(octets).and_then(|octets| Any::encode_from(&octets));
        let attributes = value
            .and_then(|value| attribute(ID_ENCLOSURE, value))
            .and_then(|attribute| SignedAttributes::try_from(vec![attribute]))
            .map_err(|_| SignedMessageError::Malformed)?;
        with_unsigned(&self.0, Some(attributes)).map(Self)
    }

    /// The content, by whomever it was signed and whether it was: to find out which certificate to
    /// verify it with.
    pub fn unverified_content(&self, kind: MessageKind) -> Result<Vec<u8>, SignedMessageError> {
        let read = || -> der::Result<_> {
            let info = ContentInfo::from_der(&self.0)?;
            let data: SignedData = info.content.decode_as()?;
            let encapsulated = data.encap_content_info;
            let content = encapsulated.econtent.map(|any| any.decode_as::<OctetString>());
            Ok((encapsulated.econtent_type, content.transpose()?))
        };
        match read() {
            Ok((content_type, _)) if content_type != kind.oid() => {
                Err(SignedMessageError::Kind(kind))
            }
            Ok((_, Some(content))) => Ok(content.into_bytes().to_vec()),
            _ => Err(SignedMessageError::Malformed),
        }
    }

    /// Verifies the signature with the certificate inside, over a message of this kind.
    ///
    /// # Errors
    /// [`SignedMessageError::Kind`] for a message of any other kind, before anything else of it is
    /// looked at.
    pub fn verify(self, kind: MessageKind) -> Result<Verified, SignedMessageError> {
        self.verify_with(kind, None)
    }

    /// Verifies the signature with this certificate (DER), whatever is inside.
    pub fn verify_by(
        self,
        kind: MessageKind,
        certificate: &[u8],
    ) -> Result<Verified, SignedMessageError> {
        let known =
            Certificate::from_der(certificate).map_err(|_| SignedMessageError::Malformed)?;
        self.verify_with(kind, Some(known))
    }

    fn verify_with(
        self,
        kind: MessageKind,
        known: Option<Certificate>,
    ) -> Result<Verified, SignedMessageError> {
        let malformed = |_: der::Error| SignedMessageError::Malformed;
        let info = ContentInfo::from_der(&self.0).map_err(malformed)?;
        if info.content_type != ID_SIGNED_DATA {
            return Err(SignedMessageError::Malformed);
        }
        let data: SignedData = info.content.decode_as().map_err(malformed)?;
        if data.encap_content_info.econtent_type != kind.oid() {
            return Err(SignedMessageError::Kind(kind));
        }
        let content =
            data.encap_content_info.econtent.as_ref().ok_or(SignedMessageError::Malformed)?;
        let content = content.decode_as::<OctetString>().map_err(malformed)?.into_bytes().to_vec();
        let [info] = data.signer_infos.0.as_slice() else {
            return Err(SignedMessageError::Signer);
        };
        let inside = data.certificates.as_ref().map(|set| set.0.as_slice()).unwrap_or_default();
        let inside = inside.iter().filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let signer = match &known {
            Some(known) => Some(known).filter(|known| is_named(known, &info.sid)),
            None => inside.into_iter().find(|certificate| is_named(certificate, &info.sid)),
        };
        let signer = signer.ok_or(SignedMessageError::Signer)?;
        if info.digest_alg.oid != ID_SHA256 {
            return Err(SignedMessageError::Algorithm);
        }
        let attributes = info.signed_attrs.as_ref().ok_or(SignedMessageError::Malformed)?;
        let value = |oid| {
            let mut found = attributes.iter().filter(|a| a.oid == oid);
            match (found.next(), found.next()) {
                (Some(a), None) if a.values.len() == 1 => a.values.get(0),
                _ => None,
            }
        };
        let signed_as = value(ID_CONTENT_TYPE).and_then(|v| v.decode_as::<ObjectIdentifier>().ok());
        let digest = value(ID_MESSAGE_DIGEST).and_then(|v| v.decode_as::<OctetString>().ok());
        // RFC 5652 §11.1: the signed attribute must say the same.
        if signed_as != Some(kind.oid()) {
            return Err(SignedMessageError::Kind(kind));
        }
        if digest.is_none_or(|d| d.as_bytes() != crate::octets::Sha256::of(&content).0) {
            return Err(SignedMessageError::Digest);
        }
        let key = signer.tbs_certificate().subject_public_key_info();
        let algorithm: &dyn ring::signature::VerificationAlgorithm =
            match (key.algorithm.oid, info.signature_algorithm.oid) {
                (ID_EC_PUBLIC_KEY, ID_ECDSA_SHA256) => &ring::signature::ECDSA_P256_SHA256_ASN1,
                (ID_RSA, ID_RSA | ID_RSA_SHA256) => &ring::signature::RSA_PKCS1_2048_8192_SHA256,
                _ => return Err(SignedMessageError::Algorithm),
            };
        ring::signature::UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes())
            .verify(&attributes.to_der().map_err(malformed)?, info.signature.as_bytes())
            .map_err(|_| SignedMessageError::Signature)?;
        let ends = signer.tbs_certificate().validity().not_after.to_unix_duration();
        let signer_ends = Timestamp::from_second(ends.as_secs() as i64)
            .map_err(|_| SignedMessageError::Malformed)?;
        let signer = signer.to_der().map_err(malformed)?;
        let (enclosure, message) = match &info.unsigned_attrs {
            None => (None, self.0.clone()),
            Some(attributes) => {
                let mut found = attributes.iter().filter(|a| a.oid == ID_ENCLOSURE);
                let enclosed = match (found.next(), found.next()) {
                    (Some(one), None) if one.values.len() == 1 => one.values.get(0),
                    _ => None,
                };
                let enclosed = enclosed.and_then(|value| value.decode_as::<OctetString>().ok());
                let enclosure = enclosed.map(|octets| octets.into_bytes().to_vec());
                (enclosure, with_unsigned(&self.0, None)?)
            }
        };
        Ok(Verified { content, signer, message, enclosure, signer_ends })
    }
}

/// The same message with other unsigned attributes.
fn with_unsigned(
    message: &[u8],
    attributes: Option<SignedAttributes>,
) -> Result<Vec<u8>, SignedMessageError> {
    let rebuilt = (|| {
        let info = ContentInfo::from_der(message)?;
        let mut data: SignedData = info.content.decode_as()?;
        let signers = data.signer_infos.0.iter().cloned().map(|mut signer| {
            signer.unsigned_attrs = attributes.clone();
            signer
        });
        data.signer_infos = SignerInfos::try_from(signers.collect::<Vec<_>>())?;
        ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(&data)? }.to_der()
    })();
    rebuilt.map_err(|_: der::Error| SignedMessageError::Malformed)
}

fn is_named(certificate: &Certificate, sid: &SignerIdentifier) -> bool {
    let tbs = certificate.tbs_certificate();
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(name) => {
            name.issuer == *tbs.issuer() && name.serial_number == *tbs.serial_number()
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => tbs
            .get_extension::<x509_cert::ext::pkix::SubjectKeyIdentifier>()
            .is_ok_and(|found| found.is_some_and(|(_, own)| own == *id)),
    }
}
