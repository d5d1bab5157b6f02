//! Moduli whose trees are in memory together.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, Gcd};

use super::Modulus;
use super::tree::{Fraction, Tree};

/// Moduli below one leaf of a block's tree: their own little tree is made twice, which costs little,
/// instead of being kept, which would take as much memory as five more levels.
const TWIG: usize = 32;

/// Moduli and the tree over them.
pub(super) struct Block<'m> {
    moduli: &'m [Modulus],
    trunk: Tree,
    /// The sum of the product divided by each modulus. Modulo one of them it is the product of all
    /// others, since every other term has that modulus as a factor.
    numerator: UBig,
}

/// The product of moduli, one at least.
pub(super) fn product(moduli: &[Modulus]) -> UBig {
    let twigs = moduli.chunks(TWIG).map(|twig| twig_of(twig).product().clone());
    Tree::of(twigs.collect()).product().clone()
}

fn twig_of(moduli: &[Modulus]) -> Tree {
    Tree::of(moduli.iter().map(|modulus| modulus.0.clone()).collect())
}

impl<'m> Block<'m> {
    /// Of these, one at least.
    pub fn of(moduli: &'m [Modulus]) -> Self {
        let twig = |moduli: &[Modulus]| {
            let twig = twig_of(moduli);
            (twig.product().clone(), twig.numerator(vec![UBig::ONE; moduli.len()]))
        };
        let (products, numerators) = moduli.chunks(TWIG).map(twig).unzip();
        let trunk = Tree::of(products);
        let numerator = trunk.numerator(numerators);
        Self { moduli, trunk, numerator }
    }

    /// The moduli that have a factor in common with another of the block, or with a product of
    /// moduli elsewhere, and that factor; which is the whole modulus where all of its factors are.
    pub fn factors(self, elsewhere: Option<(&Reciprocal<'_>, &UBig)>) -> Vec<(usize, UBig)> {
        let Self { moduli, trunk, numerator } = self;
        let root = match elsewhere {
            None => Fraction::new(numerator, trunk.product()),
            Some((reciprocal, others)) => {
                reciprocal.fraction(&reciprocal.times(others, &numerator))
            }
        };
        let mut found = Vec::new();
        for (twig, fraction) in trunk.fractions(root).into_iter().enumerate() {
            let first = twig * TWIG;
            let moduli = &moduli[first..moduli.len().min(first + TWIG)];
            let fractions = twig_of(moduli).fractions(fraction);
            for (place, (Modulus(modulus), fraction)) in moduli.iter().zip(fractions).enumerate() {
                let factor = modulus.gcd(&fraction.numerator(modulus));
                if factor != UBig::ONE {
                    found.push((first + place, factor));
                }
            }
        }
        found
    }
}

/// A large number by which is divided more than once: two multiplications in place of a division
/// (Barrett 1986).
pub(super) struct Reciprocal<'n> {
    number: &'n UBig,
    bits: usize,
    /// 2^(2 · bits) / number, rounded down.
    reciprocal: UBig,
}

impl<'n> Reciprocal<'n> {
    /// Of a number greater than one.
    pub fn of(number: &'n UBig) -> Self {
        let bits = number.bit_len();
        Self { number, bits, reciprocal: (UBig::ONE << (2 * bits)) / number }
    }

    /// `one` · `other` modulo the number. `one` is below it.
    pub fn times(&self, one: &UBig, other: &UBig) -> UBig {
        // The number's length differs from another block's by little, and that division is quick.
        if other >= self.number {
            return self.times(one, &(other % self.number));
        }
        let product = one * other;
        let quotient = ((&product >> (self.bits - 1)) * &self.reciprocal) >> (self.bits + 1);
        let mut rest = product - quotient * self.number;
        // Twice at most (Handbook of Applied Cryptography, 14.43).
        while rest >= *self.number {
            rest -= self.number;
        }
        rest
    }

    /// `numerator` over the number. The numerator is below it.
    fn fraction(&self, numerator: &UBig) -> Fraction {
        Fraction::by_reciprocal(numerator, &self.reciprocal, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_by_reciprocal_is_the_product() {
        let number = (UBig::ONE << 521) - UBig::ONE;
        for number in [number.clone(), &number / UBig::from(3u8), UBig::from(4u8)] {
            let reciprocal = Reciprocal::of(&number);
            for one in [UBig::ZERO, UBig::ONE, &number >> 1, &number - UBig::ONE] {
                for other in [UBig::ONE, &number - UBig::ONE, &number * UBig::from(5u8) - UBig::ONE]
                {
                    assert_eq!(reciprocal.times(&one, &other), &one * &other % &number);
                }
            }
        }
    }
}
