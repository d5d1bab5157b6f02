//! Command APDUs to send (ISO/IEC 7816-4 §5.2).

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The octets of a command. Wiped on drop, since one of them carries a PIN.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Command(Vec<u8>);

/// Class, instruction, P1, P2.
pub(crate) type Header = [u8; 4];

/// SELECT by application identifier, no answer data.
pub(crate) const SELECT_APPLICATION: Header = [0x00, 0xA4, 0x04, 0x0C];
/// SELECT by EF identifier, no answer data.
pub(crate) const SELECT_FILE: Header = [0x00, 0xA4, 0x02, 0x0C];
/// VERIFY: without data, asks for the tries left.
pub(crate) const VERIFY: Header = [0x00, 0x20, 0x00, 0x80];
/// CHANGE REFERENCE DATA: the new PIN alone.
pub(crate) const CHANGE_PIN: Header = [0x00, 0x24, 0x01, 0x80];
/// PERFORM SECURITY OPERATION: sign.
pub(crate) const SIGN: Header = [0x80, 0x2A, 0x00, 0x80];
/// GET DATA: the card's number.
pub(crate) const CARD_NUMBER: Header = [0x80, 0xCA, 0x00, 0x45];
/// GET DATA: where the card stands in its life.
pub(crate) const LIFE_CYCLE: Header = [0x80, 0xCA, 0x9F, 0x70];
/// READ BINARY, class and instruction.
pub(crate) const READ: [u8; 2] = [0x00, 0xB0];

/// The header of READ BINARY at an offset (at most 32,767).
pub(crate) fn read_at(offset: usize) -> Header {
    debug_assert!(offset <= 0x7FFF, "every offset comes from a length checked before");
    let [.., high, low] = offset.to_be_bytes();
    [READ[0], READ[1], high & 0x7F, low]
}

impl Command {
    /// A header alone (case 1).
    pub fn plain(header: Header) -> Self {
        Self(header.to_vec())
    }

    /// With data and without an answer's data (case 3, short): 1 to 255 octets.
    pub fn with_data(header: Header, data: &[u8]) -> Self {
        debug_assert!((1..=255).contains(&data.len()));
        // Room for Le too: growing would leave a copy of a PIN behind.
        let mut octets = Vec::with_capacity(4 + 1 + data.len() + 1);
        octets.extend(header);
        octets.push(data.len() as u8);
        octets.extend(data);
        Self(octets)
    }

    /// Asks for data (case 2, short): 1 to 256 octets.
    pub fn expecting(header: Header, octets: usize) -> Self {
        let mut command = Self::plain(header);
        // 256 is written 00.
        command.0.push(octets.min(256) as u8);
        command
    }

    /// With data, and asks for up to 256 octets (case 4, short).
    pub fn with_data_expecting_any(header: Header, data: &[u8]) -> Self {
        let mut command = Self::with_data(header, data);
        command.0.push(0);
        command
    }

    /// The octets to transmit.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The instruction octet, to name the command in an error.
    pub fn instruction(&self) -> u8 {
        self.0[1]
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({:02X}, …)", self.instruction())
    }
}
