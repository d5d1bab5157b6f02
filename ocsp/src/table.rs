//! The status table: how every certificate stands, in memory.

use std::collections::HashMap;

use akashi_ledger::{Position, Standing, StatusRow};
use akashi_wire::SerialNumber;

/// How every certificate of one of the authority's keys stood after the row at one position.
///
/// It is a function of the rows, like a CRL: the same rows in the same order give the same table.
/// An expired certificate keeps its last standing.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    generation: i64,
    standings: HashMap<SerialNumber, Standing>,
    position: Position,
}

impl Table {
    /// An empty table of what the key with this number signed.
    pub fn of(generation: i64) -> Self {
        Self { generation, standings: HashMap::new(), position: Position(0) }
    }

    /// The position of the last row that was taken.
    pub fn position(&self) -> Position {
        self.position
    }

    /// How many serial numbers have a standing.
    pub fn len(&self) -> usize {
        self.standings.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.standings.is_empty()
    }

    /// How a certificate stands; `None` when it was never issued.
    pub fn standing(&self, serial: SerialNumber) -> Option<Standing> {
        self.standings.get(&serial).copied()
    }

    /// Takes the next row of the book.
    pub fn take(&mut self, row: &StatusRow) {
        // Another key's certificates are another issuer's: nothing is known of them here.
        if row.generation == self.generation {
            let before = self.standing(row.serial);
            if let Some(after) = Standing::after(before, row) {
                self.standings.insert(row.serial, after);
            }
        }
        self.position = row.position;
    }

    /// How many serial numbers stand differently in the other table.
    pub fn differences(&self, other: &Self) -> usize {
        let different = |(serial, standing): &(&SerialNumber, &Standing)| {
            other.standings.get(*serial) != Some(standing)
        };
        let absent = |serial: &&SerialNumber| !self.standings.contains_key(*serial);
        self.standings.iter().filter(different).count()
            + other.standings.keys().filter(absent).count()
    }

    /// Makes the table wrong, as a fault of the program or of the memory would.
    #[cfg(test)]
    pub(crate) fn forget(&mut self, serial: SerialNumber) {
        self.standings.remove(&serial);
    }
}
