//! A software card behind the reader's side: in this process, its memory in a file.

use std::path::{Path, PathBuf};

use akashi_card::{Transport, TransportError};
use akashi_softcard::{CardNumber, SoftCard};

/// A software card in the reader of this process.
pub struct InsertedCard {
    card: SoftCard,
    file: Option<PathBuf>,
}

/// Why a card's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CardFileError {
    /// It cannot be read.
    #[error("{file}: {source}. `akashi card new` makes a card")]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is no card.
    #[error("{0} is not the file of a software card")]
    Form(PathBuf),
    /// It exists already.
    #[error("{0} exists already: a card is never overwritten")]
    Exists(PathBuf),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] akashi_keys::KeyError),
}

impl InsertedCard {
    /// A card from the factory, its memory only in this process.
    pub fn blank(number: CardNumber) -> Self {
        Self { card: SoftCard::new(number), file: None }
    }

    /// A card from the factory with its memory in a new file.
    pub fn create(file: &Path, number: CardNumber) -> Result<Self, CardFileError> {
        if file.exists() {
            return Err(CardFileError::Exists(file.into()));
        }
        let card = Self { card: SoftCard::new(number), file: Some(file.into()) };
        card.keep(file)?;
        Ok(card)
    }

    /// Puts the card of a file into the reader.
    pub fn open(file: &Path) -> Result<Self, CardFileError> {
        let octets = std::fs::read(file)
            .map_err(|source| CardFileError::Read { file: file.into(), source })?;
        let card = serde_json::from_slice(&octets).map_err(|_| CardFileError::Form(file.into()))?;
        Ok(Self { card, file: Some(file.into()) })
    }

    /// Writes the card's memory to a file.
    pub fn keep(&self, file: &Path) -> Result<(), CardFileError> {
        let octets = serde_json::to_vec(&self.card).expect("a card's memory is JSON");
        Ok(akashi_keys::write_durably(file, &octets)?)
    }
}

impl Transport for InsertedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.card.transmit(command, &mut rand::rng());
        // Before the answer leaves: a card torn out now must not have its tries given back.
        if let Some(file) = &self.file {
            self.keep(file).map_err(|e| TransportError::ReaderGone { reason: e.to_string() })?;
        }
        Ok(answer)
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
