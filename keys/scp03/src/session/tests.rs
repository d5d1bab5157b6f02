//! Known answers: the AES-128, level 33 figures of osmocom's pySim test-suite
//! (tests/unittests/test_globalplatform.py), made with a real card and an independent host.

use super::*;

fn octets(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).unwrap()
}

fn fixed<const N: usize>(hexadecimal: &str) -> [u8; N] {
    octets(hexadecimal).try_into().unwrap()
}

const HOST_CHALLENGE: &str = "fdf38259a1e0de44";
const CARD_CHALLENGE: &str = "3b1aca81e821f219";

fn keys() -> (SessionKeys, [u8; 16]) {
    let keys = KeySet {
        version: crate::KeyVersion::Authority,
        encryption: Key::new(fixed("000102030405060708090a0b0c0d0e0f")),
        mac: Key::new(fixed("101112131415161718191a1b1c1d1e1f")),
    };
    let context = context(&fixed(HOST_CHALLENGE), &fixed(CARD_CHALLENGE));
    (SessionKeys::derive(&keys, &context), context)
}

fn authenticated() -> Session {
    let (keys, _) = keys();
    let mut session = Session::begin(keys);
    assert_eq!(session.authenticate(&fixed("8c36f96bcc00724a"))[..], octets("4e13ad591d7da3f0"));
    session
}

/// Plain header and data, and the wrapped data field; in the order in which they were sent.
const COMMANDS: [(&str, &str, &str); 5] = [
    ("84e29100", "bf3e035c015a", "267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f"),
    ("84f22002", "", "ac6a59024bed84cc"),
    ("84ca0066", "", "409912ad8fb7aed0"),
    ("84f22002", "4f0212345c054f9f70c5", "5f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a"),
    ("84f28002", "4f00", "65165105be3373347d0424d4400af2ac393f569ec779389e"),
];

#[test]
fn the_cryptograms_of_both_ends_are_the_known_ones() {
    let (keys, context) = keys();
    let cryptogram = |constant| hex::encode(keys.cryptogram(constant, &context));
    assert_eq!(cryptogram(Constant::CardCryptogram), "081cdc01c26b372d");
    assert_eq!(cryptogram(Constant::HostCryptogram), "8c36f96bcc00724a");
}

#[test]
fn commands_with_and_without_data_are_wrapped_as_they_are_known_to_be() {
    let mut session = authenticated();
    for (header, plain, wrapped) in COMMANDS {
        let (data, _) = session.protect(&fixed(header), &octets(plain), false);
        assert_eq!(hex::encode(data), wrapped, "{header}");
    }
}

#[test]
fn the_card_opens_what_the_host_is_known_to_have_sent() {
    let mut session = authenticated();
    for (header, plain, wrapped) in COMMANDS {
        let data = session.check(&fixed(header), &octets(wrapped), false);
        assert_eq!(data, Some(octets(plain)), "{header}");
    }
}

#[test]
fn the_known_answer_opens_and_is_made_again() {
    let mut session = authenticated();
    let (header, plain, _) = COMMANDS[0];
    let (_, moment) = session.protect(&fixed(header), &octets(plain), false);
    let plain = octets("bf3e125a1089882119900000000000000000000005");
    let wrapped =
        octets("f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9");
    assert_eq!(session.check_answer(&moment, &wrapped, [0x90, 0]), Some(plain.clone()));
    let made = session.protect_answer(&plain, [0x90, 0]);
    assert_eq!(made, [wrapped, vec![0x90, 0]].concat());
}

#[test]
fn what_is_protected_has_the_length_that_was_reckoned() {
    let mut session = authenticated();
    for length in 0..600 {
        let _ = session.protect(&[0x84, 0xB0, 0, 0], &[], false);
        let protected = session.protect_answer(&vec![7; length], [0x90, 0]).len() - 2;
        assert_eq!(protected, protected_length(length));
        if length > 0 {
            assert!(plain_room(protected) >= length && plain_room(protected - 1) < length);
        }
    }
    assert_eq!((plain_room(256), plain_room(280), plain_room(7)), (239, 271, 0));
}
