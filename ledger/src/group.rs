//! The queue of whoever changes the book, and the groups in which it commits.
//!
//! One change at a time writes, in a transaction that it shares with those before it. A change that is
//! done leaves the transaction open to the next and queues again, behind everybody who waits by then;
//! who comes to the front first commits for the whole group. So a lone change is committed at once, and
//! the more wait, the more share one fsync; no timer, no task of its own, and positions still go in the
//! order of commits.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::audit::TimeQuality;
use crate::many;
use crate::row::Row;
use crate::store::{Store, Transaction, Value, args, damaged};
use crate::{LedgerError, Position};

/// Changes that become durable together, at most.
const LIMIT: usize = 64;
/// Whoever waits for its turn for longer is told so: it has changed nothing yet, and asks again.
const TURN: Duration = Duration::from_secs(20);

/// Where the audit chain ends.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub position: Position,
    pub hash: Vec<u8>,
    pub at: Timestamp,
    /// What times are worth from here on.
    pub quality: TimeQuality,
    /// The newest entry that brought a time back; 0 where none did.
    pub brought_back: Position,
}

/// The right to write, one at a time, with what was written since the last commit.
#[derive(Clone, Default)]
pub(crate) struct CommitQueue(Arc<Mutex<Option<Group>>>);

impl std::fmt::Debug for CommitQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommitQueue")
    }
}

/// Changes that are done and not durable yet.
struct Group {
    tx: Transaction,
    head: Head,
    changes: usize,
    /// A change was begun and not finished: its traces must go before the next one begins.
    torn: bool,
    ticket: Arc<Ticket>,
}

/// What the members of a group hold: it says whether they are durable.
#[derive(Default)]
struct Ticket {
    durable: OnceLock<()>,
}

impl Group {
    async fn open(store: &Store) -> Result<Self, LedgerError> {
        let mut tx = store.begin().await?;
        let row = tx.lock_head().await?.ok_or_else(|| damaged("chain_head", "no row"))?;
        let head = Head {
            position: row.get("position")?,
            hash: row.get("hash")?,
            at: row.get("at")?,
            quality: row.get("quality")?,
            brought_back: row.get("brought_back")?,
        };
        Ok(Self { tx, head, changes: 0, torn: false, ticket: Arc::default() })
    }

    /// Begins the next change, so that it can be undone without the ones before it.
    async fn begin(&mut self) -> Result<(), LedgerError> {
        if std::mem::replace(&mut self.torn, true) {
            self.tx.execute("ROLLBACK TO SAVEPOINT change", args![]).await?;
            return Ok(());
        }
        if self.changes > 0 {
            self.tx.execute("SAVEPOINT change", args![]).await?;
        }
        Ok(())
    }

    /// Takes the traces of an unfinished change away.
    async fn mend(&mut self) -> Result<(), LedgerError> {
        if self.torn {
            self.tx.execute("ROLLBACK TO SAVEPOINT change", args![]).await?;
            self.tx.execute("RELEASE SAVEPOINT change", args![]).await?;
            self.torn = false;
        }
        Ok(())
    }

    async fn keep(&mut self, head: Head) -> Result<(), LedgerError> {
        if self.changes > 0 {
            self.tx.execute("RELEASE SAVEPOINT change", args![]).await?;
        }
        (self.head, self.torn) = (head, false);
        self.changes += 1;
        Ok(())
    }

    async fn commit(mut self) -> Result<(), LedgerError> {
        self.mend().await?;
        self.tx
            .execute(
                "UPDATE chain_head SET position = $1, hash = $2, at = $3, quality = $4,
                 brought_back = $5 WHERE one = 1",
                args![
                    self.head.position.0,
                    self.head.hash,
                    self.head.at,
                    self.head.quality as i64,
                    self.head.brought_back.0,
                ],
            )
            .await?;
        self.tx.commit().await?;
        let _ = self.ticket.durable.set(());
        Ok(())
    }
}

/// One change in the transaction of its group. Dropped before [`Member::commit`], the change never was.
pub(crate) struct Member {
    slot: OwnedMutexGuard<Option<Group>>,
    queue: CommitQueue,
}

