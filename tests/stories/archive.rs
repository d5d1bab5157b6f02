//! What is kept of an authority that has ended.

use std::path::Path;
use std::process::Command;

use akashi_ledger::{Access, Scope};
use akashi_ra_console::journey;
use akashi_wire::act::{CertificateBy, SerialGiven};
use jiff::{SignedDuration, Timestamp};

use crate::audit::sqlite;
use crate::support::*;

told_on_both!(
    an_authority_that_has_ended_is_archived_and_the_archive_is_judged_by_itself,
    an_authority_that_lives_is_not_archived,
);

fn akashi(arguments: &[&str]) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_akashi")).args(arguments).env_clear().output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).unwrap())
}

/// Whether coreutils find every file as the manifest has it.
fn is_as_the_manifest_has_it(archive: &Path) -> bool {
    let mut check = Command::new("sha256sum");
    let output = check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(archive);
    output.output().unwrap().status.success()
}

async fn an_authority_that_has_ended_is_archived_and_the_archive_is_judged_by_itself(book: Book) {
    // The program's clock is the machine's: the authority has ended a while ago by that.
    let start = Timestamp::now() - SignedDuration::from_hours((10 * 365 + 5) * 24);
    let mut place = Place::make(book, Access::Open, start).await;
    let (_, lost) = place.holder(tottori()).await;
    place.holder(tottori()).await;
    let by = CertificateBy::Serial { serial: SerialGiven::Whole(lost.serial) };
    journey::hold(place.desk(tottori()), by).await.unwrap();
    place.quiet_head().await;
    let (dir, to) = (place.dir.clone(), place.dir.with_file_name("archive"));
    let end = akashi_wire::pki::not_after(&place.house.doors.issuer.authority.certificate);
    assert!(end < Timestamp::now(), "{end}");
    let archive = ["archive", "--dir", dir.to_str().unwrap(), "--to", to.to_str().unwrap()];
    // The last lists, each within the last hour.
    place.clock.advance_to(end - SignedDuration::from_mins(30));
    for scope in [Scope::Partition(tottori()), Scope::Complete, Scope::Authority] {
        for _ in 0..200 {
            let known = place.house.ledger().published_crl(1, scope).await.unwrap().unwrap();
            if known.this_update > end - SignedDuration::from_hours(1) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    place.quiet_head().await;
    place.clock.advance_to(Timestamp::now());
    place.tick().await;
    assert!(place.alarms("akashi archive").await > 0);
    place.quiet_head().await;
    let known = place.house.ledger().verify_audit().await.unwrap();
    let stopped = place.stop().await;

    let (done, told) = akashi(&archive);
    assert!(done, "{told}");
    assert!(!told.contains("missing"), "{told}");
    assert!(is_as_the_manifest_has_it(&to));
    let kept = to.to_str().unwrap();
    let (whole, judged) = akashi(&["audit", "verify", "--dir", kept]);
    assert!(whole && judged.contains(&format!("whole: {} entries", known.entries)), "{judged}");
    // Nothing opens it: neither keys nor tokens went along.
    for file in files_under(&to) {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(!name.ends_with(".key") && !name.ends_with(".p12"), "{}", file.display());
        assert!(!name.starts_with("recovery-share"), "{}", file.display());
    }
    // It stands there once, and whoever alters it is found, by the manifest and by the chain.
    let (again, told) = akashi(&archive);
    assert!(!again && told.contains("is there already"), "{told}");
    sqlite(&to.join("book.sqlite"), "UPDATE status SET recorded_at = recorded_at - 1000");
    assert!(!is_as_the_manifest_has_it(&to));
    let (whole, judged) = akashi(&["audit", "verify", "--dir", kept]);
    assert!(!whole && judged.contains("the rows that belong to it"), "{judged}");
    // A list that is not the last is told.
    std::fs::remove_dir_all(&to).unwrap();
    let list = dir.join(format!("public/crl/1/{}.crl", tottori()));
    std::fs::write(&list, b"nothing").unwrap();
    let (done, told) = akashi(&archive);
    assert!(done && told.contains(&format!("the last list of {}", tottori())), "{told}");
    std::fs::remove_dir_all(&to).unwrap();
    drop(stopped);
}

async fn an_authority_that_lives_is_not_archived(book: Book) {
    let place = Place::open(book).await;
    let dir = place.dir.clone();
    let to = dir.with_file_name("archive");
    let archive = ["archive", "--dir", dir.to_str().unwrap(), "--to", to.to_str().unwrap()];
    let stopped = place.stop().await;
    let (done, told) = akashi(&archive);
    assert!(!done && told.contains("is archived after that"), "{told}");
    assert!(!to.exists() && !to.with_extension("part").exists());
    drop(stopped);
}
