//! The secure channel to a card, from both ends.

use std::sync::LazyLock;

use akashi_scp03::{Host, KeySet, KeyVersion, MasterKey, Opening, Plain};
use akashi_softcard::SoftCard;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

use super::card::{has, is_dead, is_slow, pieces, secret};

const NUMBER: &str = "AKASHI0000000001";
const SELECT: [u8; 15] =
    [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

fn keys() -> KeySet {
    MasterKey::new([0x42; 16]).card_keys(KeyVersion::Authority, NUMBER)
}

/// The memory of a card that issues through the channel alone, with a pending key pair.
static KEYED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut card = SoftCard::with_keys(NUMBER.parse().expect("a card number"), [keys()]);
    let mut host = channel(&mut card, &mut rng);
    let template = [0xB6, 3, 0x84, 1, 0x1A];
    let made = Plain { instruction: [0x47, 0x80, 0], data: &template, room: Some(280) };
    let answer = card.transmit(&host.wrap(&made).0, &mut rng);
    assert!(answer.ends_with(&[0x90, 0x00]));
    serde_json::to_vec(&card).expect("memory")
});

/// An open channel to a card.
fn channel(card: &mut SoftCard, rng: &mut ChaCha20Rng) -> Host {
    card.transmit(&SELECT, rng);
    let opening = Opening::new(KeyVersion::Authority, [7; 8]);
    let answer = card.transmit(&opening.command(), rng);
    let (host, command) = opening.authenticate(&keys(), &answer).expect("a card with these keys");
    assert_eq!(card.transmit(&command, rng), [0x90, 0x00]);
    host
}

/// Commands that the authority's end of the channel wraps; the first octet of each says whether it
/// goes through the channel or beside it. No answer has the key, and afterwards the card opens a
/// channel again, unless the authority ended it.
pub fn commands(octets: &[u8]) {
    static SECRET: LazyLock<Vec<u8>> = LazyLock::new(|| secret(&KEYED));
    if has(octets, &SECRET) {
        return;
    }
    let mut card: SoftCard = serde_json::from_slice(&KEYED).expect("a card");
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut host = channel(&mut card, &mut rng);
    for piece in pieces(octets).take(32) {
        let told = match piece {
            [0, p1, p2, instruction, data @ ..] => {
                let instruction = [*instruction, *p1, *p2];
                if matches!(instruction, [0x47, 0x80, _] | [0x2A, ..]) {
                    continue;
                }
                let data = &data[..data.len().min(4096)];
                let plain = Plain { instruction, data, room: Some(4096) };
                let (command, receipt) = host.wrap(&plain);
                let answer = card.transmit(&command, &mut rng);
                assert!(answer.len() <= 4098, "more than was asked for");
                host.open(&receipt, &answer).unwrap_or_default()
            }
            [_, command @ ..] if !is_slow(command) => card.transmit(command, &mut rng),
            _ => continue,
        };
        assert!(!has(&told, &SECRET), "the key leaves the card");
    }
    card.reset();
    if !is_dead(&mut card, &mut rng) {
        channel(&mut card, &mut rng);
    }
}

/// Answers to the authority's end of a channel that it opens.
pub fn answers(octets: &[u8]) {
    let mut pieces = pieces(octets);
    let opening = Opening::new(KeyVersion::Authority, [7; 8]);
    if let Some(answer) = pieces.next() {
        assert!(opening.authenticate(&keys(), answer).is_err(), "nobody guesses a cryptogram");
    }
    let mut card: SoftCard = serde_json::from_slice(&BLANK_KEYED).expect("a card");
    let mut host = channel(&mut card, &mut ChaCha20Rng::seed_from_u64(5));
    for answer in pieces.take(32) {
        let plain = Plain { instruction: [0xB0, 0, 0], data: &[], room: Some(256) };
        let (_, receipt) = host.wrap(&plain);
        assert!(host.open(&receipt, answer).is_err(), "nobody guesses a MAC");
    }
}

/// The memory of a card with keys and nothing else.
static BLANK_KEYED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let card = SoftCard::with_keys(NUMBER.parse().expect("a card number"), [keys()]);
    serde_json::to_vec(&card).expect("memory")
});
