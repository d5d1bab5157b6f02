//! What is recorded about a person is deleted in its month: everywhere at once, and nothing else breaks.

use std::process::Command;

use akashi_ledger::{Ledger, Verifying};
use akashi_ra_console::journey;
use akashi_wire::RevocationReason::KeyCompromise;
use akashi_wire::SignedMessage;
use akashi_wire::act::{
    CertificateBy, Deed, IdentityProof, Procedure, Refusal, RequestId, SerialGiven,
};
use akashi_wire::batch::{signed_form, without};
use akashi_wire::date::day_in_japan;
use akashi_wire::signed::MessageKind;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::audit::sqlite;
use crate::support::*;

/// YYYYMM of the month after a day, counted by hand.
fn month_after(day: Date) -> u32 {
    let (year, month) = (day.year() as u32, day.month() as u32);
    if month == 12 { (year + 1) * 100 + 1 } else { year * 100 + month + 1 }
}

/// When the records of an issue are deleted: ten years after the day that follows the end.
fn of_the_issue(end: Timestamp) -> u32 {
    let day = day_in_japan(end);
    let day = day.tomorrow().unwrap();
    // The corresponding day of that year, whose month is the same even where it has no such day.
    month_after(Date::constant(day.year() + 10, day.month(), 1))
}

