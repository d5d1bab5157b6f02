//! What went wrong, and how much was done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Notes of one run.
#[derive(Default)]
pub struct Notes {
    findings: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<&'static str, usize>>,
    over: AtomicBool,
}

impl Notes {
    /// Something is not as it must be.
    pub fn finding(&self, what: impl Into<String>) {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
    }

    /// Everything that is not as it must be.
    pub fn findings(&self) -> Vec<String> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One more of these.
    pub fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// How many of these there were.
    pub fn counted(&self, what: &'static str) -> usize {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(what).copied().unwrap_or(0)
    }

    /// Everybody finishes what is begun, and begins nothing more.
    pub fn finish(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether nothing more is to be begun.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}
