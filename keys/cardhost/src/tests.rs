//! Tests that need neither a reader nor a service; those with both are in `tests/reader`.

mod cardfile;
mod seal;
mod vpcd;

use akashi_card::{Card, SigningPin, issuing};
use akashi_scp03::{KeySet, KeyVersion, MasterKey};
use akashi_softcard::SoftCard;

use crate::{InsertedCard, tell};

/// The number of every card here.
const NUMBER: &str = "AKASHI0000000001";

/// The authority's keys of every card here.
fn keys() -> KeySet {
    MasterKey::new([7; 16]).card_keys(KeyVersion::Authority, NUMBER)
}

/// A card from the factory.
fn blank() -> SoftCard {
    SoftCard::with_keys(NUMBER.parse().unwrap(), [keys()])
}

/// Gives a card its first PIN, as at the counter.
fn give_pin(card: InsertedCard, pin: &SigningPin) {
    let mut card = Card::open(card).unwrap();
    tell(&mut card, &keys(), &issuing::open_pin_window()).unwrap();
    card.set_pin(pin).unwrap();
}
