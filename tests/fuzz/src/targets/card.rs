//! Both sides of a card: the commands that reach it, and the answers that it gives.

use std::sync::LazyLock;

use akashi_card::{Card, KeySlot, Transport, TransportError, issuing};
use akashi_softcard::{AID, SoftCard};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// The memory of a card as it comes from the factory.
static BLANK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let card = SoftCard::new("AKASHI0000000001".parse().expect("a card number"));
    serde_json::to_vec(&card).expect("memory")
});

/// The memory of a card with a pending key pair and the PIN ABC123.
static MEMORY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut card = SoftCard::new("AKASHI0000000001".parse().expect("a card number"));
    for command in [
        "00A4040C0AD392F000260100000001",
        "00A4020C02001B",
        "842C0280",
        "0024018006414243313233",
        "84478000000005B60384011A0000",
    ] {
        let answer = card.transmit(&hex::decode(command).expect("hexadecimal"), &mut rng);
        assert!(answer.ends_with(&[0x90, 0x00]), "{command}");
    }
    serde_json::to_vec(&card).expect("memory")
});

/// The private key of a card in PKCS#8.
pub(super) fn secret(memory: &[u8]) -> Vec<u8> {
    let memory: serde_json::Value = serde_json::from_slice(memory).expect("JSON");
    hex::decode(memory["pending"]["key"].as_str().expect("a key")).expect("hexadecimal")
}

/// Whether 32 octets from the middle of a private key, where its exponent stands, are in these.
///
/// libFuzzer sees what is compared and tries it: an input that has them proves nothing, for what it
/// writes into a certificate it may read again.
pub(super) fn has(octets: &[u8], secret: &[u8]) -> bool {
    let middle = &secret[secret.len() / 2..][..32];
    octets.windows(32).any(|window| window == middle)
}

/// The private key of the card of [`MEMORY`].
static SECRET: LazyLock<Vec<u8>> = LazyLock::new(|| secret(&MEMORY));

/// The input cut into pieces, each with its length in two octets before it.
pub(super) fn pieces(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = octets.split_at_checked(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]])).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        octets = rest;
        Some(piece)
    })
}

/// Whether it makes a key pair, or signs: too slow to do a thousand times a second.
pub(super) fn is_slow(command: &[u8]) -> bool {
    matches!(command.get(1..3), Some([0x47, 0x80] | [0x2A, _]))
}

/// Commands to one card, one after another: a blank one, or after a first octet of 1 one with a key
/// (whose memory takes long to read). Each is answered with two octets or more, none with the key;
/// the memory can be read again; and the card says where it stands in its life.
pub fn commands(octets: &[u8]) {
    let Some((&first, octets)) = octets.split_first() else { return };
    let has_key = first == 1;
    if has_key && has(octets, &SECRET) {
        return;
    }
    let memory = if has_key { &MEMORY } else { &BLANK };
    let mut card: SoftCard = serde_json::from_slice(memory).expect("a card");
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for command in pieces(octets).take(64).filter(|command| !is_slow(command)) {
        let answer = card.transmit(command, &mut rng);
        assert!((2..=65_538).contains(&answer.len()));
        assert!(!has_key || !has(&answer, &SECRET), "the key leaves the card");
    }
    if !has_key {
        let memory = serde_json::to_vec(&card).expect("memory");
        let again: SoftCard = serde_json::from_slice(&memory).expect("a card");
        assert_eq!(serde_json::to_vec(&again).expect("memory"), memory);
    }
    card.reset();
    if is_dead(&mut card, &mut rng) {
        let memory = serde_json::to_value(&card).expect("memory");
        let left = ["living", "pending"].iter().any(|slot| !memory[slot].is_null());
        assert!(!left, "a key outlives its card");
    }
}

/// Whether a card is terminated: by its life cycle, and by how it is selected then.
pub(super) fn is_dead(card: &mut SoftCard, rng: &mut ChaCha20Rng) -> bool {
    let life_cycle = card.transmit(&[0x80, 0xCA, 0x9F, 0x70, 0], rng);
    let dead = match life_cycle[..] {
        [0xFF, 0x90, 0x00] => true,
        [0x01 | 0x0F | 0x7F, 0x90, 0x00] => false,
        _ => panic!("no life cycle: {life_cycle:02X?}"),
    };
    let selected = card.transmit(&[&[0x00, 0xA4, 0x04, 0x0C, 10][..], &AID].concat(), rng);
    assert_eq!(selected, if dead { [0x62, 0x85] } else { [0x90, 0x00] });
    dead
}

/// A card that gives these answers, then none.
struct Script<'a> {
    answers: Vec<&'a [u8]>,
}

impl Transport for Script<'_> {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.answers.pop() {
            Some(answer) => Ok(answer.to_vec()),
            None => Err(TransportError::CardRemoved { reason: "the end".into() }),
        }
    }
}

/// Answers to the reader's side. The first octet chooses what is asked.
pub fn answers(octets: &[u8]) {
    let Some((&asked, octets)) = octets.split_first() else { return };
    let mut answers: Vec<&[u8]> = pieces(octets).take(256).collect();
    answers.reverse();
    // Selecting is answered well, so that the rest is reached.
    answers.push(&[0x90, 0x00]);
    let Ok(mut card) = Card::open(Script { answers }) else { return };
    match asked % 8 {
        0 => drop(card.number()),
        1 => {
            if let Ok(left) = card.pin_tries_left() {
                assert!(left < 16, "a status word has one digit for it");
            }
        }
        2 => {
            if let Ok(certificate) = card.read_ca_certificate() {
                assert!(certificate.starts_with(&[0x30]), "a certificate is a SEQUENCE");
            }
        }
        3 => {
            if let Ok(key) = issuing::public_key(octets) {
                assert_eq!(key.len(), 294, "SubjectPublicKeyInfo of RSA 2048");
            }
        }
        4 => {
            // Not one octet of what follows the first refusal is asked for.
            let answers = card.carry(&[[0x84, 0x44, 0, 0]; 3]).unwrap_or_default();
            assert!(answers.iter().rev().skip(1).all(|answer| answer.ends_with(&[0x90, 0x00])));
        }
        5 => drop(card.sign(KeySlot::Living, &[0; 32])),
        6 => drop(card.read_certificate()),
        _ => {
            let pin = "ABC123".parse().expect("a PIN");
            let _ = (card.verify_pin(&pin), card.change_pin(&pin, &pin), card.set_pin(&pin));
        }
    }
}
