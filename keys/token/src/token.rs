//! A token that a user has logged in to.

use std::fs::File;
use std::path::{Path, PathBuf};

use akashi_scp03::{Key, KeySet, KeyVersion};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

use crate::TokenError;
use crate::counter::{self, Counted, Purpose};
use crate::module;

/// The label of the master key.
const MASTER: &str = "akashi municipality master";

/// What people call it.
const MASTER_KEY: &str = "master key for cards";

/// The municipality's token.
pub struct Token {
    session: Session,
    label: String,
    serial: String,
    module: PathBuf,
    lock: File,
}

impl Token {
    /// Opens the token with this label behind a PKCS#11 module.
    pub fn open(file: &Path, label: &str, pin: &str) -> Result<Self, TokenError> {
        let (module, lock) = module::load(file)?;
        let (slot, serial) = module::find(&module, label)?;
        let failed = |error| TokenError::of(label, error);
        let mechanisms = module.get_mechanism_list(slot).map_err(failed)?;
        if !mechanisms.contains(&MechanismType::AES_CMAC) {
            return Err(TokenError::NoMechanism(label.into()));
        }
        let session = module.open_rw_session(slot).map_err(failed)?;
        match session.login(UserType::User, Some(&AuthPin::new(pin.into()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(Self { session, label: label.into(), serial, module: file.into(), lock })
    }

    /// Makes the master key and the counts in the token.
    ///
    /// # Errors
    /// [`TokenError::Exists`] when it has one of them: nothing is overwritten.
    pub fn init(&self) -> Result<(), TokenError> {
        self.alone(|| {
            if !self.find(&master())?.is_empty() {
                return Err(self.exists(MASTER_KEY));
            }
            for purpose in Purpose::ALL {
                if !self.find(&counter::named(purpose))?.is_empty() {
                    return Err(self.exists(purpose.name()));
                }
            }
            // The key last: a token that has it has counts.
            for purpose in Purpose::ALL {
                self.asked(self.session.create_object(&counter::at(purpose, 0)))?;
            }
            let mut template = master();
            template.extend([
                Attribute::ValueLen(16.into()),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                Attribute::Verify(false),
                Attribute::Encrypt(false),
                Attribute::Decrypt(false),
                Attribute::Wrap(false),
                Attribute::Unwrap(false),
                Attribute::Derive(false),
            ]);
            self.asked(self.session.generate_key(&Mechanism::AesKeyGen, &template)).map(|_| ())
        })
    }

    /// The token's own number, given by its maker.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// How often it was used for this.
    pub fn uses(&self, purpose: Purpose) -> Result<u64, TokenError> {
        Ok(self.counter(purpose)?.1)
    }

    /// Counts one more use; nothing is derived yet.
    pub fn count(&self, purpose: Purpose) -> Result<Counted<'_>, TokenError> {
        // Nothing is counted that cannot be used.
        self.master_key()?;
        self.alone(|| {
            let (there, before) = self.counter(purpose)?;
            let number =
                before.checked_add(1).ok_or_else(|| TokenError::Count(self.label.clone()))?;
            self.asked(self.session.create_object(&counter::at(purpose, number)))?;
            for former in there {
                self.asked(self.session.destroy_object(former))?;
            }
            // A token that takes a count and does not keep it must derive nothing.
            match self.counter(purpose)? {
                (_, kept) if kept == number => Ok(Counted::new(self, number)),
                _ => Err(TokenError::Count(self.label.clone())),
            }
        })
    }

    /// Key set 2 of a card.
    pub(crate) fn card_keys(&self, card: &str) -> Result<KeySet, TokenError> {
        let master = self.master_key()?;
        let derive = |input: &[u8]| {
            let derived = self.asked(self.session.sign(&Mechanism::AesCMac, master, input))?;
            let octets = derived.try_into().map_err(|_| TokenError::Failed {
                label: self.label.clone(),
                why: "a CMAC has sixteen octets".into(),
            })?;
            Ok(Key::new(octets))
        };
        let [encryption, mac] = KeySet::inputs(KeyVersion::Municipality, card);
        let keys = [derive(&encryption)?, derive(&mac)?];
        Ok(KeySet::derived(KeyVersion::Municipality, keys))
    }

    /// The master key, if it is kept as it must be.
    fn master_key(&self) -> Result<ObjectHandle, TokenError> {
        let found = self.only_master()?;
        let asked = [AttributeType::Sensitive, AttributeType::Extractable];
        let attributes = self.asked(self.session.get_attributes(found, &asked))?;
        let kept = attributes.contains(&Attribute::Sensitive(true))
            && attributes.contains(&Attribute::Extractable(false));
        if kept { Ok(found) } else { Err(TokenError::Extractable(self.label.clone())) }
    }

    /// The objects of a count, and the highest of their values: after a cut of power the one before
    /// may still be there.
    fn counter(&self, purpose: Purpose) -> Result<(Vec<ObjectHandle>, u64), TokenError> {
        let there = self.find(&counter::named(purpose))?;
        let mut highest = None;
        for object in &there {
            let attributes =
                self.asked(self.session.get_attributes(*object, &[AttributeType::Value]))?;
            let value = attributes.iter().find_map(|attribute| match attribute {
                Attribute::Value(octets) => octets.as_slice().try_into().ok(),
                _ => None,
            });
            let value = value.ok_or_else(|| TokenError::Count(self.label.clone()))?;
            highest = highest.max(Some(u64::from_be_bytes(value)));
        }
        let none = || TokenError::Missing { label: self.label.clone(), what: purpose.name() };
        Ok((there, highest.ok_or_else(none)?))
    }

    /// The only master key.
    fn only_master(&self) -> Result<ObjectHandle, TokenError> {
        let label = || self.label.clone();
        match self.find(&master())?.as_slice() {
            [one] => Ok(*one),
            [] => Err(TokenError::Missing { label: label(), what: MASTER_KEY }),
            _ => Err(TokenError::Several { label: label(), what: MASTER_KEY }),
        }
    }

    fn find(&self, named: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenError> {
        self.asked(self.session.find_objects(named))
    }

    fn exists(&self, what: &'static str) -> TokenError {
        TokenError::Exists { label: self.label.clone(), what }
    }

    fn asked<T>(&self, answer: cryptoki::error::Result<T>) -> Result<T, TokenError> {
        answer.map_err(|error| TokenError::of(&self.label, error))
    }

    /// Does something while no other program of this machine counts.
    fn alone<T>(&self, work: impl FnOnce() -> Result<T, TokenError>) -> Result<T, TokenError> {
        let failed = |source| TokenError::Lock { file: self.module.clone(), source };
        self.lock.lock().map_err(failed)?;
        let done = work();
        self.lock.unlock().map_err(failed)?;
        done
    }
}

fn master() -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(MASTER.into()),
    ]
}
