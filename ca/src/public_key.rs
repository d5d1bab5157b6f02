//! Checks of the public keys that cards hand us.
//!
//! 184 of two million national ID card keys were factored because of a weak generator on the card;
//! the authority does not take a key on trust. Duplicates over all time are the ledger's to find.

use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use spki::SubjectPublicKeyInfoOwned;

/// Bits of a card's modulus; existing card software knows no other.
const BITS: u32 = 2048;
/// The exponent of a card's key.
const EXPONENT: u64 = 65537;
/// Trial division goes up to here.
const SMALL: u32 = 65_536;

/// Why a key is not certified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not an RSA key in DER.
    #[error("it is not an RSA public key")]
    NotRsa,
    /// Another length.
    #[error("its modulus has {found} bits and not {BITS}")]
    Length {
        /// As found.
        found: u32,
    },
    /// Another exponent.
    #[error("its exponent is not {EXPONENT}")]
    Exponent,
    /// A modulus that a schoolchild can factor.
    #[error("its modulus can be divided by {factor}")]
    SmallFactor {
        /// The factor.
        factor: u32,
    },
}

/// Checks a key for everything that can be seen in it alone.
pub fn check(public_key: &[u8]) -> Result<SubjectPublicKeyInfoOwned, BadKey> {
    use der::Decode;
    let info = SubjectPublicKeyInfoOwned::from_der(public_key).map_err(|_| BadKey::NotRsa)?;
    let key = rsa::RsaPublicKey::from_public_key_der(public_key).map_err(|_| BadKey::NotRsa)?;
    let modulus = key.n().as_ref().to_be_bytes();
    let bits = modulus
        .iter()
        .position(|octet| *octet != 0)
        .map_or(0, |first| 8 * (modulus.len() - first) as u32 - modulus[first].leading_zeros());
    if bits != BITS {
        return Err(BadKey::Length { found: bits });
    }
    let exponent = key.e().to_be_bytes();
    if exponent.iter().fold(0u64, |e, octet| e.saturating_mul(256) | u64::from(*octet)) != EXPONENT
    {
        return Err(BadKey::Exponent);
    }
    match small_factor(&modulus) {
        Some(factor) => Err(BadKey::SmallFactor { factor }),
        None => Ok(info),
    }
}

/// The smallest factor below [`SMALL`], by one pass over the modulus a prime.
fn small_factor(modulus: &[u8]) -> Option<u32> {
    static PRIMES: std::sync::LazyLock<Vec<u32>> = std::sync::LazyLock::new(primes);
    PRIMES.iter().copied().find(|prime| {
        let prime = u64::from(*prime);
        let remainder = modulus.chunks(4).fold(0u64, |remainder, chunk| {
            chunk.iter().fold(remainder, |r, octet| (r << 8) | u64::from(*octet)) % prime
        });
        remainder == 0
    })
}

/// Every prime below [`SMALL`] (Eratosthenes).
fn primes() -> Vec<u32> {
    let mut composite = vec![false; SMALL as usize];
    let mut primes = Vec::new();
    for number in 2..SMALL as usize {
        if !composite[number] {
            primes.push(number as u32);
            (number * number..SMALL as usize).step_by(number).for_each(|n| composite[n] = true);
        }
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::*;
    use akashi_keys::{EcKey, RsaKey, RsaSize, Signer};
    use der::Encode;
    use der::asn1::{BitString, UintRef};

    fn with(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let own = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        let mut info: SubjectPublicKeyInfoOwned = der::Decode::from_der(own.public_key()).unwrap();
        let mut key = UintRef::new(modulus).unwrap().to_der().unwrap();
        key.extend(UintRef::new(exponent).unwrap().to_der().unwrap());
        let key = der::Any::new(der::Tag::Sequence, key).unwrap().to_der().unwrap();
        info.subject_public_key = BitString::from_bytes(&key).unwrap();
        info.to_der().unwrap()
    }

    #[test]
    fn a_sound_key_passes() {
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        assert!(check(key.public_key()).is_ok());
    }

    #[test]
    fn a_bad_key_is_refused_for_its_own_reason() {
        let long = RsaKey::generate(RsaSize::Rsa3072).unwrap();
        assert_eq!(check(long.public_key()), Err(BadKey::Length { found: 3072 }));
        let curve = EcKey::generate().unwrap();
        assert_eq!(check(curve.public_key()), Err(BadKey::NotRsa));
        assert_eq!(check(b"junk"), Err(BadKey::NotRsa));

        let mut modulus = [0xff; 256];
        modulus[255] = 0xfe;
        let even = check(&with(&modulus, &[1, 0, 1])).unwrap_err();
        assert!(matches!(even, BadKey::SmallFactor { factor: 2 } | BadKey::NotRsa), "{even:?}");
        // 2^2048 - 1 is divisible by 3.
        assert_eq!(check(&with(&[0xff; 256], &[1, 0, 1])), Err(BadKey::SmallFactor { factor: 3 }));
        assert_eq!(check(&with(&[0xff; 256], &[3])), Err(BadKey::Exponent));
    }
}
