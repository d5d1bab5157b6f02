//! What the book says of the machine's clock, and what the process keeps of the time: brought together at
//! each tick.

use akashi_ledger::{ClockDoubt, Issuing, Ledger};
use akashi_wire::clock::Doubt;
use akashi_wire::{Clock, Order, Reading};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

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
        // One at a time: a doubt is said once.
        let mut last = self.0.lock().await;
        ledger.goes_on_by_its_time().await?;
        let mut reading = clock.read();
        let known = ledger.clock_doubt().await?;
        if let (Some(doubt), Some(known)) = (reading.doubt, known)
            && known.is_accepted(&doubt, reading.now)
        {
            *last = Some(reading);
            clock.believe_the_machine();
            reading = clock.read();
        }
        match (reading.doubt, known) {
            (None, None) => {}
            (None, Some(known)) => trust(ledger, orders, (&reading, *last), &known).await?,
            (Some(doubt), Some(known)) if known.is(&doubt, reading.now) => {}
            (Some(doubt), known) => {
                // The time is known again, though the machine's clock does not say it.
                if let Some(known) = known.filter(|known| known.doubt.is_unwitnessed())
                    && !doubt.is_unwitnessed()
                {
                    trust(ledger, orders, (&reading, *last), &known).await?;
                }
                let permit = orders.permit(Order::DoubtClock, reading.now).await?;
                let mut change = ledger.begin(&permit, reading.now).await?;
                change.doubt_clock(&doubt).await?;
                change.commit().await?;
            }
        }
        // Only now: what the book could not keep is seen again at the next tick.
        *last = Some(reading);
        Ok(reading.doubt)
    }
}

async fn trust(
    ledger: &Ledger<Issuing>,
    orders: &Orders,
    (reading, last): (&Reading, Option<Reading>),
    known: &ClockDoubt,
) -> Result<(), CaError> {
    let shift = shift(reading, last, known, ledger.head_time().await?);
    let permit = orders.permit(Order::TrustClock, reading.now).await?;
    let mut change = ledger.begin(&permit, reading.now).await?;
    change.trust_clock(shift).await?;
    change.commit().await?;
    Ok(())
}

/// By how much later than it says everything is to be read that was recorded meanwhile: what the time that was
/// told would be now, to what it is. Where a process did not tell it, a time that was kept went on with the
/// mark, and a bound was not before the newest entry: so nothing is read as earlier than it was.
fn shift(
    reading: &Reading,
    last: Option<Reading>,
    known: &ClockDoubt,
    head: Timestamp,
) -> SignedDuration {
    let last = last.filter(|last| {
        last.doubt.is_some_and(|one| one.is_unwitnessed() == known.doubt.is_unwitnessed())
    });
    let told = match last {
        Some(last) => {
            let passed = reading.monotonic.saturating_sub(last.monotonic);
            let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
            last.now.saturating_add(passed).unwrap_or(Timestamp::MAX)
        }
        None if known.doubt.is_unwitnessed() => head,
        None => reading.now,
    };
    reading.now.duration_since(told).max(SignedDuration::ZERO)
}
