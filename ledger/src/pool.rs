//! Connections to the data base: as whom they are made, what each of them says first, and how many there are.

use std::io::{Error, ErrorKind};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::LedgerError;
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
    ("lock_timeout", LOCK_TIMEOUT),
    ("tcp_user_timeout", "15s"),
];

/// As long as a lock is waited for, and what tells a session of ours: behind a pooler that gives each transaction another
/// one, what was set is set elsewhere.
pub(crate) const LOCK_TIMEOUT: &str = "20s";

/// Statements that a connection keeps prepared: all that there are, in each of their lengths.
const STATEMENTS: usize = 512;
/// Rows that SQLite's thread may be ahead of whoever reads them.
const ROWS: usize = 1024;
/// A connection is there within this time, or none is.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a server that is starting is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// A server that is there answers a connection that lies idle at once.
const HEARD: Duration = Duration::from_secs(2);
/// What PostgreSQL has not answered by then it may never answer: a way that forgot the connection, a host that died
/// tell nobody. Longer than `lock_timeout`, which says more, and shorter than whoever waits for the act.
const ANSWERS: Duration = Duration::from_secs(25);

/// What is asked of PostgreSQL, for as long as it is worth waiting for. Whoever is not answered does not know whether
/// it was done, and gives the connection up.
pub(crate) async fn answered<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    in_time(ANSWERS, answer).await
}

async fn in_time<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answered = tokio::time::timeout(time, answer).await;
    let was_silent = IS_SILENT.swap(answered.is_err(), Ordering::Relaxed);
    answered.unwrap_or_else(|_| {
        let silent = format!("the data base has not answered for {} s", time.as_secs());
        // Of several connections that were forgotten at once one is said.
        if !was_silent {
            tracing::warn!(target: "ledger", "{silent}: whoever waited has given that connection up");
        }
        Err(sqlx::Error::Io(Error::new(ErrorKind::TimedOut, silent)))
    })
}

/// The last that was asked was not answered.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// What each session is set to, in this order. It is set once it is open: a pooler between here and the server (pgbouncer)
/// takes no settings with which one begins.
#[derive(Clone)]
struct Session {
    names: Vec<&'static str>,
    values: Vec<&'static str>,
}

impl Session {
    fn of(role: Option<&'static str>, more: &[(&'static str, &'static str)]) -> Self {
        let role = role.map(|role| ("role", role));
        let (names, values) = role.into_iter().chain(PLANNING).chain(more.iter().copied()).unzip();
        Self { names, values }
    }

    async fn set(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let sql = "SELECT set_config(name, value, false)
                   FROM unnest($1::TEXT[], $2::TEXT[]) AS setting(name, value)";
        let set = sqlx::query(sql).bind(&self.names).bind(&self.values).execute(connection);
        answered(set).await.map(|_| ())
    }
}

/// So many connections, each of which is heard before it is used and before it is kept: one that is silent is closed
/// and another made.
fn pool(size: u32, session: Session) -> PgPoolOptions {
    let is_heard = async |connection: &mut PgConnection| {
        in_time(HEARD, connection.ping()).await.map(|()| true)
    };
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                // The pool tries again, and tells nobody why.
                session.set(connection).await.inspect_err(|error| {
                    tracing::error!(target: "ledger", "a session with the data base cannot be set as it must be: {error}");
                })
            })
        })
        // Its own test waits for ever.
        .test_before_acquire(false)
        .before_acquire(move |connection, _| Box::pin(is_heard(connection)))
        .after_release(move |connection, _| Box::pin(is_heard(connection)))
}

/// So many connections, of which one is tried now: who cannot be reached, or may not be who it is to be, says so at the
/// start, where a pool would wait and say that it did. A server that is starting is waited for.
async fn connected(
    size: u32,
    options: PgConnectOptions,
    session: Session,
) -> Result<PgPool, sqlx::Error> {
    let mut tries = PATIENCE.as_millis() / AGAIN.as_millis();
    loop {
        let tried = in_time(PATIENCE, async {
            let mut connection = options.connect().await?;
            session.set(&mut connection).await?;
            connection.close().await
        });
        match tried.await {
            Ok(()) => return Ok(pool(size, session).connect_lazy_with(options)),
            Err(error) if tries > 0 && is_starting(&error) => {
                tries -= 1;
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Nobody listens there yet, or whoever does lets nobody in yet (cannot_connect_now).
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}

/// Whoever reads and whoever writes.
#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// WAL and FULL: one connection writes, others read.
    Sqlite { write: SqlitePool, read: SqlitePool },
    /// Whoever holds the lock of the book may still read beside it: readers have a pool of their
    /// own, or waiting writers could take the connection that the one before them needs.
    Postgres { write: PgPool, read: PgPool },
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

impl Pools {
    /// Opens `sqlite:PATH` or `postgres://…`, there in one of the data base's roles or as whoever logs
    /// in. A SQLite file that is not there is made only when `access` says so: an empty book in the
    /// place of a lost one would hide the loss.
    pub(crate) async fn open(
        address: &str,
        access: Access,
        role: Option<&'static str>,
    ) -> Result<Self, LedgerError> {
        if let Some(path) = address.strip_prefix("sqlite:") {
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
            Ok(Self::Sqlite { write, read })
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let options = postgres_options(address)?;
            let (reading, writing) = (Session::of(role, &READING), Session::of(role, &WRITING));
            let told = |error| no_role(error, role);
            let (read, write) = match access {
                Access::Read => {
                    let read = connected(6, options, reading).await.map_err(told)?;
                    (read.clone(), read)
                }
                Access::Write | Access::Create => {
                    let write = connected(4, options.clone(), writing).await.map_err(told)?;
                    server::check(&mut *write.acquire().await?).await?;
                    (pool(6, reading).connect_lazy_with(options), write)
                }
            };
            Ok(Self::Postgres { write, read })
        } else {
            Err(LedgerError::Address(without_password(address)))
        }
    }

    /// Closes every connection, writing the WAL back.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
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

fn postgres_options(address: &str) -> Result<PgConnectOptions, LedgerError> {
    // An error of the address would repeat it, with the password in it.
    let options = PgConnectOptions::from_str(address)
        .map_err(|_| LedgerError::Address(without_password(address)))?;
    // The driver's own default takes a server that offers no TLS, and says nothing.
    let may_be_plain = matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow);
    if may_be_plain && options.get_socket().is_none() && !is_this_host(options.get_host()) {
        return Err(LedgerError::TlsNotStated(without_password(address)));
    }
    // The book has no number with a fraction, and a pooler does not know this setting.
    let options = options.application_name(server::OURS).extra_float_digits(None);
    Ok(options.statement_cache_capacity(STATEMENTS))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_opens_a_sqlite_book_to_read_it_cannot_write_there() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("book.sqlite").display());
        crate::schema::migrate(&address, true).await.unwrap();
        for access in [Access::Read, Access::Write] {
            let pools = Pools::open(&address, access, None).await.unwrap();
            let Pools::Sqlite { read, write } = &pools else { panic!("not SQLite") };
            let sql = "UPDATE chain_head SET position = position";
            let refused = sqlx::query(sql).execute(read).await.unwrap_err().to_string();
            assert!(refused.contains("readonly database"), "{refused}");
            let written = sqlx::query(sql).execute(write).await;
            assert_eq!(written.is_ok(), access == Access::Write, "{written:?}");
            pools.close().await;
        }
    }
}
