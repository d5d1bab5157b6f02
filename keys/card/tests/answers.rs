//! What the reader's side makes of cards that are not ours, broken, or gone.

use akashi_card::{Card, CardError, KeySlot, SigningPin, Transport, TransportError, issuing};

/// A card that gives the same answer to every command after the first.
struct Parrot {
    first: Vec<u8>,
    then: Vec<u8>,
    asked: bool,
}

impl Transport for Parrot {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = if self.asked { &self.then } else { &self.first };
        self.asked = true;
        Ok(answer.clone())
    }
}

fn parrot(then: &[u8]) -> Card<Parrot> {
    Card::open(Parrot { first: vec![0x90, 0x00], then: then.to_vec(), asked: false }).expect("open")
}

struct EmptyReader;

impl Transport for EmptyReader {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::CardRemoved { reason: "no card".to_owned() })
    }
}

#[test]
fn a_card_without_the_application_is_named_as_such() {
    let stranger = Card::open(Parrot { first: vec![0x6A, 0x82], then: vec![], asked: false });
    assert_eq!(stranger.err(), Some(CardError::NotOurCard));
}

#[test]
fn a_terminated_card_is_named_as_such() {
    let dead = Card::open(Parrot { first: vec![0x62, 0x85], then: vec![], asked: false });
    assert_eq!(dead.err(), Some(CardError::Terminated));
}

#[test]
fn a_removed_card_is_named_as_such() {
    assert_eq!(
        Card::open(EmptyReader).err(),
        Some(CardError::CardRemoved { reason: "no card".to_owned() })
    );
}

#[test]
fn answers_that_make_no_sense_are_errors_for_every_method() {
    let pin: SigningPin = "ABC123".parse().expect("a PIN");
    for answer in [
        &b""[..],
        b"\x90",
        b"\x12\x34",
        b"\x30\x82\x90\x00",
        b"\x30\x82\x01\x00\x90\x00",
        b"\x7F\x49\x82\xFF\xFF\x90\x00",
        b"\x7F\x49\x00\x90\x00",
    ] {
        // Every method returns, and none with a result made of nonsense.
        assert!(parrot(answer).number().is_err(), "{answer:02X?}");
        assert!(parrot(answer).pin_tries_left().is_err(), "{answer:02X?}");
        assert!(parrot(answer).read_ca_certificate().is_err() || answer.len() > 5);
        assert!(issuing::public_key(answer).is_err(), "{answer:02X?}");
        assert!(parrot(answer).proof_of_possession(answer, b"case").is_err());
        assert!(parrot(answer).sign(KeySlot::Living, &[0; 32]).is_err());
        let _ = parrot(answer).verify_pin(&pin);
        let _ = parrot(answer).carry(&[[0x84, 0x44, 0, 0]; 2]);
    }
    assert_eq!(
        parrot(b"\x12\x34").set_pin(&pin),
        Err(CardError::UnexpectedAnswer { instruction: 0xA4, status: 0x1234 })
    );
    assert_eq!(parrot(b"").set_pin(&pin), Err(CardError::MalformedAnswer { instruction: 0xA4 }));
}
