//! `akashi card verify`.

use akashi_card::issuing;
use akashi_holder::Fingerprint;
use der::{Decode, Encode};
use x509_cert::Certificate;

use crate::scene::{Home, PIN};

#[test]
fn the_fingerprint_of_the_paper_is_compared_however_it_is_written() {
    let home = Home::with_card();
    let (on_card, _) = home.read();
    std::fs::write(home.path("ca.der"), &on_card.authority).unwrap();
    let openssl = ["x509", "-inform", "DER", "-in", "ca.der", "-noout", "-fingerprint", "-sha256"];
    let paper = home.other("openssl", &openssl).must_do().out;
    let paper = paper.trim().rsplit_once('=').unwrap().1.to_owned();
    let own = Fingerprint::of(&on_card.authority).to_string();
    for text in [paper.as_str(), &paper.to_lowercase(), &paper.replace(':', " "), &own] {
        home.run(&["verify", "--fingerprint", text]).must_do().must_show(&[
            "right: it is the one that you gave",
            "not checked",
            "--ask-pin",
        ]);
    }
    home.run(&["verify", "--fingerprint", &own, "--ask-pin"])
        .must_do()
        .must_show(&["Everything is right"]);
    // A card that is somebody else's never sees the PIN.
    let other = Fingerprint::of(b"another").to_string();
    std::fs::write(home.path("wrong"), "WRONG999").unwrap();
    home.run(&["verify", "--fingerprint", &other, "--pin-file", "wrong"])
        .must_show(&["WRONG: it is not the one"])
        .must_refuse("do not use it");
    let short = home.run(&["verify", "--fingerprint", "12:34"]);
    assert_eq!(short.code, 2, "the command line is wrong");
    assert!(short.err.contains("64 hexadecimal digits"), "{}", short.err);
    assert_eq!(home.tries_left(), 5);
}

#[test]
fn without_a_fingerprint_it_is_shown_to_be_compared_and_with_the_pin_all_is_checked() {
    let home = Home::with_card();
    let (on_card, _) = home.read();
    let [first, second] = Fingerprint::of(&on_card.authority).lines();
    home.run(&["verify"]).must_do().must_show(&[&first, &second, "compare all sixteen groups"]);
    home.run(&["verify", "--ask-pin"]).must_do().must_show(&["right: this authority signed"]);
    std::fs::write(home.path("pin"), PIN).unwrap();
    home.run(&["verify", "--pin-file", "pin"]).must_do().must_show(&["this authority signed"]);
}

#[test]
fn a_card_with_another_authority_or_a_forged_certificate_is_not_in_order() {
    let home = Home::with_card();
    forge(&home, |_| ());
    home.run(&["verify"]).must_do();
    home.run(&["verify", "--ask-pin"])
        .must_show(&["WRONG: this authority did not sign"])
        .must_refuse("not in order");
    let status = home.run(&["status"]).must_show(&["not the authority's"]);
    assert_eq!(status.code, 2);

    let home = Home::with_card();
    // The last octet of a certificate is one of its signature.
    forge(&home, |authority| *authority.last_mut().unwrap() ^= 1);
    home.run(&["verify"])
        .must_show(&["WRONG: its certificate is not an authority's"])
        .must_refuse("not in order");
}

/// Puts a new key into the card, and the old certificate with that key written into it.
fn forge(home: &Home, change: impl FnOnce(&mut Vec<u8>)) {
    let (mut on_card, _) = home.read();
    change(&mut on_card.authority);
    let key_of = |certificate: &[u8]| {
        let leaf = Certificate::from_der(certificate).unwrap();
        leaf.tbs_certificate().subject_public_key_info().to_der().unwrap()
    };
    let old = key_of(&on_card.certificate);
    let mut card = home.card();
    let made = home.tell(&mut card, &[issuing::make_key_pair()]);
    let new = issuing::public_key(&made[0]).unwrap();
    assert_eq!((old.len(), &old[..30]), (new.len(), &new[..30]), "only the modulus differs");
    let place = on_card.certificate.windows(old.len()).position(|window| window == old).unwrap();
    on_card.certificate[place..place + new.len()].copy_from_slice(&new);
    let mut commands =
        issuing::write_certificates(&on_card.certificate, &on_card.authority).unwrap();
    commands.push(issuing::activate());
    home.tell(&mut card, &commands);
}
