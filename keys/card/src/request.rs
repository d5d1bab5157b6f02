//! Proof of possession: a certification request (RFC 2986) signed on the card.

use der::asn1::{Any, BitString, PrintableString, SetOfVec};
use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::card::Card;
use crate::error::CardError;
use crate::signature::KeySlot;
use crate::transport::Transport;

/// sha256WithRSAEncryption (RFC 4055 §5).
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// challengePassword (RFC 2985 §5.4.1).
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");

/// The longest challenge, in octets: challengePassword has at most 255 characters, two for each.
const CHALLENGE_LIMIT: usize = 127;

impl<T: Transport> Card<T> {
    /// Proves that the card holds the private half of the pending key, for this case: a PKCS#10
    /// CertificationRequest (DER, RFC 2986), signed with sha256WithRSAEncryption. Needs the PIN.
    ///
    /// The public half is the issuer's to read; `public_key` is its SubjectPublicKeyInfo (DER).
    /// The subject is empty: who the holder is, the authority knows from the application and not
    /// from the card. The case's `challenge` (1 to 127 octets) stands in the attribute
    /// challengePassword as a PrintableString of lowercase hexadecimal digits.
    pub fn proof_of_possession(
        &mut self,
        public_key: &[u8],
        challenge: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        if challenge.is_empty() || challenge.len() > CHALLENGE_LIMIT {
            return Err(CardError::ChallengeLength { octets: challenge.len() });
        }
        let info = request_info(public_key, challenge).map_err(not_encoded)?;
        let signed = info.to_der().map_err(not_encoded)?;
        let signature = self.sign(KeySlot::Pending, &Sha256::digest(&signed).into())?;
        request(info, &signature).map_err(not_encoded)
    }
}

/// What the card signs.
fn request_info(public_key: &[u8], challenge: &[u8]) -> der::Result<CertReqInfo> {
    let challenge = PrintableString::new(&hex::encode(challenge))?;
    let attribute = Attribute {
        oid: CHALLENGE_PASSWORD,
        values: SetOfVec::try_from([Any::encode_from(&challenge)?])?,
    };
    Ok(CertReqInfo {
        version: Version::V1,
        subject: Name::default(),
        public_key: SubjectPublicKeyInfoOwned::from_der(public_key)?,
        attributes: SetOfVec::try_from([attribute])?,
    })
}

/// The request with its signature.
fn request(info: CertReqInfo, signature: &[u8]) -> der::Result<Vec<u8>> {
    CertReq {
        info,
        algorithm: AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) },
        signature: BitString::from_bytes(signature)?,
    }
    .to_der()
}

/// The key and the challenge are checked before, so what is left is a key that is none.
fn not_encoded(_: der::Error) -> CardError {
    CardError::WrongKindOfKey
}
