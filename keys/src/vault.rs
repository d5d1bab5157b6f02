//! Sealing personal data at rest, and the keyed hash that stands for a resident code.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use zeroize::{Zeroize, Zeroizing};

use crate::KeyError;

/// HMAC-SHA-256 of a resident code under a key in custody: finds a person again without the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CodeHash([u8; 32]);

impl CodeHash {
    /// The octets to keep.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// AES-256-GCM for what lies in the ledger. Each sealed value begins with the number of its key,
/// so that keys can be changed row by row; table and row are associated data, so that values
/// cannot be exchanged between rows.
pub struct Vault {
    keys: BTreeMap<u32, (Zeroizing<[u8; 32]>, RandomizedNonceKey)>,
    current: u32,
    code_key: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// A vault with one new data key and a new key for resident codes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut vault = Self { keys: BTreeMap::new(), current: 0, code_key: random()? };
        vault.add_key()?;
        Ok(vault)
    }

    /// Adds a data key; everything sealed from now on uses it, what was sealed before still opens.
    pub fn add_key(&mut self) -> Result<(), KeyError> {
        self.current += 1;
        self.insert(self.current, random()?)
    }

    fn insert(&mut self, id: u32, key: Zeroizing<[u8; 32]>) -> Result<(), KeyError> {
        let aead = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref())
            .map_err(|_| KeyError::Crypto("AES-256-GCM"))?;
        self.keys.insert(id, (key, aead));
        Ok(())
    }

    /// Seals a value for one place: `table` and the row's own octets.
    pub fn seal(&self, table: &str, row: &[u8], value: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (_, key) = self.keys.get(&self.current).ok_or(KeyError::Crypto("the vault"))?;
        let mut octets = value.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(place(table, row)), &mut octets)
            .map_err(|_| KeyError::Crypto("sealing"))?;
        Ok([self.current.to_be_bytes().as_slice(), nonce.as_ref(), &octets].concat())
    }

    /// Opens what was sealed for this place.
    pub fn open(
        &self,
        table: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.try_open(table, row, sealed)
            .ok_or_else(|| KeyError::Sealed { place: format!("{table}, row {}", hex(row)) })
    }

    fn try_open(&self, table: &str, row: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (id, rest) = sealed.split_at_checked(4)?;
        let (nonce, octets) = rest.split_at_checked(NONCE_LEN)?;
        let (_, key) = self.keys.get(&u32::from_be_bytes(id.try_into().ok()?))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut octets = Zeroizing::new(octets.to_vec());
        let length =
            key.open_in_place(nonce, Aad::from(place(table, row)), &mut octets).ok()?.len();
        octets.truncate(length);
        Some(octets)
    }

    /// The keyed hash of the eleven digits of a resident code.
    pub fn code_hash(&self, code: &[u8; 11]) -> CodeHash {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.code_key.as_ref());
        CodeHash(hmac::sign(&key, code).as_ref().try_into().expect("HMAC-SHA-256 gives 32 octets"))
    }

    /// The keyed hash of what a certificate states of its holder, normalised by whoever asks. Its key
    /// is derived from the one of resident codes, so that neither stands for the other.
    pub fn stated_hash(&self, stated: &[u8]) -> [u8; 32] {
        let root = hmac::Key::new(hmac::HMAC_SHA256, self.code_key.as_ref());
        let derived = hmac::sign(&root, b"akashi stated index");
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        hmac::sign(&key, stated).as_ref().try_into().expect("HMAC-SHA-256 gives 32 octets")
    }

    pub(crate) fn to_octets(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = Zeroizing::new(self.code_key.to_vec());
        for (id, (key, _)) in &self.keys {
            octets.extend(id.to_be_bytes());
            octets.extend(key.iter());
        }
        octets
    }

    pub(crate) fn from_octets(octets: &[u8]) -> Result<Self, KeyError> {
        let damaged = || KeyError::Crypto("reading the vault's keys");
        let (code_key, rest) = octets.split_first_chunk::<32>().ok_or_else(damaged)?;
        let (records, []) = rest.as_chunks::<36>() else { return Err(damaged()) };
        let mut vault =
            Self { keys: BTreeMap::new(), current: 0, code_key: Zeroizing::new(*code_key) };
        for record in records {
            let (id, key) = record.split_first_chunk::<4>().ok_or_else(damaged)?;
            let mut key: [u8; 32] = key.try_into().map_err(|_| damaged())?;
            vault.current = vault.current.max(u32::from_be_bytes(*id));
            vault.insert(u32::from_be_bytes(*id), Zeroizing::new(key))?;
            key.zeroize();
        }
        Ok(vault)
    }
}

fn place(table: &str, row: &[u8]) -> Vec<u8> {
    [table.as_bytes(), b"\0", row].concat()
}

fn hex(row: &[u8]) -> String {
    row.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut key = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(key.as_mut()).map_err(|_| KeyError::Crypto("the random generator"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_own_row() {
        let vault = Vault::generate().unwrap();
        let sealed = vault.seal("certificate", b"1", "証　花子".as_bytes()).unwrap();
        assert_eq!(*vault.open("certificate", b"1", &sealed).unwrap(), "証　花子".as_bytes());
        assert!(vault.open("certificate", b"2", &sealed).is_err());
        assert!(vault.open("resident_case", b"1", &sealed).is_err());
        assert!(vault.open("certificate", b"1", &sealed[..10]).is_err());
    }

    #[test]
    fn after_a_change_of_keys_old_rows_still_open_and_hashes_stay() {
        let mut vault = Vault::generate().unwrap();
        let old = vault.seal("t", b"r", b"x").unwrap();
        let hash = vault.code_hash(b"01234567890");
        let stated = vault.stated_hash(b"01234567890");
        assert_ne!(stated, *hash.as_bytes());
        vault.add_key().unwrap();
        let again = Vault::from_octets(&vault.to_octets()).unwrap();
        assert_eq!(*again.open("t", b"r", &old).unwrap(), b"x");
        assert_eq!(again.seal("t", b"r", b"x").unwrap()[..4], [0, 0, 0, 2]);
        assert_eq!(again.code_hash(b"01234567890"), hash);
        assert_eq!(again.stated_hash(b"01234567890"), stated);
    }
}
