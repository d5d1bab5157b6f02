//! `akashi card sign`, with openssl as judge.

use std::fs;

use akashi_holder::signature::{Content, sign};
use akashi_wire::SignedMessage;
use akashi_wire::signed::MessageKind;
use akashi_wire::signed::SignedMessageError;
use jiff::Timestamp;

use crate::scene::{Home, PIN, Said, pin};

/// What openssl says of a signature beside a file.
fn judged(home: &Home, signature: &str, content: &str) -> Said {
    home.other(
        "openssl",
        &[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            signature,
            "-content",
            content,
            "-CAfile",
            "ca.pem",
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ],
    )
}

/// A home with the authority's certificate, as the prefecture publishes it.
fn home() -> Home {
    let home = Home::with_card();
    let (on_card, _) = home.read();
    fs::write(home.path("ca.pem"), akashi_wire::pki::certificate_pem(&on_card.authority)).unwrap();
    home
}

#[test]
fn openssl_accepts_a_signature_beside_a_file_and_no_other_content() {
    let home = home();
    fs::write(home.path("letter.txt"), "申請書\r\nline\n\0end").unwrap();
    let said = home.run(&["sign", "letter.txt"]).must_do();
    assert!(said.err.is_empty() && !said.out.contains(PIN), "{said:?}");
    let (_, stated) = home.read();
    let said = said.must_show(&["letter.txt.p7s", "高崎　花子", &stated.serial]);
    assert!(said.out.contains("can read the holder's name"), "{}", said.out);
    judged(&home, "letter.txt.p7s", "letter.txt").must_do();
    fs::write(home.path("other.txt"), "another letter").unwrap();
    assert_ne!(judged(&home, "letter.txt.p7s", "other.txt").code, 0);
}

#[test]
fn the_form_is_cades_bes_with_both_certificates_and_no_content() {
    let home = home();
    fs::write(home.path("a"), "content that is nowhere in the signature").unwrap();
    home.run(&["sign", "a", "--out", "b.p7s"]).must_do();
    let der = fs::read(home.path("b.p7s")).unwrap();
    let (on_card, _) = home.read();
    let holds = |part: &[u8]| der.windows(part.len()).any(|window| window == part);
    assert!(!holds(b"nowhere"));
    assert!(holds(&on_card.certificate) && holds(&on_card.authority));
    let print = ["cms", "-inform", "DER", "-in", "b.p7s", "-cmsout", "-print", "-noout"];
    home.other("openssl", &print).must_do().must_show(&[
        "eContent: <ABSENT>",
        "contentType (1.2.840.113549.1.9.3)",
        "messageDigest (1.2.840.113549.1.9.4)",
        "signingTime (1.2.840.113549.1.9.5)",
        "id-smime-aa-signingCertificateV2 (1.2.840.113549.1.9.16.2.47)",
        "sha256WithRSAEncryption",
    ]);
    // openssl checks the attribute of the certificate only when told that it is CAdES.
    let cades = ["-cades", "-verify", "-binary", "-inform", "DER", "-in", "b.p7s"];
    let rest = ["-content", "a", "-CAfile", "ca.pem", "-purpose", "any", "-out", "/dev/null"];
    home.other("openssl", &[&["cms"], &cades[..], &rest].concat()).must_do();
}

#[test]
fn a_big_file_is_signed_in_little_memory() {
    let home = home();
    let file = fs::File::create(home.path("big")).unwrap();
    file.set_len(600 * 1024 * 1024).unwrap();
    // The program may not have as much memory as the file has octets.
    let program = &akashi_town::program("akashi-demo");
    let limited = format!("ulimit -v 400000; exec {program} card sign big --file my.card");
    let mut shell = home.command("sh", &["-c", &limited]);
    Said::of(shell.env("AKASHI_PIN", PIN).output().unwrap()).must_do();
    judged(&home, "big.p7s", "big").must_do();
}

