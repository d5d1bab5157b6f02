//! Checks of the public keys that cards hand us.
//!
//! 184 of two million national ID card keys were factored because of a weak generator on the card;
//! the authority does not take a key on trust. Duplicates over all time are the ledger's to find.

mod close_primes;
pub mod primality;
mod roca;
pub mod shared_primes;
mod small_factor;

use const_oid::db::rfc5912::RSA_ENCRYPTION;
use der::asn1::UintRef;
use spki::SubjectPublicKeyInfoOwned;

use close_primes::{Closeness, closeness};
use roca::is_roca;
use small_factor::small_factor;

/// Bits of a card's modulus; existing card software knows no other.
const BITS: u32 = 2048;
/// The exponent of a card's key.
const EXPONENT: &[u8] = &[1, 0, 1];

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
    #[error("its exponent is not 65537")]
    Exponent,
    /// A modulus that a schoolchild can factor.
    #[error("its modulus can be divided by {factor}")]
    SmallFactor {
        /// The factor.
        factor: u32,
    },
    /// A prime, of which everybody knows the private key.
    #[error("its modulus is a prime and not the product of two")]
    Prime,
    /// A square, which no product of two primes of a key may be.
    #[error("its modulus is the square of one number")]
    Square,
    /// Two factors so close that Fermat found them in 1643.
    #[error("its modulus has two factors that lie so close together that they are found at once")]
    CloseFactors,
    /// A key of the kind of CVE-2017-15361.
    #[error(
        "its modulus has the form of a weak generator (ROCA, CVE-2017-15361): cards of this lot must not be used"
    )]
    Roca,
    /// Whoever has both public keys has both private keys.
    #[error("it shares a prime with a key that was certified before")]
    SharedPrime,
}

/// Checks a key for everything that can be seen in it alone, and whether its modulus is a prime, which takes
/// several signatures' time: done once, when the card tells the key.
pub fn check_whole(public_key: &[u8]) -> Result<(), BadKey> {
    check(public_key)?;
    let (_, modulus) = shape(public_key)?;
    if primality::is_prime(&modulus) { Err(BadKey::Prime) } else { Ok(()) }
}

/// Checks a key for everything that can be seen in it alone and quickly.
pub fn check(public_key: &[u8]) -> Result<SubjectPublicKeyInfoOwned, BadKey> {
    let (info, modulus) = shape(public_key)?;
    if let Some(factor) = small_factor(&modulus) {
        return Err(BadKey::SmallFactor { factor });
    }
    if is_roca(&modulus) {
        return Err(BadKey::Roca);
    }
    match closeness(&modulus) {
        Some(Closeness::Square) => Err(BadKey::Square),
        Some(Closeness::Close) => Err(BadKey::CloseFactors),
        None => Ok(info),
    }
}

/// RSAPublicKey (RFC 8017 §A.1.1).
#[derive(der::Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// Checks the kind of a key and its lengths; gives its modulus too, big-endian.
pub fn shape(public_key: &[u8]) -> Result<(SubjectPublicKeyInfoOwned, Vec<u8>), BadKey> {
    use der::Decode;
    let info = SubjectPublicKeyInfoOwned::from_der(public_key).map_err(|_| BadKey::NotRsa)?;
    let key = info.subject_public_key.as_bytes().ok_or(BadKey::NotRsa)?;
    let key = RsaPublicKey::from_der(key).map_err(|_| BadKey::NotRsa)?;
    let modulus = key.modulus.as_bytes().to_vec();
    let first = modulus.first().map_or(0, |octet| octet.leading_zeros());
    let bits = 8 * modulus.len() as u32 - first;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(BadKey::NotRsa);
    }
    if bits != BITS {
        return Err(BadKey::Length { found: bits });
    }
    if key.exponent.as_bytes() != EXPONENT {
        return Err(BadKey::Exponent);
    }
    Ok((info, modulus))
}

#[cfg(test)]
mod tests {
    use super::*;
    use akashi_keys::{EcKey, RsaKey, RsaSize, Signer};
    use dashu_int::UBig;
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

    /// A number of 1024 bits without small factors, from this octet on.
    fn sound(first: u8) -> UBig {
        sound_from((UBig::from(first) << 1016) + UBig::ONE)
    }

    fn sound_from(mut number: UBig) -> UBig {
        while small_factor(&[&[0; 128][..], &number.to_be_bytes()].concat()).is_some() {
            number += UBig::from(2u8);
        }
        number
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

        let first = sound(0xC5);
        let (next, far) = (sound_from(&first + UBig::from(2u8)), sound(0xD7));
        for (modulus, expected) in [
            (&first * &first, Err(BadKey::Square)),
            (&first * next, Err(BadKey::CloseFactors)),
            (first * far, Ok(())),
        ] {
            let key = with(&modulus.to_be_bytes(), &[1, 0, 1]);
            assert_eq!(check(&key).map(|_| ()), expected);
        }
    }
}
