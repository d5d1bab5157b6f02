//! The two data bases behind one face.
//!
//! SQL is written once, in what SQLite and PostgreSQL read alike; values cross as one of three
//! kinds. Nothing outside of this crate sees a connection.

use std::borrow::Cow;
use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe};

use akashi_wire::RequestId;
use akashi_wire::octets::Sha256;

use crate::LedgerError;
use crate::enrolment::Enrolment;
use crate::fault::{FaultInjection, FaultPoint, inject};
use crate::gather::Gather;
use crate::group::{CommitQueue, Member};
use crate::many::{self, Places};
use crate::pool::{Access, LOCK_TIMEOUT, Pools, answered};
use crate::request::RecordedRequest;
use crate::row::Row;

/// A constraint that lets no second row in, as the two data bases tell of it.
pub(crate) struct Unique {
    /// Its name in the schema.
    pub name: &'static str,
    /// Its columns, `table.column, …`.
    pub columns: &'static str,
}

/// A value on its way into a statement.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Octets(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($from:ty, $kind:ident, |$v:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Self {
                Self::$kind($to)
            }
        }
    )*};
}

value_from! {
    i64, Int, |v| Some(v);
    Option<i64>, Int, |v| v;
    jiff::Timestamp, Int, |v| Some(v.as_millisecond());
    Option<jiff::Timestamp>, Int, |v| v.map(|v| v.as_millisecond());
    &str, Text, |v| Some(v.to_owned());
    String, Text, |v| Some(v);
    Option<String>, Text, |v| v;
    &[u8], Octets, |v| Some(v.to_vec());
    &[u8; 16], Octets, |v| Some(v.to_vec());
    &[u8; 32], Octets, |v| Some(v.to_vec());
    Vec<u8>, Octets, |v| Some(v);
    &Vec<u8>, Octets, |v| Some(v.clone());
    Option<Vec<u8>>, Octets, |v| v;
}

/// The arguments of a statement, in the order of `$1`, `$2`, …
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}
pub(crate) use args;

pub(crate) fn timestamp(milliseconds: i64) -> Result<jiff::Timestamp, LedgerError> {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_err(|_| damaged("a row", format!("{milliseconds} is not a time")))
}

pub(crate) fn damaged(table: &'static str, what: impl Into<String>) -> LedgerError {
    LedgerError::Damaged { table, what: what.into() }
}

/// The data base, open.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) pools: Pools,
    queue: CommitQueue,
    /// Questions that every act begins with.
    pub(crate) requests: Arc<Gather<RequestId, RecordedRequest>>,
    pub(crate) enrolments: Arc<Gather<Sha256, Enrolment>>,
    /// In a simulation, what befalls each statement.
    faults: Option<Arc<dyn FaultInjection>>,
}

/// A transaction that rolls back when dropped.
pub(crate) struct Transaction {
    open: Open,
    /// What was asked last was not answered, and may be under way for ever: nothing more is asked.
    is_lost: bool,
    faults: Option<Arc<dyn FaultInjection>>,
}

enum Open {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, there in one of the data base's roles or as whoever logs
    /// in. Nothing is written: not even the schema. A SQLite file that is not there is made only when
    /// `access` says so: an empty book in the place of a lost one would hide the loss.
    pub(crate) async fn open(
        address: &str,
        access: Access,
        role: Option<&'static str>,
    ) -> Result<Self, LedgerError> {
        let pools = Pools::open(address, access, role).await?;
        Ok(Self {
            pools,
            queue: CommitQueue::default(),
            requests: Arc::default(),
            enrolments: Arc::default(),
            faults: None,
        })
    }

    /// Begins a transaction that will write.
    pub(crate) async fn begin(&self) -> Result<Transaction, LedgerError> {
        self.meet(FaultPoint::Begin).await?;
        let open = match &self.pools {
            Pools::Sqlite { write, .. } => {
                let begun = match write.begin_with("BEGIN IMMEDIATE").await {
                    Err(error) if !is_from_outside(&error) => {
                        // A full disk makes SQLite roll back by itself, after which the driver
                        // miscounts: that connection is no good any more, the next one is.
                        write.acquire().await?.close().await?;
                        write.begin_with("BEGIN IMMEDIATE").await?
                    }
                    other => other?,
                };
                Open::Sqlite(begun)
            }
            Pools::Postgres { write, .. } => Open::Postgres(answered(write.begin()).await?),
        };
        Ok(Transaction { open, is_lost: false, faults: self.faults.clone() })
    }

    /// The same data base, with these faults injected at its statements.
    pub(crate) fn with_faults(&self, faults: Arc<dyn FaultInjection>) -> Self {
        Self { faults: Some(faults), ..self.clone() }
    }

    /// Waits until a change may begin.
    pub(crate) async fn join(&self) -> Result<Member, LedgerError> {
        self.queue.join(self).await
    }

    async fn meet(&self, moment: FaultPoint) -> Result<(), LedgerError> {
        inject(self.faults.as_deref(), moment).await
    }

