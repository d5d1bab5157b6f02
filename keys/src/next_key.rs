//! The next key of an identity of the authority's own: made beside the one in use, and put in its place once
//! it is enrolled.

use std::sync::Arc;

use crate::{Custody, EcKey, KeyError, Signer};

/// Which next keys wait in a custody: all that a room needs that enrols them.
#[derive(Clone)]
pub struct NextKeys {
    custody: Arc<Custody>,
}

impl NextKeys {
    /// SubjectPublicKeyInfo (DER) of the next key of this one, if one waits.
    pub fn public_key(&self, name: &str) -> Result<Option<Vec<u8>>, KeyError> {
        let next = next(name);
        if !self.custody.holds(&next) {
            return Ok(None);
        }
        Ok(Some(self.custody.ec(&next)?.public_key().to_vec()))
    }
}

impl Custody {
    /// Which next keys wait here.
    pub fn next_keys(&self) -> NextKeys {
        NextKeys { custody: Arc::new(self.again()) }
    }

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
        let waits = || custody.next_keys().public_key("scheduler").unwrap();
        custody.take_next("scheduler", old.public_key()).unwrap();
        let other = custody.take_next("scheduler", stranger.public_key());
        assert!(matches!(other, Err(KeyError::NotTheKey { .. })), "none was made");
        assert_eq!(waits(), None);

        let new = custody.next_key("scheduler").unwrap();
        let again = custody.next_key("scheduler").unwrap();
        assert_eq!(again.public_key(), new.public_key(), "asked for again it is the same");
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
        custody.drop_next("scheduler").unwrap();
        custody.drop_next("scheduler").unwrap();
        assert!(matches!(custody.next_key("nobody"), Err(KeyError::Missing { .. })));
    }
}
