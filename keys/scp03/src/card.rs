//! The card's end: answers INITIALIZE UPDATE, checks who asked, opens commands, wraps answers.

use subtle::ConstantTimeEq;

use crate::derivation::Constant;
use crate::keys::{KeySet, KeyVersion};
use crate::session::{Session, SessionKeys, context};

/// Octets of the answer to INITIALIZE UPDATE.
pub const INITIALIZE_UPDATE_OCTETS: usize = 29;

/// SCP03 with a random challenge, R-MAC and R-ENCRYPTION (Amendment D, table 5-1).
const PROTOCOL: [u8; 2] = [0x03, 0x60];

/// INITIALIZE UPDATE was answered; EXTERNAL AUTHENTICATE must be next.
pub struct Challenged {
    version: KeyVersion,
    session: Session,
    expected: [u8; 8],
}

impl Challenged {
    /// The channel's state and the answer's data. The card's challenge is eight random octets;
    /// `diversification` names the card to hosts that derive its keys.
    pub fn new(
        keys: &KeySet,
        host: &[u8; 8],
        card: &[u8; 8],
        diversification: &[u8; 10],
    ) -> (Self, [u8; INITIALIZE_UPDATE_OCTETS]) {
        let context = context(host, card);
        let session_keys = SessionKeys::derive(keys, &context);
        let cryptogram = session_keys.cryptogram(Constant::CardCryptogram, &context);
        let expected = session_keys.cryptogram(Constant::HostCryptogram, &context);
        let mut answer = [0; INITIALIZE_UPDATE_OCTETS];
        answer[..10].copy_from_slice(diversification);
        answer[10] = keys.version.number();
        answer[11..13].copy_from_slice(&PROTOCOL);
        answer[13..21].copy_from_slice(card);
        answer[21..].copy_from_slice(&cryptogram);
        let session = Session::begin(session_keys);
        (Self { version: keys.version, session, expected }, answer)
    }

    /// Which key set was asked for.
    pub fn version(&self) -> KeyVersion {
        self.version
    }

    /// The open channel, if the data of EXTERNAL AUTHENTICATE was made with the right keys.
    pub fn authenticate(mut self, data: &[u8], extended: bool) -> Option<Card> {
        let (cryptogram, mac) = data.split_at_checked(8)?;
        // Both are looked at, whichever is wrong.
        let known = bool::from(self.expected.ct_eq(cryptogram));
        let authentic = self.session.is_authentic(cryptogram, mac, extended);
        (known && authentic).then_some(Card { version: self.version, session: self.session })
    }
}

/// An open channel.
pub struct Card {
    version: KeyVersion,
    session: Session,
}

impl Card {
    /// With which key set it was opened: what it may be used for.
    pub fn version(&self) -> KeyVersion {
        self.version
    }

    /// Checks and opens the data of a command. `None`: it is not the next command of this channel,
    /// and the channel must be forgotten.
    pub fn open(&mut self, header: &[u8; 4], data: &[u8], extended: bool) -> Option<Vec<u8>> {
        self.session.check(header, data, extended)
    }

    /// Wraps the data of an answer that is no error: cipher text, MAC, SW1, SW2.
    pub fn wrap(&self, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        self.session.protect_answer(data, status)
    }
}
