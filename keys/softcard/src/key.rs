//! The signing key pair: RSA-2048, made on the card, never read.

use rand::CryptoRng;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey};
use rsa::traits::PublicKeyParts;
use rsa::{PrivateKey, PublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::hexadecimal;
use crate::status::Status;

/// Modulus, and so each signature, in octets.
pub(crate) const MODULUS_OCTETS: usize = 256;

/// `7F49 {81 n, 82 e}` in octets.
pub(crate) const PUBLIC_KEY_OCTETS: usize = 5 + 4 + MODULUS_OCTETS + 5;

/// The longest input of a signature: PKCS#1 v1.5 padding takes 11 octets (RFC 8017 §9.2).
pub(crate) const DIGEST_INFO_LIMIT: usize = MODULUS_OCTETS - 11;

/// A key pair. The private half is wiped from memory on drop (by `rsa`).
pub(crate) struct KeyPair(PrivateKey);

impl KeyPair {
    /// A new pair with the public exponent 65537.
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, Status> {
        PrivateKey::new(rng, MODULUS_OCTETS * 8).map(Self).map_err(|_| Status::CHIP_FAILED)
    }

    /// The public key template `7F49 {81 n, 82 e}` (ISO/IEC 7816-8, GENERATE ASYMMETRIC KEY PAIR).
    pub fn public_key(&self) -> Vec<u8> {
        let mut template = vec![0x7F, 0x49, 0x82, 0x01, 0x09, 0x81, 0x82, 0x01, 0x00];
        template.extend(self.0.n_bytes());
        template.extend([0x82, 0x03]);
        template.extend(self.0.e_bytes());
        template
    }

    /// Signs a DigestInfo: RSASSA-PKCS1-v1_5 without the hashing (RFC 8017 §8.2.1 from step 2).
    ///
    /// The random source blinds the computation; the signature does not depend on it.
    pub fn sign(&self, digest_info: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, Status> {
        if digest_info.is_empty() || digest_info.len() > DIGEST_INFO_LIMIT {
            return Err(Status::WRONG_LENGTH);
        }
        self.0
            .sign_with_rng(rng, Pkcs1v15Sign::new_unprefixed(), digest_info)
            .map_err(|_| Status::CHIP_FAILED)
    }

    /// Whether this subject public key info (DER) holds the public half of this pair.
    pub fn has_public_half(&self, public_key_info: &[u8]) -> bool {
        PublicKey::from_public_key_der(public_key_info)
            .is_ok_and(|public| public == *self.0.as_public_key())
    }
}

// What the host keeps is PKCS#8 in hexadecimal: the chip's memory, not an answer.
impl Serialize for KeyPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0.to_pkcs8_der().map_err(ser::Error::custom)?;
        hexadecimal::serialize(document.as_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for KeyPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = hexadecimal::deserialize(deserializer)?;
        PrivateKey::from_pkcs8_der(&document).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_wiped_when_it_is_dropped() {
        // What this does not compile with would not be wiped.
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let _: fn(&KeyPair) = |pair| wiped(&pair.0);
    }
}
