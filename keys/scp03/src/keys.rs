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

impl KeySet {
    /// Over what the master key's CMAC gives the keys of the card with this number, Key-ENC first:
    /// for a device that computes the CMAC and keeps the master key ([`KeySet::derived`]).
    pub fn inputs(version: KeyVersion, number: &str) -> [Vec<u8>; 2] {
        let context = [&[version.number()], number.as_bytes()].concat();
        [ENCRYPTION, MAC].map(|label| derivation::input(label, 128, &context))
    }

    /// The key set of what came of those inputs.
    pub fn derived(version: KeyVersion, [encryption, mac]: [Key; 2]) -> Self {
        Self { version, encryption, mac }
    }
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
        let inputs = KeySet::inputs(version, number);
        KeySet::derived(version, inputs.map(|input| Key::new(*derivation::mac(&self.0, &[&input]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_computes_a_cmac_over_is_the_block_of_sp_800_108() {
        let [encryption, mac] = KeySet::inputs(KeyVersion::Municipality, "0123456789ABCDEF");
        assert_eq!(encryption, b"akashi card ENC\x00\x00\x80\x01\x020123456789ABCDEF");
        assert_eq!(mac, b"akashi card MAC\x00\x00\x80\x01\x020123456789ABCDEF");
        let master = MasterKey::new([7; 16]);
        let keys = master.card_keys(KeyVersion::Municipality, "0123456789ABCDEF");
        let context = b"\x020123456789ABCDEF";
        let expected = derivation::block(&master.0, ENCRYPTION, 128, context);
        assert_eq!(keys.encryption.octets(), &*expected);
        assert_eq!(keys.mac.octets(), &*derivation::block(&master.0, MAC, 128, context));
    }
}
