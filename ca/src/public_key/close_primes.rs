//! Fermat's factorisation (1643): two factors close to the square root are found by looking for
//! a² - n that is a square, from the root upwards.

use dashu_int::UBig;
use dashu_int::ops::SquareRoot;

/// How many values of a are tried. Primes drawn at random are never as close as these would find; a
/// generator that takes the next prime after the first, or nearly so, is found at once. The same
/// number as the CA/Browser Forum asks for (Baseline Requirements §6.1.1.3).
const ROUNDS: u32 = 100;

/// How the factors of a modulus lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closeness {
    /// Both are the same.
    Square,
    /// They are found in [`ROUNDS`] rounds.
    Close,
}

/// `None` for factors that are not close. The modulus is odd, big-endian.
pub(super) fn closeness(modulus: &[u8]) -> Option<Closeness> {
    let modulus = UBig::from_be_bytes(modulus);
    let root = modulus.sqrt();
    let mut rest = &root * &root;
    if rest == modulus {
        return Some(Closeness::Square);
    }
    let mut a = root + UBig::ONE;
    rest = &a * &a - &modulus;
    for _ in 0..ROUNDS {
        if is_square(&rest) {
            return Some(Closeness::Close);
        }
        // (a + 1)² - a² = 2a + 1
        rest += (&a << 1) + UBig::ONE;
        a += UBig::ONE;
    }
    None
}

/// Five of six numbers are no squares modulo 64, and most of the rest none modulo 45,045.
fn is_square(number: &UBig) -> bool {
    const MODULO_64: u64 = 0x0202_0212_0203_0213;
    if MODULO_64 >> (number % 64u64) & 1 == 0 {
        return false;
    }
    let rest = number % 45_045u64;
    let possible = |modulus: u64| {
        let rest = rest % modulus;
        (0..modulus).any(|root| root * root % modulus == rest)
    };
    [9, 5, 7, 11, 13].into_iter().all(possible) && {
        let root = number.sqrt();
        &root * &root == *number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(number: &UBig) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }

    #[test]
    fn squares_are_told_from_their_neighbours() {
        let root = (UBig::ONE << 500) + UBig::from(12_345u32);
        let square = &root * &root;
        assert!(is_square(&square) && is_square(&UBig::ZERO));
        for distance in 1..200u32 {
            assert!(!is_square(&(&square + UBig::from(distance))), "{distance}");
        }
        for small in 0..5000u32 {
            let root = f64::from(small).sqrt() as u32;
            assert_eq!(is_square(&UBig::from(small)), root * root == small, "{small}");
        }
    }

    #[test]
    fn factors_are_found_as_far_apart_as_a_hundred_rounds_reach_and_no_farther() {
        let first = (UBig::ONE << 1023) + UBig::from(0x1234_5679u32);
        let product = |distance: &UBig| octets(&(&first * (&first + distance)));
        assert_eq!(closeness(&product(&UBig::ZERO)), Some(Closeness::Square));
        for bits in [1, 2, 64, 300, 512, 514] {
            let distance = UBig::ONE << bits;
            assert_eq!(closeness(&product(&distance)), Some(Closeness::Close), "{bits}");
        }
        for bits in [520, 600, 1000] {
            let distance = UBig::ONE << bits;
            assert_eq!(closeness(&product(&distance)), None, "{bits}");
        }
    }
}
