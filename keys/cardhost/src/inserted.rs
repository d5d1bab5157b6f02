//! A software card in this process.

use std::fs::File;
use std::path::Path;

use akashi_card::{Transport, TransportError};
use akashi_softcard::{CardNumber, SoftCard};

use crate::cardfile::{self, CardFile};
use crate::error::CardHostError;
use crate::memory;
use crate::seal::Seal;

/// A software card with power: in this process, its memory in a file or nowhere else.
pub struct InsertedCard {
    card: SoftCard,
    file: Option<CardFile>,
}

/// Hears that a card should be removed (`akashi-demo softcard remove`). Holds the card as long as it lives.
pub struct RemovalRequest(File);

impl InsertedCard {
    /// A card, its memory only in this process.
    pub fn of(card: SoftCard) -> Self {
        Self { card, file: None }
    }

    /// This card, with its memory in a new file, sealed by this user.
    pub fn create(file: &Path, card: SoftCard) -> Result<Self, CardHostError> {
        Self::create_sealed(file, card, &Seal::of_this_user()?)
    }

    /// The same, sealed by whom the caller says.
    pub fn create_sealed(file: &Path, card: SoftCard, seal: &Seal) -> Result<Self, CardHostError> {
        let mut card = Self::of(card);
        card.keep_sealed(file, seal)?;
        Ok(card)
    }

    /// Takes the card of a file, which this user sealed; no other process can have it meanwhile.
    pub fn open(file: &Path) -> Result<Self, CardHostError> {
        Self::open_sealed(file, &Seal::of_this_user()?)
    }

    /// The same, sealed by whom the caller says.
    pub fn open_sealed(file: &Path, seal: &Seal) -> Result<Self, CardHostError> {
        let (held, memory) = CardFile::open(file, seal)?;
        let card =
            serde_json::from_slice(&memory).map_err(|_| CardHostError::Damaged(file.into()))?;
        Ok(Self { card, file: Some(held) })
    }

    /// From now on this card's memory is in a new file, sealed by this user.
    pub fn keep(&mut self, file: &Path) -> Result<(), CardHostError> {
        self.keep_sealed(file, &Seal::of_this_user()?)
    }

    /// The same, sealed by whom the caller says.
    pub fn keep_sealed(&mut self, file: &Path, seal: &Seal) -> Result<(), CardHostError> {
        self.file = Some(CardFile::create(file, seal)?);
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
        file.store(self.card.number(), memory::of(&self.card))
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
