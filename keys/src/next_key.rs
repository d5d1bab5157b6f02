//! The next key of an identity of the authority's own: made beside the one in use, and put in its place once
//! it is certified.

use crate::{Custody, EcKey, KeyError, Signer};

impl Custody {
    /// The key that is to take the place of this one; made now where there is none yet. Until
    /// [`Custody::take_next`] everything goes on with the one in use.
    pub fn next_key(&self, name: &str) -> Result<EcKey, KeyError> {
        let next = next(name);
        self.ec(name)?;
        if !self.holds(&next) {
            self.keep_ec(&next, &EcKey::generate()?)?;
        }
        self.ec(&next)
    }

    /// Puts the next key into the place of the one in use, if it is the certified one (SubjectPublicKeyInfo,
    /// DER); whoever was interrupted does it again. The next key stays beside it until [`Custody::drop_next`].
    ///
    /// # Errors
    /// [`KeyError::NotTheKey`] for a certificate of another key.
    pub fn take_next(&self, name: &str, public_key: &[u8]) -> Result<(), KeyError> {
        if self.ec(name)?.public_key() == public_key {
            return Ok(());
        }
        let not_it = || KeyError::NotTheKey { name: name.into() };
        let key =
            if self.holds(&next(name)) { self.ec(&next(name))? } else { return Err(not_it()) };
        if key.public_key() != public_key {
            return Err(not_it());
        }
        self.replace(name, key.to_pkcs8())
    }

    /// Forgets the next key, whose time has come.
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
    fn a_key_takes_the_place_of_another_only_once_it_is_certified() {
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let custody = Custody::create(dir.path(), &passphrase).unwrap();
        let (old, stranger) = (EcKey::generate().unwrap(), EcKey::generate().unwrap());
        custody.keep_ec("scheduler", &old).unwrap();
        let in_use = || custody.ec("scheduler").unwrap().public_key().to_vec();
        let other = custody.take_next("scheduler", stranger.public_key());
        assert!(matches!(other, Err(KeyError::NotTheKey { .. })), "none was made");

        let new = custody.next_key("scheduler").unwrap();
        let again = custody.next_key("scheduler").unwrap();
        assert_eq!(again.public_key(), new.public_key(), "asked for again it is the same");
        let other = custody.take_next("scheduler", stranger.public_key());
        assert!(matches!(other, Err(KeyError::NotTheKey { .. })));
        assert_eq!(in_use(), old.public_key());

        for _ in 0..2 {
            custody.take_next("scheduler", new.public_key()).unwrap();
            assert_eq!(in_use(), new.public_key());
        }
        custody.drop_next("scheduler").unwrap();
        custody.drop_next("scheduler").unwrap();
        let following = custody.next_key("scheduler").unwrap();
        assert_ne!(following.public_key(), new.public_key());
        assert!(matches!(custody.next_key("nobody"), Err(KeyError::Missing { .. })));
    }
}
