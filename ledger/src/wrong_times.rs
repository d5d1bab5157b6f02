//! Entries whose time has not come yet by the clock of a machine, and what the marks beside the chain say of when they
//! were written.

use std::time::Duration;

use akashi_wire::clock::Mark;
use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use crate::change::BACKWARDS;
use crate::store::{args, damaged, timestamp};
use crate::{Ledger, LedgerError, Position, ReadsAll};

/// A mark is taken a moment before the head is signed that it goes with.
const MARKED_BEFORE: SignedDuration = SignedDuration::from_secs(10);

/// Signed heads that are read at a time.
const PAGE: i64 = 64;

/// What this machine says of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    /// SHA-256 of the kernel's boot id.
    pub boot: Sha256,
    /// What has passed since that start.
    pub since_boot: Duration,
    /// What its clock says.
    pub wall: Timestamp,
}

/// Entries whose time has not come yet, and what is known of when they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongTimes {
    /// The first of them.
    pub first: Position,
    /// The newest entry.
    pub head: Position,
    /// The hash of the chain there.
    pub hash: Sha256,
    /// The time that it bears.
    pub head_at: Timestamp,
    /// From this entry on it is known by how much: those were written in this life of the machine, by one time that
    /// went on. After `head` where that is of none of them.
    pub exact: Position,
    /// By how much.
    pub back: SignedDuration,
    /// The others were written by then.
    pub begun: Timestamp,
}

/// A mark, and under which head it was signed.
type Marked = (Position, Mark);

impl<R: ReadsAll> Ledger<R> {
    /// The entries whose time has not come yet by the clock of this machine; `None` where there is none. `first` names
    /// an earlier one: whoever knows that the clock ran ahead before its time was later than now.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] where `first` is no entry that can be meant; [`LedgerError::FoundedAhead`] where
    /// the founding itself is of a time that has not come.
    pub async fn wrong_times(
        &self,
        here: &Here,
        first: Option<Position>,
    ) -> Result<Option<WrongTimes>, LedgerError> {
        let sql = "SELECT position, hash, at, brought_back FROM chain_head WHERE one = 1";
        let row = self.store.row(sql, args![]).await?;
        let row = row.ok_or_else(|| damaged("chain_head", "no row"))?;
        let (head, head_at): (Position, Timestamp) = (row.get("position")?, row.get("at")?);
        if head_at <= here.wall + BACKWARDS {
            return Ok(None);
        }
        let latest = self.first_wrong(here.wall, head).await?;
        if latest <= Position(1) {
            return Err(LedgerError::FoundedAhead { at: self.time_of(Position(1)).await? });
        }
        let first = first.unwrap_or(latest);
        // Whatever is wrong came after the founding.
        if first <= Position(1) || first > latest {
            return Err(LedgerError::NotAsItStands);
        }
        let unknown = WrongTimes {
            first,
            head,
            hash: row.get("hash")?,
            head_at,
            exact: Position(head.0 + 1),
            back: SignedDuration::ZERO,
            begun: here.wall,
        };
        let marks = self.one_line(here, first).await?;
        let Some((oldest, mark)) = marks.last() else { return Ok(Some(unknown)) };
        // By the least of what they say: the time may have been drawn while it went on, and none is read too early.
        let mut back = SignedDuration::MAX;
        for (_, mark) in &marks {
            back = back.min(at_of(mark, here.since_boot)?.duration_since(here.wall));
        }
        if back <= SignedDuration::ZERO {
            return Ok(Some(unknown));
        }
        let begun = timestamp(mark.at)?
            .checked_sub(back)
            .and_then(|at| at.checked_add(MARKED_BEFORE))
            .map_err(|_| LedgerError::NotAsItStands)?;
        Ok(Some(WrongTimes {
            exact: Position(oldest.0 + 1).max(first),
            back,
            begun: begun.min(here.wall),
            ..unknown
        }))
    }

    /// The first entry whose time is later than this: of those before a bringing back too, where that was to a time
    /// which has not come either.
    async fn first_wrong(&self, wall: Timestamp, head: Position) -> Result<Position, LedgerError> {
        let mut until = head;
        loop {
            let sql =
                "SELECT COALESCE(MAX(position), 0) AS since FROM clock_back WHERE position <= $1";
            let row = self.store.row(sql, args![until.0]).await?;
            let since = row.map_or(Ok(Position(0)), |row| row.get("since"))?;
            let first = self.first_after(wall, Position((since.0 - 1).max(0)), until).await?;
            // The entry that brought it back is itself of a time that has not come.
            if since == Position(0) || first > since {
                return Ok(first);
            }
            until = Position(since.0 - 1);
        }
    }

    /// The first entry after `since` whose time is later than this. Times go forwards from there on.
    async fn first_after(
        &self,
        wall: Timestamp,
        since: Position,
        head: Position,
    ) -> Result<Position, LedgerError> {
        let (mut before, mut after) = (since.0, head.0);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let at = self.time_of(Position(middle)).await?;
            if at > wall { after = middle } else { before = middle }
        }
        Ok(Position(after))
    }

    async fn time_of(&self, entry: Position) -> Result<Timestamp, LedgerError> {
        let row =
            self.store.row("SELECT at FROM audit WHERE position = $1", args![entry.0]).await?;
        row.ok_or_else(|| damaged("audit", "an entry is missing"))?.get("at")
    }

    /// The marks, from the newest back to `first`, that are of this life of the machine and of one time that went on.
    async fn one_line(&self, here: &Here, first: Position) -> Result<Vec<Marked>, LedgerError> {
        let mut marks: Vec<Marked> = Vec::new();
        let mut before = i64::MAX;
        loop {
            let sql = "SELECT position, message FROM audit_signature
                       WHERE position >= $1 AND position < $2 ORDER BY position DESC LIMIT $3";
            let rows = self.store.rows(sql, args![first.0, before, PAGE]).await?;
            for row in &rows {
                let position: Position = row.get("position")?;
                before = position.0;
                let Some(mark) = self.mark_of(row.get("message")?).await? else { return Ok(marks) };
                let newest = marks.first().map_or(mark, |(_, newest)| *newest);
                if mark.boot != here.boot || !is_one_line(&mark, &newest) {
                    return Ok(marks);
                }
                marks.push((position, mark));
            }
            if (rows.len() as i64) < PAGE {
                return Ok(marks);
            }
        }
    }
}

/// Whether between two marks the time went on as it passes, within two seconds and 500 ppm.
fn is_one_line(mark: &Mark, newest: &Mark) -> bool {
    let Some(passed) = newest.since_boot.checked_sub(mark.since_boot) else { return false };
    let passed = i64::try_from(passed).unwrap_or(i64::MAX);
    let off = newest.at.saturating_sub(mark.at).saturating_sub(passed);
    off.abs() <= 2000 + passed / 2000
}

/// What the time of a mark would be now, had it gone on.
fn at_of(mark: &Mark, since_boot: Duration) -> Result<Timestamp, LedgerError> {
    let passed = since_boot.saturating_sub(Duration::from_millis(mark.since_boot));
    let at = timestamp(mark.at)?;
    at.checked_add(passed).map_err(|_| LedgerError::NotAsItStands)
}
