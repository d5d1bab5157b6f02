//! SQL that no role of ours has: what an intruder, or a restored backup, would do to a book.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Runs statements as whoever the address logs in. Gives what the last one told, or the error.
pub async fn run(address: &str, sql: &str) -> Result<String, String> {
    let sql = AssertSqlSafe(sql.to_owned());
    let told: Result<Vec<String>, sqlx::Error> = match address.starts_with("sqlite:") {
        true => {
            let mut book = SqliteConnection::connect(address).await.unwrap();
            let rows = sqlx::raw_sql(sql).fetch_all(&mut book).await;
            book.close().await.unwrap();
            rows.map(|rows| rows.iter().map(|row: &SqliteRow| row.get(0)).collect())
        }
        false => {
            let mut book = PgConnection::connect(address).await.unwrap();
            let rows = sqlx::raw_sql(sql).fetch_all(&mut book).await;
            book.close().await.unwrap();
            rows.map(|rows| rows.iter().map(|row: &PgRow| row.get(0)).collect())
        }
    };
    told.map(|lines| lines.join("\n")).map_err(|error| error.to_string())
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
