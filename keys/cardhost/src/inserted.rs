//! A software card in this process.

use std::fs::File;
use std::path::Path;

use akashi_card::{Transport, TransportError};
use akashi_softcard::{CardNumber, SoftCard};
use zeroize::Zeroizing;

use crate::cardfile::{self, CardFile};
use crate::error::CardHostError;

/// A software card with power: in this process, its memory in a file or nowhere else.
pub struct InsertedCard {
    card: SoftCard,
    file: Option<CardFile>,
}

/// Hears that a card should be removed (`akashi card remove`). Holds the card as long as it lives.
pub struct RemovalRequest(File);

impl InsertedCard {
    /// A card, its memory only in this process.
    pub fn of(card: SoftCard) -> Self {
        Self { card, file: None }
    }

    /// A card from the factory, its memory only in this process.
    pub fn blank(number: CardNumber) -> Self {
        Self::of(SoftCard::new(number))
    }

    /// A card from the factory with its memory in a new file.
    pub fn create(file: &Path, number: CardNumber) -> Result<Self, CardHostError> {
        let held = CardFile::create(file)?;
        let mut card = Self { card: SoftCard::new(number), file: Some(held) };
        card.store()?;
        Ok(card)
    }

    /// Takes the card of a file; no other process can have it meanwhile.
    pub fn open(file: &Path) -> Result<Self, CardHostError> {
        let (held, memory) = CardFile::open(file)?;
        let card =
            serde_json::from_slice(&memory).map_err(|_| CardHostError::Damaged(file.into()))?;
        Ok(Self { card, file: Some(held) })
    }

    /// From now on this card's memory is in a new file.
    pub fn keep(&mut self, file: &Path) -> Result<(), CardHostError> {
        self.file = Some(CardFile::create(file)?);
        self.store()
    }

    /// The chip, whose serialised form is its memory.
    pub fn chip(&self) -> &SoftCard {
        &self.card
    }

    /// The number printed on the card.
    pub fn number(&self) -> &CardNumber {
        self.card.number()
    }

    /// Answers a command; what the card remembers of it is on the disk when this returns.
    pub fn answer(&mut self, command: &[u8]) -> Result<Vec<u8>, CardHostError> {
        let answer = self.card.transmit(command, &mut rand::rng());
        // Before the answer leaves: a card torn out now must not have its tries given back.
        self.store()?;
        Ok(answer)
    }

    /// Power off, power on or reset: what was selected and verified is forgotten.
    pub fn reset(&mut self) {
        self.card.reset();
    }

    /// A way to hear that the card should be removed; `None` for one without a file.
    pub fn removal_request(&self) -> Option<RemovalRequest> {
        self.file.as_ref()?.request().ok().map(RemovalRequest)
    }

    fn store(&mut self) -> Result<(), CardHostError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.store(Zeroizing::new(serde_json::to_vec(&self.card).expect("a card's memory is JSON")))
    }
}

impl RemovalRequest {
    /// Whether somebody asked.
    pub fn is_made(&mut self) -> bool {
        cardfile::is_requested(&mut self.0)
    }
}

impl Transport for InsertedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.answer(command).map_err(|e| TransportError::ReaderGone { reason: e.to_string() })
    }
}

/// A card number that no other card has: sixteen random characters.
pub fn new_number(rng: &mut impl rand::Rng) -> CardNumber {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut octets = [0; 16];
    rng.fill_bytes(&mut octets);
    let text: String =
        octets.iter().map(|o| LETTERS[usize::from(*o) % LETTERS.len()] as char).collect();
    text.parse().expect("sixteen upper-case characters")
}
