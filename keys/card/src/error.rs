//! What can go wrong with a card, and what to do about it.

use crate::signature::KeySlot;
use crate::transport::TransportError;

/// Why a card did not do what was asked. Shown to the officer or the resident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The card left the reader.
    #[error("the card was removed; put it back and begin this step again ({reason})")]
    CardRemoved {
        /// What the reader said.
        reason: String,
    },
    /// The reader left the terminal.
    #[error(
        "the card reader does not answer; check its cable and begin this step again ({reason})"
    )]
    ReaderGone {
        /// What the reader, or its service, said.
        reason: String,
    },
    /// The card has no JPKI application.
    #[error("this card has no application for signing certificates; use the resident's IC card")]
    NotOurCard,
    /// The card's life has ended.
    #[error(
        "this card was ended for good by its authority; the counter can issue into another one"
    )]
    Terminated,
    /// The PIN was wrong, and some tries are left.
    #[error("the PIN is wrong; {left} more wrong entries lock it")]
    WrongPin {
        /// Tries left, at least 1.
        left: u8,
    },
    /// No tries are left, or no PIN was ever set.
    #[error("the PIN is locked or not set; the counter can set a new one after an identity check")]
    PinLocked,
    /// The command needs a verified PIN.
    #[error("the PIN has not been verified; ask the holder to enter it")]
    PinNeeded,
    /// A PIN was to be set, and no window is open.
    #[error("the card does not take a new PIN now; open the PIN window again")]
    PinWindowClosed,
    /// The file of the certificate is empty.
    #[error("there is no certificate on the card; issue one at the counter")]
    NoCertificate,
    /// The slot has no key.
    #[error("the card has no {slot} signing key; make a key pair first")]
    NoKey {
        /// The slot that is empty.
        slot: KeySlot,
    },
    /// What was to be written is not the DER of a certificate that the card can hold.
    #[error(
        "{octets} octets that are no certificate for a card were to be written; ask the authority again"
    )]
    NotACertificate {
        /// Length of what was given.
        octets: usize,
    },
    /// A challenge must have 1 to 127 octets.
    #[error("the challenge has {octets} octets; ask the authority for one of 1 to 127 octets")]
    ChallengeLength {
        /// Its length.
        octets: usize,
    },
    /// The card made a key that is not RSA-2048 with exponent 65537.
    #[error("the card made a key of a kind that is not certified; use another card")]
    WrongKindOfKey,
    /// The card answered with a status that has no meaning here.
    #[error(
        "the card answered {status:04X} to instruction {instruction:02X}; try again, then use another card"
    )]
    UnexpectedAnswer {
        /// INS of the command.
        instruction: u8,
        /// SW1-SW2 of the answer.
        status: u16,
    },
    /// The answer is too short, or its data is not what the command gives.
    #[error(
        "the card's answer to instruction {instruction:02X} makes no sense; try again, then use another card"
    )]
    MalformedAnswer {
        /// INS of the command.
        instruction: u8,
    },
}

impl From<TransportError> for CardError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::CardRemoved { reason } => Self::CardRemoved { reason },
            TransportError::ReaderGone { reason } => Self::ReaderGone { reason },
        }
    }
}
