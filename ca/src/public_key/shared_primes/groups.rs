//! Who shares with whom.

use std::collections::{BTreeMap, HashMap, HashSet};

use dashu_int::UBig;
use dashu_int::ops::Gcd;

use super::{Common, Modulus, Sharing};

/// Groups of the moduli that share a factor. `factors` has for each of them what it has in common
/// with all others together.
///
/// Whoever shares is among them, and so is with whom; a modulus has two primes, so most of them are
/// told apart by the factor. What is left, as more than two primes may leave it, is held against all
/// that were found, and stands in a group with each that it shares anything with.
pub(super) fn groups(moduli: &[Modulus], factors: Vec<(usize, UBig)>) -> Vec<Sharing> {
    let found: Vec<usize> = factors.iter().map(|(index, _)| *index).collect();
    let mut by_modulus: BTreeMap<&UBig, Vec<usize>> = BTreeMap::new();
    for index in &found {
        by_modulus.entry(&moduli[*index].0).or_default().push(*index);
    }
    let mut by_factor: HashMap<UBig, Vec<usize>> = HashMap::new();
    for (index, factor) in factors {
        let modulus = &moduli[index].0;
        let factor = if factor == *modulus { part_of(modulus, by_modulus.keys()) } else { factor };
        if factor != *modulus {
            by_factor.entry(modulus / &factor).or_default().push(index);
            by_factor.entry(factor).or_default().push(index);
        }
    }
    let same = |members: &Vec<usize>| {
        let first = &moduli[members[0]];
        members.iter().all(|member| moduli[*member] == *first)
    };
    let mut groups: Vec<Sharing> = by_factor
        .into_values()
        // The other factor of each is mostly its own; and the same key has the same factors.
        .filter(|members| members.len() > 1 && !same(members))
        .map(|members| Sharing { common: Common::Prime, members })
        .collect();
    let twice = by_modulus.values().filter(|members| members.len() > 1);
    groups
        .extend(twice.map(|members| Sharing { common: Common::Modulus, members: members.clone() }));

    let placed: HashSet<usize> = groups.iter().flat_map(|group| group.members.clone()).collect();
    for index in found.iter().filter(|index| !placed.contains(index)) {
        let shares = |other: &&usize| (&moduli[*index].0).gcd(&moduli[**other].0) != UBig::ONE;
        let members: Vec<usize> = found.iter().filter(shares).copied().collect();
        groups.push(Sharing { common: Common::Prime, members });
    }
    groups.sort();
    groups
}

/// A factor of a modulus that another has too; the modulus itself where there is none.
fn part_of<'m>(modulus: &UBig, mut others: impl Iterator<Item = &'m &'m UBig>) -> UBig {
    let part = others.find_map(|other| {
        let factor = modulus.gcd(*other);
        (factor != UBig::ONE && factor != *modulus).then_some(factor)
    });
    part.unwrap_or_else(|| modulus.clone())
}
