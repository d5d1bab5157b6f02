//! Lists of what there is, each with its state, page by page: for whoever looks, and without anything sealed.

use akashi_wire::act::{LIST_PAGE, PartyId};
use akashi_wire::{CaseId, MunicipalityCode, SerialNumber};
use jiff::Timestamp;

use crate::case::Step;
use crate::row::Row;
use crate::status::Standing;
use crate::store::{Value, args};
use crate::{Issuing, Ledger, LedgerError, Position, ReadsAll};

/// A case that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// Its number.
    pub case: CaseId,
    /// At whose counter.
    pub municipality: MunicipalityCode,
    /// The officer who opened it.
    pub party: PartyId,
    /// What it is about, as on the wire.
    pub procedure: String,
    /// Where it stands.
    pub step: Step,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it closes itself if nobody touches it any more.
    pub closes_at: Option<Timestamp>,
    /// The certificate issued in it.
    pub serial: Option<SerialNumber>,
}

/// A certificate as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCertificate {
    /// Where it was recorded.
    pub position: Position,
    /// Its number.
    pub serial: SerialNumber,
    /// Whose partition.
    pub municipality: MunicipalityCode,
    /// Last second.
    pub not_after: Timestamp,
    /// What is true of it; `None` until it is filed.
    pub standing: Option<Standing>,
}

/// What came of a source and is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// Whose.
    pub municipality: MunicipalityCode,
    /// How many events.
    pub events: u64,
    /// When the oldest of them came.
    pub since: Timestamp,
}

/// Of this one; of every one where there is none.
fn of_town(municipality: Option<MunicipalityCode>) -> Value {
    municipality.map(|code| code.to_string()).unwrap_or_default().into()
}

/// What becomes of an event that cannot be settled as it is written.
pub const UNSETTLEABLE: &str = "cannot be settled";

fn read_case(row: &Row) -> Result<OpenCase, LedgerError> {
    Ok(OpenCase {
        case: row.get("case_id")?,
        municipality: row.get("municipality")?,
        party: row.get("party")?,
        procedure: row.get("procedure")?,
        step: row.get("step")?,
        opened_at: row.get("opened_at")?,
        closes_at: row.maybe("closes_at")?,
        serial: row.maybe("serial")?,
    })
}

impl Ledger<Issuing> {
    /// A page of cases that are open, the newest first: of one municipality, or of all.
    pub async fn open_cases(
        &self,
        municipality: Option<MunicipalityCode>,
        before: Timestamp,
    ) -> Result<Vec<OpenCase>, LedgerError> {
        let sql =
            "SELECT case_id, municipality, party, procedure, step, opened_at, closes_at, serial
                   FROM case_file WHERE step IN ('opened', 'looked_up', 'applied', 'issued')
                   AND opened_at < $1 AND ($2 = '' OR municipality = $2)
                   ORDER BY opened_at DESC LIMIT $3";
        let page = vec![before.into(), of_town(municipality), (LIST_PAGE as i64).into()];
        self.store.rows(sql, page).await?.iter().map(read_case).collect()
    }

    /// A page of certificates, the newest first: of one municipality, or of all.
    pub async fn certificates(
        &self,
        municipality: Option<MunicipalityCode>,
        before: Position,
    ) -> Result<Vec<KnownCertificate>, LedgerError> {
        let sql = "SELECT position, serial, municipality, not_after FROM certificate
                   WHERE position < $1 AND ($2 = '' OR municipality = $2)
                   ORDER BY position DESC LIMIT $3";
        let page = vec![before.0.into(), of_town(municipality), (LIST_PAGE as i64).into()];
        let mut found = Vec::new();
        for row in &self.store.rows(sql, page).await? {
            let serial = row.get("serial")?;
            found.push(KnownCertificate {
                position: row.get("position")?,
                serial,
                municipality: row.get("municipality")?,
                not_after: row.get("not_after")?,
                standing: self.standing(serial).await?,
            });
        }
        Ok(found)
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// Events that cannot be settled as they are written, each by its source and number.
    pub async fn unsettleable(&self) -> Result<Vec<(MunicipalityCode, u64)>, LedgerError> {
        let sql = "SELECT source, sequence FROM idou WHERE state = 'held_back' AND result = $1";
        let read = |row: &Row| Ok((row.get("source")?, row.get("sequence")?));
        self.store.rows(sql, args![UNSETTLEABLE]).await?.iter().map(read).collect()
    }

    /// What came of each source and is not settled, the longest waiting first.
    pub async fn unsettled(&self) -> Result<Vec<Unsettled>, LedgerError> {
        let sql = "SELECT source, COUNT(*) AS events, MIN(received_at) AS since FROM idou
                   WHERE state IN ('waiting', 'held_back') GROUP BY source ORDER BY since, source";
        let read = |row: &Row| {
            let events: i64 = row.get("events")?;
            Ok(Unsettled {
                municipality: row.get("source")?,
                events: events.unsigned_abs(),
                since: row.get("since")?,
            })
        };
        self.store.rows(sql, args![]).await?.iter().map(read).collect()
    }
}
