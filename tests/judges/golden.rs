//! What we make, as texts to be reviewed: whoever changes a profile changes a file here.
//!
//! `make golden` writes them anew (`UPDATE_GOLDEN=1`).

use std::fs;
use std::path::Path;

use akashi_agency::Verdict;
use akashi_keys::RsaSize;
use akashi_ledger::Scope;
use akashi_ra_console::journey;
use akashi_town::house::certificate;
use akashi_wire::act::{Deed, IdentityProof, Procedure};
use akashi_wire::batch::signed_form;
use akashi_wire::{Clock, RevocationReason};
use jiff::{Timestamp, ToSpan};
use x509_parser::prelude::*;

use crate::dump::Words;
use crate::people::{self, TOTTORI, YONAGO, town};
use crate::scene::{all_listed, certify, fresh_dir, list_file, serial_of, world};
use crate::tool::{run, words};

/// When the world of these files begins. TLS inside of it goes by the real clock and its parties'
/// certificates live five years: from 2031 on this must be a later day.
const START: &str = "2026-01-05T00:00:00Z";

/// Compares a text with its file, or writes the file.
fn compare(name: &str, text: &str, different: &mut Vec<String>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, text).unwrap();
        return;
    }
    if fs::read_to_string(&file).is_ok_and(|golden| golden == text) {
        return;
    }
    let new = fresh_dir().join(name);
    fs::write(&new, text).unwrap();
    let said = run("diff", words!["-u", "-N", "--label", name, "--label", "now", &file, &new]);
    different.push(said.text);
}

/// Thirty-two octets in hexadecimal, wherever they stand, and twelve, and sixteen.
fn without_hashes(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for character in text.chars().chain(['\n']) {
        if matches!(character, '0'..='9' | 'a'..='f') {
            digits.push(character);
            continue;
        }
        match digits.len() {
            64 => out.push_str("<32 octets>"),
            32 => out.push_str("<16 octets>"),
            _ => out.push_str(&digits),
        }
        digits.clear();
        out.push(character);
    }
    out.pop();
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_files_show_what_is_made() {
    let dir = fresh_dir().join("authority");
    let start: Timestamp = START.parse().unwrap();
    let mut world = world(&dir, RsaSize::Rsa3072, start).await;
    let (tottori, yonago) = (town(TOTTORI), town(YONAGO));
    all_listed(&world, &[tottori, yonago]).await;
    let arl = fs::read(list_file(&dir, Scope::Authority)).unwrap();
    let empty = fs::read(list_file(&dir, Scope::Partition(yonago))).unwrap();

    world.clock.advance_to(start + 1.hour());
    let (moving, good) = certify(&mut world, people::takahashi()).await;
    let (lost, leaked) = certify(&mut world, people::watanabe()).await;
    world.clock.advance_to(start + 2.hours());
    let desk = &world.desks[&tottori];
    let reason = RevocationReason::KeyCompromise;
    journey::revoke(desk, world.by_items(&lost), reason, IdentityProof::ResidentCard)
        .await
        .unwrap();
    let act = desk.sign(Deed::OpenCase { procedure: Procedure::Issue }).unwrap();
    // A leaked key is listed at once: at this hour, or the list below is of whichever hour came first.
    world.listed(Scope::Partition(tottori)).await.unwrap();
    world.clock.advance_to(start + 9.hours());
    all_listed(&world, &[tottori, yonago]).await;
    let partition = fs::read(list_file(&dir, Scope::Partition(tottori))).unwrap();
    let complete = fs::read(list_file(&dir, Scope::Complete)).unwrap();
    let mut answers = Vec::new();
    for (der, valid) in [(&good, true), (&leaked, false)] {
        world.ask_until(der, |verdict| (*verdict == Verdict::Valid) == valid).await;
        answers.push(world.agency.ask(der, world.clock.now()).await.unwrap().1);
    }
    world.office(|office| office.move_within(&moving, "鳥取県鳥取市栄町６２７番地")).unwrap();
    let batch = world.next_batch(tottori).unwrap().unwrap().batch.to_text();

    let ca = certificate(&dir, "ca").unwrap();
    let responder = world.house.responder_certificate().await.unwrap();
    let mut words = Words::default();
    let profile = world.house.doors.issuer.authority.profile.clone();
    words.text(&profile.ocsp_url, "OCSP address");
    words.text(&profile.repository_url, "repository address");
    words.text(&profile.policy, "policy");
    for (der, whose) in
        [(&ca, "authority"), (&good, "good"), (&leaked, "revoked"), (&responder, "responder")]
    {
        let (_, parsed) = parse_x509_certificate(der).unwrap();
        words.octets(parsed.raw_serial(), &format!("serial number, 16 octets: {whose}"));
        let ski = parsed.extensions().iter().find(|e| e.oid.to_id_string() == "2.5.29.14");
        words.octets(&ski.unwrap().value[2..], &format!("key identifier, 20 octets: {whose}"));
        if whose == "good" || whose == "revoked" {
            assert_eq!(serial_of(der).as_bytes(), parsed.raw_serial());
            let name = parsed.subject().iter_common_name().next().unwrap();
            words.text(name.as_str().unwrap(), "opaque name");
        }
    }

    let mut different = Vec::new();
    let mut golden = |name: &str, text: String| {
        compare(name, &without_hashes(&text), &mut different);
    };
    golden("certificate-authority.txt", words.tree(&ca));
    golden("certificate-citizen.txt", words.tree(&good));
    golden("certificate-responder.txt", words.tree(&responder));
    golden("crl-partition.txt", words.tree(&partition));
    golden("crl-partition-empty.txt", words.tree(&empty));
    golden("crl-complete.txt", words.tree(&complete));
    golden("crl-authorities.txt", words.tree(&arl));
    golden("ocsp-good.txt", words.tree(&answers[0]));
    golden("ocsp-revoked.txt", words.tree(&answers[1]));
    golden("signed-act.txt", words.tree(act.as_der()));
    let text = words.replace(std::str::from_utf8(&batch).unwrap());
    golden("batch.form", String::from_utf8(signed_form(text.as_bytes())).unwrap());
    golden("batch.jsonl", text);
    world.stop().await;
    assert!(
        different.is_empty(),
        "what is made has changed; if it was meant to, run `make golden` and review:\n{}",
        different.join("\n")
    );
}
