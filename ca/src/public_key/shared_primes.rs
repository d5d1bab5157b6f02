//! Primes that two moduli share.
//!
//! A generator with too little chance in it gives two cards the same prime; then everybody who has
//! both public keys has both private keys, by one greatest common divisor (Heninger et al., “Mining
//! Your Ps and Qs”, USENIX Security 2012). Held against each other two by two, a million moduli would
//! take three months; the tree of Bernstein (“How to find smooth parts of integers”, 2004; “Scaled
//! remainder trees”, 2004) takes little longer than multiplying all of them.
//!
//! [`Window`] looks at the newest moduli before a certificate is issued, [`sharing`] at all of them
//! by night. The shared prime itself leaves this module in neither: it is a private key.

mod block;
mod groups;
mod tree;
mod window;

use dashu_int::UBig;

pub use window::Window;

use block::{Block, Reciprocal};
use groups::groups;

/// Moduli whose trees are in memory at the same time: about 1.8 GB (docs/performance.md). Each
/// further block is multiplied into each other one, so few large ones are quick.
pub const BLOCK: usize = 131_072;

/// A modulus (RFC 8017 §3.1) as a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Modulus(UBig);

impl Modulus {
    /// Of its octets, big-endian. `None` for less than two: that is no modulus.
    pub fn from_be_bytes(octets: &[u8]) -> Option<Self> {
        let number = UBig::from_be_bytes(octets);
        (number > UBig::ONE).then_some(Self(number))
    }
}

/// What the members of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Common {
    /// A factor, and not the whole modulus.
    Prime,
    /// The whole modulus: the same key, more than once.
    Modulus,
}

/// Moduli that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sharing {
    /// What.
    pub common: Common,
    /// Which, by their places in what was looked at; two at least, in order.
    pub members: Vec<usize>,
}

/// Every prime that two or more of these moduli share, and every modulus that is there more than
/// once. A modulus stands in as many groups as it has such factors.
pub fn sharing(moduli: &[Modulus]) -> Vec<Sharing> {
    in_blocks(moduli, BLOCK)
}

/// The same with so many moduli in memory at the same time, at most.
fn in_blocks(moduli: &[Modulus], most: usize) -> Vec<Sharing> {
    if moduli.is_empty() {
        return Vec::new();
    }
    let count = moduli.len().div_ceil(most);
    let blocks: Vec<&[Modulus]> = moduli.chunks(moduli.len().div_ceil(count)).collect();
    let products: Vec<UBig> = match blocks.as_slice() {
        [_] => Vec::new(),
        several => several.iter().map(|block| block::product(block)).collect(),
    };
    let mut factors = Vec::new();
    let mut first = 0;
    for (own, moduli) in blocks.iter().enumerate() {
        let block = Block::of(moduli);
        let found = if products.is_empty() {
            block.factors(None)
        } else {
            let reciprocal = Reciprocal::of(&products[own]);
            let others = products.iter().enumerate().filter(|(other, _)| *other != own);
            let others = others.fold(UBig::ONE, |rest, (_, other)| reciprocal.times(&rest, other));
            block.factors(Some((&reciprocal, &others)))
        };
        factors.extend(found.into_iter().map(|(index, factor)| (first + index, factor)));
        first += moduli.len();
    }
    groups(moduli, factors)
}

#[cfg(test)]
mod tests {
    use super::super::small_factor::small_factor;
    use super::*;
    use dashu_int::ops::Gcd;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn modulus(p: u64, q: u64) -> Modulus {
        Modulus(UBig::from(p) * UBig::from(q))
    }

    fn group(common: Common, members: &[usize]) -> Sharing {
        Sharing { common, members: members.to_vec() }
    }

    fn sorted(mut found: Vec<Sharing>) -> Vec<Sharing> {
        found.sort();
        found
    }

    #[test]
    fn no_moduli_and_one_modulus_share_nothing() {
        assert_eq!(sharing(&[]), []);
        assert_eq!(sharing(&[modulus(11, 13)]), []);
        assert_eq!(Modulus::from_be_bytes(&[0, 1]), None);
    }

