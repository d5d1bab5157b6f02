//! The time that the programs keep, from the authority's last start on.

use std::sync::{Arc, Mutex, PoisonError};

use akashi_edge::TrustedClock;
use akashi_town::{SimulatedMachine, kept_by};
use akashi_wire::clock::{Clock, Mark, Past, Reading};

/// One time for all of them, which begins anew with the authority.
pub struct Time {
    machine: Arc<SimulatedMachine>,
    kept: Mutex<Arc<TrustedClock>>,
}

impl Time {
    /// The time on this machine.
    pub fn on(machine: &Arc<SimulatedMachine>) -> Arc<Self> {
        let kept = Mutex::new(kept_by(machine));
        Arc::new(Self { machine: machine.clone(), kept })
    }

    /// What was kept is gone with the process.
    pub fn begin_anew(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept_by(&self.machine);
    }

    fn kept(&self) -> Arc<TrustedClock> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Clock for Time {
    fn read(&self) -> Reading {
        self.kept().read()
    }

    fn resume(&self, past: &Past) {
        self.kept().resume(past);
    }

    fn hear(&self, past: &Past) {
        self.kept().hear(past);
    }

    fn mark(&self) -> Option<Mark> {
        self.kept().mark()
    }

    fn believe_the_machine(&self) {
        self.kept().believe_the_machine();
    }
}
