//! The keys under which content is sealed, one for each month of deletion: a store of its own.
//!
//! What was sealed lies in a data base, in its log, in its backups and in its replicas, and nobody deletes
//! it from all of these. Its key lies here alone, and in copies of this store that are on its list:
//! destroying the key deletes the content everywhere at once. So a copy of this store is rewritten and
//! never added to; and it loses nothing but what was destroyed.
//!
//! One file a key, `NUMBER.key`, sealed under a key of the custody; a key that was destroyed leaves
//! `NUMBER.destroyed`, so that its number is never used again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::custody::{Wrapping, at, restrict};
use crate::durable::{broken_off, placed, sync_directory, write_durably};
use crate::{KeyError, vault};

/// The list of copies.
const COPIES: &str = "copies.json";

/// One copy of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Where it lies.
    pub to: PathBuf,
    /// The numbers of the keys that may be in it.
    pub keys: Vec<u32>,
    /// Of these, the numbers of those that are surely in it: a copy that broke off has fewer.
    pub sure: Vec<u32>,
}

impl Copy {
    /// The keys in it that were destroyed here since: until it is rewritten, nothing is deleted.
    pub fn has_destroyed(&self, destroyed: &[u32]) -> Vec<u32> {
        self.keys.iter().copied().filter(|key| destroyed.contains(key)).collect()
    }
}

/// The store.
pub struct ContentKeys {
    home: Home,
    known: RwLock<BTreeMap<u32, Arc<ContentKey>>>,
}

/// A key, with what names it.
pub(crate) struct ContentKey {
    pub(crate) aead: RandomizedNonceKey,
    id: KeyId,
}

/// What names a key and tells nothing of it: two keys of one number have different ones.
pub type KeyId = [u8; 16];

enum Home {
    /// A directory of files that are sealed under this key.
    Directory(PathBuf, Arc<Wrapping>),
    /// Nothing is kept: for whatever lives no longer than its process.
    Memory,
}

impl ContentKeys {
    /// The store in this directory. It is made with its first key.
    pub(crate) fn open(dir: &Path, wrapping: Arc<Wrapping>) -> Self {
        Self { home: Home::Directory(dir.into(), wrapping), known: RwLock::default() }
    }

    /// A store that is gone with its process.
    pub fn in_memory() -> Self {
        Self { home: Home::Memory, known: RwLock::default() }
    }

    /// The key of this number, to seal with: a new one where there has never been one. It is on the disk
    /// before anything is sealed with it.
    ///
    /// # Errors
    /// [`KeyError::ContentKey`] for a number whose key was destroyed.
    pub(crate) fn to_seal(&self, number: u32) -> Result<Arc<ContentKey>, KeyError> {
        match self.to_open(number) {
            Err(KeyError::ContentKey { destroyed: false, .. }) => self.make(number),
            other => other,
        }
    }

    /// The key of this number, to open with.
    ///
    /// # Errors
    /// [`KeyError::ContentKey`] where it was destroyed, or never was here.
    pub(crate) fn to_open(&self, number: u32) -> Result<Arc<ContentKey>, KeyError> {
        let none = |destroyed| KeyError::ContentKey { number, destroyed };
        let Home::Directory(dir, wrapping) = &self.home else {
            return self.known(number).ok_or_else(|| none(false));
        };
        // Asked of the disk each time: another program destroys keys while this one runs. A disk that cannot
        // say so has not said no.
        let marker = dir.join(destroyed(number));
        if marker.try_exists().map_err(at(&marker))? {
            self.forget(number);
            return Err(none(true));
        }
        if let Some(key) = self.known(number) {
            return Ok(key);
        }
        let secret = unsealed(dir, wrapping, number)?.ok_or_else(|| none(false))?;
        self.keep(number, &secret)
    }