    #[test]
    fn a_pair_a_crowd_the_same_key_and_a_key_between_two_others_are_all_found() {
        let moduli = [
            modulus(101, 103),
            modulus(107, 109),
            modulus(101, 113), // with the first
            modulus(127, 131),
            modulus(127, 137),
            modulus(127, 139), // three with 127
            modulus(149, 151),
            modulus(149, 151), // the same key
            modulus(157, 163),
            modulus(163, 167),
            modulus(167, 173), // the one before shares both of its primes
            modulus(179, 181),
        ];
        let expected = [
            group(Common::Prime, &[0, 2]),
            group(Common::Prime, &[3, 4, 5]),
            group(Common::Prime, &[8, 9]),
            group(Common::Prime, &[9, 10]),
            group(Common::Modulus, &[6, 7]),
        ];
        for most in 1..=moduli.len() {
            assert_eq!(sorted(in_blocks(&moduli, most)), expected, "blocks of {most}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_and_shares_a_prime_as_well_is_in_both_groups() {
        let moduli = [modulus(101, 103), modulus(101, 103), modulus(103, 107)];
        let expected = [group(Common::Prime, &[0, 1, 2]), group(Common::Modulus, &[0, 1])];
        assert_eq!(sorted(sharing(&moduli)), expected);
    }

    #[test]
    fn a_modulus_of_three_primes_keeps_its_partners() {
        let three = Modulus(UBig::from(101u32 * 103 * 107));
        let moduli = [three, modulus(101, 109), modulus(103, 113), modulus(127, 131)];
        let found: BTreeSet<usize> =
            sharing(&moduli).into_iter().flat_map(|group| group.members).collect();
        assert_eq!(found, BTreeSet::from([0, 1, 2]));
    }

    #[test]
    fn two_of_many_moduli_as_long_as_a_cards_are_found_whatever_the_blocks() {
        // Without factors below 65,536 they share none, prime or not.
        let step = |word: &u64| Some(word.wrapping_mul(6_364_136_223_846_793_005) + 1);
        let sound = |seed: u64| {
            let words = std::iter::successors(Some(seed + 1), step).take(16);
            let octets: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
            let mut number = UBig::from_be_bytes(&octets) | (UBig::ONE << 1023) | UBig::ONE;
            while small_factor(&number.to_be_bytes()).is_some() {
                number += UBig::from(2u8);
            }
            number
        };
        let factors: Vec<UBig> = (0..160).map(sound).collect();
        let mut moduli: Vec<Modulus> =
            factors.chunks(2).map(|pair| Modulus(&pair[0] * &pair[1])).collect();
        moduli[71] = Modulus(&factors[4] * &factors[9]);
        let naive = naive(&moduli);
        assert_eq!(naive, BTreeSet::from([(2, 71), (4, 71)]));
        for most in [7, 40, 1000] {
            assert_eq!(pairs(&in_blocks(&moduli, most)), naive, "blocks of {most}");
        }
    }

    /// Every two that have something in common, found one by one.
    fn naive(moduli: &[Modulus]) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for (j, other) in moduli.iter().enumerate() {
            for (i, one) in moduli[..j].iter().enumerate() {
                if (&one.0).gcd(&other.0) != UBig::ONE {
                    pairs.insert((i, j));
                }
            }
        }
        pairs
    }

    fn pairs(found: &[Sharing]) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for group in found {
            for (place, j) in group.members.iter().enumerate() {
                pairs.extend(group.members[..place].iter().map(|i| (*i, *j)));
            }
        }
        pairs
    }

    const PRIMES: [u64; 24] = [
        3,
        5,
        7,
        11,
        13,
        17,
        19,
        23,
        29,
        31,
        37,
        41,
        43,
        47,
        53,
        59,
        61,
        67,
        71,
        73,
        4_294_967_291,
        4_294_967_279,
        4_294_967_231,
        4_294_967_197,
    ];

    proptest! {
        #[test]
        fn the_tree_finds_what_pairs_find(
            chosen in prop::collection::vec((0..PRIMES.len(), 0..PRIMES.len()), 0..40),
            most in 1..50usize,
        ) {
            let moduli: Vec<Modulus> = chosen
                .into_iter()
                .filter(|(p, q)| p != q)
                .map(|(p, q)| modulus(PRIMES[p], PRIMES[q]))
                .collect();
            let found = in_blocks(&moduli, most);
            prop_assert_eq!(pairs(&found), naive(&moduli));
            for group in found {
                let (first, rest) = group.members.split_first().unwrap();
                prop_assert!(!rest.is_empty());
                let same = rest.iter().all(|other| moduli[*other] == moduli[*first]);
                prop_assert!(same || group.common == Common::Prime);
            }
        }
    }
}
