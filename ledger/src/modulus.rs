//! The moduli of all keys that were ever to be certified, and what their comparison found.

use akashi_wire::SerialNumber;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::change::BACKWARDS;
use crate::right::Right;
use crate::row::Row;
use crate::status::StatusChange;
use crate::store::args;
use crate::{Change, Issuing, Ledger, LedgerError, Position};

/// A modulus and the certificate that it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedModulus {
    /// Where the intention stands in the order of commits.
    pub position: Position,
    /// The certificate's number.
    pub serial: SerialNumber,
    /// Big-endian.
    pub modulus: Vec<u8>,
}

fn read(row: &Row) -> Result<IssuedModulus, LedgerError> {
    Ok(IssuedModulus {
        position: row.get("position")?,
        serial: row.get("serial")?,
        modulus: row.get("modulus")?,
    })
}

impl Ledger<Issuing> {
    /// The next moduli after a position, in the order of commits: whoever asks again from the last
    /// one misses none.
    pub async fn moduli(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<IssuedModulus>, LedgerError> {
        let sql = "SELECT position, serial, modulus FROM modulus WHERE position > $1
                   ORDER BY position LIMIT $2";
        let rows = self.store.rows(sql, args![after.0, limit as i64]).await?;
        rows.iter().map(read).collect()
    }

    /// The position after which the newest `count` moduli stand.
    pub async fn before_newest_moduli(&self, count: usize) -> Result<Position, LedgerError> {
        let sql = "SELECT position FROM modulus ORDER BY position DESC LIMIT 1 OFFSET $1";
        let row = self.store.row(sql, args![count as i64]).await?;
        row.map_or(Ok(Position(0)), |row| row.get("position"))
    }

    /// Whether a modulus was written down before this time, or at one that has not come by `now`, that no comparison
    /// has seen to its end.
    pub async fn is_comparison_due(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let sql = "SELECT audit.at FROM audit WHERE position =
                   (SELECT MIN(position) FROM modulus WHERE position >
                     (SELECT COALESCE(MAX(up_to), 0) FROM comparison WHERE ended_at IS NOT NULL))";
        let first = self.store.row(sql, args![]).await?;
        let first = first.map(|row| row.get::<Timestamp>("at")).transpose()?;
        Ok(first.is_some_and(|first| first < before || first > now + BACKWARDS))
    }

    /// Up to where the moduli were compared by a comparison that came to its end.
    pub async fn compared_up_to(&self) -> Result<Position, LedgerError> {
        let sql = "SELECT COALESCE(MAX(up_to), 0) AS up_to FROM comparison
                   WHERE ended_at IS NOT NULL";
        let row = self.store.row(sql, args![]).await?;
        row.map_or(Ok(Position(0)), |row| row.get("up_to"))
    }

    /// Days whose comparison was begun before `before` and has not ended.
    pub async fn broken_comparisons(&self, before: Timestamp) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT day FROM comparison AS one WHERE ended_at IS NULL AND begun_at < $1
                   AND NOT EXISTS (SELECT 1 FROM comparison AS later
                     WHERE later.ended_at IS NOT NULL AND later.day > one.day) ORDER BY day";
        let rows = self.store.rows(sql, args![before]).await?;
        rows.iter().map(|row| row.get("day")).collect()
    }

    /// Certificates that are neither revoked nor over and whose key has something in common with
    /// another, each with what.
    pub async fn shared_primes(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(SerialNumber, String)>, LedgerError> {
        let sql = "SELECT shared_prime.serial, what FROM shared_prime
                   JOIN certificate ON certificate.serial = shared_prime.serial
                   WHERE certificate.not_after >= $1 AND NOT EXISTS (SELECT 1 FROM status
                     WHERE status.serial = shared_prime.serial AND status.change IN ($2, $3))
                   ORDER BY shared_prime.serial";
        let ended = [StatusChange::Revoked as i64, StatusChange::Voided as i64];
        let rows = self.store.rows(sql, args![now, ended[0], ended[1]]).await?;
        rows.iter().map(|row| Ok((row.get("serial")?, row.get("what")?))).collect()
    }
}

impl Change {
    /// Begins the comparison of a day: of all moduli up to the position that it gives. `None` when it
    /// was begun already, here or by another authority over the same book; then nothing is written.
    pub async fn begin_comparison(&mut self, day: Date) -> Result<Option<Position>, LedgerError> {
        self.require(Right::CompareModuli)?;
        let newest = self
            .tx
            .row("SELECT COALESCE(MAX(position), 0) AS newest FROM modulus", args![])
            .await?;
        let up_to = newest.map_or(Ok(0), |row| row.get::<i64>("newest"))?;
        let at = self.at();
        let begun = self
            .tx
            .execute(
                "INSERT INTO comparison (day, up_to, begun_at) VALUES ($1, $2, $3)
                 ON CONFLICT (day) DO NOTHING",
                args![day.to_string(), up_to, at],
            )
            .await?;
        if begun == 0 {
            return Ok(None);
        }
        self.append("begin_comparison", &day.to_string(), None).await?;
        Ok(Some(Position(up_to)))
    }

    /// Ends the comparison of a day, and says what was done.
    pub async fn end_comparison(&mut self, day: Date, says: &str) -> Result<(), LedgerError> {
        self.require(Right::CompareModuli)?;
        self.append("end_comparison", &format!("{day} {says}"), None).await?;
        let at = self.at();
        let sql = "UPDATE comparison SET ended_at = $2 WHERE day = $1";
        self.tx.execute(sql, args![day.to_string(), at]).await.map(|_| ())
    }

    /// Keeps that a certificate's key has something in common with another.
    pub async fn share_prime(
        &mut self,
        serial: SerialNumber,
        what: &str,
    ) -> Result<(), LedgerError> {
        self.require(Right::CompareModuli)?;
        let position = self.append("share_prime", &serial.to_string(), None).await?;
        self.tx
            .execute(
                "INSERT INTO shared_prime (serial, what, position) VALUES ($1, $2, $3)
                 ON CONFLICT (serial) DO UPDATE SET what = $2, position = $3",
                args![serial.as_bytes(), what, position.0],
            )
            .await
            .map(|_| ())
    }
}