impl CommitQueue {
    /// Waits for the front of the queue.
    pub(crate) async fn join(&self, store: &Store) -> Result<Member, LedgerError> {
        // A member from here on: given up in the midst of its beginning it is cleared away like any.
        let turn = tokio::time::timeout(TURN, self.0.clone().lock_owned()).await;
        let slot = turn.map_err(|_| LedgerError::Busy { seconds: TURN.as_secs() })?;
        let mut member = Member { slot, queue: self.clone() };
        if let Some(group) = member.slot.as_mut()
            && group.begin().await.is_err()
        {
            // The group is lost, and its members will be told; this change can still go on.
            *member.slot = None;
        }
        if member.slot.is_none() {
            let mut group = Group::open(store).await?;
            group.begin().await?;
            *member.slot = Some(group);
        }
        Ok(member)
    }
}

impl Member {
    /// Where the chain ended when this change began.
    pub(crate) fn head(&self) -> &Head {
        &self.group().head
    }

    /// Ends the change and waits until it is durable, with all of its group.
    ///
    /// # Errors
    /// Whatever broke the commit; or [`LedgerError::GroupLost`] when another member met it.
    pub(crate) async fn commit(mut self, head: Head) -> Result<(), LedgerError> {
        let group = self.slot.as_mut().expect("a member has a group");
        group.keep(head).await?;
        let waiting = Waiting { queue: self.queue.clone(), ticket: group.ticket.clone() };
        if group.changes >= LIMIT {
            let group = self.slot.take().expect("a member has a group");
            return group.commit().await;
        }
        drop(self);
        waiting.until_durable().await
    }

    /// Gives the change up and waits until what it could read is durable: an answer that rests on
    /// another change of the group must not leave the house before that change is there to stay.
    pub(crate) async fn rollback(self) -> Result<(), LedgerError> {
        let group = self.group();
        if group.changes == 0 {
            return Ok(());
        }
        let waiting = Waiting { queue: self.queue.clone(), ticket: group.ticket.clone() };
        drop(self);
        waiting.until_durable().await
    }

    fn group(&self) -> &Group {
        self.slot.as_ref().expect("a member has a group")
    }
}

impl Drop for Member {
    /// A change that was not kept is undone at once where nobody waits for its group, so that it
    /// does not keep the data base locked; else whoever comes next takes its traces away.
    fn drop(&mut self) {
        if self.slot.as_ref().is_some_and(|group| Arc::strong_count(&group.ticket) == 1) {
            *self.slot = None;
        }
    }
}

/// Statements of the change, in the transaction of its group.
impl Member {
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> Result<u64, LedgerError> {
        self.tx().execute(sql, args).await
    }

    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        self.tx().rows(sql, args).await
    }

    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, LedgerError> {
        self.tx().row(sql, args).await
    }

    /// Reads the rows of many keys; see [`many::reading`].
    pub(crate) async fn rows_of(
        &mut self,
        sql: &'static str,
        keys: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut rows = Vec::new();
        let places = self.tx().places();
        for (sql, keys) in many::reading(sql, places, keys) {
            rows.extend(self.tx().rows(sql, keys).await?);
        }
        Ok(rows)
    }

    /// Writes many rows; see [`many::writing`].
    pub(crate) async fn write(
        &mut self,
        sql: &'static str,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), LedgerError> {
        self.tx().write(sql, rows).await
    }

    fn tx(&mut self) -> &mut Transaction {
        &mut self.slot.as_mut().expect("a member has a group").tx
    }
}

/// A member of a group that waits for the commit.
struct Waiting {
    queue: CommitQueue,
    ticket: Arc<Ticket>,
}

impl Waiting {
    async fn until_durable(self) -> Result<(), LedgerError> {
        let mut slot = self.queue.0.clone().lock_owned().await;
        if self.ticket.durable.get().is_some() {
            return Ok(());
        }
        if slot.as_ref().is_none_or(|group| !Arc::ptr_eq(&group.ticket, &self.ticket)) {
            return Err(LedgerError::GroupLost);
        }
        let group = slot.take().expect("it was looked at");
        group.commit().await
    }
}

impl Drop for Waiting {
    /// A group whose last member gave up waiting must not keep the data base locked.
    fn drop(&mut self) {
        if let Ok(mut slot) = self.queue.0.try_lock()
            && slot.as_ref().is_some_and(|group| {
                Arc::ptr_eq(&group.ticket, &self.ticket) && Arc::strong_count(&self.ticket) == 2
            })
        {
            *slot = None;
        }
    }
}
