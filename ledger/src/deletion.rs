//! That what was sealed for a month is deleted: its key is destroyed outside of the book, and the book says
//! so for ever.

use akashi_wire::DeletionMonth;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::store::args;
use crate::{Change, Ledger, LedgerError, ReadsAll};

/// What names a key of content, as whoever has it says.
pub type ContentKeyId = [u8; 16];

impl<R: ReadsAll> Ledger<R> {
    /// The newest values that were sealed, one of each table that holds them for long: whoever opens the
    /// book holds the key of each, or it was destroyed.
    pub async fn newest_sealed(&self) -> Result<Vec<Vec<u8>>, LedgerError> {
        let mut newest = Vec::new();
        for sql in [
            "SELECT sealed_content AS sealed FROM audit_content ORDER BY position DESC LIMIT 1",
            "SELECT sealed_der AS sealed FROM certificate_file ORDER BY position DESC LIMIT 1",
            "SELECT sealed_text AS sealed FROM batch_content ORDER BY position DESC LIMIT 1",
            "SELECT sealed_answer AS sealed FROM request ORDER BY position DESC LIMIT 1",
        ] {
            let row = self.store.row(sql, args![]).await?;
            newest.extend(row.map(|row| row.get("sealed")).transpose()?);
        }
        Ok(newest)
    }

    /// The keys under which content is sealed, by their months.
    pub async fn content_keys(&self) -> Result<Vec<(DeletionMonth, ContentKeyId)>, LedgerError> {
        let sql = "SELECT month, key_id FROM content_key ORDER BY month";
        let rows = self.store.rows(sql, args![]).await?;
        rows.iter().map(|row| Ok((row.get("month")?, row.get("key_id")?))).collect()
    }

    /// The months whose content is deleted, and since when, the earliest first.
    pub async fn deletions(&self) -> Result<Vec<(DeletionMonth, Timestamp)>, LedgerError> {
        let rows =
            self.store.rows("SELECT month, at FROM deletion ORDER BY month", args![]).await?;
        rows.iter().map(|row| Ok((row.get("month")?, row.get("at")?))).collect()
    }
}

impl Change {
    /// Records under which key the content of a month is sealed. A month has one key for ever. `false` where
    /// that is on record already.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] where it has another.
    pub async fn record_content_key(
        &mut self,
        month: DeletionMonth,
        id: ContentKeyId,
    ) -> Result<bool, LedgerError> {
        self.require(Right::RecordContentKeys)?;
        let sql = "SELECT key_id FROM content_key WHERE month = $1";
        if let Some(row) = self.tx.row(sql, args![month.to_string()]).await? {
            let same = row.get::<ContentKeyId>("key_id")? == id;
            return if same { Ok(false) } else { Err(LedgerError::NotAsItStands) };
        }
        let position = self.append("content_key", &month.to_string(), None).await?;
        let row = args![position.0, month.to_string(), id.as_slice()];
        self.record(&evidence::CONTENT_KEY, vec![row]).await?;
        Ok(true)
    }

    /// Records that the content of this month is deleted from now on: before its key is destroyed, which
    /// nothing brings back. `false` where that is on record already.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] before the month has begun, by the clock and by the newest entry, and
    /// while the clock is in doubt.
    pub async fn delete_content(&mut self, month: DeletionMonth) -> Result<bool, LedgerError> {
        self.require_about(Right::DeleteContent, &Object::Month(month))?;
        // Both by the clock and by what was written before: a clock that runs ahead takes neither along alone.
        if !month.has_begun(self.at())
            || !month.has_begun(self.last_written())
            || self.held_clock().await?.is_some()
        {
            return Err(LedgerError::NotAsItStands);
        }
        let known = "SELECT month FROM deletion WHERE month = $1";
        if self.tx.row(known, args![month.to_string()]).await?.is_some() {
            return Ok(false);
        }
        let position = self.append("delete_content", &month.to_string(), None).await?;
        let row = args![position.0, month.to_string(), self.at()];
        self.record(&evidence::DELETION, vec![row]).await?;
        Ok(true)
    }
}
