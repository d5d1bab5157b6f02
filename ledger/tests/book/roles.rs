//! What each role of the data base may do, tried as an intruder would: with a login and plain SQL.

use std::time::Duration;

use akashi_ledger::{
    Issuing, Ledger, LedgerError, Listing, Position, Publishing, Responding, Verifying,
};

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::books::{Book, books};
use crate::statements::run;

/// The book on PostgreSQL.
async fn book() -> Book {
    books().await.pop().unwrap()
}

/// The address of a new login that is a member of this role, or of none.
async fn login(book: &Book, role: Option<&str>) -> String {
    let name = format!("login_{:032x}", rand::random::<u128>());
    let member = role.map_or_else(String::new, |role| format!("IN ROLE {role}"));
    run(&book.address, &format!("CREATE ROLE {name} LOGIN {member}")).await.unwrap();
    book.address.replacen("akashi@", &format!("{name}@"), 1)
}

const ROLES: [&str; 5] = [
    "akashi_authority",
    "akashi_list_issuer",
    "akashi_repository",
    "akashi_responder",
    "akashi_verifier",
];

/// Every table of the book.
fn tables() -> Vec<&'static str> {
    include_str!("../../schema/0001_book.sql")
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.strip_suffix(" ("))
        .collect()
}

/// What a role may do with a table, from the page that says so (docs/architecture.md): nothing else.
fn may(role: &str, verb: &str, table: &str) -> bool {
    let reads: &[&str] = match role {
        "akashi_list_issuer" => &[
            "authority",
            "founding_signature",
            "distribution_point",
            "enrolment",
            "party_key",
            "status",
            "crl",
            "crl_published",
            "chain_head",
            "clock_trust",
            "clock_back",
            "audit_signature",
        ],
        "akashi_repository" => &[
            "authority",
            "founding_signature",
            "distribution_point",
            "enrolment",
            "party_key",
            "term",
            "dismissal",
            "suspension",
            "lifting",
            "crl",
            "crl_published",
            "chain_head",
            "clock_trust",
            "clock_back",
            "audit_signature",
        ],
        "akashi_responder" => &[
            "authority",
            "founding_signature",
            "enrolment",
            "party_key",
            "term",
            "dismissal",
            "suspension",
            "lifting",
            "status",
            "responder_certificate",
            "responder_time",
            "chain_head",
            "clock_trust",
            "clock_back",
            "audit_signature",
        ],
        _ => return verb == "SELECT",
    };
    if verb == "SELECT" {
        return reads.contains(&table);
    }
    let inquiries = ["inquiry", "inquiry_new"].contains(&table);
    match role {
        "akashi_responder" => {
            verb == "INSERT" && inquiries
                || ["INSERT", "UPDATE", "LOCK"].contains(&verb) && table == "responder_time"
        }
        "akashi_repository" => verb == "INSERT" && inquiries,
        _ => false,
    }
}

#[tokio::test]
async fn a_role_reads_and_writes_what_the_page_says_and_nothing_else() {
    let book = book().await;
    assert!(tables().len() > 35);
    for role in &ROLES[1..] {
        let login = login(&book, Some(role)).await;
        for table in tables() {
            for (verb, sql) in [
                ("SELECT", format!("SELECT 1 FROM {table} LIMIT 0")),
                ("INSERT", format!("INSERT INTO {table} SELECT * FROM {table} WHERE false")),
                ("UPDATE", format!("UPDATE {table} SET {} WHERE false", same(&book, table).await)),
                ("DELETE", format!("DELETE FROM {table} WHERE false")),
                ("TRUNCATE", format!("TRUNCATE {table}")),
                ("LOCK", format!("BEGIN; LOCK TABLE {table} IN SHARE MODE; ROLLBACK")),
            ] {
                let done = granted(&login, verb, table, &sql).await;
                assert_eq!(done, may(role, verb, table), "{role}: {sql}");
            }
        }
    }
}

/// Sets a column to itself.
async fn same(book: &Book, table: &str) -> String {
    let column = &crate::statements::columns(&book.address, table).await[0].0;
    format!("{column} = {column}")
}

/// Whether the data base lets a login do this. A right to add is asked of the catalogue: the statement
/// that tries it would have to read too.
async fn granted(login: &str, verb: &str, table: &str, sql: &str) -> bool {
    let has = format!("SELECT has_table_privilege('{table}', '{verb}')::text");
    if verb == "INSERT" {
        return run(login, &has).await.unwrap() == "true";
    }
    match run(login, sql).await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.contains("permission denied"), "{sql}: {error}");
            verb != "LOCK" && run(login, &has).await.unwrap() == "true"
        }
    }
}

