//! What a list is made of: every change of status but the issue, thousands of rows in one value.
//!
//! A row costs a driver about the same whatever stands in it, and one list reads a million: so the
//! data base strings them together itself, page after page. Rows are never changed, and none behind
//! `up_to` is read: all pages are of one state of the book.

use akashi_wire::{MunicipalityCode, RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::clock::Shifts;
use crate::row::Row;
use crate::status::StatusChange;
use crate::store::{args, damaged, timestamp};
use crate::{Ledger, LedgerError, Position};

/// Rows in one value.
const PAGE: i64 = 4096;

/// What a list reads of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedChange {
    /// Which certificate.
    pub serial: SerialNumber,
    /// What is said.
    pub change: StatusChange,
    /// Why.
    pub reason: RevocationReason,
    /// When it was recorded, as it is to be read.
    pub recorded_at: Timestamp,
}

impl ListedChange {
    /// `said` is time, reason and change in one number.
    fn of(
        serial: SerialNumber,
        said: i64,
        (position, shifts): (i64, &Shifts),
    ) -> Result<Self, LedgerError> {
        let unfit = || damaged("status", format!("change and reason {}", said & 0xff));
        Ok(Self {
            serial,
            change: StatusChange::from_code(said & 0xf).ok_or_else(unfit)?,
            reason: RevocationReason::from_code((said >> 4 & 0xf) as u8).ok_or_else(unfit)?,
            recorded_at: timestamp(shifts.read(position, said >> 8))?,
        })
    }
}

impl<R> Ledger<R> {
    /// The last second of a certificate that was on a list, as its rows of status have it: whoever makes lists
    /// reads no others.
    pub async fn listed_end(&self, serial: SerialNumber) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT not_after FROM status WHERE serial = $1 ORDER BY position LIMIT 1";
        let row = self.store.row(sql, args![serial.as_bytes()]).await?;
        row.map(|row| row.get("not_after")).transpose()
    }

    /// Every row but `Issued` of certificates that end at or after `end`, of one municipality or
    /// of all, one by one, ordered by municipality, serial and position: what a CRL is made of.
    pub async fn each_change(
        &self,
        generation: i64,
        municipality: Option<MunicipalityCode>,
        end: Timestamp,
        up_to: Position,
        mut take: impl FnMut(ListedChange),
    ) -> Result<(), LedgerError> {
        if let Some(municipality) = municipality {
            return self
                .each_change_of(generation, &municipality.to_string(), end, up_to, &mut take)
                .await;
        }
        let mut last = String::new();
        while let Some(next) = self.listed_municipality_after(generation, &last).await? {
            self.each_change_of(generation, &next, end, up_to, &mut take).await?;
            last = next;
        }
        Ok(())
    }

    async fn each_change_of(
        &self,
        generation: i64,
        municipality: &str,
        end: Timestamp,
        up_to: Position,
        take: &mut impl FnMut(ListedChange),
    ) -> Result<(), LedgerError> {
        let mut after = (Vec::new(), 0);
        let shifts = self.shifts().await?;
        loop {
            let page = self.page((generation, municipality), end, up_to, after).await?;
            for (serial, position, said) in &page {
                take(ListedChange::of(*serial, *said, (*position, &shifts))?);
            }
            let Some((serial, position, _)) = page.last() else { return Ok(()) };
            after = (serial.as_bytes().to_vec(), *position);
        }
    }

    /// The next rows in the order of serial number and position; none at the end.
    async fn page(
        &self,
        (generation, municipality): (i64, &str),
        end: Timestamp,
        up_to: Position,
        (serial, position): (Vec<u8>, i64),
    ) -> Result<Vec<Listed>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT string_agg(serial, '') AS serials,
                 string_agg(CAST(position AS TEXT), ',') AS positions,
                 string_agg(CAST(recorded_at * 256 + reason * 16 + change AS TEXT), ',') AS said
                 FROM (SELECT serial, position, change, reason, recorded_at FROM status
                   WHERE generation = $1 AND municipality = $2 AND change <> 0 AND not_after >= $3
                   AND position <= $4 AND (serial, position) > ($5, $6)
                   ORDER BY serial, position LIMIT $7) AS page",
                args![generation, municipality, end, up_to.0, serial, position, PAGE],
            )
            .await?;
        row.as_ref().map_or(Ok(Vec::new()), read)
    }

    /// The next municipality of which something is listed.
    async fn listed_municipality_after(
        &self,
        generation: i64,
        last: &str,
    ) -> Result<Option<String>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT municipality FROM status WHERE change <> 0 AND generation = $1
                 AND municipality > $2 ORDER BY municipality LIMIT 1",
                args![generation, last],
            )
            .await?;
        row.map(|row| row.get("municipality")).transpose()
    }
}

/// Serial number, position, and time, reason and change in one number.
type Listed = (SerialNumber, i64, i64);

/// Takes a page apart. An aggregate promises no order; what is in order is sorted in no time.
fn read(row: &Row) -> Result<Vec<Listed>, LedgerError> {
    let gap = || damaged("status", "a page of rows that do not fit together");
    let Some(serials) = row.maybe::<Vec<u8>>("serials")? else { return Ok(Vec::new()) };
    let (positions, said): (String, String) = (row.get("positions")?, row.get("said")?);
    let (serials, rest) = serials.as_chunks::<{ SerialNumber::LENGTH }>();
    let mut numbers = positions.split(',').zip(said.split(','));
    let mut page = Vec::with_capacity(serials.len());
    for serial in serials {
        let serial = SerialNumber::from_slice(serial).ok_or_else(gap)?;
        let (position, said) = numbers.next().ok_or_else(gap)?;
        let number = |text: &str| text.parse().map_err(|_| gap());
        page.push((serial, number(position)?, number(said)?));
    }
    if !rest.is_empty() || numbers.next().is_some() {
        return Err(gap());
    }
    page.sort_unstable();
    Ok(page)
}
