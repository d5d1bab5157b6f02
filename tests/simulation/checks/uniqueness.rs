//! Uniqueness: numbers, keys, and one living certificate a person.

use std::collections::{BTreeMap, BTreeSet};

use akashi_ledger::{StatusChange, StatusRow};
use akashi_wire::SerialNumber;
use jiff::Timestamp;

use super::{Breach, hold};
use crate::octets::{Read, Said};
use crate::truth::Truth;

/// Every number and key that was ever certified.
#[derive(Default)]
pub struct Certified {
    serials: BTreeSet<SerialNumber>,
    keys: BTreeSet<Vec<u8>>,
}

/// No number is given twice, and no key certified twice, over all time.
pub fn no_number_and_no_key_twice(seen: &mut Certified, read: &Read) -> Result<(), Breach> {
    let new = seen.serials.insert(read.serial) && seen.keys.insert(read.key.clone());
    hold("no_number_and_no_key_twice", new, || format!("{} or its key was there", read.serial))
}

/// A person has one certificate in force, and a second one only while a renewal is not in the card.
pub fn one_living_certificate_a_person(
    truth: &Truth,
    said: &BTreeMap<SerialNumber, Said>,
    now: Timestamp,
) -> Result<(), Breach> {
    let mut living: BTreeMap<usize, Vec<(SerialNumber, bool)>> = BTreeMap::new();
    // Between a change of code and its report nobody can know that two are one.
    let known = |who: usize| !truth.citizens[who].is_unknown_since(0);
    let here = truth.certificates.iter().filter(|c| now <= c.not_after && known(c.holder));
    for certificate in here {
        if said.get(&certificate.serial) == Some(&None) {
            let under_way = certificate.renews && !certificate.delivered;
            living.entry(certificate.holder).or_default().push((certificate.serial, under_way));
        }
    }
    for (holder, serials) in living {
        let in_force = serials.iter().filter(|(_, under_way)| !under_way).count();
        let holds = in_force <= 1 && serials.len() <= 2;
        hold("one_living_certificate_a_person", holds, || {
            format!("citizen {holder}: {serials:?}")
        })?;
    }
    Ok(())
}

/// One certificate is issued once, and has at most one final row.
pub fn at_most_one_final_row(rows: &[StatusRow]) -> Result<(), Breach> {
    let mut finals = BTreeSet::new();
    let mut issued = BTreeSet::new();
    for row in rows {
        let new = match row.change {
            StatusChange::Issued => issued.insert(row.serial) && !finals.contains(&row.serial),
            StatusChange::Revoked | StatusChange::Voided => finals.insert(row.serial),
            StatusChange::Held | StatusChange::Released => !finals.contains(&row.serial),
        };
        hold("at_most_one_final_row", new, || {
            format!("{}: {:?} follows what is final", row.serial, row.change)
        })?;
    }
    Ok(())
}
