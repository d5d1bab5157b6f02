//! Factors that a schoolchild finds.

use super::BITS;

/// Trial division stops before here: 65,537, which a generator may take for a prime of its own because
/// it is everybody's exponent, is the last that is tried.
pub(super) const SMALL: u32 = 65_538;

/// The smallest factor below [`SMALL`].
///
/// This runs for every certificate, so it divides nothing. The modulus is reduced by products of
/// primes, digit by digit with the powers of 2^64 that were reduced beforehand; the sum is brought to
/// one digit by Montgomery's reduction, which leaves divisibility as it is; and whether a prime
/// divides that digit is seen from its product with the prime's inverse modulo 2^64.
pub(super) fn small_factor(modulus: &[u8]) -> Option<u32> {
    static PRODUCTS: std::sync::LazyLock<Vec<Product>> = std::sync::LazyLock::new(products);
    if modulus.last().is_none_or(|octet| octet.is_multiple_of(2)) {
        return Some(2);
    }
    let digits: Vec<u64> = modulus
        .rchunks(8)
        .map(|chunk| chunk.iter().fold(0, |digit, octet| (digit << 8) | u64::from(*octet)))
        .collect();
    PRODUCTS.iter().find_map(|product| {
        let terms = digits.iter().zip(&product.powers);
        let sum: u128 = terms.map(|(digit, power)| u128::from(*digit) * u128::from(*power)).sum();
        let digit = product.reduce(sum);
        product.primes.iter().find(|prime| prime.divides(digit)).map(|prime| prime.value)
    })
}

/// An odd prime below [`SMALL`].
struct Prime {
    value: u32,
    /// Its inverse modulo 2^64.
    inverse: u64,
}

impl Prime {
    fn new(value: u32) -> Self {
        Self { value, inverse: inverse(u64::from(value)) }
    }

    /// The multiples of an odd number are the digits whose product with its inverse is no more than
    /// their quotient could be (Granlund and Montgomery 1994, section 9).
    fn divides(&self, digit: u64) -> bool {
        digit.wrapping_mul(self.inverse) <= u64::MAX / u64::from(self.value)
    }
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration: each step doubles the bits that
/// are right, and the number itself is right in three.
pub(super) fn inverse(odd: u64) -> u64 {
    (0..5)
        .fold(odd, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

/// Odd primes whose product is below [`Product::LIMIT`].
struct Product {
    primes: Vec<Prime>,
    value: u64,
    /// 2^(64 i) modulo the product, for every digit of a modulus.
    powers: Vec<u64>,
    /// The inverse of the product modulo 2^64.
    inverse: u64,
}

impl Product {
    /// 32 digits of 64 bits, each times a power below this, add up to less than 2^127.
    const LIMIT: u64 = 1 << 58;

    /// A digit that has the same divisors among the primes of this product: the sum divided by 2^64,
    /// modulo the product (Montgomery 1985). Below 2^63 + 2^58, so that it is one digit.
    fn reduce(&self, sum: u128) -> u64 {
        let (high, low) = ((sum >> 64) as u64, sum as u64);
        let quotient = low.wrapping_mul(self.inverse);
        let taken = ((u128::from(quotient) * u128::from(self.value)) >> 64) as u64;
        // The low halves are equal and fall out; one product more keeps it from going below zero.
        high + self.value - taken
    }
}

fn products() -> Vec<Product> {
    let mut groups: Vec<(u64, Vec<Prime>)> = Vec::new();
    for prime in primes().into_iter().filter(|prime| *prime != 2) {
        match groups.last_mut() {
            Some((value, primes)) if *value < Product::LIMIT / u64::from(prime) => {
                *value *= u64::from(prime);
                primes.push(Prime::new(prime));
            }
            _ => groups.push((u64::from(prime), vec![Prime::new(prime)])),
        }
    }
    let product = |(value, primes)| {
        let next = |power: &u64| Some(((u128::from(*power) << 64) % u128::from(value)) as u64);
        let powers = std::iter::successors(Some(1), next).take(BITS as usize / 64).collect();
        Product { primes, value, powers, inverse: inverse(value) }
    };
    groups.into_iter().map(product).collect()
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

    /// 2^1279 - 1, which is prime, times `factor`.
    fn multiple(factor: u32) -> Vec<u8> {
        let mut octets = vec![0xff; 160];
        octets[0] = 0x7f;
        let mut carry = 0;
        for octet in octets.iter_mut().rev() {
            let product = u64::from(*octet) * u64::from(factor) + carry;
            (*octet, carry) = (product as u8, product >> 8);
        }
        [&carry.to_be_bytes()[..], &octets].concat()
    }

    #[test]
    fn every_small_prime_is_found_as_a_factor() {
        let primes = primes();
        assert_eq!(primes.len(), 6543, "the primes up to 65,537");
        for prime in primes {
            assert_eq!(small_factor(&multiple(prime)), Some(prime));
        }
        assert_eq!(small_factor(&multiple(1)), None);
        assert_eq!(small_factor(&multiple(65_539)), None, "the next prime is beyond");
    }
}
