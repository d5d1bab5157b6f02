//! The newest moduli, ready to be held against one more.

use std::collections::VecDeque;

use dashu_int::UBig;
use dashu_int::ops::Gcd;

use super::super::small_factor::inverse;
use super::Modulus;

/// Moduli in one product.
const BUCKET: usize = 32;

/// The newest moduli, each with a name, in products of [`BUCKET`].
///
/// One look costs a reduction of as many bits as the window holds, which is what bounds its size
/// (docs/performance.md); one more modulus costs a multiplication.
#[derive(Debug, Clone)]
pub struct Window<Name> {
    size: usize,
    buckets: VecDeque<Bucket<Name>>,
}

#[derive(Debug, Clone)]
struct Bucket<Name> {
    product: UBig,
    digits: Vec<u64>,
    moduli: Vec<(Name, Modulus)>,
}

impl<Name: Clone> Window<Name> {
    /// An empty window for so many moduli; up to one bucket more may be in it. None for 0.
    pub fn new(size: usize) -> Self {
        Self { size, buckets: VecDeque::new() }
    }

    /// How many moduli it is for.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Puts the next modulus in; the oldest bucket falls out when the rest is enough.
    pub fn push(&mut self, name: Name, modulus: Modulus) {
        match self.buckets.back_mut().filter(|bucket| bucket.moduli.len() < BUCKET) {
            Some(bucket) => {
                bucket.product *= &modulus.0;
                bucket.digits = digits(&bucket.product);
                bucket.moduli.push((name, modulus));
            }
            None => self.buckets.push_back(Bucket {
                product: modulus.0.clone(),
                digits: digits(&modulus.0),
                moduli: vec![(name, modulus)],
            }),
        }
        let oldest = self.buckets.front().map_or(0, |bucket| bucket.moduli.len());
        if self.len() - oldest >= self.size {
            self.buckets.pop_front();
        }
    }

    fn len(&self) -> usize {
        self.buckets.iter().map(|bucket| bucket.moduli.len()).sum()
    }

    /// Whether this very modulus is in it.
    pub fn holds(&self, modulus: &Modulus) -> bool {
        self.buckets.iter().flat_map(|bucket| &bucket.moduli).any(|(_, one)| one == modulus)
    }

    /// The names of those that share a factor with this modulus, which is odd; of those that are this
    /// very modulus none.
    pub fn sharing(&self, Modulus(modulus): &Modulus) -> Vec<Name> {
        let own = digits(modulus);
        let rest = self.buckets.iter().fold(UBig::ONE, |rest, bucket| {
            rest * number(&reduced(&bucket.digits, &own)) % modulus
        });
        if modulus.gcd(&rest) == UBig::ONE {
            return Vec::new();
        }
        let moduli = self.buckets.iter().flat_map(|bucket| &bucket.moduli);
        let shares = |(_, other): &&(Name, Modulus)| {
            other.0 != *modulus && modulus.gcd(&other.0) != UBig::ONE
        };
        moduli.filter(shares).map(|(name, _)| name.clone()).collect()
    }
}

/// Digits of 64 bits, the lowest first.
fn digits(number: &UBig) -> Vec<u64> {
    let octets = number.to_le_bytes();
    let digit =
        |chunk: &[u8]| chunk.iter().rev().fold(0, |digit, octet| (digit << 8) | u64::from(*octet));
    octets.chunks(8).map(digit).collect()
}

fn number(digits: &[u64]) -> UBig {
    let octets: Vec<u8> = digits.iter().flat_map(|digit| digit.to_le_bytes()).collect();
    UBig::from_le_bytes(&octets)
}

/// A number about as long as the odd `modulus` that has the same divisors in common with it as
/// `long` has: multiples of the modulus are added until all low digits are 0 (Montgomery 1985). A
/// division of the library takes three times as long.
fn reduced(long: &[u64], modulus: &[u64]) -> Vec<u64> {
    let inverse = inverse(modulus[0]).wrapping_neg();
    let length = modulus.len();
    let mut digits = long.to_vec();
    digits.resize(long.len().max(length) + 1, 0);
    let steps = long.len().saturating_sub(length);
    // What is carried out of the digits that one step touches goes into the next one's highest.
    let mut over = 0;
    for low in 0..steps {
        let quotient = digits[low].wrapping_mul(inverse);
        let mut carry = 0;
        for (digit, own) in digits[low..low + length].iter_mut().zip(modulus) {
            (*digit, carry) = sum(quotient, *own, *digit, carry);
        }
        (digits[low + length], over) = sum(1, carry, digits[low + length], over);
    }
    let mut rest = digits.split_off(steps);
    // The highest digit was taken up by the last step already, but for what it carried out.
    *rest.last_mut().expect("there is one digit more") += over;
    rest
}

/// `factor` · `other` + `digit` + `carry`: the low digit and the high one. It never is longer.
fn sum(factor: u64, other: u64, digit: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(factor) * u128::from(other) + u128::from(digit) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(p: u32, q: u32) -> Modulus {
        Modulus(UBig::from(u64::from(p) * u64::from(q)))
    }

    #[test]
    fn the_newest_are_remembered_and_the_oldest_forgotten() {
        let numbers = (1000u32..).filter(|n| (2..*n).all(|factor| !n.is_multiple_of(factor)));
        let primes: Vec<u32> = numbers.take(401).collect();
        let mut window = Window::new(100);
        assert_eq!(window.sharing(&modulus(3, 5)), Vec::<usize>::new());
        for (name, pair) in primes.chunks_exact(2).enumerate() {
            window.push(name, modulus(pair[0], pair[1]));
            assert!((100.min(name + 1)..100 + BUCKET).contains(&window.len()));
        }
        for (name, pair) in primes.chunks_exact(2).enumerate() {
            let found = window.sharing(&modulus(pair[0], 3));
            let expected = if name < 200 - window.len() { vec![] } else { vec![name] };
            assert_eq!(found, expected);
        }
        assert_eq!(window.sharing(&modulus(primes[399], primes[395])), [197, 199]);
        let same = modulus(primes[398], primes[399]);
        assert!(window.holds(&same) && window.sharing(&same).is_empty());
        assert!(!window.holds(&modulus(primes[0], primes[1])), "it has fallen out");
        assert_eq!(window.sharing(&modulus(primes[400], 3)), Vec::<usize>::new());
    }

    #[test]
    fn what_is_reduced_has_the_same_divisors_in_common() {
        let all_ones = |bits: usize| (UBig::ONE << bits) - UBig::ONE;
        for long in [all_ones(64), all_ones(128), all_ones(1000), all_ones(4096), UBig::ONE << 900]
        {
            for modulus in
                [UBig::from(15u8), all_ones(64), all_ones(128), all_ones(520), all_ones(2048)]
            {
                let rest = number(&reduced(&digits(&long), &digits(&modulus)));
                assert_eq!((&modulus).gcd(&rest), (&modulus).gcd(&long));
            }
        }
    }

    #[test]
    fn a_window_of_no_size_remembers_nothing() {
        let mut window = Window::new(0);
        window.push((), modulus(101, 103));
        assert!(window.sharing(&modulus(101, 107)).is_empty());
    }
}
