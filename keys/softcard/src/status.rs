//! Status words (ISO/IEC 7816-4 §5.6): the two octets that end every answer.

use std::fmt;

/// SW1 and SW2 of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(u16);

impl Status {
    /// 9000: done.
    pub const DONE: Self = Self(0x9000);
    /// 6285: the application is there, and the card is terminated.
    pub const IN_TERMINATION_STATE: Self = Self(0x6285);
    /// 6300: the host does not know the card's keys.
    pub const WRONG_CRYPTOGRAM: Self = Self(0x6300);
    /// 6700: Lc, Le or the length of the command is wrong.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// 6981: the selected EF is of another kind than the command works on.
    pub const WRONG_KIND_OF_FILE: Self = Self(0x6981);
    /// 6982: the PIN has not been verified, or no PIN window is open.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// 6983: the PIN is locked.
    pub const PIN_LOCKED: Self = Self(0x6983);
    /// 6985: what the command builds on is not there yet, or not any more.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// 6986: no EF is selected.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// 6988: the command is not the next one of the secure channel, which is closed.
    pub const WRONG_SECURE_MESSAGING: Self = Self(0x6988);
    /// 6A80: the data field is not what the command expects.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// 6A82: no such application or file, or nothing is in it yet.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// 6A84: the octets do not fit into the file.
    pub const NO_SPACE: Self = Self(0x6A84);
    /// 6A86: P1 or P2 is wrong.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// 6A88: the command names a key that cannot be made or read.
    pub const UNKNOWN_REFERENCE: Self = Self(0x6A88);
    /// 6B00: the offset lies outside of the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// 6D00: unknown instruction.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);
    /// 6E00: unknown class, or not the class of this instruction.
    pub const WRONG_CLASS: Self = Self(0x6E00);
    /// 6F00: the chip failed.
    pub const CHIP_FAILED: Self = Self(0x6F00);

    /// 63Cx: `left` tries remain for the PIN (at most 15).
    pub fn tries_left(left: u8) -> Self {
        Self(0x63C0 | u16::from(left.min(15)))
    }

    /// SW1, SW2.
    pub fn octets(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({:04X})", self.0)
    }
}
