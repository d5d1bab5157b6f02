//! The secure channel, opened by a host that is not ours: Yubico's yubikit.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use akashi_cardhost::{InsertedCard, VirtualSlot};
use akashi_scp03::{Key, KeySet, KeyVersion};
use akashi_softcard::SoftCard;

use crate::pdf::python;

const ENCRYPTION: [u8; 16] = [0x11; 16];
const MAC: [u8; 16] = [0x22; 16];

/// What the host said to a card with these keys, line by line.
fn host(encryption: [u8; 16], mac: [u8; 16]) -> Vec<String> {
    let keys = KeySet {
        version: KeyVersion::Authority,
        encryption: Key::new(ENCRYPTION),
        mac: Key::new(MAC),
    };
    let number = "AKASHI0000000001".parse().unwrap();
    let mut card = InsertedCard::of(SoftCard::with_keys(number, [keys]));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader/foreign_host.py");
    let mut host = Command::new(python())
        .arg(script)
        .args([hex::encode(encryption), hex::encode(mac)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines().map(Result::unwrap);
    // It is the reader here, and says first where it listens.
    let slot = lines.next().expect("the host listens");
    VirtualSlot::connect(&slot).unwrap().serve(&mut card).unwrap();
    let said = lines.collect();
    assert!(host.wait().unwrap().success(), "{said:?}");
    said
}

#[test]
fn a_host_with_the_cards_keys_is_served_through_the_channel_and_only_there() {
    let said = host(ENCRYPTION, MAC);
    let expected = [
        "generate without a channel: 6982",
        "the channel is open, as the host takes it",
        "generate: 270 octets, 7f4982",
        "the pending key again: the same",
        "write and read back: the same",
        "activate too early: 6985",
        "PIN through the channel: 6e00",
        "generate beside the channel: 6982",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_host_with_other_keys_is_refused() {
    for (encryption, mac) in [([0x12; 16], MAC), (ENCRYPTION, [0x23; 16])] {
        let said = host(encryption, mac);
        // A wrong Key-MAC shows in the card's cryptogram; a wrong Key-ENC in the first command, whose
        // padding one time in 256 looks like one.
        let last = said.last().map(String::as_str);
        assert!(
            matches!(last, Some("no channel" | "generate: 6988" | "generate: 6a80")),
            "{said:?}"
        );
    }
}
