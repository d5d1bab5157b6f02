//! The card's end of a virtual reader: vpcd's protocol.
//!
//! vpcd is a driver inside of pcscd (package vsmartcard-vpcd); it listens, and a card is inserted
//! by connecting and removed by closing. Each message, both ways, is two octets of length
//! (big-endian) and so many octets. A message of one octet is the reader's own:
//!
//! | octet | meaning | answer |
//! |---|---|---|
//! | 00 | power off | |
//! | 01 | power on | |
//! | 02 | reset | |
//! | 04 | give the ATR | the ATR |
//!
//! Anything longer is a command for the card, and its answer is the card's.
//! Source: vsmartcard, virtualsmartcard/src/vpcd/vpcd.h.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::linux::net::TcpStreamExt;

use zeroize::Zeroizing;

use crate::error::CardHostError;
use crate::inserted::InsertedCard;

/// The answer to reset (ISO/IEC 7816-3 §8): what readers' programs know a JPKI card by.
const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const GIVE_ATR: u8 = 0x04;

/// A slot of a virtual reader, with a card in it from the reader's first word on.
pub struct VirtualSlot {
    reader: TcpStream,
}

/// Removes the card from its slot, from any thread, at any moment.
pub struct Remover(TcpStream);

impl VirtualSlot {
    /// Puts a card into the virtual reader that listens at `HOST:PORT`.
    pub fn connect(address: &str) -> Result<Self, CardHostError> {
        let reader = TcpStream::connect(address)
            .map_err(|source| CardHostError::NoVirtualReader { address: address.into(), source })?;
        reader.set_nodelay(true).map_err(CardHostError::ReaderBroke)?;
        Ok(Self { reader })
    }

    /// What removes the card while [`VirtualSlot::serve`] runs.
    pub fn remover(&self) -> Result<Remover, CardHostError> {
        self.reader.try_clone().map(Remover).map_err(CardHostError::ReaderBroke)
    }

    /// Answers the reader until the card is removed, or the reader is gone.
    pub fn serve(self, card: &mut InsertedCard) -> Result<(), CardHostError> {
        self.serve_and_tell(card, || {})
    }

    /// The same. `seen` is told when the reader has seen the card: a slot that has another one says nothing to whoever
    /// knocks.
    pub fn serve_and_tell(
        mut self,
        card: &mut InsertedCard,
        seen: impl FnOnce(),
    ) -> Result<(), CardHostError> {
        card.reset();
        let served = self.converse(card, seen);
        // The card has no power any more.
        card.reset();
        served
    }

    fn converse(
        &mut self,
        card: &mut InsertedCard,
        seen: impl FnOnce(),
    ) -> Result<(), CardHostError> {
        let mut seen = Some(seen);
        loop {
            let message = match self.message() {
                Ok(message) => message,
                Err(error) => return closed(error),
            };
            if let Some(seen) = seen.take() {
                seen();
            }
            let answer = match message.as_slice() {
                [] => return Err(CardHostError::Malformed("a message without an octet")),
                [POWER_OFF | POWER_ON | RESET] => {
                    card.reset();
                    continue;
                }
                [GIVE_ATR] => ATR.to_vec(),
                [_] => return Err(CardHostError::Malformed("an unknown message of one octet")),
                command => card.answer(command)?,
            };
            if let Err(error) = self.send(&answer) {
                return closed(error);
            }
        }
    }

    /// A message, which may carry a PIN; one that does not come to its end, too.
    fn message(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut length = [0; 2];
        self.fill(&mut length)?;
        let mut message = Zeroizing::new(vec![0; usize::from(u16::from_be_bytes(length))]);
        self.fill(&mut message)?;
        Ok(message)
    }

    fn fill(&mut self, mut octets: &mut [u8]) -> io::Result<()> {
        while !octets.is_empty() {
            // vpcd sends length and body apart and waits for the acknowledgement of the first.
            // Linux forgets this setting by itself: without it before every read each command
            // costs 44 ms in place of 0.06.
            self.reader.set_quickack(true)?;
            match self.reader.read(octets) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => octets = &mut octets[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        // In one segment.
        self.reader.write_all(&[&length.to_be_bytes()[..], answer].concat())
    }
}

impl Remover {
    /// Removes the card. The reader sees it within half a second.
    pub fn remove(&self) {
        // What is closed already needs no closing.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// A connection that was closed, at whichever octet, is a card that was removed: nothing is wrong.
fn closed(error: io::Error) -> Result<(), CardHostError> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => Ok(()),
        _ => Err(CardHostError::ReaderBroke(error)),
    }
}
