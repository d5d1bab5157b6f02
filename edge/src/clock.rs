//! The one place where the program reads the machine's clocks.
//!
//! A person's program, at a desk or beside a card, believes the machine ([`SystemClock`]). A program of
//! the authority does not: it keeps a time of its own ([`TrustedClock`]).

mod kept;
mod machine;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use akashi_wire::clock::{Mark, Past};
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, Reading};
use jiff::Timestamp;

use crate::config::ClockSettings;
use kept::Kept;
pub use machine::{Kernel, Look, Machine};

/// The operating system's clock, believed.
#[derive(Debug)]
pub struct SystemClock(Kernel);

impl SystemClock {
    /// The clock.
    #[expect(clippy::new_without_default, reason = "it reads a clock: that must be seen")]
    pub fn new() -> Self {
        Self(Kernel::new())
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let Look { wall, since_boot, is_synchronised } = self.0.look();
        Reading { now: wall, monotonic: since_boot, doubt: None, is_synchronised, brought_back: 0 }
    }
}

/// The time of one process of the authority: kept since its start by the time that has passed, and drawn
/// towards the machine's clock as long as the two agree.
pub struct TrustedClock {
    machine: Arc<dyn Machine>,
    /// For how long nothing may have been recorded while the machine was down: a clock that says more needs a
    /// witness.
    longest_stop: Duration,
    kept: Mutex<Kept>,
}

impl TrustedClock {
    /// Begins at the machine's word; what is known from before is told by [`Clock::resume`].
    pub fn over(machine: Arc<dyn Machine>, longest_stop: Duration) -> Self {
        let kept = Mutex::new(Kept::begin(&machine.look(), longest_stop));
        Self { machine, longest_stop, kept }
    }

    /// The time of a program on this machine.
    pub fn of_this_machine(settings: &ClockSettings) -> Self {
        Self::over(Arc::new(Kernel::new()), settings.longest_stop())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TrustedClock {
    fn read(&self) -> Reading {
        // Looked at with the time in hand: of two threads neither brings an older look.
        let mut kept = self.kept();
        kept.look(&self.machine.look())
    }

    fn resume(&self, past: &Past) {
        let mut kept = self.kept();
        *kept = Kept::resume(past, self.machine.boot(), self.longest_stop, &self.machine.look());
    }

    fn hear(&self, past: &Past) {
        let mut kept = self.kept();
        kept.hear(past, self.machine.boot(), &self.machine.look());
    }

    fn boot(&self) -> Option<Sha256> {
        Some(self.machine.boot())
    }

    fn began_anew(&self) -> bool {
        self.kept().began_anew()
    }

    fn withhold_belief(&self) {
        self.kept().withhold_belief(&self.machine.look());
    }

    fn give_belief(&self, is_vouched_for: bool) {
        self.kept().give_belief(is_vouched_for, &self.machine.look());
    }

    fn mark(&self) -> Option<Mark> {
        let mut kept = self.kept();
        let look = self.machine.look();
        let Reading { now, monotonic, .. } = kept.look(&look);
        // What may still be set is nothing for a later start to go on from.
        if !kept.is_known() {
            return None;
        }
        let since_boot = u64::try_from(monotonic.as_millis()).ok()?;
        Some(Mark { boot: self.machine.boot(), since_boot, at: now.as_millisecond() })
    }

    fn settle(&self, agreed: Timestamp) {
        self.kept().settle(agreed, &self.machine.look());
    }

    fn believe_the_machine(&self) {
        let mut kept = self.kept();
        kept.believe(&self.machine.look());
    }
}
