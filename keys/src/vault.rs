//! Sealing personal data at rest, and the keyed hash that stands for a resident code.

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::{ContentKeys, KeyError};

/// HMAC-SHA-256 of a resident code under a key in custody: finds a person again without the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CodeHash([u8; 32]);

impl CodeHash {
    /// The octets to keep.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// AES-256-GCM for what lies in the ledger. Each sealed value begins with the number of its key, which is
/// the month of its deletion ([`ContentKeys`]); table and row are associated data, so that values cannot be
/// exchanged between rows.
pub struct Vault {
    contents: ContentKeys,
    code_key: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// A vault with a new key for resident codes, whose content is kept no longer than its process.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { contents: ContentKeys::in_memory(), code_key: random()? })
    }

    /// The keys of its content.
    pub fn contents(&self) -> &ContentKeys {
        &self.contents
    }

    /// Seals a value for one place, `table` and the row's own octets, under the key of this number.
    ///
    /// # Errors
    /// [`KeyError::ContentKey`] where that key was destroyed.
    pub fn seal(
        &self,
        table: &str,
        row: &[u8],
        value: &[u8],
        number: u32,
    ) -> Result<Vec<u8>, KeyError> {
        let key = self.contents.to_seal(number)?;
        let mut octets = value.to_vec();
        let nonce = key
            .aead
            .seal_in_place_append_tag(Aad::from(place(table, row)), &mut octets)
            .map_err(|_| KeyError::Crypto("sealing"))?;
        Ok([number.to_be_bytes().as_slice(), nonce.as_ref(), &octets].concat())
    }

    /// Whether what was sealed could be opened, as far as its key goes: it is here, or was destroyed as it
    /// should be.
    ///
    /// # Errors
    /// [`KeyError::ContentKey`] where the key is neither: the store is not whole.
    pub fn knows_key_of(&self, sealed: &[u8]) -> Result<(), KeyError> {
        let Some((number, _)) = sealed.split_first_chunk::<4>() else { return Ok(()) };
        match self.contents.to_open(u32::from_be_bytes(*number)) {
            Err(KeyError::ContentKey { destroyed: true, .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`KeyError::ContentKey`] where its key was destroyed, or is not here; [`KeyError::Sealed`] where it
    /// was changed, or sealed for another place.
    pub fn open(
        &self,
        table: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let wrong = || KeyError::Sealed { place: format!("{table}, row {}", hex(row)) };
        let (number, rest) = sealed.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (nonce, octets) = rest.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let key = self.contents.to_open(u32::from_be_bytes(*number))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut octets = Zeroizing::new(octets.to_vec());
        let opened = key.aead.open_in_place(nonce, Aad::from(place(table, row)), &mut octets);
        let length = opened.map_err(|_| wrong())?.len();
        octets.truncate(length);
        Ok(octets)
    }

    /// The keyed hash of the eleven digits of a resident code.
    pub fn code_hash(&self, code: &[u8; 11]) -> CodeHash {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.code_key.as_ref());
        CodeHash(hmac::sign(&key, code).as_ref().try_into().expect("HMAC-SHA-256 gives 32 octets"))
    }

    /// The keyed hash of a text: whether two are the same, and nothing to whoever has no custody. Its key is
    /// derived from the one of resident codes.
    pub fn text_hash(&self, text: &[u8]) -> [u8; 32] {
        self.derived(b"akashi text hash", text)
    }

    /// The keyed hash of what a certificate states of its holder, normalised by whoever asks. Its key
    /// is derived from the one of resident codes, so that neither stands for the other.
    pub fn stated_hash(&self, stated: &[u8]) -> [u8; 32] {
        self.derived(b"akashi stated index", stated)
    }

    fn derived(&self, purpose: &[u8], text: &[u8]) -> [u8; 32] {
        let root = hmac::Key::new(hmac::HMAC_SHA256, self.code_key.as_ref());
        let derived = hmac::sign(&root, purpose);
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        hmac::sign(&key, text).as_ref().try_into().expect("HMAC-SHA-256 gives 32 octets")
    }

    pub(crate) fn to_octets(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.code_key.to_vec())
    }

    pub(crate) fn from_octets(octets: &[u8], contents: ContentKeys) -> Result<Self, KeyError> {
        let code_key: [u8; 32] =
            octets.try_into().map_err(|_| KeyError::Crypto("reading the vault's key"))?;
        Ok(Self { contents, code_key: Zeroizing::new(code_key) })
    }
}

fn place(table: &str, row: &[u8]) -> Vec<u8> {
    [table.as_bytes(), b"\0", row].concat()
}

fn hex(row: &[u8]) -> String {
    row.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Random octets of the operating system.
pub fn random_octets<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| KeyError::Crypto("the random generator"))?;
    Ok(octets)
}

pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
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
        let sealed = vault.seal("certificate", b"1", "証　花子".as_bytes(), 203_905).unwrap();
        assert_eq!(sealed[..4], 203_905_u32.to_be_bytes());
        assert_eq!(*vault.open("certificate", b"1", &sealed).unwrap(), "証　花子".as_bytes());
        assert!(vault.open("certificate", b"2", &sealed).is_err());
        assert!(vault.open("resident_case", b"1", &sealed).is_err());
        assert!(vault.open("certificate", b"1", &sealed[..10]).is_err());
        assert!(vault.open("certificate", b"1", &[]).is_err());
    }

    #[test]
    fn hashes_are_the_same_when_the_vault_is_opened_again_and_never_each_other() {
        let vault = Vault::generate().unwrap();
        let (hash, stated) = (vault.code_hash(b"01234567890"), vault.stated_hash(b"01234567890"));
        assert_ne!(stated, *hash.as_bytes());
        assert_ne!(stated, vault.text_hash(b"01234567890"));
        let again = Vault::from_octets(&vault.to_octets(), ContentKeys::in_memory()).unwrap();
        assert_eq!(again.code_hash(b"01234567890"), hash);
        assert_eq!(again.stated_hash(b"01234567890"), stated);
    }
}
