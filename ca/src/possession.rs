//! Proof that the applicant's card holds the key: a PKCS#10 request signed by the new key over the
//! case's challenge (RFC 2986, RFC 2985 §5.4.1).

use const_oid::db::rfc2985::PKCS_9_AT_CHALLENGE_PASSWORD as CHALLENGE_PASSWORD;
use der::Decode;
use x509_cert::attr::Attribute;
use x509_cert::request::CertReq;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::prelude::FromDer;

/// Why possession is not proved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPossession {
    /// Not a request.
    #[error("this is not a PKCS#10 request")]
    Malformed,
    /// It carries no challenge, or that of another case.
    #[error("the request does not carry this case's challenge")]
    Challenge,
    /// The signature is by another key or over other octets.
    #[error("the request is not signed by its own key")]
    Signature,
}

/// A request that is signed by its own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    challenge: Option<String>,
}

impl Proof {
    /// Reads a request and verifies its signature.
    pub fn read(octets: &[u8]) -> Result<Self, NoPossession> {
        let (rest, request) =
            X509CertificationRequest::from_der(octets).map_err(|_| NoPossession::Malformed)?;
        if !rest.is_empty() {
            return Err(NoPossession::Malformed);
        }
        // The parser above shows the first value of an attribute; it must be the only one.
        let strict = CertReq::from_der(octets).map_err(|_| NoPossession::Malformed)?;
        let several = |a: &Attribute| a.oid == CHALLENGE_PASSWORD && a.values.len() != 1;
        if strict.info.attributes.iter().any(several) {
            return Err(NoPossession::Challenge);
        }
        let info = &request.certification_request_info;
        let mut challenges =
            info.iter_attributes().filter_map(|attribute| match attribute.parsed_attribute() {
                ParsedCriAttribute::ChallengePassword(text) => Some(text.0.clone()),
                _ => None,
            });
        let challenge = challenges.next().filter(|_| challenges.next().is_none());
        let algorithm = const_oid::ObjectIdentifier::from_bytes(
            request.signature_algorithm.algorithm.as_bytes(),
        );
        if algorithm != Ok(akashi_wire::pki::oid::SHA256_WITH_RSA) {
            return Err(NoPossession::Signature);
        }
        ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            &info.subject_pki.subject_public_key.data,
        )
        .verify(info.raw, &request.signature_value.data)
        .map_err(|_| NoPossession::Signature)?;
        Ok(Self { public_key: info.subject_pki.raw.to_vec(), challenge })
    }

    /// Refuses a request that was made for something else.
    pub fn answers(&self, challenge: &[u8]) -> Result<(), NoPossession> {
        if self.challenge.as_deref() == Some(hex::encode(challenge).as_str()) {
            return Ok(());
        }
        Err(NoPossession::Challenge)
    }
}
