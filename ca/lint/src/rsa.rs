//! RSA keys as certificates carry them.

use crate::{der, walk};

/// `SEQUENCE { rsaEncryption, NULL }` (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

/// An RSA key, taken apart.
pub(crate) struct RsaKey<'a> {
    /// Big-endian, without a zero in front.
    pub modulus: &'a [u8],
    /// Big-endian, without a zero in front.
    pub exponent: &'a [u8],
}

impl<'a> RsaKey<'a> {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// ```asn1
    /// SubjectPublicKeyInfo  ::=  SEQUENCE  {
    ///      algorithm            AlgorithmIdentifier,
    ///      subjectPublicKey     BIT STRING  }
    /// ```
    pub(crate) fn read(info: &'a [u8]) -> Option<Self> {
        let [algorithm, bits] = der::all(der::only(info).ok()?.content).ok()?[..] else {
            return None;
        };
        if algorithm.raw != RSA_ENCRYPTION || bits.tag != 0x03 {
            return None;
        }
        Self::of_bits(bits.content.strip_prefix(&[0])?)
    }

    /// Reads an RSAPublicKey (RFC 8017 §A.1.1).
    pub(crate) fn of_bits(key: &'a [u8]) -> Option<Self> {
        walk::canonical(key).ok()?;
        let [modulus, exponent] = der::all(der::only(key).ok()?.content).ok()?[..] else {
            return None;
        };
        let positive = |number: der::Tlv<'a>| match number.content {
            [0, rest @ ..] if number.tag == 0x02 => Some(rest),
            [1..0x80, ..] if number.tag == 0x02 => Some(number.content),
            _ => None,
        };
        Some(Self { modulus: positive(modulus)?, exponent: positive(exponent)? })
    }

    /// Bits of the modulus.
    pub(crate) fn bits(&self) -> usize {
        let zeros = self.modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        8 * self.modulus.len() - zeros
    }

    /// Whether the modulus is odd, as every product of two primes of a key is.
    pub(crate) fn is_odd(&self) -> bool {
        self.modulus.last().is_some_and(|last| last & 1 == 1)
    }
}
