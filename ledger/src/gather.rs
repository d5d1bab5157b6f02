//! Single rows that many ask for at the same time, read in one statement.
//!
//! Whoever comes first reads; whoever comes while a statement is under way waits, and the next one
//! reads for all of them. Nobody waits for others to come, and nothing is kept: each answer is of
//! after the question.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use tokio::sync::{Semaphore, oneshot};

use crate::LedgerError;

/// Statements under way at the same time.
const READERS: usize = 2;

/// The row, or that the statement failed.
type Reply<V> = oneshot::Sender<Result<Option<V>, ()>>;

/// Those who wait for rows of one kind.
pub(crate) struct Gather<K, V> {
    waiting: Mutex<Vec<(K, Reply<V>)>>,
    readers: Semaphore,
}

impl<K, V> Default for Gather<K, V> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), readers: Semaphore::new(READERS) }
    }
}

impl<K, V> std::fmt::Debug for Gather<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Gather<K, V> {
    /// The row of this key. `read` reads the rows of many keys.
    ///
    /// # Errors
    /// [`LedgerError::GroupLost`] to all when their statement fails: asked one after the other, each
    /// would wait for a data base that is gone.
    pub(crate) async fn row<F>(
        &self,
        key: K,
        read: impl Fn(Vec<K>) -> F,
    ) -> Result<Option<V>, LedgerError>
    where
        F: Future<Output = Result<HashMap<K, V>, LedgerError>>,
    {
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.push(key.clone(), reply);
            let reader = tokio::select! {
                biased;
                answer = &mut answer => match answer {
                    Ok(row) => return row.map_err(|()| LedgerError::GroupLost),
                    Err(_) => continue,
                },
                reader = self.readers.acquire() => reader.expect("readers are never closed"),
            };
            let asked = std::mem::take(&mut *self.lock());
            if !asked.is_empty() {
                let rows = read(asked.iter().map(|(key, _)| key.clone()).collect()).await;
                for (key, reply) in asked {
                    let row = rows.as_ref().map(|rows| rows.get(&key).cloned()).map_err(|_| ());
                    let _ = reply.send(row);
                }
            }
            drop(reader);
            // Taken by another reader it comes in a moment; lost with that reader it is asked anew.
            if let Ok(row) = answer.await {
                return row.map_err(|()| LedgerError::GroupLost);
            }
        }
    }

    fn push(&self, key: K, reply: Reply<V>) {
        self.lock().push((key, reply));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(K, Reply<V>)>> {
        self.waiting.lock().expect("nobody panics with the list of questions")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn many_questions_share_few_statements_and_each_gets_its_own_answer() {
        let gather = Gather::<u32, u32>::default();
        let statements = AtomicUsize::new(0);
        let read = |keys: Vec<u32>| {
            statements.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                let even = keys.into_iter().filter(|key| key % 2 == 0);
                Ok(even.map(|key| (key, key * 10)).collect())
            }
        };
        let rows = join_all((0..100).map(|key| gather.row(key, read))).await;
        for (key, row) in (0..100).zip(rows) {
            assert_eq!(row.unwrap(), (key % 2 == 0).then_some(key * 10));
        }
        assert!(statements.load(Ordering::Relaxed) <= 4, "{statements:?}");
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_whom_it_meets() {
        let gather = Gather::<u32, u32>::default();
        let first = AtomicUsize::new(0);
        let read = |keys: Vec<u32>| {
            // The first two are read alone, the others together.
            let fails = keys.len() > 1 && first.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                tokio::task::yield_now().await;
                if fails {
                    return Err(LedgerError::GroupLost);
                }
                Ok(keys.into_iter().map(|key| (key, key)).collect())
            }
        };
        let rows = join_all((0..10).map(|key| gather.row(key, read))).await;
        assert_eq!(rows.iter().filter(|row| row.is_err()).count(), 8);
        assert_eq!(gather.row(1, read).await.unwrap(), Some(1));
    }
}
