//! What happened since the responder was opened, counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use akashi_ledger::Standing;

use crate::Refusal;
use crate::refusal::NAMES;

/// Counters, read at any time. They only grow.
#[derive(Debug, Default)]
pub struct Counts {
    good: AtomicU64,
    revoked: AtomicU64,
    unknown: AtomicU64,
    signed: AtomicU64,
    from_cache: AtomicU64,
    refused: [AtomicU64; Refusal::KINDS],
    follow_failures: AtomicU64,
    certificate_failures: AtomicU64,
    tables_replaced: AtomicU64,
    book_went_back: AtomicU64,
}

impl Counts {
    /// Certificates told `good`.
    pub fn good(&self) -> u64 {
        self.good.load(Relaxed)
    }

    /// Certificates told `revoked`, held ones among them.
    pub fn revoked(&self) -> u64 {
        self.revoked.load(Relaxed)
    }

    /// Serial numbers told `unknown`.
    pub fn unknown(&self) -> u64 {
        self.unknown.load(Relaxed)
    }

    /// Answers signed.
    pub fn signed(&self) -> u64 {
        self.signed.load(Relaxed)
    }

    /// Answers that had been signed before.
    pub fn from_cache(&self) -> u64 {
        self.from_cache.load(Relaxed)
    }

    /// Questions refused for this reason.
    pub fn refused(&self, refusal: &Refusal) -> u64 {
        self.refused[refusal.kind()].load(Relaxed)
    }

    /// Every reason for refusing, with its count.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        NAMES.into_iter().zip(self.refused.iter().map(|count| count.load(Relaxed)))
    }

    /// Times that the book could not be read.
    pub fn follow_failures(&self) -> u64 {
        self.follow_failures.load(Relaxed)
    }

    /// Times that asking for or picking up the responder's certificate failed.
    pub fn certificate_failures(&self) -> u64 {
        self.certificate_failures.load(Relaxed)
    }

    /// Alarm: the table differed from the book and was replaced.
    pub fn tables_replaced(&self) -> u64 {
        self.tables_replaced.load(Relaxed)
    }

    /// Alarm: the book ended before what had been read of it, as after a restore.
    pub fn book_went_back(&self) -> u64 {
        self.book_went_back.load(Relaxed)
    }

    pub(crate) fn told(&self, standing: Option<Standing>) {
        let count = match standing {
            Some(Standing::Good) => &self.good,
            Some(Standing::Held { .. } | Standing::Revoked { .. }) => &self.revoked,
            None => &self.unknown,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(crate) fn refuse(&self, refusal: &Refusal) {
        self.refused[refusal.kind()].fetch_add(1, Relaxed);
    }

    pub(crate) fn sign(&self) {
        self.signed.fetch_add(1, Relaxed);
    }

    pub(crate) fn take_from_cache(&self) {
        self.from_cache.fetch_add(1, Relaxed);
    }

    pub(crate) fn fail_to_follow(&self) {
        self.follow_failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn fail_to_certify(&self) {
        self.certificate_failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn replace_table(&self) {
        self.tables_replaced.fetch_add(1, Relaxed);
    }

    pub(crate) fn go_back(&self) {
        self.book_went_back.fetch_add(1, Relaxed);
    }
}
