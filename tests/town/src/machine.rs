//! The authority's machine, whose clock a hand can move while the world's goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use akashi_edge::clock::{Look, Machine};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, Reading};
use jiff::{SignedDuration, Timestamp};

/// A machine in a world.
pub struct SimulatedMachine {
    world: Arc<SimulatedClock>,
    state: Mutex<State>,
}

struct State {
    /// By how much its clock is ahead of the world's; below zero it is behind.
    ahead: SignedDuration,
    /// What it has not counted since it was started.
    lost: Duration,
    /// How often it was started.
    starts: u64,
    is_synchronised: bool,
}

impl SimulatedMachine {
    /// A machine in this world whose clock is right and is kept so.
    pub fn new(world: Arc<SimulatedClock>) -> Arc<Self> {
        let state = State {
            ahead: SignedDuration::ZERO,
            lost: Duration::ZERO,
            starts: 0,
            is_synchronised: true,
        };
        Arc::new(Self { world, state: Mutex::new(state) })
    }

    /// Sets its clock so much ahead of the world's; below zero behind it.
    pub fn set_ahead(&self, ahead: SignedDuration) {
        self.state().ahead = ahead;
    }

    /// Starts it anew: what it counts begins at zero.
    pub fn reboot(&self) {
        let mut state = self.state();
        state.lost = self.world.monotonic();
        state.starts += 1;
    }

    /// Stands still for so long, as a machine does that is moved to another host.
    pub fn pause(&self, length: Duration) {
        self.world.advance(length);
        self.state().lost += length;
    }

    /// Says that something keeps its clock right, or that nothing does.
    pub fn synchronise(&self, is_synchronised: bool) {
        self.state().is_synchronised = is_synchronised;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Machine for SimulatedMachine {
    fn look(&self) -> Look {
        let state = self.state();
        let Reading { now, monotonic, .. } = self.world.read();
        Look {
            wall: now.saturating_add(state.ahead).unwrap_or(Timestamp::constant(32_503_680_000, 0)),
            since_boot: monotonic.saturating_sub(state.lost),
            is_synchronised: state.is_synchronised,
        }
    }

    fn boot(&self) -> Sha256 {
        Sha256::of(&self.state().starts.to_be_bytes())
    }
}
