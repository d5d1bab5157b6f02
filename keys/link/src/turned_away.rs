//! Who came to a door, and who was turned away: counted, and said in a line a minute, however many they are.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::counter;

/// How often it is said who was turned away, where anybody was.
pub(crate) const SAID_EVERY: Duration = Duration::from_secs(60);

/// Who was turned away at one door since that was said last.
pub(crate) struct TurnedAway {
    door: &'static str,
    full: AtomicU64,
    no_handshake: AtomicU64,
    /// Why the last handshake failed.
    why: Mutex<String>,
}

impl TurnedAway {
    pub fn of(door: &'static str) -> Self {
        Self {
            door,
            full: AtomicU64::new(0),
            no_handshake: AtomicU64::new(0),
            why: Mutex::default(),
        }
    }

    /// Somebody came in.
    pub fn entered(&self) {
        self.count("entered");
    }

    /// Nobody gave way for somebody.
    pub fn full(&self) {
        self.full.fetch_add(1, Relaxed);
        self.count("full");
    }

    /// Somebody could not say who it is.
    pub fn without_handshake(&self, why: String) {
        self.no_handshake.fetch_add(1, Relaxed);
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.count("no_handshake");
    }

    fn count(&self, outcome: &'static str) {
        counter!("akashi_door_connections_total", "door" => self.door, "outcome" => outcome)
            .increment(1);
    }

    /// Says it, where anybody was turned away.
    pub fn say(&self) {
        let (full, failed) = (self.full.swap(0, Relaxed), self.no_handshake.swap(0, Relaxed));
        let door = self.door;
        if full > 0 {
            tracing::warn!(target: "link", "{door}: {full} connections found no place in the last minute");
        }
        if failed > 0 {
            let why = std::mem::take(&mut *self.why.lock().unwrap_or_else(PoisonError::into_inner));
            tracing::warn!(target: "link", "{door}: {failed} TLS handshakes failed in the last minute, the last one: {why}");
        }
    }
}
