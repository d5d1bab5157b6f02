//! Many rows in one statement: where certificates are issued by the thousand, the number of statements
//! is what costs.
//!
//! Lengths are powers of two, so that few texts are prepared and all of them stay prepared.

use std::borrow::Cow;

use crate::store::Value;

/// Rows of one statement, at most.
pub(crate) const MOST: usize = 64;

/// What stands for the list of keys in a statement that reads.
const KEYS: &str = "$keys";

/// How the places of arguments are written. SQLite looks numbered ones up in a list, which takes
/// longer than the statement when there are hundreds; PostgreSQL knows no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// `$1, $2`
    Numbered,
    /// `?, ?`
    Plain,
}

impl Places {
    fn list(self, first: usize, length: usize) -> String {
        let place = |place| match self {
            Self::Numbered => format!("${place}"),
            Self::Plain => "?".to_owned(),
        };
        (first..first + length).map(place).collect::<Vec<_>>().join(", ")
    }
}

/// Statements that read the rows of these keys. `sql` says `IN ($keys)` once and has no other
/// argument.
pub(crate) fn reading(
    sql: &'static str,
    places: Places,
    keys: impl IntoIterator<Item = Value>,
) -> impl Iterator<Item = (Cow<'static, str>, Vec<Value>)> {
    debug_assert!(sql.contains(KEYS));
    let keys: Vec<Value> = keys.into_iter().collect();
    let chunks: Vec<Vec<Value>> = keys.chunks(MOST).map(<[Value]>::to_vec).collect();
    chunks.into_iter().map(move |mut keys| {
        // The last key again and again harms nobody.
        let last = keys.last().expect("a chunk has a key").clone();
        keys.resize(keys.len().next_power_of_two(), last);
        (Cow::Owned(sql.replace(KEYS, &places.list(1, keys.len()))), keys)
    })
}

/// Statements that write these rows. `sql` says `VALUES $rows` once.
pub(crate) fn writing(
    sql: &'static str,
    places: Places,
    rows: Vec<Vec<Value>>,
) -> impl Iterator<Item = (Cow<'static, str>, Vec<Value>)> {
    let mut rows = rows.into_iter().peekable();
    let mut left = rows.len();
    std::iter::from_fn(move || {
        let width = rows.peek()?.len();
        let length = MOST.min(1 << left.ilog2());
        left -= length;
        let tuples: Vec<String> =
            (0..length).map(|row| format!("({})", places.list(row * width + 1, width))).collect();
        let values = rows.by_ref().take(length).flatten().collect();
        Some((Cow::Owned(sql.replace("$rows", &tuples.join(", "))), values))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::args;

    const SQL: &str = "INSERT INTO t (a, b) VALUES $rows";

    #[test]
    fn keys_are_read_in_statements_of_few_lengths() {
        let keys = (0..67).map(|key| Value::from(key as i64));
        let statements: Vec<_> =
            reading("SELECT a FROM t WHERE k IN ($keys)", Places::Numbered, keys).collect();
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[1].0, "SELECT a FROM t WHERE k IN ($1, $2, $3, $4)");
        assert_eq!(statements[1].1.len(), 4);
    }

    #[test]
    fn every_row_is_written_once() {
        let rows: Vec<_> = (0..7).map(|row| args![row as i64, "x"]).collect();
        let statements: Vec<_> = writing(SQL, Places::Numbered, rows.clone()).collect();
        let lengths: Vec<_> = statements.iter().map(|(_, values)| values.len() / 2).collect();
        assert_eq!(lengths, [4, 2, 1]);
        assert_eq!(statements[1].0, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
        let plain: Vec<_> = writing(SQL, Places::Plain, rows).collect();
        assert_eq!(plain[1].0, "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
    }
}
