//! Unmodified OpenSC: its tools and its PKCS#11 module.

use crate::scene::{ISSUED, PIN, Scene, unlock};

#[test]
fn opensc_knows_the_card_and_lists_its_key_and_certificate() {
    let scene = Scene::open();
    let _card = scene.insert();
    scene.run("opensc-tool", &["--list-readers"]).must_say(&scene.service.reader());
    scene.run("opensc-tool", &["--atr"]).must_say("3b:e0:00:ff:81:31:fe:45:14");
    scene.run("opensc-tool", &["--name"]).must_say("jpki");
    scene.run("pkcs15-tool", &["--list-keys"]).must_say("Digital Signature Key");
    scene.run("pkcs15-tool", &["--list-pins"]).must_say("Digital Signature PIN");
    let objects = scene.pkcs11(&["--login", "--pin", PIN, "--list-objects"]).must_be_content();
    for object in ["Private Key Object; RSA", "Certificate Object; type = X.509 cert"] {
        assert!(objects.text.contains(object), "{}", objects.text);
    }
}

#[test]
fn opensc_reads_the_certificates_octet_for_octet_and_the_holders_only_with_the_pin() {
    let scene = Scene::open();
    let _card = scene.insert();
    let der = |pem: &[u8]| {
        let text = String::from_utf8_lossy(pem).into_owned();
        let begin = text.find("-----BEGIN").unwrap_or_else(|| panic!("{text}"));
        x509_parser::pem::parse_x509_pem(&text.as_bytes()[begin..]).unwrap().1.contents
    };
    let read = ["--verify-pin", "--auth-id", "02", "--pin", PIN, "--read-certificate", "02"];
    let certificate = scene.run("pkcs15-tool", &read).must_be_content();
    assert!(der(&certificate.out) == ISSUED.certificate);
    let without = scene.run("pkcs15-tool", &["--read-certificate", "02"]);
    assert!(!without.text.contains("BEGIN CERTIFICATE"), "{}", without.text);
    let authority = scene.run("pkcs15-tool", &["--read-certificate", "04"]).must_be_content();
    assert!(der(&authority.out) == ISSUED.authority);
}

#[test]
fn what_opensc_signs_with_the_card_openssl_verifies() {
    let scene = Scene::open();
    let _card = scene.insert();
    scene.sign_and_verify(PIN);
    // The reader reset the card in between: each signature needs its own PIN.
    let again = ["--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS"];
    let output = ["--input-file", "message", "--output-file", "unsigned"];
    let refused = scene.pkcs11(&[&again[..], &output].concat());
    assert!(!refused.content, "{}", refused.text);
}

#[test]
fn five_wrong_pins_lock_the_card_until_the_counter_unlocks_it() {
    let scene = Scene::open();
    let card = scene.insert();
    let enter = |pin: &str| scene.pkcs11(&["--login", "--pin", pin, "--list-objects"]);
    enter("WRONG99").must_complain("CKR_PIN_INCORRECT");
    enter(PIN).must_be_content();
    for _ in 0..4 {
        enter("WRONG99").must_complain("CKR_PIN_INCORRECT");
    }
    enter("WRONG99");
    enter("WRONG99").must_complain("CKR_PIN_LOCKED");
    enter(PIN).must_complain("CKR_PIN_LOCKED");
    // Out and in again gives no try back.
    scene.remove(card);
    let card = scene.insert();
    enter(PIN).must_complain("CKR_PIN_LOCKED");
    scene.remove(card);

    unlock(&scene.card(), "NEW999");
    let _card = scene.insert();
    enter(PIN).must_complain("CKR_PIN_INCORRECT");
    scene.sign_and_verify("NEW999");
}
