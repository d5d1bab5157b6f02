//! From rows of the book to the entries of a list. Pure.

use akashi_ledger::{ListedChange, Standing};
use akashi_shelf::Entry;
use akashi_wire::SerialNumber;

/// What a list of one scope must say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// The revoked, in the order of their serial numbers.
    pub entries: Vec<Entry>,
    /// Serial numbers whose hold the book says was released: the only ones that may leave a list
    /// before their certificate ends. In order.
    pub released: Vec<SerialNumber>,
}

/// Makes a [`List`] of rows as [`Ledger::each_change`](akashi_ledger::Ledger::each_change) gives
/// them: the rows of one certificate together and in order, without the `Issued` ones.
#[derive(Debug, Default)]
pub struct Lister {
    list: List,
    current: Option<(SerialNumber, Standing)>,
}

impl Lister {
    /// Takes the next row.
    pub fn take(&mut self, row: &ListedChange) {
        let before = match self.current {
            Some((serial, standing)) if serial == row.serial => standing,
            _ => {
                self.close();
                // The row that filed it is not among them. For a voided one there never was such a
                // row, and voiding ends a good certificate as it ends one without standing.
                Standing::Good
            }
        };
        let after = Standing::after_change(Some(before), row).unwrap_or(before);
        self.current = Some((row.serial, after));
    }

    /// The list of all rows taken.
    pub fn finish(mut self) -> List {
        self.close();
        // One town after the other came in; a list of one is in order as it is.
        self.list.entries.sort_unstable();
        self.list.released.sort_unstable();
        self.list
    }

    fn close(&mut self) {
        let Some((serial, standing)) = self.current.take() else { return };
        match standing.revocation() {
            Some((at, reason)) => self.list.entries.push(Entry::new(serial, at, reason)),
            None => self.list.released.push(serial),
        }
    }
}

#[cfg(test)]
mod tests {
    use akashi_ledger::StatusChange;

    use akashi_wire::RevocationReason;
    use jiff::Timestamp;

    use super::*;
    use RevocationReason::*;

    fn serial(octet: u8) -> SerialNumber {
        SerialNumber::from_random([octet; 16])
    }

    fn row(
        position: i64,
        octet: u8,
        change: StatusChange,
        reason: RevocationReason,
    ) -> ListedChange {
        ListedChange { serial: serial(octet), change, reason, recorded_at: at(position) }
    }

    fn at(position: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000_000 + position * 1000 + 999).unwrap()
    }

    fn list(rows: &[ListedChange]) -> List {
        let mut lister = Lister::default();
        rows.iter().for_each(|row| lister.take(row));
        lister.finish()
    }

    #[test]
    fn no_rows_make_an_empty_list() {
        assert_eq!(list(&[]), List::default());
    }

    #[test]
    fn every_serial_number_has_one_entry_with_its_last_word() {
        let list = list(&[
            row(3, 1, StatusChange::Held, CertificateHold),
            row(7, 1, StatusChange::Revoked, KeyCompromise),
            row(4, 2, StatusChange::Voided, Unspecified),
            row(5, 3, StatusChange::Held, CertificateHold),
            row(6, 3, StatusChange::Released, Unspecified),
            row(2, 4, StatusChange::Held, CertificateHold),
        ]);
        let expected = [
            Entry::new(serial(1), at(7), KeyCompromise),
            Entry::new(serial(2), at(4), Unspecified),
            Entry::new(serial(4), at(2), CertificateHold),
        ];
        assert_eq!(list.entries, expected);
        assert_eq!(list.released, [serial(3)]);
    }

    #[test]
    fn a_hold_that_was_released_and_set_again_is_listed_again() {
        let list = list(&[
            row(1, 1, StatusChange::Held, CertificateHold),
            row(2, 1, StatusChange::Released, Unspecified),
            row(3, 1, StatusChange::Held, CertificateHold),
        ]);
        assert_eq!(list.entries, [Entry::new(serial(1), at(3), CertificateHold)]);
        assert_eq!(list.released, []);
    }

    #[test]
    fn an_entry_takes_no_more_than_32_octets_and_never_rounds_a_time_up() {
        assert!(size_of::<Entry>() <= 32);
        let entry = Entry::new(serial(1), at(0), KeyCompromise);
        assert_eq!(entry.at().as_second(), 1_000_000_000);
    }
}
