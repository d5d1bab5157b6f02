//! Every statement of the book is understood by both data bases, whether a test reaches it or not.

use std::path::Path;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use crate::books::books;

/// The statements that stand whole in a source text. What is put together of parts is left to those who
/// run it: the number of parts is told too.
fn statements(text: &str) -> (Vec<String>, usize) {
    let (text, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    let (mut found, mut parts) = (Vec::new(), 0);
    for verb in ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "] {
        for (at, _) in text.match_indices(&format!("\"{verb}")) {
            let rest = &text[at + 1..];
            let literal = &rest[..rest.find('"').expect("a text ends")];
            let before = text[..at].trim_end();
            let is_part = literal.contains('{')
                || before.ends_with("concat!(")
                || before.ends_with("insert:")
                || before.ends_with("read:");
            match is_part {
                true => parts += 1,
                false => found.push(whole(literal)),
            }
        }
    }
    (found, parts)
}

/// A statement as it is sent, with one row or one key.
fn whole(literal: &str) -> String {
    let lines = literal.split("\\\n").enumerate();
    let text: String =
        lines.map(|(n, part)| if n == 0 { part } else { part.trim_start() }).collect();
    let known = (1..20).take_while(|n| text.contains(&format!("${n}"))).count();
    let key = format!("${}", known + 1);
    let columns = text.split(['(', ')']).nth(1).unwrap_or_default().split(',').count();
    let row: Vec<_> = (1..=columns).map(|n| format!("${n}")).collect();
    text.replace("$keys", &key).replace("$rows", &format!("({})", row.join(", ")))
}

/// What only one of the two is asked.
fn is_for(statement: &str, postgres: bool) -> bool {
    let own = if postgres { ["sqlite_master", "sqlite_"] } else { ["FOR UPDATE", "to_regclass"] };
    !own.iter().any(|word| statement.contains(word))
}

#[tokio::test]
async fn every_statement_is_prepared_on_both_data_bases() {
    let mut all = Vec::new();
    let mut parts = 0;
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let (found, left) = statements(&text);
        all.extend(found.into_iter().map(|sql| (file.clone(), sql)));
        parts += left;
    }
    assert!(all.len() > 100, "only {} statements were found", all.len());
    assert!(parts < 15, "{parts} statements are put together of parts");
    for book in books().await {
        let is_postgres = book.address.starts_with("postgres:");
        let mut unfit = Vec::new();
        for (file, sql) in all.iter().filter(|(_, sql)| is_for(sql, is_postgres)) {
            let statement = AssertSqlSafe(sql.clone()).into_sql_str();
            let prepared = match is_postgres {
                true => {
                    let mut book = PgConnection::connect(&book.address).await.unwrap();
                    (&mut book).prepare(statement).await.map(|_| ())
                }
                false => {
                    let mut book = SqliteConnection::connect(&book.address).await.unwrap();
                    (&mut book).prepare(statement).await.map(|_| ())
                }
            };
            if let Err(error) = prepared {
                unfit.push(format!("{}: {error}: {sql}", file.display()));
            }
        }
        assert!(unfit.is_empty(), "{}", unfit.join("\n"));
    }
}
