//! The two data bases behind one face.
//!
//! SQL is written once, in what SQLite and PostgreSQL read alike; values cross as one of three
//! kinds. Nothing outside of this crate sees a connection.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe};

use akashi_wire::RequestId;
use akashi_wire::octets::Sha256;

use crate::LedgerError;
use crate::enrolment::Enrolment;
use crate::fault::{FaultInjection, FaultPoint, inject};
use crate::gather::Gather;
use crate::group::{CommitQueue, Member};
use crate::many::{self, Places};
use crate::request::RecordedRequest;
use crate::row::Row;
use crate::server;

/// How PostgreSQL is to plan. Every question that the book asks goes along an index; a plan that was
/// made while a table was small, and kept, must not read the whole of it when it is long. No
/// statement runs for so long that compiling it pays.
const PLANNING: [(&str, &str); 2] = [("enable_seqscan", "off"), ("jit", "off")];

/// A session that only reads says so: what runs in it on a primary would run on a standby.
const READING: [(&str, &str); 1] = [("default_transaction_read_only", "on")];
/// Whoever writes holds the head of the chain: one that was paused in the midst of it, or whose host is gone, lets
/// go of it, and nobody waits for it for ever.
const WRITING: [(&str, &str); 4] = [
    // Whatever the data base or the login says: what was answered is on the disk.
    ("synchronous_commit", "on"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("lock_timeout", "60s"),
    ("tcp_user_timeout", "15s"),
];

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

#[derive(Clone, Debug)]
pub(crate) enum Pools {
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
    /// Opens `sqlite:PATH` or `postgres://…`, there in one of the data base's roles or as whoever logs
    /// in. Nothing is written: not even the schema. A SQLite file that is not there is made only when
    /// `access` says so: an empty book in the place of a lost one would hide the loss.
    pub(crate) async fn open(
        address: &str,
        access: Access,
        role: Option<&'static str>,
    ) -> Result<Self, LedgerError> {
        let pools = if let Some(path) = address.strip_prefix("sqlite:") {
            if access != Access::Create && !std::path::Path::new(path).exists() {
                return Err(LedgerError::Missing(path.into()));
            }
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(access == Access::Create)
                .foreign_keys(true)
                .statement_cache_capacity(STATEMENTS)
                .row_buffer_size(ROWS)
                .busy_timeout(PATIENCE);
            let pool =
                |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            // A reader opens the file to read it: whatever its program does, it cannot write there.
            let read = pool(4).connect_lazy_with(options.clone().read_only(true));
            let write = match access {
                Access::Read => read.clone(),
                Access::Write | Access::Create => {
                    let options = options
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full);
                    pool(1).connect_with(options).await?
                }
            };
            Pools::Sqlite { write, read }
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let options = postgres_options(address, role)?;
            let reading = options.clone().options(READING);
            let pool = |size| PgPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            // The first connection is made now: who cannot be reached says so at the start.
            let first = |size, options| async move {
                pool(size).connect_with(options).await.map_err(|error| no_role(error, role))
            };
            let (read, write) = match access {
                Access::Read => {
                    let read = first(6, reading).await?;
                    (read.clone(), read)
                }
                Access::Write | Access::Create => {
                    let write = first(4, options.options(WRITING)).await?;
                    server::check(&mut *write.acquire().await?).await?;
                    (pool(6).connect_lazy_with(reading), write)
                }
            };
            Pools::Postgres { write, read }
        } else {
            return Err(LedgerError::Address(without_password(address)));
        };
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
            Pools::Postgres { write, .. } => Open::Postgres(write.begin().await?),
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
    /// Leaves no log beside a book in a file: it can then be read where nothing can be written.
    pub(crate) async fn be_one_file(&self) -> Result<(), LedgerError> {
        if let Pools::Sqlite { write, read } = &self.pools {
            read.close().await;
            sqlx::query("PRAGMA journal_mode = DELETE").execute(write).await?;
        }
        Ok(())
    }

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

/// What a program is going to do with the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read, and nothing else: a standby and a read-only session will do.
    Read,
    /// Read and write.
    Write,
    /// Write, into a file that is made where there is none.
    Create,
}

/// Tells a login that may not play a role from a server that is out of reach.
fn no_role(error: sqlx::Error, role: Option<&'static str>) -> LedgerError {
    let code = error.as_database_error().and_then(|error| error.code());
    match (code.as_deref(), role) {
        // invalid_parameter_value: there is no such role, so that no book was ever made here.
        (Some("22023"), Some(_)) => LedgerError::NoAuthority,
        // insufficient_privilege.
        (Some("42501"), Some(role)) => LedgerError::NotThisRole { role },
        _ => error.into(),
    }
}

fn postgres_options(
    address: &str,
    role: Option<&'static str>,
) -> Result<PgConnectOptions, LedgerError> {
    // An error of the address would repeat it, with the password in it.
    let options = PgConnectOptions::from_str(address)
        .map_err(|_| LedgerError::Address(without_password(address)))?;
    // The driver's own default takes a server that offers no TLS, and says nothing.
    let may_be_plain = matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow);
    if may_be_plain && options.get_socket().is_none() && !is_this_host(options.get_host()) {
        return Err(LedgerError::TlsNotStated(without_password(address)));
    }
    let options = options.application_name(server::OURS).options(PLANNING);
    let options = options.statement_cache_capacity(STATEMENTS);
    Ok(options.options(role.map(|role| ("role", role))))
}

/// Whether nothing between here and there is a network.
fn is_this_host(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

/// An address as it may be shown: neither the password beside the user nor what follows a question mark, where there
/// may be one too.
pub(crate) fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (shown, hidden) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    match shown.rfind('@') {
        // A password that has one of the two in it.
        None if hidden.contains('@') => format!("{scheme}://…"),
        Some(at) => {
            let user = shown[..at].split([':', '/']).next().unwrap_or_default();
            format!("{scheme}://{user}{}", &shown[at..])
        }
        None => format!("{scheme}://{shown}"),
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
                "SELECT position, hash, at, quality, brought_back FROM chain_head WHERE one = 1
                 FOR UPDATE"
            }
        };
        self.row(sql, args![]).await
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
                sqlx::query_with(sql, postgres(args)?).execute(&mut **tx).await?.rows_affected()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_opens_a_sqlite_book_to_read_it_cannot_write_there() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("book.sqlite").display());
        crate::schema::migrate(&address, true).await.unwrap();
        for access in [Access::Read, Access::Write] {
            let store = Store::open(&address, access, None).await.unwrap();
            let Pools::Sqlite { read, write } = &store.pools else { panic!("not SQLite") };
            let sql = "UPDATE chain_head SET position = position";
            let refused = sqlx::query(sql).execute(read).await.unwrap_err().to_string();
            assert!(refused.contains("readonly database"), "{refused}");
            let written = sqlx::query(sql).execute(write).await;
            assert_eq!(written.is_ok(), access == Access::Write, "{written:?}");
            store.close().await;
        }
    }
}
