//! As much arithmetic with large numbers as it takes to make an RSA key of two known primes.

use std::cmp::Ordering;

/// A number of any length, its lowest limb first and without a zero at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Vec<u64>);

impl Number {
    /// Reads hexadecimal digits.
    pub fn from_hex(digits: &str) -> Self {
        let chunks = digits.as_bytes().rchunks(16);
        let limb = |chunk| u64::from_str_radix(std::str::from_utf8(chunk).unwrap(), 16).unwrap();
        Self(chunks.map(limb).collect()).trimmed()
    }

    /// As a small number.
    pub fn small(value: u64) -> Self {
        Self(vec![value]).trimmed()
    }

    /// Octets, the highest first, none of them a leading zero.
    pub fn to_octets(&self) -> Vec<u8> {
        let octets = self.0.iter().rev().flat_map(|limb| limb.to_be_bytes());
        octets.skip_while(|octet| *octet == 0).collect()
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        let mut product = vec![0u64; self.0.len() + other.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0u128;
            for (j, b) in other.0.iter().enumerate() {
                let sum = u128::from(*a) * u128::from(*b) + u128::from(product[i + j]) + carry;
                product[i + j] = sum as u64;
                carry = sum >> 64;
            }
            product[i + other.0.len()] = carry as u64;
        }
        Self(product).trimmed()
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Self {
        let mut sum = Vec::new();
        let mut carry = 0u128;
        for place in 0..self.0.len().max(other.0.len()) {
            let here = u128::from(self.limb(place)) + u128::from(other.limb(place)) + carry;
            sum.push(here as u64);
            carry = here >> 64;
        }
        sum.push(carry as u64);
        Self(sum).trimmed()
    }

    /// The difference; `other` must not be greater.
    pub fn minus(&self, other: &Self) -> Self {
        let mut difference = Vec::new();
        let mut borrow = false;
        for place in 0..self.0.len() {
            let (here, one) = self.limb(place).overflowing_sub(other.limb(place));
            let (here, two) = here.overflowing_sub(u64::from(borrow));
            difference.push(here);
            borrow = one || two;
        }
        assert!(!borrow, "a difference below zero");
        Self(difference).trimmed()
    }

    /// Quotient and rest by a small number.
    pub fn divided(&self, by: u64) -> (Self, u64) {
        let mut quotient = vec![0; self.0.len()];
        let mut rest = 0u128;
        for place in (0..self.0.len()).rev() {
            let here = (rest << 64) | u128::from(self.0[place]);
            quotient[place] = (here / u128::from(by)) as u64;
            rest = here % u128::from(by);
        }
        (Self(quotient).trimmed(), rest as u64)
    }

    /// The inverse of a small prime modulo this number, where there is one.
    pub fn inverse_of_small(&self, prime: u64) -> Option<Self> {
        // 1 + k·self is a multiple of the prime for k = -1 / self modulo the prime.
        let rest = self.divided(prime).1;
        let k = (1..prime).find(|k| (1 + k * rest).is_multiple_of(prime))?;
        Some(self.times(&Self::small(k)).plus(&Self::small(1)).divided(prime).0)
    }

    /// The inverse modulo an odd prime (the binary algorithm of Euclid).
    pub fn inverse_modulo(&self, prime: &Self) -> Self {
        let one = Self::small(1);
        let halved = |x: Self| if x.is_even() { x.half() } else { x.plus(prime).half() };
        let reduced = |a: &Self, b: &Self| match a.cmp(b) {
            Ordering::Less => a.plus(prime).minus(b),
            _ => a.minus(b),
        };
        let (mut u, mut v) = (self.clone(), prime.clone());
        let (mut x, mut y) = (one.clone(), Self::small(0));
        while u != one && v != one {
            while u.is_even() {
                (u, x) = (u.half(), halved(x));
            }
            while v.is_even() {
                (v, y) = (v.half(), halved(y));
            }
            if u >= v {
                (u, x) = (u.minus(&v), reduced(&x, &y));
            } else {
                (v, y) = (v.minus(&u), reduced(&y, &x));
            }
        }
        if u == one { x } else { y }
    }

    fn limb(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }

    fn is_even(&self) -> bool {
        self.limb(0) & 1 == 0
    }

    fn half(&self) -> Self {
        let limbs = 0..self.0.len();
        Self(limbs.map(|place| self.0[place] >> 1 | self.limb(place + 1) << 63).collect()).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
