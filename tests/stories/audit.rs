//! The audit chain: whole after a busy day, and whoever changes it is found out. And what lies in
//! the authority's directory tells nobody about anybody.

use std::path::Path;

use akashi_ledger::{AuditReport, Ledger, LedgerError, Verifying};
use akashi_ra_console::journey;
use akashi_wire::RevocationReason;
use akashi_wire::act::{Deed, IdentityProof, Procedure, Suspension};
use akashi_wire::date::{EffectiveDate, day_in_japan};
use akashi_wire::signed::MessageKind;
use jiff::ToSpan;

use crate::support::*;

told_on_both!(the_chain_is_whole_after_a_busy_day);

/// A day with something of everything.
async fn busy_day(place: &mut Place) -> Vec<akashi_wire::ResidentCode> {
    let (moves, _) = place.holder(tottori()).await;
    let (dies, _) = place.holder(yonago()).await;
    let (loses, _) = place.holder(tottori()).await;
    let (leaves, _) = place.holder(tottori()).await;
    let (telephones, kept) = place.holder(tottori()).await;
    let early = place.resident(yonago());
    place.undelivered(yonago(), Procedure::Issue, &early).await;
    let day = day_in_japan(place.now()).saturating_add(2.days());
    place.change(|office| office.move_within(&moves, "鳥取県鳥取市栄町1番地"));
    place.change(|office| office.death(&dies, EffectiveDate::Unknown));
    place.change(|office| office.notify_move_out(&leaves, day));
    place.report(tottori()).await;
    place.report(yonago()).await;
    let desk = place.desk(tottori());
    let lost = RevocationReason::KeyCompromise;
    journey::revoke(desk, place.by_items(&loses), lost, IdentityProof::ResidentCard).await.unwrap();
    journey::hold(desk, place.by_items(&telephones)).await.unwrap();
    place.seen_revoked(&kept.certificate, RevocationReason::CertificateHold).await;
    let case = Acts::open(desk, Procedure::Issue).await;
    let _ = desk.ask(Deed::Hold { case }).await;
    let (what, why) = (Suspension::Source { municipality: yonago() }, "an incident".to_owned());
    place.security.ask(Deed::Suspend { what, why: why.clone() }).await.unwrap();
    place.security.ask(Deed::Lift { what, why }).await.unwrap();
    place.pass(3.hours());
    place.tick().await;
    vec![moves, dies, loses, leaves, telephones, early]
}

