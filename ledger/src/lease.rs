//! Whose turn it is, of several authorities over one book: who does what time asks for, and lets lists be signed.
//!
//! The lease has a fencing number, which grows with each who takes it, and a beat, which its holder moves. Every change
//! that only the holder may make looks at the number inside of its own transaction: whoever was paused and has lost the
//! lease meanwhile changes nothing more. When a rival may take it is measured by the rival's own time since it last saw
//! the beat move; no clock of a wall, and none of the data base's, has a say.
//!
//! On SQLite one process holds the directory, and there is no lease.

use std::fmt;
use std::sync::atomic::Ordering;

use crate::pool::Pools;
use crate::row::Row;
use crate::store::{args, damaged};
use crate::{Issuing, Ledger, LedgerError};

/// What tells one authority's directory from another's, through all of its starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder(pub [u8; 16]);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The lease, as it stands in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Grows by one with each who takes it; 0 while nobody ever did.
    pub fence: i64,
    /// Who has it.
    pub holder: Holder,
    /// Moves while it is held.
    pub beat: i64,
}

/// Nobody asked for the lease here: what is done is done without one.
const UNUSED: i64 = 0;
/// Another has it.
const ELSEWHERE: i64 = -1;

impl Ledger<Issuing> {
    /// The lease; none on SQLite.
    pub async fn lease(&self) -> Result<Option<Lease>, LedgerError> {
        if matches!(self.store.pools, Pools::Sqlite { .. }) {
            return Ok(None);
        }
        let sql = "SELECT fence, holder, beat FROM lease WHERE one = 1";
        let row = self.store.row(sql, args![]).await?;
        let row = row.ok_or_else(|| damaged("lease", "it has no row"))?;
        let holder: Vec<u8> = row.get("holder")?;
        let holder = holder.try_into().map_err(|_| damaged("lease", "a holder has 16 octets"))?;
        Ok(Some(Lease { fence: row.get("fence")?, holder: Holder(holder), beat: row.get("beat")? }))
    }

    /// Takes the lease in the place of this one, if it is still as it was seen. What is being changed under the
    /// one before ends first.
    pub async fn take_lease(&self, seen: &Lease, holder: Holder) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        tx.lock_head().await?;
        let taken = tx
            .execute(
                "UPDATE lease SET fence = fence + 1, holder = $1, beat = 0
                 WHERE one = 1 AND fence = $2 AND beat = $3",
                args![holder.0.as_slice(), seen.fence, seen.beat],
            )
            .await?;
        tx.commit().await?;
        if taken == 1 {
            self.fence.store(seen.fence + 1, Ordering::Release);
        }
        Ok(taken == 1)
    }

    /// Moves the beat of the lease that this program has; says whether it has it still.
    pub async fn renew_lease(&self) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let fence = self.fence.load(Ordering::Acquire);
        let sql = "UPDATE lease SET beat = beat + 1 WHERE one = 1 AND fence = $1";
        let renewed = tx.execute(sql, args![fence]).await?;
        tx.commit().await?;
        if renewed == 0 {
            self.is_elsewhere();
        }
        Ok(renewed == 1)
    }

    /// From here on this program knows that another has the lease.
    pub fn is_elsewhere(&self) {
        self.fence.store(ELSEWHERE, Ordering::Release);
    }

    /// The fencing number by which this program acts; none where nobody asked for the lease here.
    pub(crate) fn own_fence(&self) -> Option<i64> {
        Some(self.fence.load(Ordering::Acquire)).filter(|own| *own != UNUSED)
    }
}

/// The fencing number of now.
pub(crate) const FENCE: &str = "SELECT fence FROM lease WHERE one = 1";

/// Stops what only the holder of the lease may do, where this program is not that.
pub(crate) fn check_fence(own: i64, now: Option<Row>) -> Result<(), LedgerError> {
    let now: i64 = now.ok_or_else(|| damaged("lease", "it has no row"))?.get("fence")?;
    match own == now {
        true => Ok(()),
        false => Err(LedgerError::LeaseElsewhere),
    }
}
