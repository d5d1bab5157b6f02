//! What the book says of the machine's clock, and what the process keeps of the time: brought together at
//! each tick.

use std::sync::{Mutex, PoisonError};

use akashi_ledger::{Issuing, Ledger};
use akashi_wire::clock::Doubt;
use akashi_wire::{Clock, Order, Reading};
use jiff::{SignedDuration, Timestamp};

use crate::{CaError, Orders};

/// Puts a doubt on record when it begins and when it ends, and carries out what two persons said.
#[derive(Default)]
pub(crate) struct ClockGuard(Mutex<Option<Reading>>);

impl ClockGuard {
    /// Sees to the clock; gives the doubt that stands.
    pub async fn see(
        &self,
        ledger: &Ledger<Issuing>,
        orders: &Orders,
        clock: &dyn Clock,
    ) -> Result<Option<Doubt>, CaError> {
        let mut reading = clock.read();
        let known = ledger.clock_doubt().await?;
        if let (Some(doubt), Some(known)) = (reading.doubt, known)
            && known.is_accepted
            && known.is(&doubt, reading.now)
        {
            self.keep(reading);
            clock.believe_the_machine();
            reading = clock.read();
        }
        match (reading.doubt, known) {
            (None, None) => {}
            (None, Some(_)) => self.trust(ledger, orders, &reading).await?,
            (Some(doubt), Some(known)) if known.is(&doubt, reading.now) => {}
            (Some(doubt), known) => {
                // The time is known again, though the machine's clock does not say it.
                let was_unknown = known.is_some_and(|known| known.doubt.is_unwitnessed());
                if was_unknown && !doubt.is_unwitnessed() {
                    self.trust(ledger, orders, &reading).await?;
                }
                let permit = orders.permit(Order::DoubtClock, reading.now).await?;
                let mut change = ledger.begin(&permit, reading.now).await?;
                change.doubt_clock(&doubt).await?;
                change.commit().await?;
            }
        }
        // Only now: what the book could not keep is seen again at the next tick.
        self.keep(reading);
        Ok(reading.doubt)
    }

    async fn trust(
        &self,
        ledger: &Ledger<Issuing>,
        orders: &Orders,
        reading: &Reading,
    ) -> Result<(), CaError> {
        let shift = self.shift(reading, ledger.head_time().await?);
        let permit = orders.permit(Order::TrustClock, reading.now).await?;
        let mut change = ledger.begin(&permit, reading.now).await?;
        change.trust_clock(shift).await?;
        change.commit().await?;
        Ok(())
    }

    fn keep(&self, reading: Reading) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
    }

    /// By how much later than it says everything is to be read that was recorded without a witness: what
    /// the bound that was told would be now, to what it is. A process that did not tell it knows the newest
    /// entry's time, which that bound was not before; so nothing is read as earlier than it was.
    fn shift(&self, reading: &Reading, head: Timestamp) -> SignedDuration {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = last.filter(|last| last.doubt.is_some_and(|doubt| doubt.is_unwitnessed()));
        let bound = told.map_or(head, |last| {
            let passed = reading.monotonic.saturating_sub(last.monotonic);
            let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
            last.now.saturating_add(passed).unwrap_or(Timestamp::MAX)
        });
        reading.now.duration_since(bound).max(SignedDuration::ZERO)
    }
}
