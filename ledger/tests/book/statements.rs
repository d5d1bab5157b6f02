//! SQL that no role of ours has: what an intruder, or a restored backup, would do to a book.

use std::process::Command;

use sqlx::Connection;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

/// Runs statements as whoever the address logs in. Gives what the last one printed, or the error.
pub async fn run(address: &str, sql: &str) -> Result<String, String> {
    if address.starts_with("sqlite:") {
        let mut book = SqliteConnection::connect(address).await.unwrap();
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut book)
            .await
            .map_err(|error| error.to_string())?;
        book.close().await.unwrap();
        let cells = |row: &sqlx::sqlite::SqliteRow| {
            (0..row.len()).map(|at| row.get::<String, _>(at)).collect::<Vec<_>>().join("|")
        };
        return Ok(rows.iter().map(cells).collect::<Vec<_>>().join("\n"));
    }
    let psql = Command::new("psql")
        .args([address, "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-qAtc", sql])
        .env("PGCONNECT_TIMEOUT", "10")
        .output()
        .expect("psql is installed with PostgreSQL");
    match psql.status.success() {
        true => Ok(String::from_utf8(psql.stdout).unwrap().trim_end().to_owned()),
        false => Err(String::from_utf8(psql.stderr).unwrap()),
    }
}

/// Columns of a table and their kinds, by the data base's own catalogue.
pub async fn columns(address: &str, table: &str) -> Vec<(String, String)> {
    let sql = match address.starts_with("sqlite:") {
        true => format!("SELECT name || '|' || lower(type) FROM pragma_table_info('{table}')"),
        false => format!(
            "SELECT column_name || '|' || data_type FROM information_schema.columns
             WHERE table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    let told = run(address, &sql).await.unwrap();
    let column = |line: &str| line.split_once('|').map(|(name, kind)| (name.into(), kind.into()));
    told.lines().filter_map(column).collect()
}
