//! What both ends of a channel know: session keys, the chain of MACs, the counter of commands.

use aes::Aes128;
use aes::cipher::block_padding::{Iso7816, NoPadding};
use aes::cipher::{BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::derivation::{self, Constant};
use crate::keys::{Key, KeySet};

/// Octets of a MAC on the way.
pub const MAC: usize = 8;
/// The security level: C-DECRYPTION, C-MAC, R-ENCRYPTION, R-MAC (Amendment D, table 7-6).
pub const LEVEL: u8 = 0x33;
/// The header of EXTERNAL AUTHENTICATE.
pub(crate) const EXTERNAL_AUTHENTICATE: [u8; 4] = [0x84, 0x82, LEVEL, 0x00];

/// Octets of an answer's data of so many octets once they are protected; no data has a MAC alone.
pub const fn protected_length(plain: usize) -> usize {
    if plain == 0 { MAC } else { (plain / 16 + 1) * 16 + MAC }
}

/// The most octets of data whose protected form fits into so many.
pub fn plain_room(room: usize) -> usize {
    (room.saturating_sub(MAC) / 16 * 16).saturating_sub(1)
}

/// The two challenges, host's first: the context of every derivation.
pub(crate) fn context(host: &[u8; 8], card: &[u8; 8]) -> [u8; 16] {
    let mut context = [0; 16];
    context[..8].copy_from_slice(host);
    context[8..].copy_from_slice(card);
    context
}

/// The keys of one channel.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SessionKeys {
    encryption: Key,
    mac: Key,
    answer_mac: Key,
}

impl SessionKeys {
    /// Derives them (Amendment D §6.2.1).
    pub fn derive(keys: &KeySet, context: &[u8; 16]) -> Self {
        Self {
            encryption: derivation::key(&keys.encryption, Constant::SessionEncryption, context),
            mac: derivation::key(&keys.mac, Constant::SessionMac, context),
            answer_mac: derivation::key(&keys.mac, Constant::SessionAnswerMac, context),
        }
    }

    /// A cryptogram (§6.2.2).
    pub fn cryptogram(&self, constant: Constant, context: &[u8; 16]) -> [u8; 8] {
        derivation::cryptogram(&self.mac, constant, context)
    }

    /// The first block of a command's cipher text: its counter, enciphered (§6.2.6); for its answer
    /// the counter's first octet is 80 (§6.2.7).
    fn first_block(&self, counter: u64, answer: bool) -> [u8; 16] {
        let mut block = [0; 16];
        block[8..].copy_from_slice(&counter.to_be_bytes());
        if answer {
            block[0] = 0x80;
        }
        let mut block = block.into();
        Aes128::new(self.encryption.octets().into()).encrypt_block(&mut block);
        block.into()
    }

    fn encipher(&self, plain: &[u8], counter: u64, answer: bool) -> Vec<u8> {
        let first = self.first_block(counter, answer);
        cbc::Encryptor::<Aes128>::new(self.encryption.octets().into(), &first.into())
            .encrypt_padded_vec::<Iso7816>(plain)
    }

    /// `None` when it is no whole number of blocks, or the padding is none.
    fn decipher(&self, octets: &[u8], counter: u64, answer: bool) -> Option<Vec<u8>> {
        let first = self.first_block(counter, answer);
        let plain = cbc::Decryptor::<Aes128>::new(self.encryption.octets().into(), &first.into())
            .decrypt_padded_vec::<NoPadding>(octets)
            .ok()?;
        let plain = Zeroizing::new(plain);
        let end = plain.iter().rposition(|octet| *octet != 0)?;
        (plain[end] == 0x80 && plain.len() - end <= 16).then(|| plain[..end].to_vec())
    }
}

/// Where a channel stands.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    keys: SessionKeys,
    /// The whole MAC of the last command.
    #[serde(with = "hex::serde")]
    chain: [u8; 16],
    /// Commands so far. Advances with each, those without data too.
    counter: u64,
}

/// What protects the answer to one command.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    #[serde(with = "hex::serde")]
    chain: [u8; 16],
    counter: u64,
}