    /// Reads rows, outside of any transaction.
    pub(crate) async fn rows(
        &self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut rows = Vec::new();
        self.each(sql, args, |row| {
            rows.push(row);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Reads at most one row.
    pub(crate) async fn row(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, LedgerError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Reads rows one by one, however many there are.
    pub(crate) async fn each(
        &self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
        mut take: impl FnMut(Row) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        // Every text is of this crate: statements carry values as arguments, always.
        let sql = AssertSqlSafe(sql.into());
        self.meet(FaultPoint::Read).await?;
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                let mut rows = sqlx::query_with(sql, sqlite(args)?).fetch(read);
                while let Some(row) = rows.try_next().await? {
                    take(Row::Sqlite(row))?;
                }
            }
            Pools::Postgres { read, .. } => {
                let mut rows = sqlx::query_with(sql, postgres(args)?).fetch(read);
                while let Some(row) = answered(rows.try_next()).await? {
                    take(Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }

    /// Reads the rows of many keys; see [`many::reading`].
    pub(crate) async fn rows_of(
        &self,
        sql: &'static str,
        keys: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut rows = Vec::new();
        for (sql, keys) in many::reading(sql, self.places(), keys) {
            rows.extend(self.rows(sql, keys).await?);
        }
        Ok(rows)
    }

    fn places(&self) -> Places {
        match &self.pools {
            Pools::Sqlite { .. } => Places::Plain,
            Pools::Postgres { .. } => Places::Numbered,
        }
    }

    /// Leaves no log beside a book in a file: it can then be read where nothing can be written.
    pub(crate) async fn be_one_file(&self) -> Result<(), LedgerError> {
        if let Pools::Sqlite { write, read } = &self.pools {
            read.close().await;
            sqlx::query("PRAGMA journal_mode = DELETE").execute(write).await?;
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.pools.close().await;
    }
}

impl Transaction {
    /// The head of the chain, locked: whoever changes the book queues here, before it reads anything
    /// else, and what it then reads cannot change under it. SQLite's one writer needs no more.
    pub(crate) async fn lock_head(&mut self) -> Result<Option<Row>, LedgerError> {
        let sql = match &self.open {
            Open::Sqlite(_) => {
                "SELECT position, hash, at, quality, brought_back FROM chain_head WHERE one = 1"
            }
            Open::Postgres(_) => {
                "SELECT position, hash, at, quality, brought_back, current_setting('lock_timeout') AS session
                 FROM chain_head WHERE one = 1 FOR UPDATE"
            }
        };
        let row = self.row(sql, args![]).await?;
        if let (Open::Postgres(_), Some(row)) = (&self.open, &row)
            && row.get::<String>("session")? != LOCK_TIMEOUT
        {
            return Err(LedgerError::OtherSession);
        }
        Ok(row)
    }

    /// Runs one statement; gives the number of rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> Result<u64, LedgerError> {
        let sql = AssertSqlSafe(sql.into());
        self.meet(FaultPoint::Write).await?;
        Ok(match &mut self.open {
            Open::Sqlite(tx) => {
                sqlx::query_with(sql, sqlite(args)?).execute(&mut **tx).await?.rows_affected()
            }
            Open::Postgres(tx) => {
                let executed = sqlx::query_with(sql, postgres(args)?).execute(&mut **tx);
                heard(&mut self.is_lost, executed).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), LedgerError> {
        match &mut self.open {
            Open::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ())?,
            Open::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Reads rows inside the transaction.
    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        let sql = AssertSqlSafe(sql.into());
        self.meet(FaultPoint::Read).await?;
        Ok(match &mut self.open {
            Open::Sqlite(tx) => sqlx::query_with(sql, sqlite(args)?)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Open::Postgres(tx) => {
                let read = sqlx::query_with(sql, postgres(args)?).fetch_all(&mut **tx);
                heard(&mut self.is_lost, read).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Reads at most one row inside the transaction.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, LedgerError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Writes many rows; see [`many::writing`].
    pub(crate) async fn write(
        &mut self,
        sql: &'static str,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), LedgerError> {
        for (sql, values) in many::writing(sql, self.places(), rows) {
            self.execute(sql, values).await?;
        }
        Ok(())
    }

    pub(crate) fn places(&self) -> Places {
        match &self.open {
            Open::Sqlite(_) => Places::Plain,
            Open::Postgres(_) => Places::Numbered,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), LedgerError> {
        self.meet(FaultPoint::Commit).await?;
        match self.open {
            Open::Sqlite(tx) => tx.commit().await?,
            Open::Postgres(tx) => answered(tx.commit()).await?,
        }
        inject(self.faults.as_deref(), FaultPoint::Committed).await
    }

    async fn meet(&self, moment: FaultPoint) -> Result<(), LedgerError> {
        inject(self.faults.as_deref(), moment).await
    }
}

/// The answer of a transaction; none where it was silent before.
async fn heard<T>(
    is_lost: &mut bool,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, LedgerError> {
    if *is_lost {
        return Err(LedgerError::GroupLost);
    }
    let heard = answered(answer).await;
    *is_lost = matches!(heard, Err(sqlx::Error::Io(_)));
    Ok(heard?)
}

/// Whether the data base or the wait for it failed, and not the state of a connection.
fn is_from_outside(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
}

fn sqlite(values: Vec<Value>) -> Result<SqliteArguments, LedgerError> {
    let mut args = SqliteArguments::default();
    for value in values {
        match value {
            Value::Int(v) => args.add(v),
            Value::Text(v) => args.add(v),
            Value::Octets(v) => args.add(v),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(args)
}

fn postgres(values: Vec<Value>) -> Result<PgArguments, LedgerError> {
    let mut args = PgArguments::default();
    for value in values {
        match value {
            Value::Int(v) => args.add(v),
            Value::Text(v) => args.add(v),
            Value::Octets(v) => args.add(v),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(args)
}
