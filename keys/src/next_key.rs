//! The next key of an identity of the authority's own: made beside the one in use, and put in its place once
//! it is enrolled.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::custody::at;
use crate::durable::write_durably;
use crate::{Custody, EcKey, KeyError, Signer};

/// Which next keys wait to be enrolled: their public keys, a file each, beside the custodies. All that a room needs that
/// enrols them; nothing in it is secret, and two persons sign for what is taken from it.
#[derive(Debug, Clone)]
pub struct NextKeys {
    dir: PathBuf,
}

impl NextKeys {
    /// Those in this directory, which is made with the first one.
    pub fn in_directory(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// SubjectPublicKeyInfo (DER) of the next key of this one, if one waits.
    pub fn public_key(&self, name: &str) -> Result<Option<Vec<u8>>, KeyError> {
        let file = self.file(name);
        match std::fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(at(&file)),
        }
    }

    /// Says which key waits, once it is kept.
    pub fn announce(&self, name: &str, key: &EcKey) -> Result<(), KeyError> {
        std::fs::create_dir_all(&self.dir).map_err(at(&self.dir))?;
        write_durably(&self.file(name), key.public_key())
    }

    /// Says that none waits any more.
    pub fn withdraw(&self, name: &str) -> Result<(), KeyError> {
        let file = self.file(name);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done.map_err(at(&file)),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.der"))
    }
}

impl Custody {
    /// The key that is to take the place of this one; made now where none waits. Until
    /// [`Custody::take_next`] everything goes on with the one in use.
    pub fn next_key(&self, name: &str) -> Result<EcKey, KeyError> {
        let (in_use, next) = (self.ec(name)?, next(name));
        // One that was taken, and then the power was cut.
        if self.holds(&next) && self.ec(&next)?.public_key() == in_use.public_key() {
            self.forget(&next)?;
        }
        if !self.holds(&next) {
            self.keep_ec(&next, &EcKey::generate()?)?;
        }
        self.ec(&next)
    }

    /// Puts the next key into the place of the one in use, if it is the one that is enrolled
    /// (SubjectPublicKeyInfo, DER); whoever was interrupted does it again. The next key stays beside it until
    /// [`Custody::drop_next`].
    ///
    /// # Errors
    /// [`KeyError::NotEnrolledYet`] where the key in use is enrolled still and another one waits;
    /// [`KeyError::NotTheKey`] where neither is the one that is enrolled.
    pub fn take_next(&self, name: &str, enrolled: &[u8]) -> Result<(), KeyError> {
        let waits = match self.holds(&next(name)) {
            true => Some(self.ec(&next(name))?),
            false => None,
        };
        let is_enrolled = |key: &EcKey| key.public_key() == enrolled;
        match (is_enrolled(&self.ec(name)?), waits) {
            (true, Some(next)) if !is_enrolled(&next) => {
                Err(KeyError::NotEnrolledYet { name: name.into() })
            }
            (true, _) => Ok(()),
            (false, Some(next)) if is_enrolled(&next) => self.replace(name, next.to_pkcs8()),
            (false, _) => Err(KeyError::NotTheKey { name: name.into() }),
        }
    }

    /// Forgets the next key, once it was taken.
    pub fn drop_next(&self, name: &str) -> Result<(), KeyError> {
        self.forget(&next(name))
    }
}

fn next(name: &str) -> String {
    format!("{name}-next")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Passphrase;

    #[test]
    fn a_key_takes_the_place_of_another_only_once_it_is_enrolled() {
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let custody = Custody::create(dir.path(), &passphrase).unwrap();
        let (old, stranger) = (EcKey::generate().unwrap(), EcKey::generate().unwrap());
        custody.keep_ec("scheduler", &old).unwrap();
        let in_use = || custody.ec("scheduler").unwrap().public_key().to_vec();
        let next_keys = NextKeys::in_directory(&dir.path().join("next"));
        let waits = || next_keys.public_key("scheduler").unwrap();
        custody.take_next("scheduler", old.public_key()).unwrap();
        let other = custody.take_next("scheduler", stranger.public_key());
        assert!(matches!(other, Err(KeyError::NotTheKey { .. })), "none was made");
        assert_eq!(waits(), None);

        let new = custody.next_key("scheduler").unwrap();
        let again = custody.next_key("scheduler").unwrap();
        assert_eq!(again.public_key(), new.public_key(), "asked for again it is the same");
        next_keys.announce("scheduler", &new).unwrap();
        assert_eq!(waits().as_deref(), Some(new.public_key()));
        let other = custody.take_next("scheduler", stranger.public_key());
        assert!(matches!(other, Err(KeyError::NotTheKey { .. })));
        let early = custody.take_next("scheduler", old.public_key());
        assert!(matches!(early, Err(KeyError::NotEnrolledYet { .. })));
        assert_eq!(in_use(), old.public_key());
        assert_eq!(waits().as_deref(), Some(new.public_key()), "it waits still");

        for _ in 0..2 {
            custody.take_next("scheduler", new.public_key()).unwrap();
            assert_eq!(in_use(), new.public_key());
        }
        // The power is cut before it was dropped: the next one is another key all the same.
        let following = custody.next_key("scheduler").unwrap();
        assert_ne!(following.public_key(), new.public_key());
        for _ in 0..2 {
            custody.drop_next("scheduler").unwrap();
            next_keys.withdraw("scheduler").unwrap();
            assert_eq!(waits(), None);
        }
        assert!(matches!(custody.next_key("nobody"), Err(KeyError::Missing { .. })));
    }
}
