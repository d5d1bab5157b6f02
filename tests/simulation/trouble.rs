//! Trouble: what befalls a process at its k-th meeting with the book.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use akashi_ledger::{Fault, FaultInjection, FaultPoint};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// One misfortune, as a plan states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mishap {
    /// At which moment of what is being done, from 0.
    pub at: u32,
    /// What happens then.
    pub kind: Kind,
}

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The process dies between two steps.
    Crash,
    /// One statement fails.
    Fail,
    /// The data base is gone until what is being done has ended.
    Stop,
    /// The disk is full: everything can be read, nothing written.
    Full,
}

/// What is in store for one process.
#[derive(Debug, Default)]
pub struct Trouble {
    armed: Mutex<Option<Mishap>>,
    met: AtomicU64,
    dead: AtomicBool,
    died: Notify,
}

impl Trouble {
    /// Puts a misfortune in store; `None` takes it away.
    pub fn arm(&self, mishap: Option<Mishap>) {
        self.met.store(0, Ordering::Relaxed);
        *self.armed.lock().expect("nobody panics with trouble in hand") = mishap;
    }

    /// Takes what is in store away; says whether it has struck.
    pub fn disarm(&self) -> bool {
        let mishap = self.armed.lock().expect("nobody panics with trouble in hand").take();
        mishap.is_some_and(|mishap| self.met.load(Ordering::Relaxed) > u64::from(mishap.at))
    }

    /// Meetings with the book since a misfortune was last put in store or taken away.
    pub fn meetings(&self) -> u32 {
        self.met.load(Ordering::Relaxed).try_into().expect("few")
    }

    /// Resolves when the process has died.
    pub async fn death(&self) {
        while !self.dead.load(Ordering::Relaxed) {
            self.died.notified().await;
        }
    }
}

impl FaultInjection for Trouble {
    fn fault(&self, moment: FaultPoint) -> Fault {
        if self.dead.load(Ordering::Relaxed) {
            return Fault::Crash;
        }
        let met = self.met.fetch_add(1, Ordering::Relaxed);
        let armed = *self.armed.lock().expect("nobody panics with trouble in hand");
        let Some(Mishap { at, kind }) = armed.filter(|mishap| met >= u64::from(mishap.at)) else {
            return Fault::Go;
        };
        let first = met == u64::from(at);
        match kind {
            Kind::Crash => {
                self.dead.store(true, Ordering::Relaxed);
                self.died.notify_waiters();
                self.died.notify_one();
                Fault::Crash
            }
            Kind::Fail if first => Fault::Fail,
            Kind::Stop if moment != FaultPoint::Committed => Fault::Fail,
            Kind::Full if matches!(moment, FaultPoint::Write | FaultPoint::Commit) => Fault::Fail,
            _ => Fault::Go,
        }
    }
}
