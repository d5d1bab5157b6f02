//! Whose turn it is, where several authorities are up over one book (PostgreSQL).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use akashi_ledger::{Holder, Issuing, Lease, Ledger};

use crate::CaError;

/// How often the holder of the lease moves its beat, beside what it does.
pub const BEAT: Duration = Duration::from_secs(1);
/// A lease whose beat stood still for so long, by one's own time, may be taken.
pub const SILENT: Duration = Duration::from_secs(10);

/// Looks whose turn it is, and takes it where nobody else's is.
#[derive(Debug)]
pub struct Turn {
    holder: Holder,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
enum Seen {
    /// Nothing was looked at since this start.
    #[default]
    Nothing,
    /// It is ours, and its beat was moved then.
    Ours(Duration),
    /// It is another's, and was first seen like this then.
    Others(Lease, Duration),
}

impl Turn {
    /// For an authority that is this holder through all of its starts, one at a time.
    pub fn new(holder: Holder) -> Self {
        Self { holder, seen: Mutex::default() }
    }

    /// Whether it is this authority's turn now, by the time that has passed since the machine started.
    pub async fn is_ours(&self, ledger: &Ledger<Issuing>, now: Duration) -> Result<bool, CaError> {
        if let Seen::Ours(beaten) = *self.seen()
            && now.saturating_sub(beaten) < BEAT
        {
            return Ok(true);
        }
        let is_first = matches!(*self.seen(), Seen::Nothing);
        if matches!(*self.seen(), Seen::Ours(_)) && ledger.renew_lease().await? {
            *self.seen() = Seen::Ours(now);
            return Ok(true);
        }
        let Some(lease) = ledger.lease().await? else { return Ok(true) };
        // The one before this start of ours has ended: it held the directory. Nobody's is anybody's.
        let may_take = is_first && lease.holder == self.holder || lease.fence == 0;
        let silent = match &*self.seen() {
            Seen::Others(seen, since) if *seen == lease => now.saturating_sub(*since) >= SILENT,
            _ => false,
        };
        if (may_take || silent) && ledger.take_lease(&lease, self.holder).await? {
            if silent {
                tracing::warn!(
                    target: "ca",
                    "this authority acts from now on: the other one over this book was silent for {SILENT:?}"
                );
            }
            *self.seen() = Seen::Ours(now);
            return Ok(true);
        }
        ledger.is_elsewhere();
        let mut seen = self.seen();
        if !matches!(&*seen, Seen::Others(seen, _) if *seen == lease) {
            if !matches!(&*seen, Seen::Others(..)) {
                tracing::info!(
                    target: "ca",
                    "another authority over this book acts: this one answers officers, and does what time asks for once the other is silent"
                );
            }
            *seen = Seen::Others(lease, now);
        }
        Ok(false)
    }

    /// Takes the turn at a start, where nobody else has it: until it is known to be ours, it is not.
    pub async fn begin(&self, ledger: &Ledger<Issuing>, now: Duration) -> Result<bool, CaError> {
        if ledger.lease().await?.is_some() {
            ledger.is_elsewhere();
        }
        self.is_ours(ledger, now).await
    }

    /// Moves the beat, where it is this authority's turn: what time asks for may take longer than a rival waits.
    pub async fn beat(&self, ledger: &Ledger<Issuing>, now: Duration) -> Result<(), CaError> {
        if matches!(*self.seen(), Seen::Ours(_)) && ledger.renew_lease().await? {
            *self.seen() = Seen::Ours(now);
        }
        Ok(())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
