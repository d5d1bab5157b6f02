//! Whatever octets arrive, the card answers, and never with what it must keep.

use akashi_softcard::SoftCard;
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PrivateKeyParts;
use serde_json::Value;

/// Printed by a failing test, so that the run can be repeated.
const SEED: u64 = 0x2003_1025;

/// A card with a verified PIN and a pending key: the one that has most to lose.
fn talkative_card(rng: &mut ChaCha20Rng) -> SoftCard {
    let number = "AKASHI0000000001".parse().expect("a card number");
    let mut card = SoftCard::new(number);
    for command in [
        "00A4040C0AD392F000260100000001",
        "00A4020C02001B",
        "842C0280",
        "0024018006414243313233",
        "0020008006414243313233",
        "84478000000005B60384011A0000",
        "00A4020C02011A",
    ] {
        let answer = card.transmit(&hex::decode(command).expect("hexadecimal"), rng);
        assert!(answer.ends_with(&[0x90, 0x00]), "{command}");
    }
    card
}

/// Pieces of each secret number that must appear in no answer: 16 octets from anywhere in it.
fn secrets(card: &SoftCard) -> Vec<Vec<u8>> {
    let memory = serde_json::to_value(card).expect("memory");
    let key = find_key(&memory).expect("a pending key");
    let key = rsa::PrivateKey::from_pkcs8_der(&hex::decode(key).expect("hexadecimal"))
        .expect("a private key");
    let numbers = key.primes().iter().map(AsRef::as_ref).chain([key.d()]);
    let numbers = numbers.map(|number| number.to_be_bytes_trimmed_vartime().to_vec());
    numbers
        .flat_map(|number| number.chunks_exact(16).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn find_key(memory: &Value) -> Option<&str> {
    memory.get("pending")?.get("key")?.as_str()
}

/// Random octets, or a sound command with something wrong about it.
fn command(rng: &mut ChaCha20Rng) -> Vec<u8> {
    const SOUND: [&str; 20] = [
        "00A4040C0AD392F000260100000001",
        "00A4020C020001",
        "00A4020C020002",
        "00A4020C02000A",
        "00A4020C020101",
        "00A4020C02011A",
        "00A4020C02001A",
        "00A4020C02001B",
        "00200080",
        "0020008006414243313233",
        "00B0000000",
        "00B00000000000",
        "84B0000000",
        "802A008003AABBCC00",
        "0024018006414243313233",
        "84478100000005B60384011A0000",
        "84D600000430820100",
        "84440000",
        "842C0280",
        "80CA004500",
    ];
    let mut octets = if rng.random_ratio(1, 3) {
        let length = rng.random_range(0..300);
        (0..length).map(|_| rng.random()).collect()
    } else {
        hex::decode(SOUND[rng.random_range(0..SOUND.len())]).expect("hexadecimal")
    };
    for _ in 0..rng.random_range(0..3) {
        match rng.random_range(0..3) {
            0 => octets.push(rng.random()),
            1 => drop(octets.pop()),
            _ if octets.is_empty() => {}
            _ => {
                let place = rng.random_range(0..octets.len());
                octets[place] = rng.random();
            }
        }
    }
    octets
}

/// Whether the command would make a new key pair, which is too slow to do thousands of times.
fn makes_a_key_pair(octets: &[u8]) -> bool {
    octets.get(1..3) == Some(&[0x47, 0x80])
}

/// Whether the command would end the card, which has no secrets afterwards.
fn ends_the_card(octets: &[u8]) -> bool {
    octets.get(1..4) == Some(&[0xFE, 0, 0])
}

#[test]
fn no_octets_make_the_card_panic_fall_silent_or_give_its_key_away() {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let mut card = talkative_card(&mut rng);
    let secrets = secrets(&card);
    assert!(secrets.len() >= 24, "two primes and the exponent");
    for round in 0..30_000 {
        let octets = command(&mut rng);
        if makes_a_key_pair(&octets) || ends_the_card(&octets) {
            continue;
        }
        let answer = card.transmit(&octets, &mut rng);
        assert!(answer.len() >= 2, "seed {SEED}, round {round}: {octets:02X?}");
        let leaked = secrets.iter().any(|secret| answer.windows(16).any(|piece| piece == secret));
        assert!(!leaked, "seed {SEED}, round {round}: {octets:02X?}");
        if rng.random_ratio(1, 500) {
            card.reset();
        }
    }
}

#[test]
fn every_class_and_instruction_gets_an_answer() {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let mut card = talkative_card(&mut rng);
    for class in 0..=0xFF {
        for instruction in 0..=0xFF {
            // With a P1 that no instruction has, should it be the one that ends the card.
            let p1 = if instruction == 0xFE { 0x7F } else { 0 };
            let answer = card.transmit(&[class, instruction, p1, 0], &mut rng);
            assert_eq!(answer.len(), 2, "{class:02X} {instruction:02X}");
        }
    }
}