#[tokio::test]
async fn the_authority_adds_to_evidence_and_alters_and_deletes_none_of_it() {
    let book = book().await;
    let login = login(&book, Some("akashi_authority")).await;
    // By hand, and not from the grants.
    let evidence = [
        "authority",
        "distribution_point",
        "responder_key",
        "responder_certificate",
        "offline_use",
        "audit",
        "audit_signature",
        "status",
        "certificate",
        "certificate_file",
        "request",
        "enrolment",
        "party_key",
        "term",
        "recovery",
        "recovery_ended",
        "dismissal",
        "batch",
        "crl",
        "crl_published",
        "inquiry_entered",
        "card",
        "founding_signature",
        "suspension",
        "lifting",
        "proposal",
        "countersignature",
        "content_key",
        "deletion",
        "responder_replaced",
        "clock_doubt",
        "clock_trust",
        "clock_back",
        "time_word",
        "audit_content",
        "handover",
    ];
    assert_eq!(evidence.len(), crate::evidence::tables().len() + 2, "a table has changed its side");
    for table in evidence {
        let same = same(&book, table).await;
        for sql in [
            format!("UPDATE {table} SET {same} WHERE false"),
            format!("DELETE FROM {table} WHERE false"),
            format!("TRUNCATE {table}"),
        ] {
            let refused = run(&login, &sql).await.unwrap_err();
            assert!(refused.contains("permission denied"), "{sql}: {refused}");
        }
    }
    for sql in [
        "CREATE TABLE own (one BIGINT)",
        "DROP TABLE status",
        "DELETE FROM inquiry",
        "UPDATE schema_step SET number = 7",
        "ALTER TABLE status ADD COLUMN x TEXT",
    ] {
        run(&login, sql).await.unwrap_err();
    }
}

