//! Where a card is used in the story: in a virtual reader, or in this process.

use std::thread::JoinHandle;
use std::time::Duration;

use akashi_card::{Card, Transport, TransportError};
use akashi_cardhost::{CardHostError, InsertedCard, Remover, VirtualSlot};
use akashi_reader::{ConnectedCard, Sharing, Terminal};

use super::DemoError;

/// Until when a reader has surely seen that a card is in or out: pcscd looks every 400 ms.
const SEEN: Duration = Duration::from_millis(500);
/// A card that is not seen for so long will not be seen.
const PATIENCE: Duration = Duration::from_secs(10);

/// The counter's reader.
#[derive(Debug, Clone)]
pub enum Reader {
    /// There is none: cards lie in this process.
    None,
    /// A virtual one, over PC/SC. Where its service is, the environment says.
    Virtual {
        /// Where its driver takes cards, `HOST:PORT`.
        slot: String,
        /// Its name.
        name: String,
    },
}

/// A card in its seat.
pub enum Seat {
    /// In this process.
    Here(Box<InsertedCard>),
    /// In a reader.
    There(InReader),
}

/// A card that another thread serves to a reader.
pub struct InReader {
    connected: ConnectedCard,
    remover: Remover,
    serving: JoinHandle<(InsertedCard, Result<(), CardHostError>)>,
}

impl Reader {
    /// Puts a card in.
    pub fn insert(&self, card: InsertedCard) -> Result<Card<Seat>, DemoError> {
        let seat = match self {
            Self::None => Seat::Here(Box::new(card)),
            Self::Virtual { slot, name } => Seat::There(InReader::insert(card, slot, name)?),
        };
        Ok(Card::open(seat)?)
    }
}

impl InReader {
    fn insert(mut card: InsertedCard, slot: &str, name: &str) -> Result<Self, DemoError> {
        let slot = VirtualSlot::connect(slot)?;
        let remover = slot.remover()?;
        let serving = std::thread::spawn(move || {
            let served = slot.serve(&mut card);
            (card, served)
        });
        let terminal = Terminal::open()?;
        terminal.wait_for_card(Some(name), PATIENCE)?;
        let connected = terminal.connect(name, Sharing::Exclusive)?;
        Ok(Self { connected, remover, serving })
    }
}

impl Seat {
    /// Takes the card out.
    pub fn take_out(self) -> Result<InsertedCard, DemoError> {
        match self {
            Self::Here(mut card) => {
                card.reset();
                Ok(*card)
            }
            Self::There(InReader { connected, remover, serving }) => {
                drop(connected);
                remover.remove();
                let (card, served) = serving.join().map_err(|_| DemoError::ReaderEnded)?;
                served?;
                // The next card must not come before the reader has seen that this one is gone.
                std::thread::sleep(SEEN);
                Ok(card)
            }
        }
    }
}

impl Transport for Seat {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self {
            Self::Here(card) => card.transmit(command),
            Self::There(there) => there.connected.transmit(command),
        }
    }
}
