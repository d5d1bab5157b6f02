//! Signatures made on the card: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).

use std::fmt;

use crate::answer::{CONDITIONS_NOT_SATISFIED, NOT_FOUND, SECURITY_NOT_SATISFIED};
use crate::card::Card;
use crate::command::{self, Command};
use crate::error::CardError;
use crate::transport::Transport;

/// Which of the card's two signing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySlot {
    /// The key in use, certified by the certificate on the card.
    Living,
    /// The key being issued.
    Pending,
}

/// DigestInfo of SHA-256 up to the digest itself (RFC 8017 §9.2, note 1).
const DIGEST_INFO_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A signature is as long as the modulus of RSA-2048.
const SIGNATURE_OCTETS: usize = 256;

impl KeySlot {
    /// The EF of the key.
    fn file(self) -> u16 {
        match self {
            Self::Living => 0x001A,
            Self::Pending => 0x011A,
        }
    }
}

impl fmt::Display for KeySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Living => "living",
            Self::Pending => "pending",
        })
    }
}

impl<T: Transport> Card<T> {
    /// Signs a SHA-256 digest (32 octets) with the key in `slot`; 256 octets. Needs the PIN.
    pub fn sign(&mut self, slot: KeySlot, digest: &[u8; 32]) -> Result<Vec<u8>, CardError> {
        let digest_info = [&DIGEST_INFO_PREFIX[..], digest].concat();
        self.try_select_file(slot.file())?.done_or(NOT_FOUND, CardError::NoKey { slot })?;
        let answer = self.ask(Command::with_data_expecting_any(command::SIGN, &digest_info))?;
        let malformed = answer.malformed();
        let signature = match answer.status {
            SECURITY_NOT_SATISFIED => Err(CardError::PinNeeded),
            CONDITIONS_NOT_SATISFIED => Err(CardError::NoKey { slot }),
            _ => answer.done(),
        }?;
        if signature.len() == SIGNATURE_OCTETS { Ok(signature) } else { Err(malformed) }
    }
}