async fn the_chain_is_whole_after_a_busy_day(book: Book) {
    let mut place = Place::open(book).await;
    busy_day(&mut place).await;
    let report = place.house.ledger().verify_audit().await.unwrap();
    assert!(report.entries > 60 && report.signed_up_to > 0, "{report:?}");
    // The scheduler signs the head: the tail is never longer than what came since its last tick.
    let AuditReport { unsigned_tail, .. } = report;
    assert!(unsigned_tail < 20, "{report:?}");
    // Every act stands there: by whom, and about which case.
    for verb in ["enrol", "open_case", "look_up", "apply", "certify", "confirm_delivery", "hold"] {
        assert!(!place.entries(verb).await.is_empty(), "{verb}");
    }
    for verb in
        ["revoke", "accept", "scheduled", "suspend", "lift", "propose", "refuse", "inquiries"]
    {
        assert!(!place.entries(verb).await.is_empty(), "{verb}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_end_of_a_certificate_names_its_cause_by_key() {
    let mut place = Place::open(Book::Sqlite).await;
    let (dies, dead) = place.holder(tottori()).await;
    let (loses, lost) = place.holder(tottori()).await;
    let early = place.resident(tottori());
    let undelivered = place.undelivered(tottori(), Procedure::Issue, &early).await;
    let death = place.change(|office| office.death(&dies, EffectiveDate::Unknown));
    place.report(tottori()).await;
    let desk = place.desk(tottori());
    let case = desk.find(Procedure::Revocation, place.by_items(&loses)).await.unwrap();
    let (identity, reason) = (IdentityProof::ResidentCard, RevocationReason::KeyCompromise);
    let revoking = desk.sign(Deed::Revoke { case, identity, reason }).unwrap();
    let content = revoking.unverified_content(MessageKind::Act).unwrap();
    let act: akashi_wire::Act = serde_json::from_slice(&content).unwrap();
    desk.send(&revoking).await.unwrap();
    place.pass(25.hours());
    place.tick().await;
    assert_eq!(place.reason(undelivered.serial).await, Some(RevocationReason::Unspecified));
    let (dir, _kept) = place.closed().await;
    let cause = |serial: akashi_wire::SerialNumber| {
        let serial = hex::encode(serial.as_bytes());
        let newest = format!(
            "SELECT cause FROM status WHERE serial = X'{serial}' ORDER BY position DESC LIMIT 1"
        );
        sqlite(&dir.join("book.sqlite"), &newest)
    };
    assert_eq!(cause(dead.serial), format!("event {} {}", death.source, death.sequence));
    assert_eq!(cause(lost.serial), format!("act {}", act.request));
    let order = cause(undelivered.serial);
    let digest = order.strip_prefix("order close_cases ").expect("an order");
    assert_eq!(digest.len(), 64, "{order}");
}

/// Runs SQL over a closed book, as somebody with the file in hand.
pub fn sqlite(book: &Path, sql: &str) -> String {
    let output = std::process::Command::new("sqlite3")
        .args(["-cmd", ".timeout 10000"])
        .arg(book)
        .arg(sql)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn verified(book: &Path) -> Result<AuditReport, LedgerError> {
    let ledger = Ledger::<Verifying>::open(&format!("sqlite:{}", book.display())).await.unwrap();
    let report = ledger.verify_audit().await;
    ledger.close().await;
    report
}

/// The first bad entry of a copy of the book after somebody ran this over it.
async fn first_bad(book: &Path, sql: &str) -> i64 {
    let copy = book.with_extension("copy");
    std::fs::copy(book, &copy).unwrap();
    sqlite(&copy, sql);
    match verified(&copy).await {
        Err(LedgerError::Chain { position, .. }) => position.0,
        other => panic!("nobody noticed “{sql}”: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_changes_the_chain_is_found_out_at_the_first_entry_that_he_touched() {
    let mut place = Place::open(Book::Sqlite).await;
    busy_day(&mut place).await;
    place.tick().await;
    let (authority, _dir) = place.closed().await;
    let book = authority.join("book.sqlite");
    let report = verified(&book).await.unwrap();
    let last = report.entries;
    let at = 30;
    for sql in [
        format!("UPDATE audit SET subject = subject || 'x' WHERE position = {at}"),
        format!("UPDATE audit SET at = at - 1 WHERE position = {at}"),
        format!(
            "UPDATE audit SET actor = replace(actor, 'a', 'b') || '' , verb = 'no' WHERE position = {at}"
        ),
        format!("UPDATE audit SET commitment = zeroblob(32), verb = 'x' WHERE position = {at}"),
        format!("DELETE FROM audit WHERE position = {at}"),
        format!("UPDATE audit SET hash = zeroblob(32) WHERE position = {at}"),
    ] {
        assert_eq!(first_bad(&book, &sql).await, at, "{sql}");
    }
    // One octet, and no more.
    let subject = sqlite(&book, &format!("SELECT subject FROM audit WHERE position = {last}"));
    let mut octets = subject.into_bytes();
    octets[0] ^= 1;
    let changed = String::from_utf8(octets).unwrap().replace('\'', "''");
    let sql = format!("UPDATE audit SET subject = '{changed}' WHERE position = {last}");
    assert_eq!(first_bad(&book, &sql).await, last);
    // The tail cut off below a head that was signed, the head of the chain set back with it.
    let cut = report.signed_up_to - 3;
    let sql = format!(
        "DELETE FROM audit WHERE position > {cut};
         UPDATE chain_head SET position = {cut},
         hash = (SELECT hash FROM audit WHERE position = {cut})"
    );
    assert_eq!(first_bad(&book, &sql).await, cut + 1);
    // A chain made anew from some place on, by somebody without the scheduler's key, does not fit
    // the signed heads either.
    let sql = format!(
        "DELETE FROM audit_signature WHERE position > {at}; UPDATE audit_signature SET hash = zeroblob(32), message = zeroblob(9) WHERE position = (SELECT MAX(position) FROM audit_signature)"
    );
    assert!(first_bad(&book, &sql).await <= at);
    // The whole book says what it said before.
    assert_eq!(verified(&book).await.unwrap(), report);

    // The command says the same, without any passphrase.
    let akashi = |book_was_changed: bool| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_akashi"))
            .args(["audit", "verify", "--dir"])
            .arg(&authority)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(i32::from(book_was_changed)));
        let stream = if book_was_changed { output.stderr } else { output.stdout };
        String::from_utf8(stream).unwrap()
    };
    assert!(akashi(false).contains(&format!("{} entries", report.entries)));
    sqlite(&book, &format!("UPDATE audit SET verb = 'nothing' WHERE position = {at}"));
    assert!(akashi(true).contains(&format!("audit entry {at} is the first bad one")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_of_the_authority_tells_anything_about_anybody() {
    let mut place = Place::open(Book::Sqlite).await;
    let codes = busy_day(&mut place).await;
    let (odd, _) = {
        let code = place.named(tottori(), "髙﨑　花子");
        let holder = place.certified(tottori(), &code).await;
        (code, holder)
    };
    place.reported(|office| office.new_family_name(&odd, "新姓")).await;
    place.pass(7.hours());
    place.tick().await;
    let mut secrets: Vec<(String, Vec<u8>)> = Vec::new();
    for code in codes.iter().chain([&odd]) {
        let items = place.items(code);
        secrets.push(("a resident code".into(), code.expose().to_vec()));
        secrets.push(("a name".into(), items.name.clone().into_bytes()));
        secrets.push(("an address".into(), items.address.clone().into_bytes()));
        let escaped = |text: &str| {
            text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
        };
        secrets.push(("a name in JSON".into(), escaped(&items.name).into_bytes()));
        let utf16: Vec<u8> = items.name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        secrets.push(("a name in UTF-16".into(), utf16));
    }
    for name in ["髙﨑　花子", "高崎　花子", "新姓", "鳥取県鳥取市栄町"] {
        secrets.push((name.into(), name.as_bytes().to_vec()));
    }
    // While it is open, with the log of the data base beside it, and after it is closed.
    for file in files_under(&place.dir) {
        for (what, secret) in &secrets {
            assert!(!holds(&file, secret), "{what} lies in {}", file.display());
        }
    }
    let (authority, _dir) = place.closed().await;
    let files = files_under(&authority);
    assert!(files.iter().any(|file| file.ends_with("book.sqlite")));
    assert!(files.iter().any(|file| file.ends_with("public/crl/1/complete.crl")));
    for file in files {
        for (what, secret) in &secrets {
            assert!(!holds(&file, secret), "{what} lies in {}", file.display());
        }
    }
}
