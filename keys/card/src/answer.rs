//! Answers of the card: data and status word (ISO/IEC 7816-4 §5.3).

use crate::error::CardError;

/// SW1-SW2 9000: done.
pub(crate) const DONE: u16 = 0x9000;
/// 6285: the application of a card that was terminated.
pub(crate) const TERMINATED: u16 = 0x6285;
/// 6982: PIN not verified, or no PIN window.
pub(crate) const SECURITY_NOT_SATISFIED: u16 = 0x6982;
/// 6983: PIN locked.
pub(crate) const PIN_LOCKED: u16 = 0x6983;
/// 6985: what the command builds on is missing.
pub(crate) const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
/// 6A82: no such application or file, or nothing in it.
pub(crate) const NOT_FOUND: u16 = 0x6A82;

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The instruction it answers.
    pub instruction: u8,
    /// Response data.
    pub data: Vec<u8>,
    /// SW1-SW2.
    pub status: u16,
}

impl Answer {
    /// Takes apart what came back for `instruction`.
    pub fn parse(instruction: u8, mut octets: Vec<u8>) -> Result<Self, CardError> {
        let &[.., sw1, sw2] = octets.as_slice() else {
            return Err(CardError::MalformedAnswer { instruction });
        };
        octets.truncate(octets.len() - 2);
        Ok(Self { instruction, data: octets, status: u16::from_be_bytes([sw1, sw2]) })
    }

    /// The data, or an error for a status that nobody expected.
    pub fn done(self) -> Result<Vec<u8>, CardError> {
        if self.status == DONE { Ok(self.data) } else { Err(self.unexpected()) }
    }

    /// The data, or this error for this status.
    pub fn done_or(self, status: u16, error: CardError) -> Result<Vec<u8>, CardError> {
        if self.status == status { Err(error) } else { self.done() }
    }

    /// Tries left, from status 63Cx.
    pub fn tries_left(&self) -> Option<u8> {
        (self.status & 0xFFF0 == 0x63C0).then_some((self.status & 0x000F) as u8)
    }

    /// The error for a status that nobody expected.
    pub fn unexpected(&self) -> CardError {
        CardError::UnexpectedAnswer { instruction: self.instruction, status: self.status }
    }

    /// The error for data that is not what the command gives.
    pub fn malformed(&self) -> CardError {
        CardError::MalformedAnswer { instruction: self.instruction }
    }
}
