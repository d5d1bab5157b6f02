//! Lists: complete, in time, under numbers that only rise.

use std::collections::{BTreeMap, BTreeSet};

use akashi_wire::{MunicipalityCode, RevocationReason, SerialNumber};
use jiff::{SignedDuration, Timestamp};

use super::{Breach, hold};
use crate::octets::{List, Said};

/// What was seen of every scope.
#[derive(Default)]
pub struct Shelves {
    seen: BTreeMap<String, Shelf>,
}

#[derive(Default)]
struct Shelf {
    newest: u128,
    octets: BTreeMap<u128, Vec<u8>>,
    /// On a list that was made after the certificate's end.
    done: BTreeSet<SerialNumber>,
}

/// A certificate as lists are concerned with it.
pub struct Listed {
    /// Its number.
    pub serial: SerialNumber,
    /// Whose partition.
    pub town: MunicipalityCode,
    /// Its last second.
    pub not_after: Timestamp,
    /// What the responder says of it.
    pub said: Said,
}

/// Numbers of a scope only rise, over restarts too.
pub fn numbers_only_rise(shelves: &mut Shelves, scope: &str, list: &List) -> Result<(), Breach> {
    let shelf = shelves.seen.entry(scope.to_owned()).or_default();
    hold("numbers_only_rise", list.number >= shelf.newest, || {
        format!("{scope}: {} follows {}", list.number, shelf.newest)
    })?;
    shelf.newest = list.number;
    Ok(())
}

/// One number of a scope is for ever one file.
pub fn one_number_is_one_file(
    shelves: &mut Shelves,
    scope: &str,
    number: u128,
    octets: &[u8],
) -> Result<(), Breach> {
    let shelf = shelves.seen.entry(scope.to_owned()).or_default();
    let known = shelf.octets.entry(number).or_insert_with(|| octets.to_vec());
    hold("one_number_is_one_file", known == octets, || format!("{scope}: {number} has two files"))
}

/// Each list says of its certificates what the responder says, as far as it is old enough to: an
/// urgent revocation is in its partition at once, others within the hour, in the complete list
/// within six.
pub fn each_list_says_what_the_responder_says(
    shelves: &mut Shelves,
    scope: &str,
    list: &List,
    listed: &[Listed],
    now: Timestamp,
) -> Result<(), Breach> {
    const NAME: &str = "each_list_says_what_the_responder_says";
    let shelf = shelves.seen.entry(scope.to_owned()).or_default();
    let delay = if scope == "complete" { 6 * 3600 } else { 3600 };
    let is_old = now.as_second() - list.this_update.as_second() >= delay;
    let mine = |one: &&Listed| scope == "complete" || one.town.to_string() == scope;
    let mut expected = BTreeSet::new();
    for one in listed.iter().filter(mine) {
        expected.insert(one.serial);
        let entry = list.entries.get(&one.serial).copied();
        let Some((at, reason)) = one.said else {
            hold(NAME, entry.is_none(), || format!("{scope}: {} is good and listed", one.serial))?;
            continue;
        };
        let hold_or_leak =
            [RevocationReason::KeyCompromise, RevocationReason::CertificateHold].map(|r| r.code());
        let urgent = scope != "complete" && hold_or_leak.contains(&reason);
        let must = (is_old || urgent || at < list.this_update) && !shelf.done.contains(&one.serial);
        // A hold that has become final since may still stand as it was.
        let was_held = entry.is_some_and(|(_, code)| code == hold_or_leak[1]) && !is_old;
        let right = match entry {
            Some(entry) => entry == (at, reason) || was_held,
            None => !must,
        };
        hold(NAME, right, || {
            let (serial, number) = (one.serial, list.number);
            format!(
                "{scope} {number} of {}: {serial} ended {at} for {reason}, listed is {entry:?}",
                list.this_update
            )
        })?;
        if entry.is_some() && list.this_update > one.not_after {
            shelf.done.insert(one.serial);
        }
    }
    let stranger = list.entries.keys().find(|serial| !expected.contains(*serial));
    hold(NAME, stranger.is_none(), || format!("{scope}: {stranger:?} is nobody's here"))
}

/// So many lists of one scope are made again in one step, at most.
const STANDS: SignedDuration = SignedDuration::from_secs(2);

/// No list on the shelf is over.
pub fn no_list_is_over(scope: &str, list: &List, now: Timestamp) -> Result<(), Breach> {
    // Time stands still in a step, and each list of a scope has a second of its own: one made again is of the next.
    let valid = list.this_update <= now + STANDS && now <= list.next_update;
    hold("no_list_is_over", valid, || {
        format!("{scope} is of {} until {}, and it is {now}", list.this_update, list.next_update)
    })
}
