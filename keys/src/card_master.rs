//! The issuer's master key: from it and a card's number come the keys of the card's secure channel.

use akashi_scp03::{KeySet, KeyVersion, MasterKey};
use zeroize::Zeroizing;

use crate::KeyError;

/// The authority's master key for cards. Only [`Custody`](crate::Custody) holds its octets.
pub struct CardMaster(MasterKey);

impl CardMaster {
    /// A new one.
    pub fn generate() -> Result<Self, KeyError> {
        let mut octets = Zeroizing::new([0; 16]);
        aws_lc_rs::rand::fill(octets.as_mut())
            .map_err(|_| KeyError::Crypto("the random generator"))?;
        Ok(Self(MasterKey::new(*octets)))
    }

    /// The authority's keys of the card with this number.
    pub fn card_keys(&self, number: &str) -> KeySet {
        self.0.card_keys(KeyVersion::Authority, number)
    }

    pub(crate) fn octets(&self) -> &[u8; 16] {
        self.0.octets()
    }

    pub(crate) fn from_octets(octets: &[u8]) -> Result<Self, KeyError> {
        let octets = octets.try_into().map_err(|_| KeyError::Crypto("reading the cards' key"))?;
        Ok(Self(MasterKey::new(octets)))
    }
}
