//! Whose turn it is, where several authorities are up over one book (PostgreSQL).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use akashi_ledger::{Holder, Issuing, Lease, Ledger};
use akashi_wire::Alarm;

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
    /// That it was taken from another who fell silent, for as long as it is ours.
    taken: Mutex<Option<Alarm>>,
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
    /// It is another's, and could not be looked at since: how long that one was silent nobody knows.
    Unseen,
}

impl Turn {
    /// For an authority that is this holder through all of its starts, one at a time.
    pub fn new(holder: Holder) -> Self {
        Self { holder, seen: Mutex::default(), taken: Mutex::default() }
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
        let lease = match ledger.lease().await {
            Ok(Some(lease)) => lease,
            Ok(None) => return Ok(true),
            Err(error) => {
                // A data base that was away says nothing of the other one.
                let mut seen = self.seen();
                if matches!(&*seen, Seen::Others(..)) {
                    *seen = Seen::Unseen;
                }
                return Err(error.into());
            }
        };
        // The one before this start of ours has ended: it held the directory. Nobody's is anybody's.
        let may_take = is_first && lease.holder == self.holder || lease.fence == 0;
        let silent = match &*self.seen() {
            Seen::Others(seen, since) if *seen == lease => now.saturating_sub(*since) >= SILENT,
            _ => false,
        };
        if (may_take || silent) && ledger.take_lease(&lease, self.holder).await? {
            if silent {
                *self.taken() = Some(Alarm::AuthoritySilent {
                    silent: lease.holder.to_string(),
                    acts: self.holder.to_string(),
                    seconds: SILENT.as_secs() as u32,
                });
            }
            *self.seen() = Seen::Ours(now);
            return Ok(true);
        }
        ledger.is_elsewhere();
        *self.taken() = None;
        let mut seen = self.seen();
        if !matches!(&*seen, Seen::Others(seen, _) if *seen == lease) {
            if !matches!(&*seen, Seen::Others(..) | Seen::Unseen) {
                tracing::info!(
                    target: "ca",
                    "another authority over this book acts ({}): this one answers officers, and does what time asks for once the other is silent",
                    lease.holder
                );
            }
            *seen = Seen::Others(lease, now);
        }
        Ok(false)
    }

    /// An alarm, for as long as this authority acts in the place of one that fell silent.
    pub fn alarm(&self) -> Option<Alarm> {
        self.taken().clone()
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

    fn taken(&self) -> std::sync::MutexGuard<'_, Option<Alarm>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
