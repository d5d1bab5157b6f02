//! Rows of evidence are bound to the chain: none can be altered, lost or added unseen.

use akashi_keys::OfficerToken;
use akashi_ledger::{
    Here, Inquiry, Ledger, LedgerError, OfflineUse, Position, Publishing, RecordedRequest,
    Recording, Registered, ResponderCertificate, Scope,
};
use akashi_wire::act::{Deed, PartyId, RequestId, Suspension};
use akashi_wire::clock::Doubt;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::{Order, RevocationReason, SerialNumber};
use jiff::{SignedDuration, ToSpan};

use crate::books::{Book, books, town};
use crate::statements::{columns, run};

/// The tables that the authority may only add to, by what the data base grants: the chain's own two
/// are not bound to it by a digest.
pub fn tables() -> Vec<&'static str> {
    let grants = include_str!("../../schema/0001_book.postgres.sql");
    let (_, rest) = grants.split_once("GRANT SELECT, INSERT ON").unwrap();
    let (list, _) = rest.split_once(" TO akashi_authority").unwrap();
    let tables = list.split(',').map(str::trim);
    tables.filter(|table| !["audit", "audit_signature"].contains(table)).collect()
}

/// Something of everything that is kept as evidence.
async fn busy(book: &Book) {
    issued_revoked_and_listed(book).await;
    parties_and_requests(book).await;
    received(book).await;
    crate::recovery::asked_and_stopped(book).await;
    let other = stopped_and_lifted(book).await;
    deleted(book).await;
    in_doubt(book).await;
    brought_back(book, &other).await;
    for table in tables() {
        let rows = run(&book.address, &format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await;
        assert_ne!(rows.unwrap(), "0", "{table} holds nothing that could be altered");
    }
}

/// A clock in doubt, and trusted again.
async fn in_doubt(book: &Book) {
    let mut change = book.begin(&book.order(Order::DoubtClock).await).await;
    let ahead = SignedDuration::from_secs(-3);
    change.doubt_clock(&Doubt::Unwitnessed { ahead }).await.unwrap();
    change.commit().await.unwrap();
    let mut change = book.begin(&book.order(Order::TrustClock).await).await;
    change.trust_clock(SignedDuration::from_secs(5)).await.unwrap();
    change.commit().await.unwrap();
}

/// A time that had not come, brought back.
async fn brought_back(book: &Book, other: &OfficerToken) {
    let later = book.now + 480.hours();
    let sign = |octets: &[u8]| book.scheduler.sign(octets);
    let by = book.scheduler.certificate();
    let permit = book.ledger.order(Order::DoubtClock, by, later, sign).await.unwrap();
    let mut change = book.ledger.begin(&permit, later).await.unwrap();
    change.append("nothing", "", None).await.unwrap();
    change.commit().await.unwrap();
    let (boot, since_boot) = (Sha256([7; 32]), std::time::Duration::ZERO);
    let here = Here { boot, since_boot, wall: book.now };
    crate::brought_back::brought_back(book, other, &here, None).await;
}

/// A responder certified, a party dismissed, and the answer to a request.
async fn parties_and_requests(book: &Book) {
    let public_key = vec![4; 91];
    let wish = Order::AskForCertificate {
        generation: 1,
        public_key: Octets(public_key.clone()),
        in_place_of: Vec::new(),
    };
    let mut change = book.begin(&book.order(wish).await).await;
    assert!(change.ask_for_certificate(1, &public_key, &[Octets(vec![5; 91])]).await.unwrap());
    change.commit().await.unwrap();
    let mut change = book.begin(&book.order(Order::CertifyResponders).await).await;
    let new = ResponderCertificate {
        serial: SerialNumber::from_random([9; 16]),
        public_key,
        certificate: vec![1, 2, 3],
        not_before: book.now,
        not_after: book.now + 720.hours(),
    };
    change.file_responder(1, &new).await.unwrap();
    change.commit().await.unwrap();
    let party = PartyId::from_random([3; 16]);
    let dismiss = Deed::Dismiss { party, why: String::new() };
    let mut change = book.begin(&book.act(&book.security, dismiss).await).await;
    change.dismiss(party).await.unwrap();
    let done = RecordedRequest {
        request: RequestId::from_random([5; 16]),
        party: PartyId::from_random([2; 16]),
        digest: Sha256([5; 32]),
        sealed_answer: b"sealed".to_vec(),
    };
    change.record_request(&done).await.unwrap();
    change.commit().await.unwrap();
}

/// Something suspended and lifted by two, where there is one security officer and then two.
async fn stopped_and_lifted(book: &Book) -> OfficerToken {
    let what = Suspension::Counter { municipality: town() };
    let stop = Deed::Suspend { what, why: String::new() };
    let mut change = book.begin(&book.act(&book.security, stop).await).await;
    change.suspend(what).await.unwrap();
    change.commit().await.unwrap();
    let lift = Deed::Lift { what, why: String::new() };
    let waiting = crate::two_persons::signed(&book.security, 70, lift, book.now);
    let (_, digest) = crate::two_persons::proposed(book, &waiting).await;
    let other = crate::two_persons::another(book).await;
    let second = crate::two_persons::second(book, (&other, 71), &waiting, (digest, book.now));
    let mut change = second.await.unwrap();
    change.lift(what).await.unwrap();
    change.commit().await.unwrap();
    // And a municipality that another takes up, by the same two.
    let to = "131016".parse().unwrap();
    let role = Role::Source { municipality: to };
    crate::two_persons::enrolled_by_two(book, &other, 9, role).await;
    let hand_over = Deed::HandOver { from: town(), to, why: String::new() };
    let waiting = crate::two_persons::signed(&book.security, 72, hand_over, book.now);
    let (_, digest) = crate::two_persons::proposed(book, &waiting).await;
    let second = crate::two_persons::second(book, (&other, 73), &waiting, (digest, book.now));
    let mut change = second.await.unwrap();
    change.hand_over(town(), to).await.unwrap();
    change.commit().await.unwrap();
    other
}

/// A month whose content is deleted, and the key of one.
async fn deleted(book: &Book) {
    let month = "2026-04".parse().unwrap();
    let mut change = book.begin(&book.order(Order::DeleteContent { month }).await).await;
    assert!(change.delete_content(month).await.unwrap());
    change.commit().await.unwrap();
    let mut change = book.begin(&book.order(Order::RecordContentKeys).await).await;
    change.record_content_key(month, [1; 16]).await.unwrap();
    change.commit().await.unwrap();
}

/// A delivery of cards, a use of the municipality's token, and what an agency asked.
async fn received(book: &Book) {
    let cards = Deed::RegisterCards { lot: "A".into(), model: "M".into(), cards: Vec::new() };
    let mut change = book.begin(&book.act(&book.security, cards).await).await;
    let registered = change.register_cards("A", "M", &["CARD"]).await.unwrap();
    assert!(matches!(registered, Registered::Done { .. }));
    change.commit().await.unwrap();
    let told = Deed::ReportOffline { head: None, lines: Vec::new() };
    let mut change = book.begin(&book.act(&book.officer, told).await).await;
    let told = OfflineUse {
        entry: Sha256([1; 32]),
        municipality: town(),
        counted: Some(("TOKEN".into(), 1)),
        journal: Sha256([2; 32]),
        line: 1,
        digest: Sha256([3; 32]),
        at: book.now,
        answer: "{}".into(),
    };
    change.record_offline_use(&told).await.unwrap();
    change.commit().await.unwrap();
    let repository = Ledger::<Publishing>::open(&book.address).await.unwrap();
    repository.record_inquiries([1; 4], &[inquiry(book, "one")], book.now).await.unwrap();
    enter_inquiries(book).await;
}

fn inquiry(book: &Book, asked: &str) -> Inquiry {
    Inquiry {
        party: PartyId::from_random([7; 16]),
        purpose: "tax".into(),
        asked: asked.into(),
        answer: "crl".into(),
        at: book.now,
    }
}

async fn enter_inquiries(book: &Book) -> usize {
    let groups = book.ledger.new_inquiries(10).await.unwrap();
    let mut change = book.begin(&book.order(Order::EnterInquiries).await).await;
    let entered = change.enter_inquiries(&groups).await.unwrap();
    change.commit().await.unwrap();
    entered
}

/// A batch, a certificate issued and revoked, a list recorded and published.
async fn issued_revoked_and_listed(book: &Book) {
    let (permit, message) = book.batch(b"batch").await;
    let mut change = book.begin(&permit).await;
    change.accept(town(), &message, (1, None), b"text", &[]).await.unwrap();
    change.commit().await.unwrap();
    let serial = book.issue(1, 1).await.serial;
    let mut change = book.begin(&book.revoking().await).await;
    let reason = RevocationReason::KeyCompromise;
    let recording = Recording { reason, received_at: book.now };
    change.revoke(serial, &recording).await.unwrap();
    change.commit().await.unwrap();
    let scope = Scope::Partition(town());
    let permit =
        book.order(Order::RecordList { generation: 1, scope, life: 72 * 3600, up_to: 1 }).await;
    let mut change = book.begin(&permit).await;
    let end = book.now + 72.hours();
    let number = change.record_crl(1, scope, book.now, end, Position(1)).await.unwrap().number;
    change.commit().await.unwrap();
    let digest = Sha256([7; 32]);
    let permit = book.order(Order::PublishList { generation: 1, scope, number, digest }).await;
    let mut change = book.begin(&permit).await;
    change.publish_crl(1, scope, number, digest).await.unwrap();
    change.commit().await.unwrap();
}

async fn is_broken(book: &Book, what: &str) {
    let found = book.ledger.verify_audit().await;
    assert!(matches!(found, Err(LedgerError::Chain { .. })), "{what}: {found:?}");
}

#[tokio::test]
async fn a_row_of_evidence_that_was_added_breaks_the_audit_whatever_its_table() {
    assert_eq!(tables().len(), 34, "{:?}", tables());
    for book in books().await {
        busy(&book).await;
        book.ledger.verify_audit().await.unwrap();
        for table in tables() {
            let value = |kind: &str| match (kind, book.address.starts_with("sqlite:")) {
                ("bigint", _) => "1",
                ("text", _) => "'x'",
                (_, true) => "X'0102030405060708090a0b0c0d0e0f10'",
                (_, false) => "'\\x0102030405060708090a0b0c0d0e0f10'::bytea",
            };
            let columns = columns(&book.address, table).await;
            let values: Vec<_> = columns
                .iter()
                .map(|(name, kind)| match name.as_str() {
                    "generation" => "9",
                    _ => value(kind),
                })
                .collect();
            let insert = format!("INSERT INTO {table} VALUES ({})", values.join(", "));
            // Nobody adds to a step that was taken: at position 1 stands the founding alone.
            run(&book.address, &insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
            is_broken(&book, table).await;
            let marks = columns.iter().zip(&values).filter(|((_, kind), _)| kind != "bytea");
            let condition: Vec<_> =
                marks.map(|((name, _), value)| format!("{name} = {value}")).collect();
            let delete = format!("DELETE FROM {table} WHERE {}", condition.join(" AND "));
            run(&book.address, &delete).await.unwrap();
            book.ledger.verify_audit().await.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
    }
}

#[tokio::test]
async fn a_row_of_evidence_that_was_altered_or_lost_breaks_the_audit_whatever_its_column() {
    for book in books().await {
        busy(&book).await;
        let mut altered = 0;
        for table in tables() {
            let run = async |sql: String| {
                run(&book.address, &sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
            };
            run(format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
            let newest = format!("position = (SELECT max(position) FROM {table})");
            for (column, kind) in columns(&book.address, table).await {
                let held = run(format!(
                    "SELECT CAST(count({column}) AS TEXT) FROM {table} WHERE {newest}"
                ))
                .await;
                if held == "0" {
                    continue;
                }
                let other = match (kind.as_str(), book.address.starts_with("sqlite:")) {
                    // Another entry's, which is there.
                    _ if column == "position" => "CASE position WHEN 1 THEN 2 ELSE 1 END".into(),
                    ("bigint", _) => format!("{column} - 1"),
                    ("text", _) => format!("{column} || 'x'"),
                    (_, true) => format!("CAST({column} || X'00' AS BLOB)"),
                    (_, false) => format!("{column} || '\\x00'::bytea"),
                };
                run(format!("UPDATE {table} SET {column} = {other} WHERE {newest}")).await;
                is_broken(&book, &format!("{table}.{column}")).await;
                run(format!("DELETE FROM {table}")).await;
                is_broken(&book, &format!("{table} without rows")).await;
                run(format!("INSERT INTO {table} SELECT * FROM kept")).await;
                altered += 1;
            }
            run("DROP TABLE kept".into()).await;
            book.ledger.verify_audit().await.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
        assert!(altered > 80, "only {altered} columns had anything in them");
    }
}

#[tokio::test]
async fn what_agencies_asked_is_not_altered_added_to_or_lost_unseen_once_it_was_entered() {
    for book in books().await {
        let repository = Ledger::<Publishing>::open(&book.address).await.unwrap();
        let asked = [inquiry(&book, "one"), inquiry(&book, "other")];
        repository.record_inquiries([1; 4], &asked, book.now).await.unwrap();
        assert_eq!(enter_inquiries(&book).await, 2);
        book.ledger.verify_audit().await.unwrap();

        let run = async |sql: &str| {
            run(&book.address, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
        };
        run("CREATE TABLE kept AS SELECT * FROM inquiry").await;
        for harm in [
            "UPDATE inquiry SET answer = 'good' WHERE ordinal = 1",
            "UPDATE inquiry SET asked = 'one' WHERE ordinal = 1",
            "UPDATE inquiry SET ordinal = 2 WHERE ordinal = 1",
            "DELETE FROM inquiry WHERE ordinal = 0",
            "DELETE FROM inquiry",
        ] {
            run(harm).await;
            is_broken(&book, harm).await;
            run("DELETE FROM inquiry").await;
            run("INSERT INTO inquiry SELECT * FROM kept").await;
            book.ledger.verify_audit().await.unwrap();
        }
        // What a responder's login adds to it breaks nothing of the chain, for ever: it is told apart.
        for added in [-1, 2, i64::MAX] {
            assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
            run(&format!(
                "INSERT INTO inquiry SELECT group_id, {added}, party, purpose, asked, answer, at
                 FROM kept WHERE ordinal = 1"
            ))
            .await;
            book.ledger.verify_audit().await.unwrap();
            let told = book.ledger.verify_derived().await.unwrap();
            assert_eq!(
                told.iter().map(|one| one.table).collect::<Vec<_>>(),
                ["inquiry"],
                "{added}"
            );
            run(&format!("DELETE FROM inquiry WHERE ordinal = {added}")).await;
        }
        let other = match book.address.starts_with("sqlite:") {
            true => "X'00000000000000000000000000000001'",
            false => "'\\x00000000000000000000000000000001'::bytea",
        };
        run(&format!(
            "INSERT INTO inquiry SELECT {other}, 0, party, purpose, asked, answer, at FROM kept
             WHERE ordinal = 0"
        ))
        .await;
        let told = book.ledger.verify_derived().await.unwrap();
        assert_eq!(told.iter().map(|one| one.table).collect::<Vec<_>>(), ["inquiry"]);
        run(&format!("DELETE FROM inquiry WHERE group_id = {other}")).await;
        // The number of a group is whatever its writer likes, zeros too.
        let zeros = match book.address.starts_with("sqlite:") {
            true => "zeroblob(16)",
            false => "decode(repeat('00', 16), 'hex')",
        };
        run(&format!(
            "INSERT INTO inquiry SELECT {zeros}, 0, party, purpose, asked, answer, at FROM kept
             WHERE ordinal = 0"
        ))
        .await;
        run(&format!("INSERT INTO inquiry_new VALUES ({zeros})")).await;
        assert_eq!(enter_inquiries(&book).await, 1);
        book.ledger.verify_audit().await.unwrap();
        assert_eq!(book.ledger.verify_derived().await.unwrap(), []);
        // A group that was entered is closed, and what nobody can read is not taken at all: neither
        // keeps the authority from entering the next.
        run("INSERT INTO inquiry_new SELECT DISTINCT group_id FROM kept").await;
        assert_eq!(book.ledger.new_inquiries(10).await.unwrap(), Vec::<[u8; 16]>::new());
        let short = match book.address.starts_with("sqlite:") {
            true => "X'00'",
            false => "'\\x00'::bytea",
        };
        for sql in [
            format!("INSERT INTO inquiry_new VALUES ({short})"),
            format!("INSERT INTO inquiry SELECT group_id, 7, {short}, '', '', '', at FROM kept"),
            "INSERT INTO inquiry SELECT group_id, 7, party, '', '', '', -1 FROM kept".into(),
            format!(
                "INSERT INTO inquiry SELECT group_id, 7, party, '', '{}', '', at FROM kept",
                "x".repeat(65)
            ),
        ] {
            let refused = crate::statements::run(&book.address, &sql).await.unwrap_err();
            assert!(refused.to_lowercase().contains("check"), "{sql}: {refused}");
        }
    }
}

#[tokio::test]
async fn what_two_ticks_enter_at_once_is_entered_once() {
    for book in books().await {
        let repository = Ledger::<Publishing>::open(&book.address).await.unwrap();
        repository.record_inquiries([1; 4], &[inquiry(&book, "one")], book.now).await.unwrap();
        let groups = book.ledger.new_inquiries(10).await.unwrap();
        // Both have looked before either has entered.
        for expected in [1, 0] {
            let mut change = book.begin(&book.order(Order::EnterInquiries).await).await;
            assert_eq!(change.enter_inquiries(&groups).await.unwrap(), expected);
            change.commit().await.unwrap();
        }
        book.ledger.verify_audit().await.unwrap();
    }
}
