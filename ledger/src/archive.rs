//! A whole book as one file: what is kept when an authority has ended, whatever data base it was on.
//!
//! SQLite, since its format is documented and kept (<https://www.sqlite.org/locrsf.html>), and every program of ours
//! reads it as the book that it is: a verifier judges the copy by itself.

use std::path::Path;

use crate::pool::Access;
use crate::row::Row;
use crate::store::{Store, Value, args};
use crate::{Ledger, LedgerError, Verifying, schema};

/// Rows that are copied at a time.
const PAGE: usize = 250;

/// A table of the schema, as its text has it.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    name: &'static str,
    columns: Vec<(&'static str, Kind)>,
    /// What its rows are told apart by, in this order.
    key: Vec<&'static str>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Octets,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        match word {
            "BIGINT" => Some(Self::Int),
            "TEXT" => Some(Self::Text),
            "BYTEA" => Some(Self::Octets),
            _ => None,
        }
    }
}

/// Every table of the book.
fn tables(schema: &'static str) -> Vec<Table> {
    let lines = schema.lines().map(|line| line.split("--").next().unwrap_or_default().trim());
    let mut tables: Vec<Table> = Vec::new();
    let mut is_open = false;
    for line in lines {
        if let Some(name) = line.strip_prefix("CREATE TABLE ").and_then(|l| l.strip_suffix(" (")) {
            let (columns, key) = (Vec::new(), Vec::new());
            tables.push(Table { name, columns, key });
            is_open = true;
        }
        let Some(table) = tables.last_mut().filter(|_| is_open) else { continue };
        if line.starts_with(");") {
            is_open = false;
        } else if let Some((_, listed)) = line.split_once("PRIMARY KEY (") {
            let listed = listed.split(')').next().unwrap_or_default();
            table.key = listed.split(',').map(str::trim).collect();
        } else if let [name, kind, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
            && let Some(kind) = Kind::of(kind.trim_end_matches(','))
        {
            table.columns.push((name, kind));
            if line.contains("PRIMARY KEY") {
                table.key = vec![name];
            }
        }
    }
    tables
}

impl Table {
    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// The rows after a key, or the first.
    fn page(&self, after: bool) -> String {
        let (names, name, key) = (self.names(), &self.name, self.key.join(", "));
        let places: Vec<String> = (1..=self.key.len()).map(|at| format!("${at}")).collect();
        let condition = match after {
            true => format!(" WHERE ({key}) > ({})", places.join(", ")),
            false => String::new(),
        };
        // Made of the schema's own text, and met by each copy of a book on either data base.
        let read = "SELECT";
        format!("{read} {names} FROM {name}{condition} ORDER BY {key} LIMIT {PAGE}")
    }

    fn insert(&self) -> String {
        let places = vec!["?"; self.columns.len()].join(", ");
        let write = "INSERT INTO";
        format!("{write} {} ({}) VALUES ({places})", self.name, self.names())
    }

    fn values(&self, row: &Row) -> Result<Vec<Value>, LedgerError> {
        let value = |(column, kind): &(&'static str, Kind)| {
            Ok(match kind {
                Kind::Int => Value::Int(row.maybe(column)?),
                Kind::Text => Value::Text(row.maybe(column)?),
                Kind::Octets => Value::Octets(row.maybe(column)?),
            })
        };
        self.columns.iter().map(value).collect()
    }

    fn key_of(&self, values: &[Value]) -> Vec<Value> {
        let of = |name: &&str| {
            let at = self.columns.iter().position(|(column, _)| column == name);
            values[at.expect("a key is of its columns")].clone()
        };
        self.key.iter().map(of).collect()
    }
}

impl Ledger<Verifying> {
    /// Copies every row into a new book at this path, which no file is at yet; gives how many. Whoever changes the
    /// book is to be stopped meanwhile, which nobody asks here; the copy is then judged as any book.
    ///
    /// # Errors
    /// Whatever keeps either from being read or written.
    pub async fn copy_to(&self, path: &Path) -> Result<u64, LedgerError> {
        let address = format!("sqlite:{}", path.display());
        schema::migrate(&address, true).await?;
        let copy = Store::open(&address, Access::Write, None).await?;
        let copied = self.copy_rows(&copy).await;
        // One file, which can be read where nothing can be written.
        let one_file = copy.be_one_file().await;
        copy.close().await;
        copied.and_then(|copied| one_file.map(|()| copied))
    }

    async fn copy_rows(&self, copy: &Store) -> Result<u64, LedgerError> {
        let mut copied = 0;
        for table in tables(schema::TABLES) {
            let mut tx = copy.begin().await?;
            // The one row that a new book has.
            let empty = "DELETE FROM";
            tx.execute(format!("{empty} {}", table.name), args![]).await?;
            tx.commit().await?;
            let mut after: Option<Vec<Value>> = None;
            loop {
                let sql = table.page(after.is_some());
                let rows = self.store.rows(sql, after.unwrap_or_default()).await?;
                let mut tx = copy.begin().await?;
                after = None;
                for row in &rows {
                    let values = table.values(row)?;
                    after = Some(table.key_of(&values));
                    tx.execute(table.insert(), values).await?;
                }
                tx.commit().await?;
                copied += rows.len() as u64;
                if rows.len() < PAGE {
                    break;
                }
            }
        }
        Ok(copied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_schema_is_read_with_all_its_columns_and_a_key() {
        let tables = tables(schema::TABLES);
        let created = schema::TABLES.matches("\nCREATE TABLE ").count();
        assert_eq!(tables.len(), created);
        for table in &tables {
            assert!(!table.key.is_empty(), "{} has no key", table.name);
            let (_, text) =
                schema::TABLES.split_once(&format!("\nCREATE TABLE {} (", table.name)).unwrap();
            let text = text.split("\n);").next().unwrap();
            let kinds = ["BIGINT", "TEXT", "BYTEA"].map(|kind| {
                let code = text.lines().map(|line| line.split("--").next().unwrap());
                code.map(|line| line.matches(&format!(" {kind}")).count()).sum::<usize>()
            });
            assert_eq!(table.columns.len(), kinds.iter().sum::<usize>(), "{table:?}");
        }
    }
}
