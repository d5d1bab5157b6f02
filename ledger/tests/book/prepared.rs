//! Every statement of the book is understood by both data bases, whether a test reaches it or not.

use std::path::Path;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use crate::books::books;

/// Every statement of a source text: those that stand whole, and those that are put together of parts that stand in
/// the same text.
fn statements(text: &str) -> Vec<String> {
    let (text, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    let mut found = composed(text);
    found.extend(of_evidence(text));
    for verb in ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "] {
        for (at, _) in text.match_indices(&format!("\"{verb}")) {
            let literal = literal_at(&text[at..]);
            let before = text[..at].trim_end();
            // The beginning of a macro's text: told where it is used.
            if !before.ends_with("concat!(") {
                found.extend(with_parts(text, literal).iter().map(|sql| whole(sql)));
            }
        }
    }
    // What is a part of others by its name begins with it.
    for (at, _) in text.match_indices("format!(\"{") {
        let literal = literal_at(&text[at + 8..]);
        if literal[1..].starts_with(|letter: char| letter.is_ascii_uppercase()) {
            found.extend(with_parts(text, literal).iter().map(|sql| whole(sql)));
        }
    }
    found
}

/// The content of the literal that begins here.
fn literal_at(text: &str) -> &str {
    let rest = &text[1..];
    &rest[..rest.find('"').expect("a text ends")]
}

/// A literal with what stands in its braces: a constant of the same text, or one condition after another.
fn with_parts(text: &str, literal: &str) -> Vec<String> {
    let mut whole = literal.to_owned();
    while let Some((begin, name)) = whole.match_indices('{').find_map(|(at, _)| {
        let name = whole[at + 1..].split('}').next()?;
        (name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase()))
            .then(|| (at, name.to_owned()))
    }) {
        let defined = format!("const {name}: &str =");
        let (_, rest) = text.split_once(&defined).unwrap_or_else(|| panic!("no {name}"));
        let part = literal_at(&rest[rest.find('"').expect("a literal")..]);
        whole.replace_range(begin..begin + name.len() + 2, part);
    }
    if !whole.contains("{}") {
        return vec![whole];
    }
    let (_, rest) = text.split_once("fn condition(").expect("what stands in the braces");
    let body = &rest[..rest.find("\n}").expect("its end")];
    let conditions = body.match_indices("=> \"").map(|(at, _)| literal_at(&body[at + 3..]));
    conditions.map(|condition| whole.replace("{}", condition)).collect()
}

/// What the macros of a text make: literals around one that is given.
fn composed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("macro_rules! ") {
        let rest = &text[at + 13..];
        let name = &rest[..rest.find(' ').expect("a name")];
        let body = &rest[..rest.find("\n}").expect("its end")];
        // Told by `of_evidence`.
        if name == "evidence" {
            continue;
        }
        let Some((_, parts)) = body.split_once("concat!(\n") else { continue };
        if !parts.trim_start().starts_with("\"SELECT") {
            continue;
        }
        let (before, after) =
            (literal_at(parts.trim_start()), parts.rsplit_once('$').expect("a part"));
        let after = after.1.find('"').map_or("", |at| literal_at(&after.1[at..]));
        for (at, _) in text.match_indices(&format!("{name}!(")) {
            let given = &text[at..];
            let given = literal_at(&given[given.find('"').expect("a literal")..]);
            found.push(whole(&format!("{before}{given}{after}")));
        }
        assert!(!found.is_empty(), "{name} is used nowhere");
    }
    found
}

/// How each table of evidence is written and read.
fn of_evidence(text: &str) -> Vec<String> {
    let Some((_, tables)) = text.split_once("\nevidence! {") else { return Vec::new() };
    let tables = &tables[..tables.find("\n}").expect("its end")];
    let mut found = Vec::new();
    for (at, _) in tables.match_indices(" = \"") {
        let name = literal_at(&tables[at + 3..]);
        let columns = &tables[at..][..tables[at..].find('}').expect("its end")];
        let columns: Vec<_> = columns.split('"').skip(3).step_by(2).collect();
        let columns = columns.join(", ");
        found.push(whole(&format!("INSERT INTO {name} (position, {columns}) VALUES $rows")));
        found.push(format!(
            "SELECT position, {columns} FROM {name} WHERE position >= $1 AND position <= $2"
        ));
    }
    found
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
    let own: &[&str] = if postgres {
        &["sqlite_master", "sqlite_"]
    } else {
        &["FOR UPDATE", "to_regclass", "set_config"]
    };
    !own.iter().any(|word| statement.contains(word))
}

#[tokio::test]
async fn every_statement_is_prepared_on_both_data_bases() {
    let mut all = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        all.extend(statements(&text).into_iter().map(|sql| (file.clone(), sql)));
    }
    assert!(all.len() > 280, "only {} statements were found", all.len());
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
