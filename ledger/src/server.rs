//! The data base's server, where that is PostgreSQL: whether it keeps what it says that it keeps, and who keeps the book
//! from going on.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row as _};

use crate::pool::{Pools, answered};
use crate::{Ledger, LedgerError};

/// What a server must have so that what was committed is there after a power cut, and the book's characters are kept.
/// What an operator may set per session (`synchronous_commit`) each of our sessions that writes sets itself.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("synchronous_commit", &["on", "local", "remote_write", "remote_apply"]),
    ("server_encoding", &["UTF8"]),
];

/// A server that does not let a session in within this time is out of reach.
const CONNECTS: Duration = Duration::from_secs(5);
/// Whoever waits for longer is held up, in seconds: a group's commit takes less.
const LONG: f64 = 5.0;
/// The same, where somebody was held up a moment ago: who has given up waiting and begun again still is.
const STILL: f64 = 1.0;

/// A session of somebody else for which the book waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldUp {
    /// For so long, in seconds.
    pub seconds: i64,
    /// The number of that session on the server.
    pub session: i32,
    /// Its login.
    pub login: String,
    /// As it calls itself.
    pub program: String,
}

impl HeldUp {
    /// What whoever runs the data base says to it, so that the book goes on.
    pub fn is_ended_by(&self) -> String {
        format!("select pg_terminate_backend({})", self.session)
    }
}

/// How our sessions call themselves.
pub(crate) const OURS: &str = "akashi";

/// Sees that the server keeps what it says that it keeps.
///
/// # Errors
/// [`LedgerError::Server`] names the setting.
pub(crate) async fn check(connection: &mut PgConnection) -> Result<(), LedgerError> {
    for (setting, sound) in SETTINGS {
        let told = sqlx::query(
            "WITH told AS (SELECT current_setting($1) AS value) SELECT value FROM told",
        )
        .bind(setting)
        .fetch_one(&mut *connection);
        let row = answered(told).await?;
        let value: String = row.try_get("value")?;
        if !sound.contains(&value.as_str()) {
            return Err(LedgerError::Server { setting, value, sound: sound[0] });
        }
    }
    Ok(())
}

impl<R> Ledger<R> {
    /// Whose sessions keep ours waiting, longest first: none where the book is a file. It is asked over a connection of
    /// its own, which no wait of others holds up. `still`: somebody did a moment ago.
    ///
    /// # Errors
    /// Why the server lets nobody in: a pool that waits for a place tells nobody.
    pub async fn held_up(&self, still: bool) -> Result<Vec<HeldUp>, LedgerError> {
        let Pools::Postgres { read, .. } = &self.store.pools else { return Ok(Vec::new()) };
        let options: PgConnectOptions = (*read.connect_options()).clone();
        let connects = tokio::time::timeout(CONNECTS, options.connect()).await;
        let mut connection = connects.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let looked = tokio::time::timeout(CONNECTS, look(&mut connection, still)).await;
        let _ = connection.close().await;
        looked.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}

async fn look(connection: &mut PgConnection, still: bool) -> Result<Vec<HeldUp>, LedgerError> {
    // The role sees no times of its login's sessions; the login does.
    sqlx::query("SET ROLE NONE").execute(&mut *connection).await?;
    // What waits for one of ours waits for whoever that one waits for.
    let long = if still { STILL } else { LONG };
    let sql = "WITH waits AS (
                   SELECT pid, EXTRACT(EPOCH FROM clock_timestamp() - query_start)::BIGINT AS seconds
                   FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = $1
                   AND query_start < clock_timestamp() - make_interval(secs => $2)
                   AND state = 'active'
               )
               SELECT holder.pid, holder.usename::TEXT AS login, holder.application_name AS program,
                      MAX(waits.seconds) AS seconds
               FROM waits CROSS JOIN LATERAL unnest(pg_blocking_pids(waits.pid)) AS blocks(pid)
               JOIN pg_stat_activity AS holder ON holder.pid = blocks.pid
               WHERE holder.application_name IS DISTINCT FROM $1
               GROUP BY holder.pid, login, program ORDER BY seconds DESC LIMIT 10";
    let rows = sqlx::query(sql).bind(OURS).bind(long).fetch_all(connection).await?;
    let of = |row: &sqlx::postgres::PgRow| {
        Ok(HeldUp {
            seconds: row.try_get("seconds")?,
            session: row.try_get("pid")?,
            login: row.try_get::<Option<String>, _>("login")?.unwrap_or_default(),
            program: row.try_get::<Option<String>, _>("program")?.unwrap_or_default(),
        })
    };
    rows.iter().map(of).collect()
}
