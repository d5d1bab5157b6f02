//! SignedData of one signer in DER, with the content inside of it or somewhere else
//! (RFC 5652 §5). Private keys stay with whoever signs: signing takes a closure.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier,
    SignerInfo, SignerInfos,
};
use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

use crate::octets::Sha256;
use crate::signed::SignedMessageError;

/// id-data: octets of any kind (RFC 5652 §4).
pub const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(crate) const ID_SIGNED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(crate) const ID_CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(crate) const ID_MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
pub(crate) const ID_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(crate) const ID_EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const ID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const ID_RSA_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
pub(crate) const ID_ECDSA_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// What is signed.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// Octets that travel inside.
    Attached(&'a [u8]),
    /// Octets that are somewhere else: their digest.
    Detached(Sha256),
}

/// A SignedData to be made.
pub struct Signing<'a> {
    /// What kind of content it is: [`ID_DATA`] for a document, else a message's own.
    pub content_type: ObjectIdentifier,
    /// What is signed.
    pub content: Content<'a>,
    /// DER of the signer's certificate.
    pub certificate: &'a [u8],
    /// Whether the signer's certificate travels inside, and with which others (DER) that help
    /// whoever verifies. Left out where the other side has it: it says who the holder is.
    pub inside: Option<&'a [&'a [u8]]>,
    /// Signed attributes beside content-type, message-digest and signing-time.
    pub attributes: Vec<Attribute>,
    /// signing-time.
    pub signed_at: Timestamp,
}

impl Content<'_> {
    fn digest(&self) -> Sha256 {
        match self {
            Self::Attached(octets) => Sha256::of(octets),
            Self::Detached(digest) => *digest,
        }
    }
}

impl Signing<'_> {
    /// Signs; gives the ContentInfo in DER.
    ///
    /// `sign` gets the octets to be signed and gives an ECDSA signature in DER or an RSA
    /// PKCS#1 v1.5 signature, by the kind of the certificate's key, over their SHA-256.
    pub fn sign<E: std::fmt::Display>(
        self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, SignedMessageError> {
        let malformed = |_: der::Error| SignedMessageError::Malformed;
        let signer = Certificate::from_der(self.certificate).map_err(malformed)?;
        let signature_algorithm = algorithm(&signer)?;
        let attributes = self.signed_attributes().map_err(malformed)?;
        let signature = sign(&attributes.to_der().map_err(malformed)?)
            .map_err(|error| SignedMessageError::Key(error.to_string()))?;
        self.assemble(signer, attributes, signature_algorithm, signature).map_err(malformed)
    }

    fn signed_attributes(&self) -> der::Result<SignedAttributes> {
        // UTCTime through 2049, GeneralizedTime from 2050 (RFC 5652 §11.3).
        let seconds = std::time::Duration::from_secs(self.signed_at.as_second().max(0) as u64);
        let time = match UtcTime::from_unix_duration(seconds) {
            Ok(time) => Any::encode_from(&time)?,
            Err(_) => Any::encode_from(&GeneralizedTime::from_unix_duration(seconds)?)?,
        };
        let digest = OctetString::new(self.content.digest().0)?;
        let mut attributes = vec![
            attribute(ID_CONTENT_TYPE, Any::encode_from(&self.content_type)?)?,
            attribute(ID_SIGNING_TIME, time)?,
            attribute(ID_MESSAGE_DIGEST, Any::encode_from(&digest)?)?,
        ];
        attributes.extend(self.attributes.iter().cloned());
        SignedAttributes::try_from(attributes)
    }

    fn assemble(
        &self,
        signer: Certificate,
        attributes: SignedAttributes,
        signature_algorithm: AlgorithmIdentifierOwned,
        signature: Vec<u8>,
    ) -> der::Result<Vec<u8>> {
        let tbs = signer.tbs_certificate();
        let sid = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        });
        let digest_alg = AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: None };
        let econtent = match self.content {
            Content::Attached(octets) => Some(Any::encode_from(&OctetString::new(octets)?)?),
            Content::Detached(_) => None,
        };
        let certificates = match self.inside {
            None => None,
            Some(others) => {
                let mut certificates = vec![CertificateChoices::Certificate(signer)];
                for other in others {
                    let other = Certificate::from_der(other)?;
                    certificates.push(CertificateChoices::Certificate(other));
                }
                Some(CertificateSet::try_from(certificates)?)
            }
        };
        let data = SignedData {
            // RFC 5652 §5.1: 3 when the content is something else than id-data.
            version: if self.content_type == ID_DATA { CmsVersion::V1 } else { CmsVersion::V3 },
            digest_algorithms: SetOfVec::try_from(vec![digest_alg.clone()])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: self.content_type,
                econtent,
            },
            certificates,
            crls: None,
            signer_infos: SignerInfos::try_from(vec![SignerInfo {
                version: CmsVersion::V1,
                sid,
                digest_alg,
                signed_attrs: Some(attributes),
                signature_algorithm,
                signature: OctetString::new(signature)?,
                unsigned_attrs: None,
            }])?,
        };
        ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(&data)? }.to_der()
    }
}

/// How the key of this certificate signs here.
fn algorithm(signer: &Certificate) -> Result<AlgorithmIdentifierOwned, SignedMessageError> {
    match signer.tbs_certificate().subject_public_key_info().algorithm.oid {
        ID_EC_PUBLIC_KEY => Ok(AlgorithmIdentifierOwned { oid: ID_ECDSA_SHA256, parameters: None }),
        ID_RSA => {
            Ok(AlgorithmIdentifierOwned { oid: ID_RSA_SHA256, parameters: Some(Any::null()) })
        }
        _ => Err(SignedMessageError::Algorithm),
    }
}

/// An attribute with one value.
pub fn attribute(oid: ObjectIdentifier, value: Any) -> der::Result<Attribute> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
