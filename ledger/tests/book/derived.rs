//! What is derived is held against its evidence: an altered, added or lost row is found, whatever its table.

use akashi_ledger::{InboxState, Intention, Recording, Slot};
use akashi_wire::octets::Sha256;
use akashi_wire::{Alarm, Order, RevocationReason, SerialNumber};

use crate::books::{Book, books, town};
use crate::inbox::{accept, event};
use crate::statements::run;

/// SHA-256 of a key with this modulus, as the authority keeps it.
fn key_of(modulus: &[u8]) -> Sha256 {
    let begin = hex::decode("30820122300d06092a864886f70d01010105000382010f003082010a0282010100");
    Sha256::of(&[&begin.unwrap(), modulus, &[2, 3, 1, 0, 1]].concat())
}

/// Octets as each of the two data bases writes them.
pub fn octets(book: &Book, octets: &[u8]) -> String {
    let digits = hex::encode(octets);
    match book.address.starts_with("sqlite:") {
        true => format!("X'{digits}'"),
        false => format!("'\\x{digits}'::bytea"),
    }
}

async fn differences(book: &Book) -> Vec<String> {
    let all = book.ledger.verify_derived().await.unwrap();
    all.iter().map(|one| format!("{}: {}", one.table, one.what)).collect()
}

/// A certificate in force, one revoked, one only intended, and a batch of two events.
async fn busy(book: &Book) {
    for number in [1, 2, 3] {
        let sql = format!(
            "INSERT INTO person (person, code_hash, history) VALUES ({0}, {0}, 1)",
            octets(book, &[number; 16])
        );
        run(&book.address, &sql).await.unwrap();
        let intention = book.intention(number, number, Slot::Current);
        let intention = Intention { public_key: key_of(&intention.modulus), ..intention };
        let permit = book.issuing().await;
        let mut change = book.begin(&permit).await;
        change.intend(&intention, b"sealed", 1).await.unwrap();
        change.commit().await.unwrap();
        if number < 3 {
            let mut change = book.begin(&permit).await;
            change.file(intention.serial, b"sealed").await.unwrap();
            let stated = [(intention.serial, vec![[number; 32]])];
            change.index_stated(&stated[..usize::from(number == 1)]).await.unwrap();
            change.commit().await.unwrap();
        }
        if number == 2 {
            let mut change = book.begin(&book.revoking().await).await;
            let reason = RevocationReason::KeyCompromise;
            let recording = Recording { reason, received_at: book.now };
            change.revoke(intention.serial, &recording).await.unwrap();
            change.commit().await.unwrap();
        }
    }
    accept(book, 1, &[event(1, 1, 2, 1), event(2, 2, 2, 2)], 1).await;
    let mut change = book.begin(&book.order(Order::Settle).await).await;
    let settled = change.event(town(), 2).await.unwrap().unwrap();
    change.settle(&settled, InboxState::Settled, None, "no certificate").await.unwrap();
    change.commit().await.unwrap();
    let mut change = book.begin(&book.order(Order::CompareModuli).await).await;
    let day = "2026-04-01".parse().unwrap();
    change.begin_comparison(day).await.unwrap().unwrap();
    change.share_prime(SerialNumber::from_random([1; 16]), "with another").await.unwrap();
    change.end_comparison(day, "3 1 0").await.unwrap();
    change.commit().await.unwrap();
    let mut change = book.begin(&book.order(Order::RaiseAlarms).await).await;
    change.raise(&Alarm::ClockDiffers {}).await.unwrap();
    change.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_altered_added_or_lost_in_a_derived_table_is_found() {
    for book in books().await {
        busy(&book).await;
        assert_eq!(differences(&book).await, [""; 0]);
        let serial = |number: u8| octets(&book, SerialNumber::from_random([number; 16]).as_bytes());
        let (one, revoked, nobody) = (serial(1), serial(2), octets(&book, &[9; 16]));
        for (table, sql, says) in [
            ("intended", "DELETE FROM intended".to_owned(), "nothing will ever void it"),
            (
                "intended",
                format!("INSERT INTO intended (serial, at) VALUES ({one}, 0)"),
                "waits to be voided",
            ),
            (
                "intended",
                format!("INSERT INTO intended (serial, at) VALUES ({nobody}, 0)"),
                "no such certificate",
            ),
            ("standing_alarm", "DELETE FROM standing_alarm".into(), "nobody sees it"),
            (
                "standing_alarm",
                "INSERT INTO standing_alarm (position, alarm, since) VALUES (1, '{}', 0)".into(),
                "has not begun it",
            ),
            (
                "standing_alarm",
                format!("UPDATE standing_alarm SET signed_by = {one}, signed_at = 0"),
                "of whose act the chain does not tell",
            ),
            ("living", "DELETE FROM living".into(), "could have another beside it"),
            ("batch_content", "DELETE FROM batch_content".into(), "a batch has none"),
            (
                "batch_content",
                format!("UPDATE batch_content SET sealed_text = {one}"),
                "not the text that was accepted",
            ),
            (
                "batch_content",
                format!("INSERT INTO batch_content (position, sealed_text) VALUES (1, {one})"),
                "no such batch",
            ),
            (
                "living",
                format!(
                    "INSERT INTO living (person, slot, serial) VALUES ({revoked}, 'current', {revoked})"
                ),
                "was revoked or voided",
            ),
            (
                "living",
                format!("UPDATE living SET person = {nobody} WHERE serial = {one}"),
                "as somebody else's",
            ),
            ("certificate_person", "DELETE FROM certificate_person".into(), "it is nobody's"),
            (
                "certificate_person",
                format!("UPDATE certificate_person SET person = {nobody} WHERE serial = {one}"),
                "it is nobody's",
            ),
            ("certificate_items", "DELETE FROM certificate_items".into(), "nothing is known"),
            (
                "stated_index",
                format!("INSERT INTO stated_index (serial, digest) VALUES ({revoked}, {one})"),
                "no longer in force",
            ),
            ("stated_index", "DELETE FROM stated_index".into(), "not found by what it states"),
            (
                "idou",
                "UPDATE idou SET state = 'settled', result = 'no certificate' WHERE sequence = 1"
                    .into(),
                "does not say that this became of it",
            ),
            (
                "idou",
                "UPDATE idou SET state = 'replaced' WHERE sequence = 1".into(),
                "does not say that this became of it",
            ),
            (
                "idou",
                "UPDATE idou SET result = 'revoked' WHERE sequence = 2".into(),
                "does not say that this became of it",
            ),
            ("shared_prime", "DELETE FROM shared_prime".into(), "nobody is warned any more"),
            (
                "shared_prime",
                format!("UPDATE shared_prime SET serial = {revoked}"),
                "the chain does not tell of it",
            ),
            ("comparison", "DELETE FROM comparison".into(), "otherwise of this night"),
            (
                "comparison",
                "UPDATE comparison SET up_to = 9223372036854775807".into(),
                "otherwise of this night",
            ),
            (
                "comparison",
                "UPDATE comparison SET ended_at = NULL".into(),
                "otherwise of this night",
            ),
            (
                "clock_acceptance",
                format!(
                    "INSERT INTO clock_acceptance (position, party, terminal, at, machine, decides)
                     VALUES (1, {one}, {one}, 0, 0, 1)"
                ),
                "not by two, that the clock is right",
            ),
            ("idou", "UPDATE idou SET sequence = sequence + 7".into(), "no batch has brought it"),
            ("idou", "DELETE FROM idou WHERE sequence = 2".into(), "is missing"),
            ("source", "UPDATE source SET next_expected = 2".into(), "next_expected is wrong"),
            ("source", "DELETE FROM source".into(), "nobody watches"),
            ("source", "UPDATE source SET next_expected = 4".into(), "next_expected is wrong"),
            ("modulus", format!("DELETE FROM modulus WHERE serial = {one}"), "with no other"),
            (
                "modulus",
                format!("UPDATE modulus SET modulus = {nobody} WHERE serial = {one}"),
                "not that of the certified key",
            ),
        ] {
            let kept = format!("CREATE TABLE kept AS SELECT * FROM {table}; {sql}");
            run(&book.address, &kept).await.unwrap();
            let found = differences(&book).await;
            assert!(found.iter().any(|one| one.contains(says)), "{sql}: {found:?}");
            let back = format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept"
            );
            run(&book.address, &back).await.unwrap();
            assert_eq!(differences(&book).await, [""; 0], "{sql}");
        }
    }
}