#[tokio::test]
async fn nobody_but_the_authority_can_keep_it_from_writing() {
    let book = book().await;
    let permit = book.revoking().await;
    for role in &ROLES[1..] {
        let login = login(&book, Some(role)).await;
        for sql in [
            "SELECT * FROM chain_head FOR UPDATE",
            "SELECT * FROM chain_head FOR KEY SHARE",
            "BEGIN; LOCK TABLE audit IN SHARE MODE",
            "BEGIN; LOCK TABLE schema_step IN SHARE MODE",
        ] {
            let refused = run(&login, sql).await.unwrap_err();
            // A role that may not even read it is told so first.
            assert!(refused.contains("permission denied"), "{role}: {sql}: {refused}");
        }
        // Advisory locks are everybody's: so nothing of the book waits for one.
        let mut held = PgConnection::connect(&login).await.unwrap();
        let every = "SELECT pg_advisory_lock(n) FROM generate_series(0, 9000) n";
        sqlx::raw_sql(every).execute(&mut held).await.unwrap();
        let unhindered = async {
            let mut change = book.begin(&permit).await;
            change.append("note", role, None).await.unwrap();
            change.commit().await.unwrap();
            akashi_ledger::migrate(&book.address).await.unwrap();
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), unhindered).await;
        waited.expect("nothing waits for a lock that everybody may take");
        held.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_program_that_logs_in_as_another_role_is_told_which_it_must_be() {
    let book = book().await;
    let responder = login(&book, Some("akashi_responder")).await;
    let nobody = login(&book, None).await;
    for address in [&responder, &nobody] {
        let refused = Ledger::<Issuing>::open(address).await.unwrap_err();
        let role = "akashi_authority";
        assert!(
            matches!(refused, LedgerError::NotThisRole { role: told } if told == role),
            "{refused}"
        );
        assert!(refused.to_string().contains("GRANT akashi_authority"), "{refused}");
    }
    Ledger::<Responding>::open(&responder).await.unwrap();
    let authority = login(&book, Some("akashi_authority")).await;
    let ledger = Ledger::<Issuing>::open(&authority).await.unwrap();
    assert!(ledger.head().await.unwrap() > Position(0));
}

#[tokio::test]
async fn every_role_plays_its_own_role_even_where_the_login_may_do_everything() {
    let book = book().await;
    // The owner of the book logs in; the session still has no more than its role.
    let read = [
        Ledger::<Listing>::open(&book.address).await.unwrap().verify_audit().await,
        Ledger::<Responding>::open(&book.address).await.unwrap().verify_audit().await,
        Ledger::<Publishing>::open(&book.address).await.unwrap().verify_audit().await,
    ];
    for read in read {
        let refused = read.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{refused}");
    }
    Ledger::<Verifying>::open(&book.address).await.unwrap().verify_audit().await.unwrap();
}

#[tokio::test]
async fn opening_a_book_writes_nothing_and_readers_need_no_session_that_could() {
    for book in books().await {
        if book.address.starts_with("postgres:") {
            let (_, rest) = book.address.rsplit_once('/').unwrap();
            let name = match book.address.contains("host=") {
                true => book.address.rsplit_once("/book_").unwrap().1.split('?').next().unwrap(),
                false => rest,
            };
            let sql = format!("ALTER DATABASE book_{name} SET default_transaction_read_only = on");
            run(&book.address, &sql).await.unwrap();
        }
        // What was written lately stands in the log beside the file, which the open book keeps.
        let octets = || {
            let file = book.address.strip_prefix("sqlite:")?;
            Some([file.to_owned(), format!("{file}-wal")].map(|file| std::fs::read(file).unwrap()))
        };
        let before = octets();
        Ledger::<Issuing>::open(&book.address).await.unwrap().close().await;
        Ledger::<Responding>::open(&book.address).await.unwrap().close().await;
        Ledger::<Publishing>::open(&book.address).await.unwrap().close().await;
        Ledger::<Listing>::open(&book.address).await.unwrap().close().await;
        let verifier = Ledger::<Verifying>::open(&book.address).await.unwrap();
        verifier.verify_audit().await.unwrap();
        verifier.close().await;
        assert_eq!(before, octets());
    }
}

#[tokio::test]
async fn a_password_is_never_repeated() {
    for address in [
        "postgres://user:hunter2@localhost/book?sslmode=nonsense",
        "postgres://user:hunter2@db.example/book",
        "postgres://user@db.example/book?password=hunter2",
        "postgres://user:hun/hunter2@db.example/book",
        "postgres://user:hunter2?x@db.example/book",
        "postgres://user:hunter2#x@db.example/book",
        "postgres://user:hunter2@127.0.0.1:1/book",
        "mysql://user:hunter2@localhost/book",
    ] {
        let refused = Ledger::<Verifying>::open(address).await.unwrap_err();
        let told = format!("{refused} {refused:?}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert_eq!(akashi_ledger::shown("postgres://u:pa@ss@h/b"), "postgres://u@h/b");
}

#[tokio::test]
async fn a_server_on_another_host_is_not_asked_without_a_word_on_tls() {
    for (address, is_refused) in [
        ("postgres://u@db.example/book", true),
        ("postgres://u@192.0.2.1:5432/book?application_name=x", true),
        ("postgresql://u@[2001:db8::1]/book", true),
        ("postgres://u@db.example/book?sslmode=prefer", true),
        ("postgres://u@db.example/book?application_name=x?sslmode=verify-full", true),
        ("postgres://u@nowhere.invalid:1/book?ssl-mode=verify-full", false),
        ("postgres://u@127.0.0.1:1/book", false),
        ("postgres://u@[::1]:1/book", false),
        ("postgres://u@localhost:1/book?sslmode=disable", false),
        ("postgres://u@nowhere.invalid:1/book?sslmode=verify-full", false),
        ("postgres://u@localhost/book?host=/nowhere", false),
    ] {
        let error = Ledger::<Verifying>::open(address).await.unwrap_err();
        let untold = matches!(error, LedgerError::TlsNotStated(_));
        assert_eq!(untold, is_refused, "{address}: {error}");
    }
}

#[tokio::test]
async fn whoever_owns_a_data_base_makes_a_book_in_it_and_the_authority_needs_its_role_alone() {
    let server = book().await.address;
    let name = format!("owner_{:032x}", rand::random::<u128>());
    run(&server, &format!("CREATE ROLE {name} LOGIN")).await.unwrap();
    run(&server, &format!("CREATE DATABASE {name} OWNER {name}")).await.unwrap();
    let (front, query) = server.split_once('?').unwrap();
    let (host, _) = front.rsplit_once('/').unwrap();
    let at =
        |login: &str| format!("{host}/{name}?{query}").replacen("akashi@", &format!("{login}@"), 1);
    // Not even one who may make no roles needs more than that they are there.
    Ledger::<Issuing>::create(&at(&name)).await.unwrap().close().await;
    let refused = Ledger::<Issuing>::open(&at(&name)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::NotThisRole { .. }), "{refused}");
    let login = format!("authority_{:032x}", rand::random::<u128>());
    run(&server, &format!("CREATE ROLE {login} LOGIN IN ROLE akashi_authority")).await.unwrap();
    Ledger::<Issuing>::open(&at(&login)).await.unwrap().close().await;
    assert_eq!(akashi_ledger::migrate(&at(&login)).await.unwrap(), (1, 1), "nothing to do");
    // Who owns nothing is told who must.
    let empty = format!("empty_{:032x}", rand::random::<u128>());
    run(&server, &format!("CREATE DATABASE {empty} OWNER {name}")).await.unwrap();
    let there = at(&login).replacen(&format!("/{name}?"), &format!("/{empty}?"), 1);
    let refused = Ledger::<Issuing>::create(&there).await.unwrap_err();
    assert!(matches!(refused, LedgerError::NotOwner), "{refused}");
}
