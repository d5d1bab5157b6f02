//! The audit chain: whole, never rewritten, one entry an act.

use std::collections::BTreeMap;

use akashi_ledger::{Entry, StatusRow};
use ring::digest::{SHA256, digest};

use super::{Breach, hold};
use crate::book::Book;
use crate::lens::Lens;
use crate::truth::Truth;

/// Whatever was signed was on record before.
pub fn nothing_is_signed_that_is_not_recorded(unrecorded: &[String]) -> Result<(), Breach> {
    hold("nothing_is_signed_that_is_not_recorded", unrecorded.is_empty(), || unrecorded.join("; "))
}

/// How many entries tell of an officer's act in a case.
pub type Told = BTreeMap<(String, String), usize>;

/// Counts new entries.
pub fn count(told: &mut Told, entries: &[Entry]) {
    for entry in entries.iter().filter(|entry| entry.actor.starts_with("officer:")) {
        let case = entry.subject.split(' ').next().unwrap_or_default();
        *told.entry((entry.verb.clone(), case.to_owned())).or_default() += 1;
    }
}

/// Each granted act is one entry, and a repeated request adds none.
pub fn one_entry_an_act(truth: &Truth, told: &Told) -> Result<(), Breach> {
    for ((verb, case), granted) in &truth.granted {
        let case = case.to_string();
        let found = told.get(&((*verb).to_owned(), case.clone())).copied().unwrap_or_default();
        hold("one_entry_an_act", found == *granted, || {
            format!("{verb} in case {case} was granted {granted} times, {found} entries tell of it")
        })?;
    }
    Ok(())
}

/// Each change of status stands in the chain, at its own position.
pub fn each_change_of_status_has_its_entry(
    rows: &[StatusRow],
    entries: &[Entry],
) -> Result<(), Breach> {
    for row in rows {
        let entry = entries.iter().find(|entry| entry.position == row.position);
        let told = entry.is_some_and(|e| e.subject.contains(&row.serial.to_string()));
        hold("each_change_of_status_has_its_entry", told, || {
            format!("{} {:?} at {}: {entry:?}", row.serial, row.change, row.position)
        })?;
    }
    Ok(())
}

/// The chain is whole by the product's own word, and recomputed here from the raw table; what was
/// seen of it along the way stands as it was seen.
pub fn the_chain_is_whole(lens: &Lens, book: &Book, entries: &[Entry]) -> Result<(), Breach> {
    const NAME: &str = "the_chain_is_whole";
    let verified = lens.verified();
    hold(NAME, verified.is_ok(), || verified.err().map(|e| e.to_string()).unwrap_or_default())?;
    let derived = lens.differences();
    hold("what_is_derived_follows", derived.is_empty(), || format!("{derived:?}"))?;
    let text = book.chain();
    let (mut before, mut last) = (Vec::new(), 0);
    let first = entries.first().map_or(1, |entry| entry.position.0);
    for line in text.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [position, version, at, quality, actor, verb, subject, cause, commitment, rows, hash] =
            fields[..]
        else {
            return hold(NAME, false, || format!("a row of {} fields", fields.len()));
        };
        let number = |text: &str| text.parse::<i64>().expect("a number");
        let octets = |text: &str| hex::decode(text).expect("hexadecimal digits");
        last += 1;
        hold(NAME, number(position) == last, || format!("entry {last} is missing"))?;
        hold(NAME, number(version) == 1, || format!("entry {last} is of version {version}"))?;
        let mut text = (before.len() as u32).to_be_bytes().to_vec();
        text.extend(&before);
        text.push(1);
        for field in [
            number(position).to_be_bytes().to_vec(),
            number(at).to_be_bytes().to_vec(),
            vec![number(quality) as u8],
            octets(actor),
            octets(verb),
            octets(subject),
            octets(cause),
            octets(commitment),
            octets(rows),
        ] {
            text.extend((field.len() as u32).to_be_bytes());
            text.extend(field);
        }
        before = digest(&SHA256, &text).as_ref().to_vec();
        hold(NAME, before == octets(hash), || format!("entry {last} has another hash"))?;
        if last >= first {
            let seen = entries.get(usize::try_from(last - first).expect("small"));
            let same = seen.is_some_and(|seen| {
                seen.at.as_millisecond() == number(at)
                    && seen.verb.as_bytes() == octets(verb)
                    && seen.subject.as_bytes() == octets(subject)
            });
            hold(NAME, same, || format!("entry {last} is not as it was seen"))?;
        }
    }
    hold(NAME, last == lens.head().0, || format!("the chain ends at {last}"))
}
