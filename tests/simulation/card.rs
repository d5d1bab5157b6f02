//! A resident's card in a reader from which it may be torn out at any command.
//!
//! It is the software card with one liberty: the pair that it made beforehand comes from a pool.

use akashi_card::{Card, CardError, SigningPin, Transport, TransportError};
use akashi_keys::CardMaster;
use akashi_softcard::{CardNumber, SoftCard};
use serde_json::Value;

/// The PIN of every card.
pub fn pin() -> SigningPin {
    "ABC123".parse().expect("six characters of A to Z and 0 to 9")
}

/// A card, in the reader or in its holder's pocket.
pub struct CardInHand {
    chip: SoftCard,
    /// After so many commands it is torn out.
    pub torn_after: Option<u32>,
}

impl CardInHand {
    /// A card from the factory.
    pub fn new(number: u32, master: &CardMaster) -> Self {
        let number: CardNumber = format!("SIM{number:013}").parse().expect("sixteen characters");
        let keys = master.card_keys(number.as_str());
        Self { chip: SoftCard::with_keys(number, [keys]), torn_after: None }
    }

    /// Its number.
    pub fn number(&self) -> String {
        self.chip.number().to_string()
    }

    /// Puts it into a reader.
    pub fn insert(&mut self) -> Result<Card<&mut Self>, CardError> {
        self.chip.reset();
        Card::open(self)
    }

    /// The key pair that it will tell when it is to make one (PKCS#8).
    pub fn has_made(&mut self, key: &[u8]) {
        let mut memory = serde_json::to_value(&self.chip).expect("a card's memory is JSON");
        memory["ahead"] = Value::String(hex::encode(key));
        self.chip = serde_json::from_value(memory).expect("a card's memory");
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
        Ok(self.chip.transmit(command, &mut rand::rng()))
    }
}
