//! The authority's end: opens a channel, wraps commands, opens answers.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::ChannelError;
use crate::derivation::Constant;
use crate::keys::{KeySet, KeyVersion};
use crate::session::{EXTERNAL_AUTHENTICATE, Moment, Session, SessionKeys, context, length};

/// A channel that was asked for: INITIALIZE UPDATE is on its way.
#[derive(Clone, Serialize, Deserialize)]
pub struct Opening {
    version: KeyVersion,
    #[serde(with = "hex::serde")]
    challenge: [u8; 8],
}

impl Opening {
    /// Asks for a channel with one of the card's key sets. The challenge is eight random octets,
    /// used once.
    pub fn new(version: KeyVersion, challenge: [u8; 8]) -> Self {
        Self { version, challenge }
    }

    /// INITIALIZE UPDATE.
    pub fn command(&self) -> Vec<u8> {
        [&[0x80, 0x50, self.version.number(), 0, 8][..], &self.challenge, &[0]].concat()
    }

    /// Reads the card's answer, SW1 and SW2 included, and gives the channel with its first command,
    /// EXTERNAL AUTHENTICATE. What follows may be wrapped at once: a card that refuses it refuses
    /// all of the rest.
    ///
    /// # Errors
    /// [`ChannelError::ForeignCard`] when the card does not know its keys.
    pub fn authenticate(
        &self,
        keys: &KeySet,
        answer: &[u8],
    ) -> Result<(Host, Vec<u8>), ChannelError> {
        let (data, status) = answer.split_last_chunk().ok_or(ChannelError::NoChannel)?;
        match u16::from_be_bytes(*status) {
            0x9000 => {}
            status => return Err(ChannelError::Refused { status }),
        }
        // Diversification data, key information, challenge, cryptogram; a pseudo-random challenge
        // would be followed by its sequence counter.
        let (_, rest) = data.split_first_chunk::<10>().ok_or(ChannelError::NoChannel)?;
        let (information, rest) = rest.split_first_chunk::<3>().ok_or(ChannelError::NoChannel)?;
        let (card, rest) = rest.split_first_chunk::<8>().ok_or(ChannelError::NoChannel)?;
        let (cryptogram, counter) = rest.split_first_chunk::<8>().ok_or(ChannelError::NoChannel)?;
        if information[1] != 0x03 || !matches!(counter.len(), 0 | 3) {
            return Err(ChannelError::NoChannel);
        }
        if information[0] != keys.version.number() {
            let asked = keys.version.number();
            return Err(ChannelError::KeySet { asked, found: information[0] });
        }
        let context = context(&self.challenge, card);
        let session_keys = SessionKeys::derive(keys, &context);
        let expected = session_keys.cryptogram(Constant::CardCryptogram, &context);
        if !bool::from(expected.ct_eq(cryptogram)) {
            return Err(ChannelError::ForeignCard);
        }
        let own = session_keys.cryptogram(Constant::HostCryptogram, &context);
        let mut session = Session::begin(session_keys);
        let mac = session.authenticate(&own);
        let command = [&EXTERNAL_AUTHENTICATE[..], &[0x10], &own, &mac].concat();
        Ok((Host { session }, command))
    }
}

/// A command before it is wrapped.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    /// Instruction, P1, P2; the class is always 84.
    pub instruction: [u8; 3],
    /// The data field.
    pub data: &'a [u8],
    /// Room for the protected answer's data and MAC ([`protected_length`](crate::protected_length));
    /// `None` where no more than the MAC is expected and no Le is sent.
    pub room: Option<usize>,
}

/// An open channel. It can be kept between two requests; its serialised form holds session keys, and
/// whoever stores it must seal it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Host {
    session: Session,
}

/// With what the answer to one command can be opened.
#[derive(Clone, Serialize, Deserialize)]
pub struct Receipt(Moment);

impl Host {
    /// Wraps the next command: short length where it fits, else extended (ISO/IEC 7816-4 §5.2).
    pub fn wrap(&mut self, plain: &Plain<'_>) -> (Vec<u8>, Receipt) {
        let [instruction, p1, p2] = plain.instruction;
        let header = [0x84, instruction, p1, p2];
        let longest = crate::protected_length(plain.data.len());
        let extended = longest > 255 || plain.room.is_some_and(|room| room > 256);
        let (data, moment) = self.session.protect(&header, plain.data, extended);
        let mut octets = header.to_vec();
        octets.extend(length(data.len(), extended));
        octets.extend(data);
        if let Some(room) = plain.room {
            let [.., high, low] = room.to_be_bytes();
            // 256, and 65,536 in extended form, are written as zeros.
            if extended {
                octets.extend([high, low]);
            } else {
                octets.push(low);
            }
        }
        (octets, Receipt(moment))
    }

    /// Opens an answer, SW1 and SW2 included: the data, if the card did what it was told.
    ///
    /// # Errors
    /// [`ChannelError::Refused`] with the card's status, which nobody authenticated: an error carries
    /// no MAC. [`ChannelError::Answer`] when it is not the answer to this command.
    pub fn open(&self, receipt: &Receipt, answer: &[u8]) -> Result<Vec<u8>, ChannelError> {
        let (protected, status) = answer.split_last_chunk().ok_or(ChannelError::Answer)?;
        match u16::from_be_bytes(*status) {
            0x9000 => {}
            status => return Err(ChannelError::Refused { status }),
        }
        self.session.check_answer(&receipt.0, protected, *status).ok_or(ChannelError::Answer)
    }
}
