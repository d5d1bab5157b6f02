//! That what was sealed for a month is deleted: its key is destroyed outside of the book, and the book says
//! so for ever.

use akashi_wire::DeletionMonth;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::store::{args, damaged};
use crate::{Change, Ledger, LedgerError, ReadsAll};

impl<R: ReadsAll> Ledger<R> {
    /// The months whose content is deleted, and since when, the earliest first.
    pub async fn deletions(&self) -> Result<Vec<(DeletionMonth, Timestamp)>, LedgerError> {
        let rows =
            self.store.rows("SELECT month, at FROM deletion ORDER BY month", args![]).await?;
        let read = |row: &crate::store::Row| {
            let month = row.text(0)?;
            let month = month.parse().map_err(|_| damaged("deletion", format!("month {month}")))?;
            Ok((month, row.time(1)?))
        };
        rows.iter().map(read).collect()
    }
}

impl Change {
    /// Records that the content of this month is deleted from now on: before its key is destroyed, which
    /// nothing brings back. `false` where that is on record already.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] before the month has begun, and while the clock is in doubt.
    pub async fn delete_content(&mut self, month: DeletionMonth) -> Result<bool, LedgerError> {
        self.require_about(Right::DeleteContent, &Object::Month(month))?;
        // By the book's own time, which a clock that runs ahead for a moment does not take along.
        if !month.has_begun(self.at()) || self.held_clock().await?.is_some() {
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
