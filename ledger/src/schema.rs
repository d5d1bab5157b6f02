//! The schema of the book: its number, the oldest program that may use it, and the steps to it.
//!
//! Only `akashi init` and `akashi migrate` change it, under a lock; every other program looks and,
//! where it is excluded, goes away without having written anything.

use akashi_wire::octets::Sha256;

use crate::LedgerError;
use crate::pool::{Access, Pools};
use crate::row::Row;
use crate::store::{Store, args};

/// What this program understands of a book: raised by a change of meaning that an older program would
/// not notice.
const PROGRAM: i64 = 1;

/// Every table, as the steps make them: a step that makes another is one more of these.
pub(crate) const TABLES: &str = include_str!("../schema/0001_book.sql");

/// The steps, in order; the place in this list is the schema's number.
const STEPS: &[Step] = &[Step {
    both: TABLES,
    postgres: include_str!("../schema/0001_book.postgres.sql"),
    oldest_program: 1,
}];

/// One step of the schema.
struct Step {
    both: &'static str,
    /// How rows lie on the disk, and who may do what: where only PostgreSQL can be told.
    postgres: &'static str,
    /// The oldest program that may use a book after this step.
    oldest_program: i64,
}

impl Step {
    fn checksum(&self) -> Sha256 {
        Sha256::of(&[self.both.as_bytes(), self.postgres.as_bytes()].concat())
    }
}

const TABLE: &str = "CREATE TABLE schema_step (
    number         BIGINT PRIMARY KEY,
    checksum       BYTEA  NOT NULL,
    oldest_program BIGINT NOT NULL
)";

/// What a book says of its schema.
struct Found {
    number: i64,
    oldest_program: i64,
    checksums: Vec<Vec<u8>>,
}

impl Found {
    fn read(rows: &[Row]) -> Result<Self, LedgerError> {
        let mut found = Self { number: 0, oldest_program: 0, checksums: Vec::new() };
        for row in rows {
            found.number = row.get("number")?;
            found.checksums.push(row.get("checksum")?);
            found.oldest_program = row.get("oldest_program")?;
        }
        Ok(found)
    }

    /// Whether the steps that were taken are those that this program knows.
    fn check(&self) -> Result<(), LedgerError> {
        if self.oldest_program > PROGRAM {
            return Err(LedgerError::NewerBook { number: self.number });
        }
        for (number, (found, step)) in (1..).zip(self.checksums.iter().zip(STEPS)) {
            if *found != step.checksum().0 {
                return Err(LedgerError::OtherSchema { number });
            }
        }
        Ok(())
    }
}

const READ: &str = "SELECT number, checksum, oldest_program FROM schema_step ORDER BY number";

/// Whether a table is there, by the data base's own catalogue.
async fn has_table(store: &Store, name: &'static str) -> Result<bool, LedgerError> {
    let sql = match &store.pools {
        Pools::Sqlite { .. } => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
        Pools::Postgres { .. } => "SELECT 1 WHERE to_regclass($1) IS NOT NULL",
    };
    Ok(!store.rows(sql, args![name]).await?.is_empty())
}

/// Whether this program may use the book. Writes nothing.
pub(crate) async fn check(store: &Store) -> Result<(), LedgerError> {
    if !has_table(store, "schema_step").await? {
        return Err(match has_table(store, "chain_head").await? {
            true => LedgerError::BeforeRelease,
            false => LedgerError::NoAuthority,
        });
    }
    let found = Found::read(&store.rows(READ, args![]).await?)?;
    found.check()?;
    if (found.number as usize) < STEPS.len() {
        return Err(LedgerError::OlderBook { number: found.number, known: STEPS.len() as i64 });
    }
    Ok(())
}

/// Takes the steps that are missing, all of them or none; gives the numbers before and after.
///
/// Two that migrate at once are told apart by the data base: one waits for the other and finds nothing
/// left to do, or, where both would make a new book, fails.
pub(crate) async fn migrate(address: &str, create: bool) -> Result<(i64, i64), LedgerError> {
    let access = if create { Access::Create } else { Access::Write };
    let store = Store::open(address, access, None).await?;
    let migrated = take_steps(&store).await.map_err(no_owner);
    store.close().await;
    migrated
}

/// Tells a login that may not change the schema from a server that is out of reach.
fn no_owner(error: LedgerError) -> LedgerError {
    let told = match &error {
        LedgerError::Unreachable(sqlx::Error::Database(told)) => told.code(),
        _ => None,
    };
    // insufficient_privilege.
    if told.as_deref() == Some("42501") { LedgerError::NotOwner } else { error }
}

async fn take_steps(store: &Store) -> Result<(i64, i64), LedgerError> {
    let is_postgres = matches!(store.pools, Pools::Postgres { .. });
    let mut tx = store.begin().await?;
    if !has_table(store, "schema_step").await? {
        if has_table(store, "chain_head").await? {
            return Err(LedgerError::BeforeRelease);
        }
        tx.script(TABLE).await?;
        if is_postgres {
            tx.script("REVOKE ALL ON schema_step FROM PUBLIC").await?;
        }
    }
    let found = Found::read(&tx.rows(READ, args![]).await?)?;
    if found.number == STEPS.len() as i64 {
        found.check()?;
        return Ok((found.number, found.number));
    }
    if is_postgres {
        // Held to the end of the transaction, and not an advisory lock: those are everybody's, and a
        // role that only reads could keep one for ever.
        tx.script("LOCK TABLE schema_step IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    let found = Found::read(&tx.rows(READ, args![]).await?)?;
    found.check()?;
    for (number, step) in (1..).zip(STEPS).skip(found.number as usize) {
        tx.script(step.both).await?;
        if is_postgres {
            tx.script(step.postgres).await?;
        }
        tx.execute(
            "INSERT INTO schema_step (number, checksum, oldest_program) VALUES ($1, $2, $3)",
            args![number as i64, &step.checksum().0, step.oldest_program],
        )
        .await?;
    }
    if is_postgres {
        tx.script(
            "GRANT SELECT ON schema_step TO akashi_authority, akashi_list_issuer, \
             akashi_repository, akashi_responder, akashi_verifier",
        )
        .await?;
    }
    tx.commit().await?;
    Ok((found.number, STEPS.len() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(oldest_program: i64, checksum: [u8; 32]) -> Found {
        Found { number: 1, oldest_program, checksums: vec![checksum.to_vec()] }
    }

    #[test]
    fn a_book_that_excludes_this_program_is_left_alone() {
        let sound = STEPS[0].checksum().0;
        assert!(found(PROGRAM, sound).check().is_ok());
        let newer = found(PROGRAM + 1, sound).check();
        assert!(matches!(newer, Err(LedgerError::NewerBook { number: 1 })));
    }

    #[test]
    fn a_step_that_was_taken_in_another_form_is_noticed() {
        let other = found(PROGRAM, [7; 32]).check();
        assert!(matches!(other, Err(LedgerError::OtherSchema { number: 1 })));
    }
}