impl Place {
    /// The numbers of the keys under which the contents of the entries with this verb are sealed, each once.
    async fn keys_of(&self, verb: &str) -> Vec<u32> {
        let mut numbers = Vec::new();
        for entry in self.entries(verb).await {
            let content = self.house.ledger().sealed_content(entry.position).await.unwrap();
            let Some((_, _, sealed)) = content else { continue };
            numbers.push(u32::from_be_bytes(sealed[..4].try_into().unwrap()));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    async fn opens(&self, holder: &Holder) -> bool {
        let sealed = self.house.ledger().sealed_certificate(holder.serial).await.unwrap().unwrap();
        let vault = &self.house.doors.issuer.vault;
        vault.open("certificate_file", holder.serial.as_bytes(), &sealed).is_ok()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_an_issue_outlive_the_certificate_by_ten_years_and_others_end_with_it() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    let desk = place.desk(tottori());
    let issued = of_the_issue(holder.not_after);
    // Before the certificate is known, the latest that it may end: issued on the last of the ninety days that
    // its case may be open, by the other rule.
    let later = holder.not_after + 24.hours() + (90 * 24).hours();
    for verb in ["open_case", "look_up", "apply"] {
        let keys = place.keys_of(verb).await;
        assert!(keys == [of_the_issue(later)] && keys[0] >= issued, "{verb}: {keys:?}");
    }
    for verb in ["certify", "confirm_delivery"] {
        assert_eq!(place.keys_of(verb).await, [issued], "{verb}");
    }
    let sealed = place.house.ledger().sealed_certificate(holder.serial).await.unwrap().unwrap();
    assert_eq!(sealed[..4], issued.to_be_bytes(), "the certificate itself");

    // Two years later: what ends it is kept until its end, and not for three years more.
    place.pass((2 * 365 * 24).hours());
    let at_the_end = month_after(day_in_japan(holder.not_after));
    let by = CertificateBy::Serial { serial: SerialGiven::Whole(holder.serial) };
    journey::revoke(desk, by, KeyCompromise, IdentityProof::ResidentCard).await.unwrap();
    for verb in ["find_certificate", "revoke"] {
        assert_eq!(place.keys_of(verb).await, [at_the_end], "{verb}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_key_deletes_in_backups_too_and_breaks_nothing() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, holder) = place.holder(tottori()).await;
    let (officer, desk) = place.officer(tottori()).await;
    let number = RequestId::from_random(rand::random());
    let open = officer.act(&place, number, Deed::OpenCase { procedure: Procedure::Issue });
    desk.send(&open).await.unwrap();
    assert!(place.opens(&holder).await);
    place.quiet_head().await;
    let backup = place.dir.join("backup.sqlite");
    std::fs::copy(place.dir.join("book.sqlite"), &backup).unwrap();
    for beside in ["-wal", "-shm"] {
        let from = place.dir.join(format!("book.sqlite{beside}"));
        if from.exists() {
            std::fs::copy(from, place.dir.join(format!("backup.sqlite{beside}"))).unwrap();
        }
    }

    let vault = place.house.doors.issuer.vault.clone();
    for key in vault.contents().numbers().unwrap() {
        vault.contents().destroy(key).unwrap();
    }
    assert!(!place.opens(&holder).await);
    let old = format!("sqlite:{}", backup.display());
    let old = Ledger::<Verifying>::open(&old).await.unwrap();
    let all = old.sealed_certificates(None, 10).await.unwrap();
    let (_, sealed) = all.into_iter().find(|(serial, _)| *serial == holder.serial).unwrap();
    assert!(vault.open("certificate_file", holder.serial.as_bytes(), &sealed).is_err());
    // What is no personal data stays, and stays proven.
    old.verify_audit().await.unwrap();
    place.house.ledger().verify_audit().await.unwrap();
    place.seen_good(&holder.certificate).await;
    let lint = Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(["lint", "--dir"])
        .arg(&place.dir)
        .env_clear()
        .env("AKASHI_PASSPHRASE", akashi_town::PASSPHRASE)
        .output()
        .unwrap();
    let told = String::from_utf8(lint.stderr).unwrap();
    assert!(lint.status.success() && told.contains(", 1 deleted after their time"), "{told}");
    // Who asks for what was deleted is told so.
    assert_eq!(refusal(desk.send(&open).await), Refusal::RecordsDeleted);
    old.close().await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_whose_content_keys_are_missing_does_not_start() {
    let mut place = Place::open(Book::Sqlite).await;
    place.holder(tottori()).await;
    place.tick().await;
    let clock = place.clock.clone();
    let (dir, _kept) = place.closed().await;
    std::fs::rename(dir.join("content-keys"), dir.join("elsewhere")).unwrap();
    let passphrase = akashi_keys::Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
    let opened = akashi_town::house::House::open(&dir, &passphrase, clock.clone()).await;
    let told = opened.err().expect("it does not start").to_string();
    assert!(told.contains("content-keys/"), "{told}");
    assert!(!dir.join("content-keys").exists(), "and makes none");
    // Nor with others of the same months.
    let keys = |name: &str| {
        let files = std::fs::read_dir(dir.join(name)).unwrap();
        let named =
            files.filter_map(|file| file.unwrap().path().file_stem()?.to_str()?.parse().ok());
        named.collect::<Vec<u32>>()
    };
    let months = keys("elsewhere");
    assert!(!months.is_empty());
    let other = akashi_edge::Opened::open(&dir, &passphrase).unwrap().vault().unwrap();
    for month in &months {
        other.seal("t", b"r", b"x", *month).unwrap();
    }
    let opened = akashi_town::house::House::open(&dir, &passphrase, clock.clone()).await;
    let told = opened.err().expect("it does not start").to_string();
    assert!(told.contains("content-keys/"), "{told}");
    std::fs::remove_dir_all(dir.join("content-keys")).unwrap();
    std::fs::rename(dir.join("elsewhere"), dir.join("content-keys")).unwrap();
    // But a book that was brought back from before a deletion, which it does not know of, is served.
    let own = akashi_edge::Opened::open(&dir, &passphrase).unwrap().vault().unwrap();
    own.contents().destroy(months[0]).unwrap();
    akashi_town::house::House::open(&dir, &passphrase, clock).await.unwrap().ledger().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_at_the_command_line() {
    let place = Place::make(Book::Sqlite, akashi_ledger::Access::Open, Timestamp::now()).await;
    let vault = place.house.doors.issuer.vault.clone();
    let sealed = vault.seal("t", b"r", b"of long ago", 202_001).unwrap();
    let safe = place.dir.join("safe");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_akashi"))
            .arg("content-keys")
            .args(arguments)
            .arg("--dir")
            .arg(&place.dir)
            .env_clear()
            .env("AKASHI_PASSPHRASE", akashi_town::PASSPHRASE)
            .output()
            .unwrap();
        let told = if output.status.success() { output.stdout } else { output.stderr };
        let told = String::from_utf8(told).unwrap();
        eprintln!("{told}");
        (output.status.success(), told)
    };
    let safe = safe.to_str().unwrap();
    assert!(run(&["copy", "--to", safe]).0);
    place.tick().await;
    assert_eq!(place.alarms("2020-01 is there still").await, 1);
    let (done, told) = run(&["list"]);
    assert!(done && told.contains("kept until   2020-01, which has begun"), "{told}");

    let later = vault.contents().numbers().unwrap().into_iter().max().unwrap();
    let later = format!("{}-{:02}", later / 100, later % 100);
    for (month, says) in
        [(later.as_str(), "has not begun"), ("2019-12", "nothing was ever"), ("2020-13", "YYYY-MM")]
    {
        let (done, told) = run(&["destroy", month]);
        assert!(!done && told.contains(says), "{month}: {told}");
    }
    let (done, told) = run(&["destroy", "2020-01"]);
    assert!(done && told.contains("that copy opens it still"), "{told}");
    assert!(vault.open("t", b"r", &sealed).is_err(), "in the running authority too");
    assert_eq!(place.entries("delete_content").await.len(), 1);
    assert_eq!(place.house.ledger().deletions().await.unwrap().len(), 1);
    place.tick().await;
    assert_eq!(place.alarms("opens what was deleted").await, 1);
    let (done, told) = run(&["destroy", "2020-01"]);
    assert!(done, "said again it changes nothing: {told}");
    assert_eq!(place.entries("delete_content").await.len(), 1);
    let (_, told) = run(&["list"]);
    assert!(told.contains("deleted      2020-01") && told.contains("rewrite it"), "{told}");
    assert!(run(&["copy", "--to", safe]).0);
    let (_, told) = run(&["list"]);
    assert!(!told.contains("rewrite it"), "{told}");
    let (done, told) = run(&["strike", safe]);
    assert!(done, "{told}");
    assert!(!run(&["list"]).1.contains("copy"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_persons_part_of_a_batch_can_go_alone_and_the_signature_holds_for_the_rest() {
    let mut place = Place::open(Book::Sqlite).await;
    let (gone, stays) = (place.resident(tottori()), place.resident(tottori()));
    place.change(|office| office.move_within(&gone, "鳥取県鳥取市栄町627番地"));
    place.change(|office| office.move_within(&stays, "鳥取県鳥取市幸町71番地"));
    let batch = place.batch_of(tottori(), 10);
    assert_eq!(place.sent(tottori(), &batch).await.accepted, 2);
    let book = place.dir.join("book.sqlite");
    let row = [b"312011".as_slice(), &batch.digest.0].concat();
    let kept = || {
        let newest = "SELECT hex(message) || '|' || hex(sealed_text) FROM batch
                      JOIN batch_content ON batch_content.position = batch.position
                      ORDER BY batch.position DESC LIMIT 1";
        let told = sqlite(&book, newest);
        let (message, sealed) = told.split_once('|').unwrap();
        (hex::decode(message).unwrap(), hex::decode(sealed).unwrap())
    };
    let vault = &place.house.doors.issuer.vault;
    let (message, sealed) = kept();
    let text = vault.open("batch_content", &row, &sealed).unwrap();
    assert_eq!(*text, batch.batch.to_text());
    let commitment = |event: usize| serde_json::to_string(&batch.batch.events[event].resident);
    assert!(!String::from_utf8_lossy(&message).contains("栄町"), "what is signed names nobody");

    let less = without(&text, 0).unwrap();
    let month = u32::from_be_bytes(sealed[..4].try_into().unwrap());
    let resealed = vault.seal("batch_content", &row, &less, month).unwrap();
    let put = |sealed: &[u8]| {
        let (sealed, newest) = (hex::encode(sealed), "(SELECT MAX(position) FROM batch)");
        sqlite(
            &book,
            &format!(
                "UPDATE batch_content SET sealed_text = X'{sealed}' WHERE position = {newest}"
            ),
        )
    };
    let whole = sealed;
    put(&resealed);

    let (message, sealed) = kept();
    let left = vault.open("batch_content", &row, &sealed).unwrap();
    let signed = SignedMessage::from_der(message).verify(MessageKind::Batch).unwrap();
    assert_eq!(signed.content(), signed_form(&left));
    assert_eq!(signed.signer(), place.sources[&tottori()].certificate);
    let left = String::from_utf8(left.to_vec()).unwrap();
    assert!(!left.contains("栄町") && !left.contains(&commitment(0).unwrap()), "{left}");
    assert!(left.contains("幸町") && left.contains(&commitment(1).unwrap()), "{left}");
    place.house.ledger().verify_audit().await.unwrap();
    // There is no act for it yet: whoever does it without one is found, as for any other change.
    let found = place.house.ledger().verify_derived().await.unwrap();
    assert_eq!(found.iter().map(|one| one.table).collect::<Vec<_>>(), ["batch_content"]);
    put(&whole);
    place.close().await;
}