    /// What names the key of this number, where it is here.
    pub fn id(&self, number: u32) -> Result<Option<KeyId>, KeyError> {
        match self.to_open(number) {
            Ok(key) => Ok(Some(key.id)),
            Err(KeyError::ContentKey { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Numbers of the keys that are here.
    pub fn numbers(&self) -> Result<Vec<u32>, KeyError> {
        match &self.home {
            Home::Directory(dir, _) => numbers_in(dir, "key"),
            Home::Memory => {
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                Ok(known.keys().copied().collect())
            }
        }
    }

    /// Numbers of the keys that were destroyed. What this program has of them it forgets.
    pub fn destroyed(&self) -> Result<Vec<u32>, KeyError> {
        let Home::Directory(dir, _) = &self.home else { return Ok(Vec::new()) };
        let destroyed = numbers_in(dir, "destroyed")?;
        destroyed.iter().for_each(|number| self.forget(*number));
        Ok(destroyed)
    }

    /// Destroys the key of this number for good: nothing that was sealed under it opens again, wherever it
    /// lies. Said again it changes nothing; after a cut of power in the middle it goes on.
    pub fn destroy(&self, number: u32) -> Result<(), KeyError> {
        self.forget(number);
        let Home::Directory(dir, _) = &self.home else { return Ok(()) };
        // First that it is destroyed, then that it is gone: never neither.
        write_durably(&dir.join(destroyed(number)), b"")?;
        wipe(&dir.join(key_file(number)))?;
        sync(dir)
    }

    /// Makes `to` a copy of this store, and puts it on the list, which is copied too. What is there of an
    /// earlier copy is rewritten: keys that were destroyed since are destroyed there too, and no others.
    ///
    /// # Errors
    /// [`KeyError::NoCopy`] where `to` holds something else, or a key that this store lacks or has otherwise:
    /// what only a copy has is not to be lost. [`KeyError::Damaged`] for a key that does not open.
    pub fn copy(&self, to: &Path) -> Result<Copy, KeyError> {
        let Home::Directory(dir, wrapping) = &self.home else {
            return Err(KeyError::Crypto("copying what is kept nowhere"));
        };
        fs::create_dir_all(to).map_err(at(to))?;
        let to = fs::canonicalize(to).map_err(at(to))?;
        let refused = |what: String| KeyError::NoCopy { to: to.clone(), what };
        if fs::canonicalize(dir).is_ok_and(|dir| dir == to) {
            return Err(refused("it is the store itself".into()));
        }
        let _lock = self.lock()?;
        let (keys, gone) = (self.numbers()?, self.destroyed()?);
        let keys: Vec<u32> = keys.into_iter().filter(|number| !gone.contains(number)).collect();
        let mut octets = Vec::with_capacity(keys.len());
        for number in &keys {
            let file = dir.join(key_file(*number));
            // Opened first: nothing damaged goes in the place of what is sound.
            unsealed(dir, wrapping, *number)?;
            octets.push(fs::read(&file).map_err(at(&file))?);
        }
        for entry in fs::read_dir(&to).map_err(at(&to))? {
            let name = entry.map_err(at(&to))?.file_name();
            let name = name.to_string_lossy();
            let ours = name == COPIES
                || [".key", ".destroyed", ".new"].iter().any(|end| name.ends_with(end));
            if !ours {
                return Err(refused(format!("{name} lies in it")));
            }
        }
        let there = numbers_in(&to, "key")?;
        for number in there.iter().filter(|number| !gone.contains(number)) {
            let at_home = keys.iter().position(|key| key == number).map(|place| &octets[place]);
            let file = to.join(key_file(*number));
            let there = fs::read(&file).map_err(at(&file))?;
            if at_home.is_none_or(|octets| *octets != there) {
                return Err(refused(format!("it has a key {number} that the store has not")));
            }
        }
        // What is to be destroyed there is ours: another authority's key may have the same number.
        for number in there.iter().filter(|number| gone.contains(number)) {
            if unsealed(&to, wrapping, *number).is_err() {
                return Err(refused(format!("its key {number} is of another custody")));
            }
        }
        let copy = Copy { to: to.clone(), sure: keys.clone(), keys };
        // On the list before there is anything in it: a copy that nobody knows of deletes nothing. Until it is
        // done it has both what it had and what it is to have.
        let mut copies = self.copies()?;
        let mut all: Vec<u32> = there.iter().chain(&copy.keys).copied().collect();
        all.sort_unstable();
        all.dedup();
        let sure = copies.iter().find(|known| known.to == to).map(|known| known.sure.clone());
        let sure = sure.unwrap_or_default().into_iter().filter(|number| there.contains(number));
        let sure = sure.collect();
        self.list(&mut copies, Copy { to: to.clone(), keys: all, sure })?;
        restrict(&to, 0o700)?;
        for number in &gone {
            write_durably(&to.join(destroyed(*number)), b"")?;
            wipe(&to.join(key_file(*number)))?;
        }
        for (number, octets) in copy.keys.iter().zip(&octets) {
            if !there.contains(number) {
                write_durably(&to.join(key_file(*number)), octets)?;
            }
        }
        self.list(&mut copies, copy.clone())?;
        write_durably(&to.join(COPIES), &text_of(&copies))?;
        sync(&to)?;
        Ok(copy)
    }

    /// Every copy that was made.
    pub fn copies(&self) -> Result<Vec<Copy>, KeyError> {
        let Home::Directory(dir, _) = &self.home else { return Ok(Vec::new()) };
        let file = dir.join(COPIES);
        match fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            read => serde_json::from_slice(&read.map_err(at(&file))?)
                .map_err(|error| KeyError::Damaged { file, what: error.to_string() }),
        }
    }

    /// Takes a copy off the list: whoever says so has destroyed it.
    pub fn strike(&self, to: &Path) -> Result<bool, KeyError> {
        let _lock = self.lock()?;
        let mut copies = self.copies()?;
        let before = copies.len();
        copies.retain(|copy| copy.to != to);
        self.write(&copies)?;
        Ok(copies.len() < before)
    }

    /// Whoever changes the list or a copy does it alone.
    fn lock(&self) -> Result<Option<File>, KeyError> {
        let Home::Directory(dir, _) = &self.home else { return Ok(None) };
        let lock = File::open(dir).and_then(|dir| dir.lock().map(|()| dir));
        lock.map(Some).map_err(at(dir))
    }

    fn list(&self, copies: &mut Vec<Copy>, copy: Copy) -> Result<(), KeyError> {
        copies.retain(|known| known.to != copy.to);
        copies.push(copy);
        self.write(copies)
    }

    fn write(&self, copies: &[Copy]) -> Result<(), KeyError> {
        let Home::Directory(dir, _) = &self.home else { return Ok(()) };
        write_durably(&dir.join(COPIES), &text_of(copies))
    }

    fn make(&self, number: u32) -> Result<Arc<ContentKey>, KeyError> {
        let secret = vault::random()?;
        let Home::Directory(dir, wrapping) = &self.home else {
            return self.keep(number, secret.as_ref());
        };
        if !dir.try_exists().map_err(at(dir))? {
            fs::create_dir_all(dir).map_err(at(dir))?;
            restrict(dir, 0o700)?;
            sync(dir.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))?;
        }
        let file = dir.join(key_file(number));
        let sealed = wrapping.seal(&name(number), secret.as_ref())?;
        match placed(&file, &sealed, (0o600, false)) {
            // Another was quicker: theirs it is.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.to_open(number),
            Err(error) => Err(at(&file)(error)),
            Ok(()) => self.keep(number, secret.as_ref()),
        }
    }

    fn known(&self, number: u32) -> Option<Arc<ContentKey>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn keep(&self, number: u32, secret: &[u8]) -> Result<Arc<ContentKey>, KeyError> {
        let aead = RandomizedNonceKey::new(&AES_256_GCM, secret)
            .map_err(|_| KeyError::Crypto("AES-256-GCM"))?;
        let named = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"akashi content key");
        let id = *named.as_ref().first_chunk().expect("HMAC-SHA-256 gives 32 octets");
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Two who made one at once in memory have one.
        Ok(known.entry(number).or_insert_with(|| Arc::new(ContentKey { aead, id })).clone())
    }

    fn forget(&self, number: u32) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

/// The secret of a key in this directory; `None` where there is none.
fn unsealed(
    dir: &Path,
    wrapping: &Wrapping,
    number: u32,
) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let file = dir.join(key_file(number));
    let sealed = match fs::read(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(at(&file))?,
    };
    wrapping.unseal(&name(number), &sealed).map(Some).ok_or_else(|| KeyError::Damaged {
        file,
        what: "it was not sealed under this custody's key and this number".into(),
    })
}

fn text_of(copies: &[Copy]) -> Vec<u8> {
    serde_json::to_vec_pretty(copies).expect("a list of copies is JSON")
}

fn name(number: u32) -> String {
    format!("content {number}")
}

fn key_file(number: u32) -> String {
    format!("{number}.key")
}

fn destroyed(number: u32) -> String {
    format!("{number}.destroyed")
}

fn numbers_in(dir: &Path, extension: &str) -> Result<Vec<u32>, KeyError> {
    let mut numbers = Vec::new();
    let entries = match fs::read_dir(dir) {
        // Made with its first key.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(numbers),
        read => read.map_err(at(dir))?,
    };
    for entry in entries {
        let path = entry.map_err(at(dir))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let number = stem.and_then(|stem| stem.parse().ok());
        if path.extension().is_some_and(|found| found == extension)
            && let Some(number) = number
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Overwrites a file and takes it away. (What a disk keeps beside its files no program reaches: the file
/// is sealed under the custody.)
///
/// What broke off while it was written goes with it: it is as good as the file.
fn wipe(file: &Path) -> Result<(), KeyError> {
    for left in broken_off(file).map_err(at(file))? {
        wipe_one(&left)?;
    }
    wipe_one(file)
}

fn wipe_one(file: &Path) -> Result<(), KeyError> {
    let length = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(at(file))?.len(),
    };
    let over = |length: u64| {
        let mut out = File::options().write(true).open(file)?;
        out.write_all(&vec![0; usize::try_from(length).unwrap_or_default()])?;
        out.sync_all()?;
        fs::remove_file(file)
    };
    over(length).map_err(at(file))
}

fn sync(dir: &Path) -> Result<(), KeyError> {
    sync_directory(dir).map_err(at(dir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Custody, Passphrase, Vault};

    struct Place {
        dir: tempfile::TempDir,
        custody: Custody,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
            let custody = Custody::create(&dir.path().join("keys"), &passphrase).unwrap();
            custody.keep_contents_key().unwrap();
            custody.keep_vault(&Vault::generate().unwrap()).unwrap();
            Self { dir, custody }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        /// As a program finds it that opens it now.
        fn vault(&self) -> Vault {
            self.vault_in("content-keys")
        }

        fn vault_in(&self, name: &str) -> Vault {
            self.custody.vault(&self.path(name)).unwrap()
        }
    }

    fn is_gone(opened: Result<Zeroizing<Vec<u8>>, KeyError>) -> bool {
        matches!(opened, Err(KeyError::ContentKey { destroyed: true, .. }))
    }

    #[test]
    fn what_was_sealed_opens_until_its_key_is_destroyed_and_then_nowhere() {
        let place = Place::new();
        let running = place.vault();
        let sealed = running.seal("t", b"r", b"one", 203_905).unwrap();
        let other = running.seal("t", b"r", b"other", 203_906).unwrap();
        assert_eq!(*place.vault().open("t", b"r", &sealed).unwrap(), b"one", "opened anew");
        assert_eq!(running.contents().numbers().unwrap(), [203_905, 203_906]);

        // Another program destroys it while the first one runs.
        place.vault().contents().destroy(203_905).unwrap();
        for vault in [&running, &place.vault()] {
            assert!(is_gone(vault.open("t", b"r", &sealed)));
            assert_eq!(*vault.open("t", b"r", &other).unwrap(), b"other");
            let again = vault.seal("t", b"r", b"two", 203_905);
            assert!(matches!(again, Err(KeyError::ContentKey { destroyed: true, .. })));
        }
        assert_eq!(running.contents().numbers().unwrap(), [203_906]);
        assert_eq!(running.contents().destroyed().unwrap(), [203_905]);
        place.vault().contents().destroy(203_905).unwrap();
    }

    #[test]
    fn a_cut_of_power_in_the_middle_leaves_a_key_that_opens_nothing() {
        let place = Place::new();
        let sealed = place.vault().seal("t", b"r", b"one", 203_905).unwrap();
        // After the first of the two steps.
        fs::write(place.path("content-keys/203905.destroyed"), b"").unwrap();
        assert!(is_gone(place.vault().open("t", b"r", &sealed)));
        place.vault().contents().destroy(203_905).unwrap();
        assert!(!place.path("content-keys/203905.key").exists());
    }

    #[test]
    fn two_who_make_the_same_key_at_once_have_one() {
        let place = Place::new();
        let vaults: Vec<Vault> = (0..8).map(|_| place.vault()).collect();
        let sealed: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let seal = |vault| scope.spawn(move || Vault::seal(vault, "t", b"r", b"x", 203_905));
            let all: Vec<_> = vaults.iter().map(seal).collect();
            all.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
        });
        let late = place.vault();
        for one in &sealed {
            assert_eq!(*late.open("t", b"r", one).unwrap(), b"x");
        }
        let left = fs::read_dir(place.path("content-keys")).unwrap().count();
        assert_eq!(left, 1, "nothing half made stays");
    }

    #[test]
    fn a_copy_opens_what_the_store_opens_and_is_rewritten_whole() {
        let place = Place::new();
        let vault = place.vault();
        let (old, new) = (203_905, 203_906);
        let sealed = vault.seal("t", b"r", b"one", old).unwrap();
        let copy = vault.contents().copy(&place.path("safe")).unwrap();
        assert_eq!(copy.keys, [old]);
        assert_eq!(*place.vault_in("safe").open("t", b"r", &sealed).unwrap(), b"one");

        vault.contents().destroy(old).unwrap();
        vault.seal("t", b"r", b"two", new).unwrap();
        let listed = vault.contents().copies().unwrap();
        let gone = vault.contents().destroyed().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            listed[0].has_destroyed(&gone),
            [old],
            "the copy opens it still, and is known to"
        );

        let again = vault.contents().copy(&place.path("safe")).unwrap();
        assert_eq!(again.keys, [new]);
        assert_eq!(vault.contents().copies().unwrap(), std::slice::from_ref(&again));
        assert!(again.has_destroyed(&gone).is_empty());
        assert!(is_gone(place.vault_in("safe").open("t", b"r", &sealed)));
        assert!(!place.path("safe/203905.key").exists(), "rewritten, and not added to");
        let list = fs::read(place.path("safe/copies.json")).unwrap();
        assert_eq!(list, fs::read(place.path("content-keys/copies.json")).unwrap(), "the list too");
        assert!(vault.contents().strike(&again.to).unwrap());
        assert!(!vault.contents().strike(&again.to).unwrap());
    }

    #[test]
    fn a_copy_loses_nothing_but_what_was_destroyed() {
        let (place, other) = (Place::new(), Place::new());
        let sealed = place.vault().seal("t", b"r", b"one", 203_905).unwrap();
        let safe = place.path("safe");
        place.vault().contents().copy(&safe).unwrap();
        let is_refused =
            |copied: Result<Copy, KeyError>| matches!(copied, Err(KeyError::NoCopy { .. }));
        // The store is lost: an empty one rewrites nothing, and neither does one that began anew.
        fs::rename(place.path("content-keys"), place.path("lost")).unwrap();
        assert!(place.vault().contents().copy(&safe).is_err());
        place.vault().seal("t", b"r", b"two", 203_906).unwrap();
        assert!(is_refused(place.vault().contents().copy(&safe)), "it lacks 203905");
        place.vault().seal("t", b"r", b"two", 203_905).unwrap();
        assert!(is_refused(place.vault().contents().copy(&safe)), "another 203905");
        assert_eq!(*place.vault_in("safe").open("t", b"r", &sealed).unwrap(), b"one");
        // Another authority's store, and a directory of something else.
        other.vault().seal("t", b"r", b"x", 203_905).unwrap();
        assert!(is_refused(other.vault().contents().copy(&safe)));
        // Not even where it destroyed a key of that number itself.
        other.vault().contents().destroy(203_905).unwrap();
        assert!(is_refused(other.vault().contents().copy(&safe)));
        assert_eq!(*place.vault_in("safe").open("t", b"r", &sealed).unwrap(), b"one");
        other.vault().seal("t", b"r", b"x", 203_907).unwrap();
        fs::create_dir(place.path("papers")).unwrap();
        fs::write(place.path("papers/letter.pdf"), b"").unwrap();
        assert!(is_refused(other.vault().contents().copy(&place.path("papers"))));
        assert!(is_refused(other.vault().contents().copy(&other.path("content-keys"))));
        // A key that does not open is not copied over one that does.
        fs::remove_dir_all(place.path("content-keys")).unwrap();
        fs::rename(place.path("lost"), place.path("content-keys")).unwrap();
        fs::write(place.path("content-keys/203905.key"), b"rotten").unwrap();
        let rotten = place.vault().contents().copy(&safe);
        assert!(matches!(rotten, Err(KeyError::Damaged { .. })), "{rotten:?}");
        assert_eq!(*place.vault_in("safe").open("t", b"r", &sealed).unwrap(), b"one");
    }

    #[test]
    fn what_broke_off_while_a_key_was_written_is_destroyed_with_it_in_store_and_copy() {
        let place = Place::new();
        let safe = place.path("safe");
        for number in [203_905, 203_906] {
            place.vault().seal("t", b"r", b"one", number).unwrap();
        }
        place.vault().contents().copy(&safe).unwrap();
        let left = |dir: &Path, number: u32| dir.join(format!(".akashi-{number}.key.abc.new"));
        let store = place.path("content-keys");
        for dir in [&safe, &store] {
            for number in [203_905, 203_906] {
                fs::copy(dir.join(format!("{number}.key")), left(dir, number)).unwrap();
            }
        }
        place.vault().contents().destroy(203_905).unwrap();
        place.vault().contents().copy(&safe).unwrap();
        for dir in [&safe, &store] {
            assert!(!left(dir, 203_905).exists() && !dir.join("203905.key").exists());
            assert!(left(dir, 203_906).exists(), "another's is not touched");
        }
    }

    #[test]
    fn a_copy_that_breaks_off_counts_for_what_it_surely_has() {
        let place = Place::new();
        let safe = place.path("safe");
        place.vault().seal("t", b"r", b"one", 203_905).unwrap();
        place.vault().contents().copy(&safe).unwrap();
        place.vault().seal("t", b"r", b"two", 203_906).unwrap();
        // A directory in the way of what is copied first: as a medium that is full.
        place.vault().contents().destroy(203_904).unwrap();
        fs::create_dir_all(safe.join("203904.destroyed/in-the-way")).unwrap();
        assert!(place.vault().contents().copy(&safe).is_err());
        let listed = place.vault().contents().copies().unwrap().remove(0);
        assert_eq!((listed.keys, listed.sure), (vec![203_905, 203_906], vec![203_905]));
        fs::remove_dir_all(safe.join("203904.destroyed")).unwrap();
        let whole = place.vault().contents().copy(&safe).unwrap();
        assert_eq!(whole.sure, [203_905, 203_906]);
    }

    #[test]
    fn what_names_a_key_is_the_same_when_it_is_opened_again_and_another_for_another() {
        let (place, other) = (Place::new(), Place::new());
        for one in [&place, &other] {
            one.vault().seal("t", b"r", b"one", 203_905).unwrap();
        }
        let id = |place: &Place| place.vault().contents().id(203_905).unwrap();
        assert!(id(&place).is_some());
        assert_eq!(id(&place), id(&place));
        assert_ne!(id(&place), id(&other));
        assert_eq!(place.vault().contents().id(203_906).unwrap(), None);
    }

    #[test]
    fn a_key_of_another_number_or_another_custody_is_none() {
        let (place, other) = (Place::new(), Place::new());
        let sealed = place.vault().seal("t", b"r", b"one", 203_905).unwrap();
        place.vault().seal("t", b"r", b"one", 203_906).unwrap();
        let file = |number: u32| place.path(&format!("content-keys/{number}.key"));
        fs::copy(file(203_906), file(203_905)).unwrap();
        let opened = place.vault().open("t", b"r", &sealed);
        assert!(matches!(opened, Err(KeyError::Damaged { .. })));
        other.vault().seal("t", b"r", b"x", 203_905).unwrap();
        fs::copy(other.path("content-keys/203905.key"), file(203_905)).unwrap();
        assert!(matches!(place.vault().open("t", b"r", &sealed), Err(KeyError::Damaged { .. })));
    }
}
