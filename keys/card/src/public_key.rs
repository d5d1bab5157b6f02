//! The public key as the card gives it, and as certificates hold it.

use der::asn1::{Any, BitString, UintRef};
use der::{Encode, Sequence};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};

use crate::error::CardError;

/// rsaEncryption (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The only kind of key this service certifies: a modulus of 2048 bits …
const MODULUS_OCTETS: usize = 256;
/// … and 65537.
const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

/// RSAPublicKey (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// Modulus and exponent from the public key template `7F49 {81 n, 82 e}` (ISO/IEC 7816-8).
pub(crate) fn parse(template: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = value(template, &[0x7F, 0x49])?;
    let (modulus, after_modulus) = value(content, &[0x81])?;
    let (exponent, after_exponent) = value(after_modulus, &[0x82])?;
    (rest.is_empty() && after_exponent.is_empty()).then_some((modulus, exponent))
}

/// The value of the BER-TLV object with this tag at the beginning, and what follows it.
fn value<'a>(octets: &'a [u8], tag: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (length, octets) = match octets.strip_prefix(tag)? {
        [length @ 0..=0x7F, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    octets.split_at_checked(length)
}

/// SubjectPublicKeyInfo (DER, RFC 5280 §4.1.2.7) of an RSA-2048 key with exponent 65537.
pub(crate) fn subject_public_key_info(
    modulus: &[u8],
    exponent: &[u8],
) -> Result<Vec<u8>, CardError> {
    let is_full = modulus.len() == MODULUS_OCTETS && modulus[0] & 0x80 != 0;
    let is_odd = modulus.last().is_some_and(|octet| octet & 1 == 1);
    if !is_full || !is_odd || exponent != EXPONENT {
        return Err(CardError::WrongKindOfKey);
    }
    encode(modulus, exponent).map_err(|_| CardError::WrongKindOfKey)
}

fn encode(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    let key =
        RsaPublicKey { modulus: UintRef::new(modulus)?, public_exponent: UintRef::new(exponent)? };
    SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned { oid: RSA_ENCRYPTION, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&key.to_der()?)?,
    }
    .to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_with_short_or_long_lengths_is_read_and_any_other_refused() {
        let short = [0x7F, 0x49, 6, 0x81, 1, 0xAA, 0x82, 1, 3];
        assert_eq!(parse(&short), Some((&[0xAA][..], &[3][..])));
        let long = [0x7F, 0x49, 0x81, 8, 0x81, 0x82, 0, 1, 0xAA, 0x82, 1, 3];
        assert_eq!(parse(&long), Some((&[0xAA][..], &[3][..])));
        for end in 0..short.len() {
            assert_eq!(parse(&short[..end]), None);
        }
        assert_eq!(parse(&[&short[..], &[0]].concat()), None);
    }

    #[test]
    fn a_key_that_is_not_rsa_2048_with_65537_is_refused() {
        let good = [0xFF; 256];
        let mut even = good;
        even[255] = 0xFE;
        let mut short = good;
        short[0] = 0x7F;
        assert!(subject_public_key_info(&good, &EXPONENT).is_ok());
        for (modulus, exponent) in [
            (&even[..], &EXPONENT[..]),
            (&short, &EXPONENT),
            (&good[1..], &EXPONENT),
            (&good, &[3]),
            (&[], &[]),
        ] {
            assert_eq!(subject_public_key_info(modulus, exponent), Err(CardError::WrongKindOfKey));
        }
    }
}
