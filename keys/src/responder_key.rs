//! The key of an OCSP responder, which is rolled over: the next one takes its place.

use std::path::Path;
use std::sync::Arc;

use crate::{Custody, EcKey, KeyError, RsaKey, RsaSize, Signer, write_durably};

/// The name of the key in custody.
const NAME: &str = "ocsp";

/// What a responder's key may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponderKeyKind {
    /// On P-256: signs fifteen times as fast.
    P256,
    /// RSA of 2048 bits, for verifiers that take no other (GnuPG's dirmngr).
    Rsa2048,
}

/// A responder's key, and the keys whose place it took.
pub struct ResponderKey {
    /// The key.
    pub key: Arc<dyn Signer>,
    /// SubjectPublicKeyInfo of every key before it, DER, the oldest first.
    pub before: Vec<Vec<u8>>,
}

impl From<EcKey> for ResponderKey {
    /// A first key.
    fn from(key: EcKey) -> Self {
        Self { key: Arc::new(key), before: Vec::new() }
    }
}

impl Custody {
    /// The responder's key.
    pub fn responder_key(&self) -> Result<ResponderKey, KeyError> {
        let secret = self.get(NAME)?;
        let key: Arc<dyn Signer> = match EcKey::from_pkcs8(&secret) {
            Ok(key) => Arc::new(key),
            Err(_) => Arc::new(RsaKey::from_pkcs8(&secret)?),
        };
        let mut before = self.before()?;
        // A roll-over that broke off has written down the key that it was going to replace.
        before.retain(|public_key| public_key != key.public_key());
        Ok(ResponderKey { key, before })
    }

    /// Makes a new key and puts it into the place of the responder's. The old one is gone; its public key is
    /// kept, so that whoever certifies it ceases to.
    pub fn roll_responder_key(&self, kind: ResponderKeyKind) -> Result<ResponderKey, KeyError> {
        let old = self.responder_key()?;
        let mut before = old.before;
        before.push(old.key.public_key().to_vec());
        let texts: Vec<String> = before.iter().map(hex::encode).collect();
        // First what it replaces: a key whose predecessor nobody knows leaves that one certified for ever.
        write_durably(&self.before_file(), texts.join("\n").as_bytes())?;
        let key: Arc<dyn Signer> = match kind {
            ResponderKeyKind::P256 => {
                let key = EcKey::generate()?;
                self.replace(NAME, key.to_pkcs8())?;
                Arc::new(key)
            }
            ResponderKeyKind::Rsa2048 => {
                let key = RsaKey::generate(RsaSize::Rsa2048)?;
                self.replace(NAME, &key.to_pkcs8()?)?;
                Arc::new(key)
            }
        };
        Ok(ResponderKey { key, before })
    }

    fn before_file(&self) -> std::path::PathBuf {
        self.dir().join("ocsp.before")
    }

    fn before(&self) -> Result<Vec<Vec<u8>>, KeyError> {
        let file = self.before_file();
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(|source| KeyError::File { file: file.clone(), source })?,
        };
        let damaged = |_| damaged(&file);
        text.lines().map(|line| hex::decode(line).map_err(damaged)).collect()
    }
}

fn damaged(file: &Path) -> KeyError {
    KeyError::Damaged {
        file: file.into(),
        what: "it is not a public key in hexadecimal a line".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Passphrase;

    fn custody(dir: &Path) -> Custody {
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let custody = Custody::create(dir, &passphrase).unwrap();
        custody.keep_ec(NAME, &EcKey::generate().unwrap()).unwrap();
        custody
    }

    #[test]
    fn each_key_knows_whose_place_it_took() {
        let dir = tempfile::tempdir().unwrap();
        let custody = custody(dir.path());
        let first = custody.responder_key().unwrap();
        assert!(first.before.is_empty());
        let second = custody.roll_responder_key(ResponderKeyKind::Rsa2048).unwrap();
        let third = custody.roll_responder_key(ResponderKeyKind::P256).unwrap();
        let own = |key: &ResponderKey| key.key.public_key().to_vec();
        let again = custody.responder_key().unwrap();
        assert_eq!(own(&again), own(&third));
        assert_eq!(again.before, [own(&first), own(&second)]);
        assert_eq!(second.key.signature_length(), Some(256));
        assert_eq!(third.key.signature_length(), None);
    }

    #[test]
    fn a_roll_over_that_broke_off_changed_nothing_and_is_said_again() {
        let dir = tempfile::tempdir().unwrap();
        let custody = custody(dir.path());
        let first = custody.responder_key().unwrap().key.public_key().to_vec();
        // Between the two steps.
        std::fs::write(dir.path().join("ocsp.before"), hex::encode(&first)).unwrap();
        let still = custody.responder_key().unwrap();
        assert_eq!((still.key.public_key(), still.before.len()), (first.as_slice(), 0));
        let next = custody.roll_responder_key(ResponderKeyKind::P256).unwrap();
        assert_eq!(next.before, [first]);
        std::fs::write(dir.path().join("ocsp.before"), "no key").unwrap();
        assert!(matches!(custody.responder_key(), Err(KeyError::Damaged { .. })));
    }
}
