//! Handing keys out: what one program needs of a custody, as a custody of its own under a passphrase of its own.
//!
//! The passphrases of hand-outs that lie on the custody's own host are kept in it: a ring, which whoever opens the custody
//! opens with it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use crate::custody::at;
use crate::durable::write_durably;
use crate::{Custody, KeyError, Passphrase, vault};

impl Custody {
    /// The passphrase of a hand-out that is kept here; a random one of 256 bits, made now, where there is none.
    pub fn ring(&self, of: &str) -> Result<Passphrase, KeyError> {
        let name = format!("ring-{of}");
        if !self.holds(&name) {
            let made = Zeroizing::new(hex::encode(vault::random()?.as_ref()));
            self.keep(&name, made.as_bytes())?;
        }
        let damaged = || KeyError::Damaged { file: self.file(&name), what: "it is no text".into() };
        let kept = String::from_utf8(self.get(&name)?.to_vec()).map_err(|_| damaged())?;
        Passphrase::new(kept)
    }

    /// Makes the custody in `to` one that holds these keys, as they are here, and no others: said again it brings it up
    /// to date, and writes nothing where it is. One that another passphrase closed, or that is damaged, is made anew,
    /// since everything in it is here too.
    pub fn hand_out(
        &self,
        names: &[&str],
        to: &Path,
        passphrase: &Passphrase,
    ) -> Result<(), KeyError> {
        let handed = match Self::open(to, passphrase) {
            Ok(handed) => handed,
            Err(
                KeyError::Missing { .. } | KeyError::WrongPassphrase(_) | KeyError::Damaged { .. },
            ) => match fs::remove_dir_all(to) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(to)(error)),
                _ => Self::create_with(to, passphrase, self.cost())?,
            },
            Err(error) => return Err(error),
        };
        for name in names {
            let key = self.get(name)?;
            if handed.get(name).ok().as_deref() != Some(&key) {
                handed.replace(name, &key)?;
            }
            self.hand_out_before(name, &handed)?;
        }
        handed.keep_only(names)
    }

    /// What is known of the keys before one goes with it.
    fn hand_out_before(&self, name: &str, handed: &Self) -> Result<(), KeyError> {
        let [from, to] = [self, handed].map(|one| one.dir().join(format!("{name}.before")));
        match fs::read(&from) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(at(&from)(error)),
            Ok(known) if fs::read(&to).is_ok_and(|there| there == known) => Ok(()),
            Ok(known) => write_durably(&to, &known),
        }
    }

    /// Removes whatever key is not one of these.
    fn keep_only(&self, names: &[&str]) -> Result<(), KeyError> {
        let dir = self.dir();
        for entry in fs::read_dir(dir).map_err(at(dir))? {
            let file = entry.map_err(at(dir))?.path();
            let is_key = file.extension().is_some_and(|end| end == "key");
            let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if is_key && !names.contains(&name) {
                fs::remove_file(&file).map_err(at(&file))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcKey, ResponderKeyKind, Signer};

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.into()).unwrap()
    }

    #[test]
    fn a_hand_out_holds_what_was_named_opens_with_its_own_passphrase_and_follows_the_custody() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("keys"), home.path().join("out"));
        let all = passphrase("the passphrase of all");
        let custody = Custody::create(&from, &all).unwrap();
        for name in ["ca", "ocsp", "responder"] {
            custody.keep_ec(name, &EcKey::generate().unwrap()).unwrap();
        }
        let own = custody.ring("responder").unwrap();
        let names = ["ocsp", "responder"];
        custody.hand_out(&names, &to, &own).unwrap();
        assert!(matches!(Custody::open(&to, &all), Err(KeyError::WrongPassphrase(_))));
        let key = |name: &str| Custody::open(&to, &own).unwrap().ec(name);
        for name in names {
            let kept = custody.ec(name).unwrap();
            assert_eq!(key(name).unwrap().public_key(), kept.public_key());
        }
        assert!(matches!(key("ca"), Err(KeyError::Missing { .. })));

        // Said again with nothing new it writes nothing; what was replaced here is replaced there.
        let files = || {
            let entries = fs::read_dir(&to).unwrap().map(Result::unwrap);
            let mut all: Vec<_> =
                entries.map(|file| (file.file_name(), fs::read(file.path()).unwrap())).collect();
            all.sort();
            all
        };
        let before = files();
        custody.hand_out(&names, &to, &custody.ring("responder").unwrap()).unwrap();
        assert!(files() == before, "the same passphrase, the same files");
        let rolled = custody.roll_responder_key(ResponderKeyKind::P256).unwrap();
        custody.hand_out(&names, &to, &own).unwrap();
        let handed = Custody::open(&to, &own).unwrap().responder_key().unwrap();
        assert_eq!(handed.key.public_key(), rolled.key.public_key());
        assert_eq!(handed.before, rolled.before);
        // A key that is no longer its own goes.
        custody.hand_out(&["ocsp"], &to, &own).unwrap();
        assert!(matches!(key("responder"), Err(KeyError::Missing { .. })));
        // Of a ring that was lost, or after a file was damaged, it is made anew.
        fs::remove_file(from.join("ring-responder.key")).unwrap();
        let other = custody.ring("responder").unwrap();
        custody.hand_out(&names, &to, &other).unwrap();
        assert!(matches!(Custody::open(&to, &own), Err(KeyError::WrongPassphrase(_))));
        Custody::open(&to, &other).unwrap().ec("ocsp").unwrap();
        fs::write(to.join("ocsp.key"), b"damaged").unwrap();
        fs::write(to.join("custody.json"), b"damaged").unwrap();
        custody.hand_out(&names, &to, &other).unwrap();
        Custody::open(&to, &other).unwrap().ec("ocsp").unwrap();
        // What is not here is handed to nobody.
        let missing = custody.hand_out(&["list_issuer"], &to, &other);
        assert!(matches!(missing, Err(KeyError::Missing { name, .. }) if name == "list_issuer"));
    }
}
