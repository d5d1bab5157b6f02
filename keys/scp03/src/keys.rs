//! Static keys: of a card, and the master key from which they are derived.

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::derivation;

/// An AES-128 key. Wiped on drop; never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub struct Key(#[serde(with = "digits")] [u8; 16]);

/// Hexadecimal digits of a key, wiped behind it.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use zeroize::Zeroizing;

    pub fn serialize<S: Serializer>(octets: &[u8; 16], serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = Zeroizing::new([0; 32]);
        hex::encode_to_slice(octets, digits.as_mut()).expect("two digits an octet");
        serializer.serialize_str(std::str::from_utf8(digits.as_ref()).expect("digits are ASCII"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 16], D::Error> {
        let digits = Zeroizing::new(String::deserialize(deserializer)?);
        let mut octets = [0; 16];
        hex::decode_to_slice(digits.as_bytes(), &mut octets).map_err(de::Error::custom)?;
        Ok(octets)
    }
}

impl Key {
    /// A key of these octets.
    pub fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    pub(crate) fn octets(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Which key set of a card: the key version number of INITIALIZE UPDATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyVersion {
    /// 1, the authority's: everything that issuing needs.
    Authority,
    /// 2, the municipality's: may open the PIN window, and nothing else.
    Municipality,
}

impl KeyVersion {
    /// As it stands in a command.
    pub fn number(self) -> u8 {
        match self {
            Self::Authority => 1,
            Self::Municipality => 2,
        }
    }

    /// The version with this number.
    pub fn with_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Authority),
            2 => Some(Self::Municipality),
            _ => None,
        }
    }
}

/// The static keys of one card and one version: Key-ENC and Key-MAC. Key-DEK, which would protect new
/// keys on their way into a card, is not there: no command of ours replaces keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeySet {
    /// Which of the card's key sets.
    pub version: KeyVersion,
    /// Key-ENC.
    pub encryption: Key,
    /// Key-MAC.
    pub mac: Key,
}

/// An issuer's master key: from it and a card's number come the card's keys.
#[derive(Debug, Clone)]
pub struct MasterKey(Key);

/// The label under which each key of a card is derived.
const ENCRYPTION: &[u8] = b"akashi card ENC";
const MAC: &[u8] = b"akashi card MAC";

impl MasterKey {
    /// A master key of these octets.
    pub fn new(octets: [u8; 16]) -> Self {
        Self(Key::new(octets))
    }

    /// A new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut octets = [0; 16];
        rng.fill_bytes(&mut octets);
        Self::new(octets)
    }

    /// Its octets, for whoever keeps it.
    pub fn octets(&self) -> &[u8; 16] {
        self.0.octets()
    }

    /// The keys of the card with this number (SP 800-108, context: version and number).
    pub fn card_keys(&self, version: KeyVersion, number: &str) -> KeySet {
        let context = [&[version.number()], number.as_bytes()].concat();
        let key = |label| Key::new(*derivation::block(&self.0, label, 128, &context));
        KeySet { version, encryption: key(ENCRYPTION), mac: key(MAC) }
    }
}
