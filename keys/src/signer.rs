//! Keys that sign digests.
//!
//! A digest and not a message, so that an HSM behind PKCS#11 fits, and a CRL of fifty megabytes
//! need not be in memory to be signed.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use const_oid::ObjectIdentifier;
use der::asn1::Any;
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::KeyError;

/// sha256WithRSAEncryption (RFC 8017 §A.2.4).
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// Somebody who can sign, wherever the private key lies.
pub trait Signer: Send + Sync {
    /// The signatureAlgorithm of what this signs.
    fn algorithm(&self) -> AlgorithmIdentifierOwned;

    /// SubjectPublicKeyInfo, DER.
    fn public_key(&self) -> &[u8];

    /// The length in octets of every signature, where it is always the same (RSA).
    fn signature_length(&self) -> Option<usize>;

    /// Signs a SHA-256 digest: PKCS#1 v1.5 or ECDSA in DER.
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError>;

    /// Signs a whole message by its SHA-256.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = ring::digest::digest(&ring::digest::SHA256, message);
        self.sign_digest(digest.as_ref().try_into().expect("SHA-256 gives 32 octets"))
    }
}

/// Length of an RSA modulus that the authority may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits; has a sunset (CRYPTREC, 2030).
    Rsa2048,
    /// 3072 bits; the default.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl RsaSize {
    /// The size with this many bits.
    pub fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(Self::Rsa2048),
            3072 => Some(Self::Rsa3072),
            4096 => Some(Self::Rsa4096),
            _ => None,
        }
    }
}

/// An RSA key in software.
pub struct RsaKey {
    pair: RsaKeyPair,
    public_key: Vec<u8>,
}

impl RsaKey {
    /// Makes a new key pair, e = 65537.
    pub fn generate(size: RsaSize) -> Result<Self, KeyError> {
        let size = match size {
            RsaSize::Rsa2048 => KeySize::Rsa2048,
            RsaSize::Rsa3072 => KeySize::Rsa3072,
            RsaSize::Rsa4096 => KeySize::Rsa4096,
        };
        let pair =
            RsaKeyPair::generate(size).map_err(|_| KeyError::Crypto("RSA key generation"))?;
        Self::of(pair)
    }

    fn of(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public_key: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyError::Crypto("encoding a public key"))?;
        let public_key = public_key.as_ref().to_vec();
        Ok(Self { pair, public_key })
    }

    /// Reads a key from PKCS#8.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        Self::of(RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Crypto("reading an RSA key"))?)
    }

    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let der: Pkcs8V1Der<'_> =
            self.pair.as_der().map_err(|_| KeyError::Crypto("encoding a key"))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }
}

impl Signer for RsaKey {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) }
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn signature_length(&self) -> Option<usize> {
        Some(self.pair.public_modulus_len())
    }

    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Crypto("signing with RSA");
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(failed)?;
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).map_err(failed)?;
        Ok(signature)
    }
}

/// A P-256 key in software.
pub struct EcKey {
    pair: EcdsaKeyPair,
    public_key: Vec<u8>,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl EcKey {
    /// Makes a new key pair on P-256.
    pub fn generate() -> Result<Self, KeyError> {
        let failed = |_| KeyError::Crypto("P-256 key generation");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(failed)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(failed)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// Reads a key from PKCS#8.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
            .map_err(|_| KeyError::Crypto("reading a P-256 key"))?;
        let public_key: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyError::Crypto("encoding a public key"))?;
        let public_key = public_key.as_ref().to_vec();
        Ok(Self { pair, public_key, pkcs8: Zeroizing::new(pkcs8.to_vec()) })
    }

    pub(crate) fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The key for one end of a TLS link (PKCS#8). TLS libraries want the octets themselves; only
    /// keys that serve links leave here.
    pub fn for_tls(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }
}

impl Signer for EcKey {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None }
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn signature_length(&self) -> Option<usize> {
        None
    }

    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Crypto("signing with P-256");
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(failed)?;
        Ok(self.pair.sign_digest(&digest).map_err(failed)?.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    fn raw(public_key: &[u8]) -> Vec<u8> {
        use der::Decode;
        let spki = spki::SubjectPublicKeyInfoOwned::from_der(public_key).unwrap();
        spki.subject_public_key.raw_bytes().to_vec()
    }

    #[test]
    fn what_one_library_signs_another_verifies() {
        let rsa = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let again = RsaKey::from_pkcs8(&rsa.to_pkcs8().unwrap()).unwrap();
        let signature = again.sign(b"akashi").unwrap();
        assert_eq!(Some(signature.len()), rsa.signature_length());
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, raw(rsa.public_key()))
            .verify(b"akashi", &signature)
            .unwrap();

        let ec = EcKey::generate().unwrap();
        let signature = EcKey::from_pkcs8(ec.to_pkcs8()).unwrap().sign(b"akashi").unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, raw(ec.public_key()))
            .verify(b"akashi", &signature)
            .unwrap();
    }
}