impl Session {
    /// Before EXTERNAL AUTHENTICATE: the chain begins with zeros.
    pub fn begin(keys: SessionKeys) -> Self {
        Self { keys, chain: [0; 16], counter: 0 }
    }

    /// Authenticates a command and moves the chain on. `length` is its Lc as it stands in it.
    fn chain_on(&mut self, header: &[u8; 4], length: &[u8], data: &[u8]) -> [u8; MAC] {
        self.chain = self.next(header, length, data);
        *self.chain.first_chunk().expect("sixteen octets have eight")
    }

    fn next(&self, header: &[u8; 4], length: &[u8], data: &[u8]) -> [u8; 16] {
        *derivation::mac(&self.keys.mac, &[&self.chain, header, length, data])
    }

    /// MAC of EXTERNAL AUTHENTICATE.
    pub fn authenticate(&mut self, cryptogram: &[u8; 8]) -> [u8; MAC] {
        self.chain_on(&EXTERNAL_AUTHENTICATE, &[0x10], cryptogram)
    }

    /// Checks the MAC of EXTERNAL AUTHENTICATE, which some hosts send with extended length.
    pub fn is_authentic(&mut self, cryptogram: &[u8], mac: &[u8], extended: bool) -> bool {
        let chain = self.next(&EXTERNAL_AUTHENTICATE, &length(0x10, extended), cryptogram);
        let right = chain[..MAC].ct_eq(mac).into();
        if right {
            self.chain = chain;
        }
        right
    }

    /// Protects a command's data (§6.2.4, §6.2.6): cipher text and MAC.
    pub fn protect(&mut self, header: &[u8; 4], data: &[u8], extended: bool) -> (Vec<u8>, Moment) {
        self.counter += 1;
        let mut octets = match data {
            [] => Vec::new(),
            data => self.keys.encipher(data, self.counter, false),
        };
        let mac = self.chain_on(header, &length(octets.len() + MAC, extended), &octets);
        octets.extend(mac);
        (octets, self.moment())
    }

    /// Checks and deciphers a command's data. `None` when it is not the next command of this
    /// channel; the channel is over then.
    pub fn check(&mut self, header: &[u8; 4], data: &[u8], extended: bool) -> Option<Vec<u8>> {
        let (octets, mac) = data.split_at_checked(data.len().checked_sub(MAC)?)?;
        let chain = self.next(header, &length(data.len(), extended), octets);
        if !bool::from(chain[..MAC].ct_eq(mac)) {
            return None;
        }
        self.chain = chain;
        self.counter += 1;
        match octets {
            [] => Some(Vec::new()),
            octets => self.keys.decipher(octets, self.counter, false),
        }
    }

    /// What protects the answer to the newest command.
    pub fn moment(&self) -> Moment {
        Moment { chain: self.chain, counter: self.counter }
    }

    /// Protects an answer (§6.2.5, §6.2.7): cipher text, MAC, SW1, SW2.
    pub fn protect_answer(&self, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        let Moment { chain, counter } = self.moment();
        let mut octets = match data {
            [] => Vec::new(),
            data => self.keys.encipher(data, counter, true),
        };
        let mac = derivation::mac(&self.keys.answer_mac, &[&chain, &octets, &status]);
        octets.extend_from_slice(&mac[..MAC]);
        octets.extend(status);
        octets
    }

    /// Checks and deciphers an answer, without SW1 and SW2.
    pub fn check_answer(
        &self,
        Moment { chain, counter }: &Moment,
        protected: &[u8],
        status: [u8; 2],
    ) -> Option<Vec<u8>> {
        let (octets, mac) = protected.split_at_checked(protected.len().checked_sub(MAC)?)?;
        let right = derivation::mac(&self.keys.answer_mac, &[chain, octets, &status]);
        if !bool::from(right[..MAC].ct_eq(mac)) {
            return None;
        }
        match octets {
            [] => Some(Vec::new()),
            octets => self.keys.decipher(octets, *counter, true),
        }
    }
}

/// Lc as it stands in a command.
pub(crate) fn length(octets: usize, extended: bool) -> Vec<u8> {
    let [.., high, low] = octets.to_be_bytes();
    if extended { vec![0, high, low] } else { vec![low] }
}

#[cfg(test)]
mod tests;
