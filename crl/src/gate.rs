//! The gate against shrinking lists: whoever was revoked stays revoked. Pure.
//!
//! A bulk loop with a mistake, a restored backup or a partition read under the wrong code would
//! all give a well-formed list that says "good" of revoked certificates. So the new entries are
//! compared with the last file, which is a witness that no mistake in the book can change.

use std::cmp::Ordering;

use akashi_shelf::{Entry, ShelfError};
use akashi_wire::RevocationReason;

use crate::list::List;

/// Entries of the last list that the new one lacks, but for holds that the book says were
/// released. Each of them must be of a certificate that has ended, or the list is not published.
///
/// Both sides are in the order of serial numbers; `previous` may be a file that is being read.
pub fn missing(
    previous: impl IntoIterator<Item = Result<Entry, ShelfError>>,
    list: &List,
) -> Result<Vec<Entry>, ShelfError> {
    let mut missing = Vec::new();
    let mut rest = list.entries.as_slice();
    for entry in previous {
        let entry = entry?;
        loop {
            match rest.first().map_or(Ordering::Greater, |next| next.serial.cmp(&entry.serial)) {
                Ordering::Less => rest = &rest[1..],
                Ordering::Equal => break,
                Ordering::Greater => {
                    if !was_released(&entry, list) {
                        missing.push(entry);
                    }
                    break;
                }
            }
        }
    }
    Ok(missing)
}

/// Only a hold can be released (RFC 5280 §5.3.1), and only a row of the book can say so.
fn was_released(entry: &Entry, list: &List) -> bool {
    entry.reason == RevocationReason::CertificateHold
        && list.released.binary_search(&entry.serial).is_ok()
}

#[cfg(test)]
mod tests {
    use akashi_wire::SerialNumber;
    use jiff::Timestamp;

    use super::*;
    use RevocationReason::*;

    fn entry(octet: u8, reason: RevocationReason) -> Entry {
        Entry::new(SerialNumber::from_random([octet; 16]), Timestamp::UNIX_EPOCH, reason)
    }

    fn missing_of(previous: &[Entry], list: &List) -> Vec<Entry> {
        missing(previous.iter().copied().map(Ok), list).unwrap()
    }

    #[test]
    fn a_list_that_only_grows_passes() {
        let old = [entry(2, KeyCompromise), entry(4, Superseded)];
        let entries = vec![
            entry(1, Superseded),
            entry(2, KeyCompromise),
            entry(3, Superseded),
            entry(4, Superseded),
        ];
        assert_eq!(missing_of(&old, &List { entries, released: vec![] }), []);
        assert_eq!(missing_of(&[], &List::default()), []);
    }

    #[test]
    fn an_entry_that_vanished_is_named_wherever_it_stood() {
        let old = [entry(1, KeyCompromise), entry(2, Superseded), entry(3, Superseded)];
        for gone in 0..3 {
            let mut entries = old.to_vec();
            let gone = entries.remove(gone);
            assert_eq!(missing_of(&old, &List { entries, released: vec![] }), [gone]);
        }
        assert_eq!(missing_of(&old, &List::default()), old);
    }

    #[test]
    fn a_released_hold_may_go_and_nothing_else_that_is_called_released() {
        let old = [entry(1, CertificateHold), entry(2, KeyCompromise)];
        let released = vec![old[0].serial, old[1].serial];
        assert_eq!(missing_of(&old, &List { entries: vec![], released }), [old[1]]);
    }

    #[test]
    fn a_hold_that_became_final_is_still_there() {
        let entries = vec![entry(1, KeyCompromise)];
        let list = List { entries, released: vec![] };
        assert_eq!(missing_of(&[entry(1, CertificateHold)], &list), []);
    }
}
