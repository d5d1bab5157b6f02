//! Following the book: the table, and proof now and then that it says what the book says.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::Duration;

use akashi_ledger::{Ledger, LedgerError, Responding, StatusRow, Times};
use tokio::sync::Mutex;

use crate::{Counts, OcspError, Table};

/// Rows in one read.
const BATCH: i64 = 4096;
/// Reads for the comparison in one step; the rest waits for the next, so that a long book does not
/// hold up the news.
const COMPARING_READS: usize = 4;
/// Not a time: the book was not read yet.
const NEVER: u64 = u64::MAX;

/// What one step of following did.
#[derive(Debug, Default)]
pub struct Followed {
    /// Rows that were new.
    pub rows: usize,
    /// Serial numbers that stood differently in the table than in the book, when a comparison
    /// ended in this step. More than none is an alarm; the table was replaced.
    pub differences: Option<usize>,
    /// What is wrong with the responder's own certificate, if anything. Following goes on.
    pub trouble: Option<OcspError>,
}

/// The table and how far it is to be trusted.
pub(crate) struct Follower {
    generation: i64,
    table: Arc<RwLock<Table>>,
    /// Milliseconds on the monotonic clock when the last step that reached the end of the book
    /// began.
    heard: AtomicU64,
    /// The newest entry that said how others are to be read, when the book was read.
    shifted: AtomicI64,
    comparison: Mutex<Comparison>,
    compare_every: Duration,
}

/// The table made anew, as far as it is.
#[derive(Default)]
struct Comparison {
    anew: Option<Table>,
    last: Option<Duration>,
}

impl Follower {
    pub(crate) fn new(generation: i64, compare_every: Duration) -> Self {
        Self {
            generation,
            table: Arc::new(RwLock::new(Table::of(generation))),
            heard: AtomicU64::new(NEVER),
            shifted: AtomicI64::new(0),
            comparison: Mutex::default(),
            compare_every,
        }
    }

    /// The table, for a moment.
    pub(crate) fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().expect("nobody panics with the table in hand")
    }

    /// How long ago the book was read to its end; `None` before the first time.
    pub(crate) fn silence(&self, monotonic: Duration) -> Option<Duration> {
        match self.heard.load(Ordering::Acquire) {
            NEVER => None,
            heard => Some(monotonic.saturating_sub(Duration::from_millis(heard))),
        }
    }

    /// Reads what is new, to the end; then compares a little.
    pub(crate) async fn step(
        &self,
        ledger: &Ledger<Responding>,
        counts: &Counts,
        monotonic: Duration,
        times: Times,
    ) -> Result<Followed, LedgerError> {
        // One at a time: two steps that took the same rows would not harm, but wear the book out.
        let mut comparison = self.comparison.lock().await;
        let went_back = self.begin_anew_if_the_book_went_back(ledger, counts).await?;
        if self.begin_anew_if_times_are_read_anew(times) || went_back {
            // What was compared so far is of what was read before.
            comparison.anew = None;
        }
        let mut followed = Followed::default();
        loop {
            let position = self.table().position();
            let rows = ledger.status_after(position, BATCH).await?;
            self.take(&rows);
            followed.rows += rows.len();
            if (rows.len() as i64) < BATCH {
                break;
            }
        }
        self.hear(u64::try_from(monotonic.as_millis()).unwrap_or(NEVER - 1));
        followed.differences = self.compare(&mut comparison, ledger, counts, monotonic).await?;
        Ok(followed)
    }

    /// The book was read to its end by a step that began then. A step that waited for its turn
    /// behind a younger one does not take back what that heard.
    fn hear(&self, began: u64) {
        let heard = match self.heard.load(Ordering::Acquire) {
            NEVER => began,
            before => before.max(began),
        };
        self.heard.store(heard, Ordering::Release);
    }

    fn take(&self, rows: &[StatusRow]) {
        if !rows.is_empty() {
            let mut table = self.table.write().expect("nobody panics with the table in hand");
            rows.iter().for_each(|row| table.take(row));
        }
    }

    /// A book that ends before what was read of it was restored from a copy. Positions after its
    /// end will be given out again, to other rows: everything is forgotten and read anew.
    async fn begin_anew_if_the_book_went_back(
        &self,
        ledger: &Ledger<Responding>,
        counts: &Counts,
    ) -> Result<bool, LedgerError> {
        let head = ledger.head().await?;
        let went_back = head < self.table().position();
        if went_back {
            counts.go_back();
            self.heard.store(NEVER, Ordering::Release);
            *self.table.write().expect("nobody panics with the table in hand") =
                Table::of(self.generation);
        }
        Ok(went_back)
    }

    /// What was read before an entry that says how it is to be read is read again.
    fn begin_anew_if_times_are_read_anew(&self, times: Times) -> bool {
        let is_new = self.shifted.swap(times.shifted.0, Ordering::AcqRel) != times.shifted.0;
        if is_new {
            self.heard.store(NEVER, Ordering::Release);
            *self.table.write().expect("nobody panics with the table in hand") =
                Table::of(self.generation);
        }
        is_new
    }

    /// Makes the table anew from the first row to the last that was taken, some reads at a time,
    /// and compares. Gives the number of differences when it came to the end.
    async fn compare(
        &self,
        comparison: &mut Comparison,
        ledger: &Ledger<Responding>,
        counts: &Counts,
        monotonic: Duration,
    ) -> Result<Option<usize>, LedgerError> {
        let last = *comparison.last.get_or_insert(monotonic);
        if comparison.anew.is_none() && monotonic.saturating_sub(last) < self.compare_every {
            return Ok(None);
        }
        let mut anew = comparison.anew.take().unwrap_or_else(|| Table::of(self.generation));
        let end = self.table().position();
        for _ in 0..COMPARING_READS {
            let rows = match ledger.status_after(anew.position(), BATCH).await {
                Ok(rows) => rows,
                Err(error) => {
                    comparison.anew = Some(anew);
                    return Err(error);
                }
            };
            let known = rows.iter().take_while(|row| row.position <= end);
            let taken = known.map(|row| anew.take(row)).count();
            if (taken as i64) < BATCH {
                comparison.last = Some(monotonic);
                return Ok(Some(self.settle(anew, counts).await));
            }
        }
        comparison.anew = Some(anew);
        Ok(None)
    }

    /// Counts the differences, off the threads that answer; the table made anew wins.
    async fn settle(&self, anew: Table, counts: &Counts) -> usize {
        let table = self.table.clone();
        let compared = tokio::task::spawn_blocking(move || {
            let live = table.read().expect("nobody panics with the table in hand");
            (live.differences(&anew), anew)
        });
        let (differences, anew) = compared.await.expect("comparing does not panic");
        if differences > 0 {
            counts.replace_table();
            *self.table.write().expect("nobody panics with the table in hand") = anew;
        }
        differences
    }

    #[cfg(test)]
    pub(crate) fn table_to_spoil(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap()
    }
}
