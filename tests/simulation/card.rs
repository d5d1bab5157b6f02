//! A resident's card in a reader from which it may be torn out at any command.
//!
//! It is the software card with one liberty: when a key pair is to be made, the next one of the
//! pool is put in its memory, and the card only tells it.

use std::sync::Arc;

use akashi_card::{Card, SigningPin, Transport, TransportError};
use akashi_softcard::SoftCard;
use serde_json::{Value, json};

/// GENERATE ASYMMETRIC KEY PAIR.
const GENERATE: u8 = 0x47;

/// The PIN of every card.
pub fn pin() -> SigningPin {
    "ABC123".parse().expect("six characters of A to Z and 0 to 9")
}

/// A card, in the reader or in its holder's pocket.
pub struct CardInHand {
    chip: SoftCard,
    /// The key that will be made next.
    pub next_key: Option<Arc<Vec<u8>>>,
    /// After so many commands it is torn out.
    pub torn_after: Option<u32>,
}

impl CardInHand {
    /// A card from the factory.
    pub fn new(number: u32) -> Self {
        let number = format!("SIM{number:013}").parse().expect("sixteen characters");
        Self { chip: SoftCard::new(number), next_key: None, torn_after: None }
    }

    /// Puts it into a reader.
    pub fn insert(&mut self) -> Result<Card<&mut Self>, akashi_card::CardError> {
        self.chip.reset();
        Card::open(self)
    }

    fn put_key(&mut self, key: &[u8]) {
        let mut memory = serde_json::to_value(&self.chip).expect("a card's memory is JSON");
        let empty = Value::String(String::new());
        memory["pending"] =
            json!({"key": hex::encode(key), "certificate": &empty, "ca_certificate": &empty});
        let mut chip: SoftCard = serde_json::from_value(memory).expect("a card's memory");
        // Rebuilding the chip forgot what was selected, which its reader does not know of.
        let select = [&[0, 0xA4, 4, 0x0C, 0x0A][..], &akashi_softcard::AID].concat();
        chip.transmit(&select, &mut rand::rng());
        self.chip = chip;
    }
}

impl Transport for CardInHand {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if let Some(left) = &mut self.torn_after {
            if *left == 0 {
                return Err(TransportError::CardRemoved { reason: "torn out".into() });
            }
            *left -= 1;
        }
        let mut command = command.to_vec();
        if command.get(1..3) == Some(&[GENERATE, 0x80])
            && let Some(key) = self.next_key.take()
        {
            self.put_key(&key);
            command[2] = 0x81;
        }
        Ok(self.chip.transmit(&command, &mut rand::rng()))
    }
}
