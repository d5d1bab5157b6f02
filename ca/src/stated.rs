//! Under which keyed hashes a certificate is found by what it states.
//!
//! A caller says a name as he writes it, as the certificate spells it, or as it is read from a letter;
//! machine variants, blanks and the case of Latin letters are left out of the comparison as they are
//! in every other (domain rule on characters). The era of a birth date says nothing that its year does
//! not.

use akashi_keys::Vault;
use akashi_ledger::StatedDigest;
use akashi_wire::{BirthDate, FourItems};

use crate::characters::{Choices, certify_name, comparable};

/// The hash of a name and a birth date.
pub(crate) fn digest(vault: &Vault, name: &str, birth_date: &BirthDate) -> StatedDigest {
    let name: String = comparable(name).chars().filter(|letter| !letter.is_whitespace()).collect();
    let born = birth_date.to_string();
    vault.stated_hash(format!("{}\0{}", &born[1..], name.to_ascii_uppercase()).as_bytes())
}

/// The hashes of a certificate: as the register writes the name, and as the certificate states it.
pub(crate) fn digests(vault: &Vault, items: &FourItems, stated: &str) -> Vec<StatedDigest> {
    let mut digests: Vec<StatedDigest> =
        [items.name.as_str(), stated].map(|name| digest(vault, name, &items.birth_date)).into();
    digests.dedup();
    digests
}

/// The same where nobody remembers what was chosen for the name: with the agreed substitutes.
pub(crate) fn digests_of_items(vault: &Vault, items: &FourItems) -> Vec<StatedDigest> {
    let stated = certify_name(&items.name, &Choices::none());
    digests(vault, items, stated.as_ref().map_or(&items.name, |name| name.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_machines_tell_apart_is_one_name_and_what_the_law_tells_apart_is_two() {
        let vault = Vault::generate().unwrap();
        let born: BirthDate = "319700115".parse().unwrap();
        let same = |a: &str, b: &str| digest(&vault, a, &born) == digest(&vault, b, &born);
        assert!(same("髙橋　花子", "髙橋花子"));
        assert!(same("ジョン　スミス", "ｼﾞｮﾝ ｽﾐｽ"));
        assert!(same("SMITH John", "ＳＭＩＴＨ　ｊｏｈｎ"));
        assert!(!same("髙橋　花子", "高橋　花子"));
        let items = FourItems {
            name: "髙橋　花子".into(),
            address: String::new(),
            birth_date: born,
            sex: akashi_wire::Sex::Female,
        };
        let both = digests_of_items(&vault, &items);
        assert_eq!(both, ["髙橋花子", "高橋花子"].map(|name| digest(&vault, name, &born)));
        let heisei: BirthDate = "019700115".parse().unwrap();
        assert_eq!(digest(&vault, "髙橋花子", &heisei), both[0], "the era says nothing more");
        assert_ne!(digest(&vault, "髙橋花子", &"319700116".parse().unwrap()), both[0]);
    }
}
