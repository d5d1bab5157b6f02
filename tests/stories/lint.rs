//! `akashi lint`: whoever has the authority's certificate and its founding record can judge all
//! that it made.

use std::path::Path;
use std::process::{Command, Output};

use akashi_ca::{CaError, Founding, prepare};
use akashi_keys::{Passphrase, Quorum, RsaSize};
use akashi_ledger::{AuthorityProfile, Issuing, Ledger, LedgerError, Scope};
use akashi_wire::RevocationReason::KeyCompromise;
use akashi_wire::act::{Procedure, Refusal};
use serde_json::Value;
use x509_parser::oid_registry::asn1_rs::oid;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::audit::sqlite;
use crate::support::*;

fn lint(arguments: &[&str]) -> Output {
    Command::new(akashi_town::program("akashi-demo"))
        .arg("lint")
        .args(arguments)
        .env_clear()
        .env("AKASHI_PASSPHRASE", akashi_town::PASSPHRASE)
        .output()
        .unwrap()
}

/// The findings, one JSON object a line.
fn findings(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn clean(output: &Output, judged: usize) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}{told}", String::from_utf8_lossy(&output.stdout));
    let count: usize = told.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= judged, "{told}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_an_authority_made_is_clean_and_what_is_not_of_its_making_is_told() {
    let mut place = Place::open(Book::Sqlite).await;
    let (_, first) = place.holder(tottori()).await;
    let (code, second) = place.holder(yonago()).await;
    place.seen_good(&first.certificate).await;
    let desk = place.desk(yonago());
    let by = place.by_items(&code);
    akashi_ra_console::journey::revoke(
        desk,
        by,
        KeyCompromise,
        akashi_wire::act::IdentityProof::ResidentCard,
    )
    .await
    .unwrap();
    place.seen_revoked(&second.certificate, KeyCompromise).await;
    place.listed(Scope::Partition(yonago())).await.unwrap();
    let profile = place.house.doors.issuer.authority.profile.clone();
    let (dir, _kept) = place.closed().await;

    // The book: the authority, a responder, two residents, and a list for each town and two more.
    clean(&lint(&["--dir", text(&dir)]), 4 + 21);

    let files = tempfile::tempdir().unwrap();
    let put = |name: &str, octets: &[u8]| {
        let path = files.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, octets).unwrap();
        path
    };
    let ca = dir.join("certificates/ca.der");
    let founding = put("founding.json", &serde_json::to_vec(&profile).unwrap());
    put("of/residents/first.cer", &first.certificate);
    let pem = akashi_wire::pki::certificate_pem(&second.certificate);
    put("of/residents/second.pem", pem.as_bytes());
    put("of/readme.txt", b"nothing to be judged");
    let given = ["--founding", text(&founding), "--ca", text(&ca), "--json"];
    let of = files.path().join("of");
    let public = dir.join("public");
    let all = [&given[..], &[text(&of), text(&public)]].concat();
    clean(&lint(&all), 2 + 21);

    // By the record of another authority they are not as they should be, and the person is not told.
    let other = String::from_utf8(serde_json::to_vec(&profile).unwrap()).unwrap();
    let founding = put("other.json", other.replace("310000", "320005").as_bytes());
    let given = ["--founding", text(&founding), "--ca", text(&ca), "--json", text(&of)];
    let output = lint(&given);
    assert_eq!(output.status.code(), Some(1));
    let found = findings(&output);
    assert!(found.iter().any(|one| one["rule"] == "subject_name"), "{found:?}");
    assert!(found.iter().all(|one| one["source"].as_str().unwrap().contains(' ')));
    assert!(found.iter().any(|one| one["file"].as_str().unwrap().ends_with("second.pem")));

    // An octet that was changed in a list, whoever changed it.
    let mut list =
        std::fs::read(dir.join("public/crl/1").join(format!("{}.crl", yonago()))).unwrap();
    let serial = list.windows(16).position(|octets| octets == second.serial.as_bytes()).unwrap();
    list[serial] ^= 0x80;
    let list = put("changed.crl", &list);
    let given = [&["--dir", text(&dir), "--json"][..], &[text(&list)]].concat();
    let output = lint(&given);
    assert_eq!(output.status.code(), Some(1));
    let found = findings(&output);
    assert_eq!(found[0]["rule"], "list_entry_serial");
    let text_of = String::from_utf8(output.stdout).unwrap();
    assert!(!text_of.contains("鳥取"), "{text_of}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_are_critical_where_the_founding_record_says_so_and_nowhere_else() {
    for critical in [false, true] {
        let mut place = match critical {
            true => Place::with_critical_policies().await,
            false => Place::open(Book::Sqlite).await,
        };
        let (_, holder) = place.holder(tottori()).await;
        place.seen_good(&holder.certificate).await;
        let (_, read) = X509Certificate::from_der(&holder.certificate).unwrap();
        // RFC 5280 §4.2.1.4.
        let policies = read.get_extension_unique(&oid!(2.5.29.32)).unwrap().unwrap();
        assert_eq!(policies.critical, critical);
        let profile = place.house.doors.issuer.authority.profile.clone();
        let (dir, _kept) = place.closed().await;
        clean(&lint(&["--dir", text(&dir)]), 3);
        // By the record of the other kind it is a mistake.
        let files = tempfile::tempdir().unwrap();
        let other = AuthorityProfile { policy_critical: !critical, ..profile };
        let founding = files.path().join("founding.json");
        std::fs::write(&founding, serde_json::to_vec(&other).unwrap()).unwrap();
        let certificate = files.path().join("one.cer");
        std::fs::write(&certificate, &holder.certificate).unwrap();
        let ca = dir.join("certificates/ca.der");
        let given = ["--founding", text(&founding), "--ca", text(&ca), "--json"];
        let output = lint(&[&given[..], &[text(&certificate)]].concat());
        let found = findings(&output);
        assert!(found.iter().any(|one| one["rule"] == "policy"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_the_book_stands_in_no_file_where_the_environment_has_it() {
    let place = Place::open(Book::Sqlite).await;
    let (dir, _kept) = place.closed().await;
    let mut config = akashi::config::Config::read(&dir).unwrap();
    config.ledger = Some("sqlite:nowhere.sqlite".into());
    std::fs::write(dir.join(akashi::config::FILE), config.to_text()).unwrap();
    for command in [&["audit", "verify", "--dir"][..], &["migrate", "--dir"]] {
        let run = |ledger: Option<&str>| {
            let mut akashi = Command::new(env!("CARGO_BIN_EXE_akashi"));
            akashi.args(command).arg(&dir).env_clear();
            ledger.map(|ledger| akashi.env("AKASHI_LEDGER", ledger));
            let output = akashi.output().unwrap();
            let told = [output.stdout, output.stderr].concat();
            (output.status.success(), String::from_utf8(told).unwrap())
        };
        let (done, told) = run(None);
        assert!(!done && told.contains("nowhere.sqlite"), "{told}");
        let (done, told) = run(Some("sqlite:book.sqlite"));
        assert!(done, "{told}");
        assert!(told.contains("is whole") || told.contains("nothing to do"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_for_everybody_is_refused_where_the_roles_have_logins_of_their_own() {
    let place = Place::open(Book::Sqlite).await;
    let (dir, _kept) = place.closed().await;
    let address = |login: &str| format!("postgres://{login}@127.0.0.1:1/nothing");
    let mut config = akashi::config::Config::read(&dir).unwrap();
    config.ledger = Some(address("authority"));
    config.logins.responder = Some(address("responder"));
    std::fs::write(dir.join(akashi::config::FILE), config.to_text()).unwrap();
    let run = |own: Option<&str>| {
        let mut akashi = Command::new(env!("CARGO_BIN_EXE_akashi"));
        akashi.args(["audit", "verify", "--dir"]).arg(&dir).env_clear();
        akashi.env("AKASHI_LEDGER", address("everybody"));
        own.map(|own| akashi.env("AKASHI_LEDGER_RESPONDER", own));
        let output = akashi.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let told = run(None);
    assert!(told.contains("AKASHI_LEDGER is set, and `[logins]` name"), "{told}");
    // With a variable for the role nothing is passed over: now it is the data base that is missing.
    let told = run(Some(&address("responder")));
    assert!(!told.contains("AKASHI_LEDGER is set"), "{told}");
}

#[test]
fn without_an_authority_to_hold_it_against_nothing_is_judged() {
    assert_eq!(lint(&["file"]).status.code(), Some(2));
    assert_eq!(lint(&["--dir", "/nowhere"]).status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_lint_refuses_is_recorded_for_nobody_and_signed_for_nobody() {
    let mut place = Place::open(Book::Sqlite).await;
    let code = place.resident(tottori());
    let key = place.new_key();
    let book = place.dir.join("book.sqlite");
    let wishes = "SELECT COUNT(*) FROM audit WHERE verb = 'intend_responder'";
    // The responder's own has been asked for.
    place.tick().await;
    let wished = sqlite(&book, wishes);
    let place = place
        .reopened(|_| {
            // Somebody with the file in hand: another town's point, and a key that no responder has.
            sqlite(
                &book,
                &format!(
                    "UPDATE distribution_point SET name = (SELECT name FROM distribution_point
                     WHERE municipality = '{}') WHERE municipality = '{}'",
                    yonago(),
                    tottori()
                ),
            );
            // prime239v3 in the place of prime256v1 (RFC 5480 §2.1.1.1).
            sqlite(
                &book,
                "INSERT INTO responder_key SELECT position, generation,
                 CAST(substr(public_key, 1, 22) || X'06' || substr(public_key, 24) AS BLOB), asked_at
                 FROM responder_key LIMIT 1",
            );
        })
        .await;
    let desk = &place.desks[&tottori()];
    let refused = desk.certify(Procedure::Issue, place.by_items(&code), &*key).await;
    assert_eq!(refusal(refused), Refusal::NotNowPossible);
    assert_eq!(sqlite(&book, "SELECT COUNT(*) FROM certificate"), "0");

    let doors = &place.house.doors;
    // It has its turn within moments of the start.
    let mut ticked = doors.scheduler.tick(&*doors.clock).await;
    for _ in 0..50 {
        if !ticked.as_ref().is_ok_and(|ticked| ticked.is_elsewhere) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        ticked = doors.scheduler.tick(&*doors.clock).await;
    }
    let error = ticked.map(|_| ()).unwrap_err();
    assert!(matches!(error, CaError::Lint(_)), "{error}");
    assert_eq!(sqlite(&book, wishes), wished);
    // A responder that gets no certificate is an alarm of its own, though the tick ends with its fault.
    place.clock.advance(std::time::Duration::from_secs(2 * 3600));
    doors.scheduler.tick(&*doors.clock).await.unwrap_err();
    let alarms = "SELECT COUNT(*) FROM audit WHERE verb = 'alarm' AND subject LIKE '%responder%'";
    assert_eq!(sqlite(&book, alarms), "1");
    let keys = "SELECT COUNT(*) FROM responder_certificate WHERE substr(public_key, 23, 1) = X'06'";
    assert_eq!(sqlite(&book, keys), "0");
    place.close().await;
}

#[tokio::test]
async fn an_authority_that_the_lint_refuses_is_not_founded() {
    let dir = tempfile::tempdir().unwrap();
    let ledger =
        Ledger::<Issuing>::create(&format!("sqlite:{}", dir.path().join("book.sqlite").display()))
            .await
            .unwrap();
    let place = Place::open(Book::Sqlite).await;
    let profile = place.house.doors.issuer.authority.profile.clone();
    place.close().await;
    let passphrase = Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
    let founding = Founding {
        // A municipality, which has no authority.
        profile: AuthorityProfile { prefecture: tottori(), ..profile },
        size: RsaSize::Rsa2048,
        years: 10,
        hosts: vec!["127.0.0.1".into()],
        passphrase: &passphrase,
        cost: akashi_town::CHEAP,
        security_officers: vec!["One".into(), "Other".into()],
        recovery: Quorum { holders: vec!["A".into(), "B".into()], needed: 2 },
        mark: None,
    };
    let refused = prepare(dir.path(), &founding, usual_start(), &mut rand::rng());
    assert!(matches!(refused.err(), Some(CaError::Founding(_))));
    assert!(!dir.path().join("certificates/ca.der").exists());
    assert!(matches!(ledger.authority().await, Err(LedgerError::NoAuthority)));
}
