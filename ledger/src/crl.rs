//! CRL numbers: recorded before they are signed, never used twice.

use akashi_wire::MunicipalityCode;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::store::{Row, args, timestamp};
use crate::{Change, Ledger, LedgerError, Position};

/// What a CRL covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The certificates of one municipality; has a critical IssuingDistributionPoint.
    Partition(MunicipalityCode),
    /// Every certificate of the authority; has none.
    Complete,
    /// Certificates of authorities only (ARL).
    Authority,
}

impl std::fmt::Display for Scope {
    /// As it stands in the book, in file names and in URLs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Partition(code) => code.fmt(f),
            Self::Complete => f.write_str("complete"),
            Self::Authority => f.write_str("authority"),
        }
    }
}

/// One CRL in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlRecord {
    /// Its number, strictly increasing within its scope.
    pub number: i64,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// It holds the status up to this position.
    pub up_to: Position,
    /// SHA-256 of the file, once signed and published.
    pub digest: Option<Sha256>,
}

fn read(row: &Row) -> Result<CrlRecord, LedgerError> {
    Ok(CrlRecord {
        number: row.int(0)?,
        this_update: row.time(1)?,
        next_update: row.time(2)?,
        up_to: Position(row.int(3)?),
        digest: row.maybe_octets(4)?.as_deref().and_then(Sha256::from_slice),
    })
}

impl<R> Ledger<R> {
    /// The newest published CRL of a scope.
    pub async fn published_crl(&self, scope: Scope) -> Result<Option<CrlRecord>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT number, this_update, next_update, up_to, digest FROM crl
                 WHERE scope = $1 AND published_at IS NOT NULL ORDER BY number DESC LIMIT 1",
                args![scope.to_string()],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The newest change of status in a scope: its position and time, and whether one since
    /// `after` is urgent (keyCompromise, hold).
    pub async fn newest_change(
        &self,
        municipality: Option<MunicipalityCode>,
        after: Position,
    ) -> Result<Option<(Position, bool)>, LedgerError> {
        let row = match municipality {
            Some(code) => {
                self.store
                    .row(
                        "SELECT MAX(position), MAX(CASE WHEN reason IN (1, 2, 6) THEN position ELSE 0 END)
                         FROM status WHERE position > $1 AND change <> 0 AND municipality = $2",
                        args![after.0, code.to_string()],
                    )
                    .await?
            }
            None => {
                self.store
                    .row(
                        "SELECT MAX(position), MAX(CASE WHEN reason IN (1, 2, 6) THEN position ELSE 0 END)
                         FROM status WHERE position > $1 AND change <> 0",
                        args![after.0],
                    )
                    .await?
            }
        };
        let Some(row) = row else { return Ok(None) };
        let Some(position) = row.maybe_int(0)? else { return Ok(None) };
        Ok(Some((Position(position), row.int(1)? > 0)))
    }
}

impl Change {
    /// Records the next number of a scope, before anything is signed with it.
    ///
    /// `max(last + 1, Unix milliseconds)`: a book restored from a backup cannot give a number that
    /// the lost book gave already.
    pub async fn record_crl(
        &mut self,
        scope: Scope,
        this_update: Timestamp,
        next_update: Timestamp,
        up_to: Position,
    ) -> Result<CrlRecord, LedgerError> {
        self.permit.require("record_crl", |role| matches!(role, Role::Scheduler))?;
        let last = self
            .tx
            .row(
                "SELECT COALESCE(MAX(number), 0) FROM crl WHERE scope = $1",
                args![scope.to_string()],
            )
            .await?
            .map_or(Ok(0), |row| row.int(0))?;
        let number = (last + 1).max(self.at().as_millisecond());
        self.append("record_crl", &format!("{scope} {number}"), None).await?;
        self.tx
            .execute(
                "INSERT INTO crl (scope, number, this_update, next_update, up_to)
                 VALUES ($1, $2, $3, $4, $5)",
                args![scope.to_string(), number, this_update, next_update, up_to.0],
            )
            .await?;
        let (this_update, next_update) =
            (timestamp(this_update.as_millisecond())?, timestamp(next_update.as_millisecond())?);
        Ok(CrlRecord { number, this_update, next_update, up_to, digest: None })
    }

    /// Records that the CRL with this number is published, and its digest.
    pub async fn publish_crl(
        &mut self,
        scope: Scope,
        number: i64,
        digest: Sha256,
    ) -> Result<(), LedgerError> {
        self.permit.require("publish_crl", |role| matches!(role, Role::Scheduler))?;
        self.append("publish_crl", &format!("{scope} {number} {digest}"), None).await?;
        let changed = self
            .tx
            .execute(
                "UPDATE crl SET digest = $3, published_at = $4
                 WHERE scope = $1 AND number = $2 AND published_at IS NULL",
                args![scope.to_string(), number, &digest.0, self.at()],
            )
            .await?;
        match changed {
            1 => Ok(()),
            _ => Err(crate::store::damaged("crl", format!("{scope} {number} cannot be published"))),
        }
    }
}
