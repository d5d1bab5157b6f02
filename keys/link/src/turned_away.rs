//! Who came to a door, and who was turned away: counted, and said in a line a minute, however many they are.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::counter;

/// How often it is looked whether anybody was turned away.
pub(crate) const LOOKS: Duration = Duration::from_secs(1);
/// It is said at once, and then after so many looks at the earliest.
const RESTS: u64 = 60;

/// Who was turned away at one door since that was said last.
pub(crate) struct TurnedAway {
    door: &'static str,
    full: AtomicU64,
    no_handshake: AtomicU64,
    /// So many looks it is not said again.
    rests: AtomicU64,
    /// Why the last handshake failed.
    why: Mutex<String>,
}

impl TurnedAway {
    pub fn of(door: &'static str) -> Self {
        Self {
            door,
            full: AtomicU64::new(0),
            no_handshake: AtomicU64::new(0),
            rests: AtomicU64::new(0),
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

    /// Says it, where anybody was turned away since it was said last.
    pub fn say(&self) {
        self.lines().iter().for_each(|line| tracing::warn!(target: "link", "{line}"));
    }

    fn lines(&self) -> Vec<String> {
        let rests = self.rests.load(Relaxed);
        if rests > 0 {
            self.rests.store(rests - 1, Relaxed);
            return Vec::new();
        }
        let (full, failed) = (self.full.swap(0, Relaxed), self.no_handshake.swap(0, Relaxed));
        let (door, mut lines) = (self.door, Vec::new());
        if full > 0 {
            lines.push(format!(
                "{door}: {full} connections found no place since that was said last"
            ));
        }
        if failed > 0 {
            let why = std::mem::take(&mut *self.why.lock().unwrap_or_else(PoisonError::into_inner));
            lines.push(format!(
                "{door}: {failed} TLS handshakes failed since that was said last, the last one: {why}"
            ));
        }
        if !lines.is_empty() {
            self.rests.store(RESTS, Relaxed);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_turned_away_is_said_at_once_and_then_a_minute_later_with_their_number() {
        let turned = TurnedAway::of("ocsp");
        assert!(turned.lines().is_empty());
        turned.without_handshake("it was no TLS".into());
        let lines = turned.lines();
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with("ocsp: 1 TLS handshakes") && lines[0].ends_with("it was no TLS")
        );
        for _ in 0..60 {
            turned.full();
            assert!(turned.lines().is_empty());
        }
        assert_eq!(
            turned.lines(),
            ["ocsp: 60 connections found no place since that was said last"]
        );
    }
}
