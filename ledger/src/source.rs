//! Sources of 異動: how far each has been heard, and whether it is listened to.

use akashi_wire::octets::Sha256;
use akashi_wire::{Alarm, MunicipalityCode};
use jiff::Timestamp;

use crate::row::Row;
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError, ReadsAll};

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The lowest sequence that has not arrived.
    pub next_expected: u64,
    /// SHA-256 of the newest batch's text.
    pub last_digest: Option<Sha256>,
    /// When it was last heard.
    pub last_heard: Option<Timestamp>,
    /// The first event that has come beyond one that has not: what lies between is missing.
    pub beyond: Option<u64>,
    /// Whether its batches are taken: it may be suspended at once.
    pub is_open: bool,
}

fn read_source(row: &Row) -> Result<Source, LedgerError> {
    Ok(Source {
        municipality: row.get("municipality")?,
        next_expected: row.get("next_expected")?,
        last_digest: row.maybe("last_digest")?,
        last_heard: row.maybe("last_heard")?,
        beyond: row.maybe("beyond")?,
        is_open: row.get::<i64>("stopped")? == 0,
    })
}

impl<R: ReadsAll> Ledger<R> {
    /// Every source.
    pub async fn sources(&self) -> Result<Vec<Source>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT municipality, next_expected, last_digest, last_heard,
                 (SELECT MIN(sequence) FROM idou WHERE idou.source = source.municipality
                  AND idou.sequence > source.next_expected) AS beyond,
                 (SELECT COUNT(*) FROM suspension
                  LEFT JOIN lifting ON lifting.suspension = suspension.position
                  WHERE lifting.suspension IS NULL AND suspension.kind IN ('source', 'town')
                  AND suspension.municipality = source.municipality) AS stopped
                 FROM source ORDER BY municipality",
                args![],
            )
            .await?;
        rows.iter().map(read_source).collect()
    }
}

impl Ledger<Issuing> {
    /// One source.
    pub async fn source(&self, code: MunicipalityCode) -> Result<Option<Source>, LedgerError> {
        Ok(self.sources().await?.into_iter().find(|source| source.municipality == code))
    }
}

impl Change {
    /// From now on somebody speaks for a municipality: gaps are noticed, and from its first batch on silence.
    pub(crate) async fn watch(&mut self, town: MunicipalityCode) -> Result<(), LedgerError> {
        self.tx
            .execute(
                "INSERT INTO source (municipality, next_expected) VALUES ($1, 1)
                 ON CONFLICT (municipality) DO NOTHING",
                args![town.to_string()],
            )
            .await
            .map(|_| ())
    }

    /// A batch that leaves a gap, or does not follow the last one, raises an alarm: something of
    /// this source was lost on the way and must be sent again.
    pub(crate) async fn watch_chain(
        &mut self,
        source: MunicipalityCode,
        first: u64,
        previous: Option<Sha256>,
    ) -> Result<(), LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT next_expected, last_digest FROM source WHERE municipality = $1",
                args![source.to_string()],
            )
            .await?;
        let Some(row) = row else { return Ok(()) };
        let (due, last) = (row.get("next_expected")?, row.maybe::<Sha256>("last_digest")?);
        if first > due {
            let (municipality, came) = (source, first);
            self.raise(&Alarm::BatchGap { municipality, due, came }).await?;
        } else if first == due && last != previous {
            let (municipality, before) = (source, first);
            self.raise(&Alarm::BatchMissing { municipality, before }).await?;
        }
        Ok(())
    }

    /// The lowest sequence of a source that has not arrived.
    pub(crate) async fn next_expected(
        &mut self,
        source: MunicipalityCode,
    ) -> Result<u64, LedgerError> {
        let code = source.to_string();
        let row = self
            .tx
            .row("SELECT next_expected FROM source WHERE municipality = $1", args![code.as_str()])
            .await?;
        let mut next = row.map_or(Ok(1), |row| row.get("next_expected"))?;
        loop {
            let rows = self
                .tx
                .rows(
                    "SELECT sequence FROM idou WHERE source = $1 AND sequence >= $2
                     ORDER BY sequence LIMIT 4096",
                    args![code.as_str(), next],
                )
                .await?;
            let full = rows.len() == 4096;
            let before = next;
            for row in rows {
                if row.get::<i64>("sequence")? != next {
                    return Ok(next as u64);
                }
                next += 1;
            }
            if !full || next == before {
                return Ok(next as u64);
            }
        }
    }

    pub(crate) async fn heard(
        &mut self,
        source: MunicipalityCode,
        newest: Option<(Sha256, u64)>,
    ) -> Result<(), LedgerError> {
        let at = self.at();
        match newest {
            Some((digest, next_expected)) => {
                self.tx
                    .execute(
                        "UPDATE source SET last_heard = $2, last_digest = $3, next_expected = $4
                         WHERE municipality = $1",
                        args![source.to_string(), at, &digest.0, next_expected as i64],
                    )
                    .await?
            }
            None => {
                self.tx
                    .execute(
                        "UPDATE source SET last_heard = $2 WHERE municipality = $1",
                        args![source.to_string(), at],
                    )
                    .await?
            }
        };
        Ok(())
    }
}
