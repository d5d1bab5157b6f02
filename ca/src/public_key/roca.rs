//! The fingerprint of keys made by the generator of CVE-2017-15361 (Nemec et al., “The Return of
//! Coppersmith's Attack”, ACM CCS 2017, §2).
//!
//! Its primes are k·M + (65537^a mod M), where M is the product of the first primes; so a modulus is a
//! power of 65537 modulo each of them. That a modulus of two random primes is so for all of the primes
//! that a key of 2048 bits uses has a probability below 2^-150.

use std::sync::LazyLock;

/// Primes in M for a key of 1984 to 3968 bits.
const PRIMES: usize = 126;
/// The generator of the subgroup.
const GENERATOR: u32 = 65_537;

/// A prime of M and the powers of 65537 modulo it.
struct Subgroup {
    prime: u32,
    has: Vec<bool>,
}

static SUBGROUPS: LazyLock<Vec<Subgroup>> = LazyLock::new(|| {
    let primes = (2u32..).filter(|n| (2..*n).all(|factor| !n.is_multiple_of(factor)));
    primes.take(PRIMES).map(Subgroup::of).collect()
});

impl Subgroup {
    fn of(prime: u32) -> Self {
        let mut has = vec![false; prime as usize];
        let mut power = 1 % prime;
        while !std::mem::replace(&mut has[power as usize], true) {
            power = power * (GENERATOR % prime) % prime;
        }
        Self { prime, has }
    }

    fn holds(&self, modulus: &[u8]) -> bool {
        let rest =
            modulus.iter().fold(0, |rest, octet| (rest << 8 | u32::from(*octet)) % self.prime);
        self.has[rest as usize]
    }
}

/// Whether a modulus (big-endian) has the fingerprint. A good one fails at the first primes.
pub(super) fn is_roca(modulus: &[u8]) -> bool {
    SUBGROUPS.iter().all(|subgroup| subgroup.holds(modulus))
}

#[cfg(test)]
mod tests {
    use super::*;
    use akashi_keys::{RsaKey, RsaSize, Signer};
    use dashu_int::UBig;
    use dashu_int::ops::BitTest;

    /// A number of the generator's form: k·M + (65537^a mod M).
    fn of_the_generator(k: u64, a: u32) -> UBig {
        let m: UBig = SUBGROUPS.iter().map(|subgroup| UBig::from(subgroup.prime)).product();
        let power = (0..a).fold(UBig::ONE, |power, _| power * UBig::from(GENERATOR) % &m);
        UBig::from(k) * &m + power
    }

    #[test]
    fn products_of_the_generators_numbers_are_known_and_their_neighbours_are_not() {
        assert_eq!(SUBGROUPS.last().unwrap().prime, 701);
        let one = of_the_generator(0x000A_5A5A_5A5A_5A5A, 1000);
        let other = of_the_generator(0x000C_3C3C_3C3C_3C3D, 77);
        let modulus = one * other;
        assert!((2040..=2048).contains(&modulus.bit_len()), "{}", modulus.bit_len());
        assert!(is_roca(&modulus.to_be_bytes()));
        for distance in 1..100u32 {
            assert!(!is_roca(&(&modulus + UBig::from(2 * distance)).to_be_bytes()));
        }
    }

    #[test]
    fn keys_of_a_sound_generator_are_not_taken_for_bad_ones() {
        for _ in 0..3 {
            let key = RsaKey::generate(RsaSize::Rsa2048).unwrap();
            assert!(super::super::check(key.public_key()).is_ok());
        }
    }
}
