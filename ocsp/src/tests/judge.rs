//! A foreign judge: `openssl ocsp` asks the served responder and verifies what it is told.

use std::process::{Command, Output};

use akashi_ledger::Access;
use akashi_wire::RevocationReason;
use akashi_wire::party::Role;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::door::served;
use super::world::*;

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

async fn openssl(world: &World, port: u16, more: Vec<String>) -> (String, Output) {
    let ca = world.dir.path().join("ca.pem");
    std::fs::write(&ca, pem("CERTIFICATE", &world.authority_certificate())).unwrap();
    let ca = ca.display().to_string();
    let url = format!("http://127.0.0.1:{port}/ocsp");
    let mut command = Command::new("openssl");
    command.args(["ocsp", "-issuer", &ca, "-CAfile", &ca, "-url", &url]).args(more);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .expect("the judge is not there: install openssl");
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (String::from_utf8_lossy(&text).into_owned(), output)
}

async fn world(access: Access, rsa: bool) -> World {
    // The judge has the real clock.
    let start = jiff::Timestamp::now();
    World::with(Options { access, rsa, start, ..Options::default() }).await
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|&word| word.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_verifies_good_revoked_and_unknown_under_every_kind_of_key() {
    for (rsa, rsa_responder) in [(true, false), (true, true), (false, false)] {
        let start = jiff::Timestamp::now();
        let options = Options { rsa, rsa_responder, start, ..Options::default() };
        let mut world = World::with(options).await;
        let (good, bad, held) = (world.issue().await, world.issue().await, world.issue().await);
        world.revoke(bad, RevocationReason::AffiliationChanged).await;
        world.hold(held).await;
        world.follow().await;
        let (address, _stop) = served(&world).await;
        for (number, word, reason) in [
            (good, "good", None),
            (bad, "revoked", Some("affiliationChanged")),
            (held, "revoked", Some("certificateHold")),
            (serial(), "unknown", None),
        ] {
            for extra in [&["-nonce"][..], &["-no_nonce"], &["-sha256"]] {
                let name = format!("0x{number}");
                let more = [words(extra), words(&["-serial", &name])].concat();
                let (text, output) = openssl(&world, address.port(), more).await;
                assert!(output.status.success(), "{text}");
                assert!(text.contains("Response verify OK"), "{text}");
                assert!(!text.contains("WARNING"), "{text}");
                assert!(text.contains(&format!("{name}: {word}")), "{text}");
                assert!(reason.is_none_or(|reason| text.contains(reason)), "{text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_openssl_signed_is_answered_and_on_record() {
    let mut world = world(Access::Registered, false).await;
    let number = world.issue().await;
    world.follow().await;
    let (agency, party) =
        world.enrol("Agency", Role::Agency { purposes: vec!["tax".into()] }).await;
    let (address, _stop) = served(&world).await;
    let name = format!("0x{number}");
    let (text, _) = openssl(&world, address.port(), words(&["-serial", &name])).await;
    assert!(text.contains("sigrequired"), "{text}");

    let (certificate, key) = (world.dir.path().join("a.pem"), world.dir.path().join("a.key"));
    std::fs::write(&certificate, pem("CERTIFICATE", agency.certificate())).unwrap();
    std::fs::write(&key, pem("PRIVATE KEY", &agency.key().for_tls())).unwrap();
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let signing = ["-serial", &name, "-signer", &certificate, "-signkey", &key];
    let (text, _) = openssl(&world, address.port(), words(&signing)).await;
    assert!(text.contains("Response verify OK"), "{text}");
    assert!(text.contains(&format!("{name}: good")), "{text}");
    let inquiries = world.ledger.inquiries_about(&number.to_string()).await.unwrap();
    assert_eq!(inquiries.len(), 1);
    assert_eq!(inquiries[0].party, party);
}
