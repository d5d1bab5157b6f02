//! Whether a modulus is itself a prime: then its private exponent follows from the public key at once.

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;

/// Fermat's test to the base 2: every prime passes it, and a product of two primes that were drawn at
/// random does so with a probability that nobody will meet (Pomerance 1981 bounds the pseudoprimes).
///
/// It costs several signatures: the counter does it when a card tells the key that it made, and the night
/// for every key once more.
pub fn is_prime(modulus: &[u8]) -> bool {
    let modulus = UBig::from_be_bytes(modulus);
    if modulus <= UBig::from(2u8) {
        return modulus == UBig::from(2u8);
    }
    let exponent = &modulus - UBig::ONE;
    let ring = ConstDivisor::new(modulus);
    ring.reduce(2).pow(&exponent) == ring.reduce(1)
}

#[cfg(test)]
mod tests {
    use akashi_keys::{RsaKey, RsaSize, Signer};

    use super::*;
    use crate::public_key::shape;

    #[test]
    fn a_prime_of_the_length_of_a_modulus_is_one_and_a_product_of_two_is_not() {
        // RFC 3526 §3: the prime of the group of 2048 bits.
        let prime = concat!(
            "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22",
            "514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6",
            "F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D",
            "C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
            "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E8603",
            "9B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
            "15728E5A8AACAA68FFFFFFFFFFFFFFFF"
        );
        assert!(is_prime(&hex::decode(prime).unwrap()));
        let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
        assert!(!is_prime(&shape(key.public_key()).unwrap().1));
    }

    #[test]
    fn small_numbers_are_told_apart() {
        let primes = [2u8, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47];
        for number in 0u8..50 {
            assert_eq!(is_prime(&[number]), primes.contains(&number), "{number}");
        }
    }
}