#[test]
fn an_existing_signature_stays_unless_it_is_to_be_replaced() {
    let home = home();
    fs::write(home.path("a"), "one").unwrap();
    fs::write(home.path("a.p7s"), "an older signature").unwrap();
    home.run(&["sign", "a"]).must_refuse("--force");
    assert_eq!(fs::read(home.path("a.p7s")).unwrap(), b"an older signature");
    home.run(&["sign", "a", "--force"]).must_do();
    judged(&home, "a.p7s", "a").must_do();
    // Not even then the file itself, or the card.
    for needed in ["a", "./a", "my.card"] {
        home.run(&["sign", "a", "--force", "--out", needed]).must_refuse("is needed as it is");
    }
    home.run(&["certificate", "--force", "--der", "my.card"]).must_refuse("is needed as it is");
    assert_eq!(fs::read(home.path("a")).unwrap(), b"one");
    home.run(&["sign", "missing"]).must_refuse("missing");
    home.run(&["sign", "a", "--out", "no/such/place.p7s"]).must_refuse("no/such/place.p7s");
    let mut wrong = home.card_command(&["sign", "a", "--out", "c.p7s"]);
    let said = Said::of(wrong.env("AKASHI_PIN", "WRONG999").output().unwrap());
    said.must_refuse("the PIN is wrong; 4 more");
    assert!(!home.path("c.p7s").exists());
}

#[test]
fn a_signature_after_the_end_of_the_certificate_is_made_with_a_warning() {
    let home = home();
    fs::write(home.path("a"), "late").unwrap();
    let program = &akashi_town::program("akashi-demo");
    let late = ["+4 years", program, "card", "sign", "a", "--file", "my.card"];
    let mut faketime = home.command("faketime", &late);
    let said = Said::of(faketime.env("AKASHI_PIN", PIN).output().unwrap()).must_do();
    assert!(said.err.contains("not in force (ended"), "{}", said.err);
    let late = ["+4 years", "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in"];
    let rest = ["a.p7s", "-content", "a", "-CAfile", "ca.pem", "-purpose", "any"];
    let judged = home.other("faketime", &[&late[..], &rest].concat());
    assert!(judged.code != 0 && judged.err.contains("expired"), "{judged:?}");
}

#[test]
fn content_can_be_inside_and_is_then_read_like_any_signed_message() {
    let home = home();
    let (on_card, _) = home.read();
    let mut card = home.card();
    card.verify_pin(&pin(PIN)).unwrap();
    let content = Content::Attached(b"{\"deed\":\"revoke\"}");
    let der = sign(&mut card, &on_card, content, Timestamp::now()).unwrap();
    let verified = SignedMessage::from_der(der.clone());
    // Whatever it says, it is no message to the authority: a document has a content type of its own.
    for kind in MessageKind::ALL {
        let taken = verified.clone().verify(kind).map(|_| ());
        assert_eq!(taken, Err(SignedMessageError::Kind(kind)));
        let taken = verified.clone().verify_by(kind, &on_card.certificate).map(|_| ());
        assert_eq!(taken, Err(SignedMessageError::Kind(kind)));
    }
    fs::write(home.path("m.der"), der).unwrap();
    let verify = ["cms", "-verify", "-inform", "DER", "-in", "m.der", "-CAfile", "ca.pem"];
    home.other("openssl", &[&verify[..], &["-purpose", "any"]].concat())
        .must_do()
        .must_show(&["{\"deed\":\"revoke\"}"]);
}

#[test]
fn a_key_that_is_not_the_certificates_signs_nothing() {
    let (home, other) = (home(), Home::with_card());
    let (mut on_card, _) = home.read();
    // The authority's certificate in the place of the holder's: another key.
    on_card.certificate = on_card.authority.clone();
    let mut card = other.card();
    card.verify_pin(&pin(PIN)).unwrap();
    let refused = sign(&mut card, &on_card, Content::Attached(b""), Timestamp::now());
    assert!(refused.unwrap_err().to_string().contains("not the one of its certificate"));
}
