//! A book of another time: whoever it excludes goes away with a sentence and leaves it as it is; only a
//! migration changes it, one at a time.

use std::process::Command;
use std::time::Duration;

use akashi_ledger::{
    Issuing, Ledger, LedgerError, Listing, Publishing, Responding, Verifying, migrate,
};
use sqlx::{Connection as _, PgConnection};

use crate::books::{self, books};
use crate::statements::run;

/// A book of before its first step, with nothing but the table of steps.
const NO_STEP_YET: &str = "CREATE TABLE schema_step (number BIGINT PRIMARY KEY, \
                           checksum BYTEA NOT NULL, oldest_program BIGINT NOT NULL)";

/// Everything in it, as the tools of the data base tell it.
fn whole(address: &str) -> String {
    let output = match address.strip_prefix("sqlite:") {
        Some(file) => Command::new("sqlite3").args([file, ".dump"]).output(),
        // A number of each dump's own stands in lines that begin so.
        None => Command::new("pg_dump").args(["--inserts", address]).output(),
    };
    let output = output.expect("sqlite3 and pg_dump are installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines =
        text.lines().filter(|l| !l.starts_with("\\restrict") && !l.starts_with("\\unrestrict"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What every role is told that opens it.
async fn opened(address: &str) -> Vec<Result<(), LedgerError>> {
    async fn one<R: akashi_ledger::BookRole>(address: &str) -> Result<(), LedgerError> {
        Ledger::<R>::open(address).await?.close().await;
        Ok(())
    }
    vec![
        one::<Issuing>(address).await,
        one::<Listing>(address).await,
        one::<Responding>(address).await,
        one::<Publishing>(address).await,
        one::<Verifying>(address).await,
    ]
}

#[tokio::test]
async fn a_book_that_excludes_a_program_is_left_as_it_is_by_every_role_and_by_a_migration() {
    type IsIt = fn(&LedgerError) -> bool;
    let cases: [(&str, IsIt, &str); 3] = [
        (
            "UPDATE schema_step SET oldest_program = 1000",
            |error| matches!(error, LedgerError::NewerBook { number: 1 }),
            "use a newer one",
        ),
        (
            "UPDATE schema_step SET checksum = (SELECT hash FROM chain_head)",
            |error| matches!(error, LedgerError::OtherSchema { number: 1 }),
            "changed by hand",
        ),
        (
            "DROP TABLE schema_step",
            |error| matches!(error, LedgerError::BeforeRelease),
            "before the first release",
        ),
    ];
    for (change, is_it, word) in cases {
        for book in books().await {
            book.ledger.close().await;
            run(&book.address, change).await.unwrap();
            let before = whole(&book.address);
            let mut told = opened(&book.address).await;
            told.push(migrate(&book.address).await.map(|_| ()));
            for refused in told {
                let error = refused.expect_err(change);
                assert!(is_it(&error), "{change}: {error:?}");
                assert!(error.to_string().contains(word), "{error}");
            }
            assert!(whole(&book.address) == before, "{change}: it was changed");
        }
    }
}

#[tokio::test]
async fn a_book_whose_schema_is_behind_is_migrated_by_nobody_who_opens_it() {
    for address in unmigrated().await {
        let before = whole(&address.0);
        for refused in opened(&address.0).await {
            let error = refused.expect_err("behind");
            assert!(matches!(error, LedgerError::OlderBook { number: 0, .. }), "{error:?}");
            assert!(error.to_string().contains("akashi migrate"), "{error}");
        }
        assert!(whole(&address.0) == before, "{}: it was changed", address.0);
        assert_eq!(migrate(&address.0).await.unwrap(), (0, 1));
        // Nobody has founded an authority in it, but every role may look.
        for looked in opened(&address.0).await {
            looked.unwrap();
        }
        let after = whole(&address.0);
        assert_eq!(migrate(&address.0).await.unwrap(), (1, 1), "nothing to do");
        assert!(whole(&address.0) == after);
    }
}

#[tokio::test]
async fn of_two_that_migrate_at_once_one_waits_for_the_other() {
    for _ in 0..4 {
        for address in unmigrated().await {
            let (one, other) = tokio::join!(migrate(&address.0), migrate(&address.0));
            let mut told = [one.unwrap(), other.unwrap()];
            told.sort();
            assert_eq!(told, [(0, 1), (1, 1)], "{}", address.0);
        }
    }
}

#[tokio::test]
async fn no_migration_waits_for_a_lock_that_everybody_may_take() {
    let address = unmigrated().await.remove(1).0;
    let mut held = PgConnection::connect(&address).await.unwrap();
    let every = "SELECT pg_advisory_lock(n) FROM generate_series(0, 9000) n";
    sqlx::raw_sql(every).execute(&mut held).await.unwrap();
    let migrated = tokio::time::timeout(Duration::from_secs(30), migrate(&address)).await;
    assert_eq!(migrated.expect("it waits").unwrap(), (0, 1));
    held.close().await.unwrap();
}

/// Books of before their first step, one on each data base.
async fn unmigrated() -> Vec<(String, Option<tempfile::TempDir>)> {
    // The roles are of a whole server, and the first book of all makes them.
    for book in books().await {
        book.ledger.close().await;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("book.sqlite");
    std::fs::File::create(&file).unwrap();
    let file = format!("sqlite:{}", file.display());
    let all = vec![(file, Some(dir)), (books::postgres(), None)];
    // As every book of ours is.
    run(&all[0].0, "PRAGMA journal_mode = WAL").await.unwrap();
    for (address, _) in &all {
        run(address, NO_STEP_YET).await.unwrap();
    }
    let granted = "GRANT SELECT ON schema_step TO akashi_authority, akashi_list_issuer, \
                   akashi_repository, akashi_responder, akashi_verifier";
    run(&all[1].0, granted).await.unwrap();
    all
}
