//! The two data bases behind one face.
//!
//! SQL is written once, in what SQLite and PostgreSQL read alike; values cross as one of three
//! kinds. Nothing outside of this crate sees a connection.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, Row as _};

use akashi_wire::RequestId;
use akashi_wire::octets::Sha256;

use crate::LedgerError;
use crate::enrolment::Enrolment;
use crate::fault::{FaultInjection, FaultPoint, inject};
use crate::gather::Gather;
use crate::group::{CommitQueue, Member};
use crate::many::{self, Places};
use crate::request::RecordedRequest;

/// The migrations, in order; the place in this list is the schema's number.
const MIGRATIONS: &[Migration] = &[
    Migration::of_both(include_str!("../migrations/0001_book.sql")),
    Migration::of_both(include_str!("../migrations/0002_clock.sql")),
    Migration::of_both(include_str!("../migrations/0003_lists.sql")),
    Migration::of_both(include_str!("../migrations/0004_ticks.sql")),
    Migration {
        both: include_str!("../migrations/0005_rows.sql"),
        postgres: include_str!("../migrations/0005_rows.postgres.sql"),
    },
    Migration::of_both(include_str!("../migrations/0006_moduli.sql")),
    Migration::of_both(include_str!("../migrations/0007_cards.sql")),
    Migration::of_both(include_str!("../migrations/0008_offline_uses.sql")),
    Migration::of_both(include_str!("../migrations/0009_counter.sql")),
];

/// One step of the schema.
struct Migration {
    both: &'static str,
    /// How rows lie on the disk, where only PostgreSQL can be told.
    postgres: &'static str,
}

impl Migration {
    const fn of_both(both: &'static str) -> Self {
        Self { both, postgres: "" }
    }
}

/// How PostgreSQL is to plan. Every question that the book asks goes along an index; a plan that was
/// made while a table was small, and kept, must not read the whole of it when it is long. No
/// statement runs for so long that compiling it pays.
const PLANNING: [(&str, &str); 2] = [("enable_seqscan", "off"), ("jit", "off")];

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

/// A row that was read. Columns are asked for by their place, from 0.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($name:ident, $type:ty) => {
        pub(crate) fn $name(&self, column: usize) -> Result<$type, LedgerError> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get(column)?,
                Self::Postgres(row) => row.try_get(column)?,
            })
        }
    };
}

impl Row {
    column!(int, i64);
    column!(maybe_int, Option<i64>);
    column!(text, String);
    column!(maybe_text, Option<String>);
    column!(octets, Vec<u8>);
    column!(maybe_octets, Option<Vec<u8>>);

    /// A column that is a time.
    pub(crate) fn time(&self, column: usize) -> Result<jiff::Timestamp, LedgerError> {
        timestamp(self.int(column)?)
    }

    /// A column that is a thing of fixed length.
    pub(crate) fn fixed<T>(
        &self,
        column: usize,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, LedgerError> {
        let octets = self.octets(column)?;
        read(&octets).ok_or_else(|| damaged("a row", format!("{} octets", octets.len())))
    }

    /// A column that is a text with a form of its own.
    pub(crate) fn parsed<T: FromStr>(&self, column: usize) -> Result<T, LedgerError>
    where
        T::Err: std::fmt::Display,
    {
        self.text(column)?.parse().map_err(|e: T::Err| damaged("a row", e.to_string()))
    }
}

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
    pools: Pools,
    queue: CommitQueue,
    /// Questions that every act begins with.
    pub(crate) requests: Arc<Gather<RequestId, RecordedRequest>>,
    pub(crate) enrolments: Arc<Gather<Sha256, Enrolment>>,
    /// In a simulation, what befalls each statement.
    faults: Option<Arc<dyn FaultInjection>>,
}

#[derive(Clone, Debug)]
enum Pools {
    /// WAL and FULL: one connection writes, others read.
    Sqlite { write: SqlitePool, read: SqlitePool },
    /// Whoever holds the lock of the book may still read beside it: readers have a pool of their
    /// own, or waiting writers could take the connection that the one before them needs.
    Postgres { write: PgPool, read: PgPool },
}

/// A transaction that rolls back when dropped.
pub(crate) struct Transaction {
    open: Open,
    faults: Option<Arc<dyn FaultInjection>>,
}

enum Open {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// Statements that a connection keeps prepared: all that there are, in each of their lengths.
const STATEMENTS: usize = 512;
/// Rows that SQLite's thread may be ahead of whoever reads them.
const ROWS: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, and brings the schema up to date. A SQLite file that
    /// is not there is made only when `create` says so: an empty book in the place of a lost one
    /// would hide the loss.
    pub(crate) async fn open(address: &str, create: bool) -> Result<Self, LedgerError> {
        let pools = if let Some(path) = address.strip_prefix("sqlite:") {
            if !create && !std::path::Path::new(path).exists() {
                return Err(LedgerError::Missing(path.into()));
            }
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(create)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .statement_cache_capacity(STATEMENTS)
                .row_buffer_size(ROWS)
                .busy_timeout(PATIENCE);
            let pool =
                |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            let write = pool(1).connect_with(options.clone()).await?;
            let read = pool(4).connect_lazy_with(options.read_only(true));
            Pools::Sqlite { write, read }
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(address)?
                .options(PLANNING)
                .statement_cache_capacity(STATEMENTS);
            let pool = |size| PgPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            let write = pool(4).connect_with(options.clone()).await?;
            Pools::Postgres { write, read: pool(6).connect_lazy_with(options) }
        } else {
            return Err(LedgerError::Address(address.to_owned()));
        };
        let store = Self {
            pools,
            queue: CommitQueue::default(),
            requests: Arc::default(),
            enrolments: Arc::default(),
            faults: None,
        };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.script("CREATE TABLE IF NOT EXISTS schema (number BIGINT PRIMARY KEY)").await?;
        let found = tx.row("SELECT COALESCE(MAX(number), 0) FROM schema", args![]).await?;
        let found = found.map_or(Ok(0), |row| row.int(0))?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(LedgerError::Schema { found, known });
        }
        for (number, migration) in (1..).zip(MIGRATIONS).skip(found as usize) {
            tx.script(migration.both).await?;
            if matches!(self.pools, Pools::Postgres { .. }) {
                tx.script(migration.postgres).await?;
            }
            tx.execute("INSERT INTO schema (number) VALUES ($1)", args![number]).await?;
        }
        tx.commit().await
    }

    /// Begins a transaction that will write. Two programs that migrate at once are told apart by
    /// the lock of the data base (SQLite) or an advisory lock (PostgreSQL).
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
            Pools::Postgres { write, .. } => {
                let mut tx = write.begin().await?;
                // Every writer of one book queues here, before it reads anything: what it then
                // reads cannot change under it.
                sqlx::query("SELECT pg_advisory_xact_lock(7165)").execute(&mut *tx).await?;
                Open::Postgres(tx)
            }
        };
        Ok(Transaction { open, faults: self.faults.clone() })
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
                while let Some(row) = rows.try_next().await? {
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

    /// Closes every connection, writing the WAL back.
    pub(crate) async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Transaction {
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
                sqlx::query_with(sql, postgres(args)?).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), LedgerError> {
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
            Open::Postgres(tx) => sqlx::query_with(sql, postgres(args)?)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
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
            Open::Postgres(tx) => tx.commit().await?,
        }
        inject(self.faults.as_deref(), FaultPoint::Committed).await
    }

    async fn meet(&self, moment: FaultPoint) -> Result<(), LedgerError> {
        inject(self.faults.as_deref(), moment).await
    }
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
