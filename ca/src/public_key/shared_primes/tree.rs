//! Products two by two, and fractions on their way back down.

use dashu_int::UBig;

/// Bits of a fraction beyond those of its denominator. What is cut off on the way down adds up to
/// less than one unit of 2^-64 for each level, measured at the leaf.
const GUARD: usize = 64;

/// The products of leaves, of every two products, and so on up to one.
pub(super) struct Tree {
    /// From the leaves to the root; the last of an odd number goes up as it is.
    levels: Vec<Vec<UBig>>,
}

impl Tree {
    /// Over these leaves, each greater than one; one at least.
    pub fn of(leaves: Vec<UBig>) -> Self {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let products = level.chunks(2).map(|pair| match pair {
                [one, other] => one * other,
                alone => alone[0].clone(),
            });
            let products = products.collect();
            levels.push(products);
        }
        Self { levels }
    }

    /// The product of all leaves.
    pub fn product(&self) -> &UBig {
        &self.levels.last().expect("a tree has a root")[0]
    }

    /// The numerator of the sum of `numerators[i] / leaf[i]` over the product of all leaves.
    pub fn numerator(&self, numerators: Vec<UBig>) -> UBig {
        let mut numerators = numerators;
        for level in &self.levels[..self.levels.len() - 1] {
            let sum = |(pair, of): (&[UBig], &[UBig])| match (pair, of) {
                ([one, other], [of_one, of_other]) => of_one * other + of_other * one,
                (_, alone) => alone[0].clone(),
            };
            numerators = level.chunks(2).zip(numerators.chunks(2)).map(sum).collect();
        }
        numerators.swap_remove(0)
    }

    /// Brings a fraction over the product of all leaves down to a fraction over each leaf: the same
    /// number times all other leaves, without its whole part. Levels are let go on the way.
    pub fn fractions(mut self, root: Fraction) -> Vec<Fraction> {
        self.levels.pop();
        let mut fractions = vec![root];
        while let Some(level) = self.levels.pop() {
            let mut next = Vec::with_capacity(level.len());
            for (pair, fraction) in level.chunks(2).zip(fractions) {
                match pair {
                    [one, other] => {
                        next.extend([fraction.over(one, other), fraction.over(other, one)]);
                    }
                    _ => next.push(fraction),
                }
            }
            fractions = next;
        }
        fractions
    }
}

/// A number from 0 to 1: `digits` · 2^-`bits`, a little too low, or, where that falls below 0, a
/// little below 1.
pub(super) struct Fraction {
    digits: UBig,
    bits: usize,
}

impl Fraction {
    /// `numerator / denominator` without its whole part.
    pub fn new(numerator: UBig, denominator: &UBig) -> Self {
        let bits = denominator.bits() + GUARD;
        let digits = ((numerator << bits) / denominator).low(bits);
        Self { digits, bits }
    }

    /// The same of a numerator below the denominator, with a reciprocal in place of the division:
    /// `reciprocal` is 2^(2 · bits of the denominator) / denominator, rounded down, so the fraction
    /// is too low by less than two units of the denominator's last bit; the guard is made of zeros.
    pub fn by_reciprocal(numerator: &UBig, reciprocal: &UBig, denominator: &UBig) -> Self {
        let length = denominator.bits();
        // The quotient has `length` bits of the fraction; the remainder gives the guard.
        let quotient = (numerator * reciprocal) >> length;
        let mut rest = (numerator << length) - &quotient * denominator;
        let mut whole = quotient;
        while rest >= *denominator {
            rest -= denominator;
            whole += UBig::ONE;
        }
        // `rest / denominator` to 64 bits, from the leading bits of both.
        let shift = length.saturating_sub(2 * GUARD);
        let guard = ((rest >> shift) << GUARD) / ((denominator >> shift) + UBig::ONE);
        Self { digits: (whole << GUARD) + guard, bits: length + GUARD }
    }

    /// A fraction over the product of two, brought to one of them.
    fn over(&self, one: &UBig, other: &UBig) -> Self {
        let bits = one.bits() + GUARD;
        let digits = (&self.digits * other).low(self.bits) >> (self.bits - bits);
        Self { digits, bits }
    }

    /// The numerator over this denominator, which is a whole number: rounded up, as the fraction is
    /// a little too low. The denominator itself stands for 0.
    pub fn numerator(&self, denominator: &UBig) -> UBig {
        let ones = (UBig::ONE << self.bits) - UBig::ONE;
        (&self.digits * denominator + ones) >> self.bits
    }
}

trait Bits {
    fn bits(&self) -> usize;
    fn low(self, bits: usize) -> Self;
}

impl Bits for UBig {
    fn bits(&self) -> usize {
        dashu_int::ops::BitTest::bit_len(self)
    }

    fn low(mut self, bits: usize) -> Self {
        self.clear_high_bits(bits);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primes() -> Vec<UBig> {
        [65_537u64, 4_294_967_291, 18_446_744_073_709_551_557, 257, 13, 101, 7]
            .map(UBig::from)
            .to_vec()
    }

    #[test]
    fn every_leaf_gets_the_product_of_the_others() {
        for count in 1..=primes().len() {
            let leaves = primes()[..count].to_vec();
            let tree = Tree::of(leaves.clone());
            let product = tree.product().clone();
            assert_eq!(product, leaves.iter().product());
            let numerator = tree.numerator(vec![UBig::ONE; count]);
            let sum: UBig = leaves.iter().map(|leaf| &product / leaf).sum();
            assert_eq!(numerator, sum);
            let fractions = tree.fractions(Fraction::new(numerator, &product));
            for (leaf, fraction) in leaves.iter().zip(fractions) {
                assert_eq!(fraction.numerator(leaf) % leaf, &product / leaf % leaf);
            }
        }
    }

    #[test]
    fn a_fraction_by_reciprocal_is_the_fraction_by_division() {
        let denominator: UBig = primes().iter().product();
        let length = denominator.bits();
        let reciprocal = (UBig::ONE << (2 * length)) / &denominator;
        for numerator in [0u64, 1, 12_345_678_901, u64::MAX].map(UBig::from) {
            for numerator in [&numerator % &denominator, &denominator - UBig::ONE - &numerator] {
                let exact = Fraction::new(numerator.clone(), &denominator);
                let by = Fraction::by_reciprocal(&numerator, &reciprocal, &denominator);
                assert_eq!(exact.bits, by.bits);
                assert!(by.digits <= exact.digits);
                assert!(exact.digits - by.digits <= UBig::from(2u8));
            }
        }
    }
}
