//! The key under which a user's software cards are sealed.
//!
//! It stands for what a chip keeps in its own silicon: whoever reads a card's file, on a medium or in
//! a backup, has neither its keys nor its PINs. It does not stop whoever is this user, and it does not
//! notice an earlier file of the same card that was put back.
//!
//! It is 32 random octets in a file of the user's, made when a card is first sealed. Several programs
//! may be the first at once: each writes a key of its own beside the place and links it there, which
//! only one of them can, and all of them take what is in the place.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cardfile::{beside, flush_directory_of};
use crate::error::CardHostError;

/// Names the file of the key, should it lie elsewhere.
const VARIABLE: &str = "AKASHI_CARD_SEAL";

/// Octets of the key.
const KEY: usize = 32;

/// Seals cards and opens what it sealed. The key is read once, and made only when a card is to be
/// sealed and none is there.
#[derive(Clone)]
pub struct Seal {
    file: PathBuf,
    key: Arc<OnceLock<SealKey>>,
}

/// The key itself.
pub(crate) struct SealKey {
    key: RandomizedNonceKey,
    name: String,
}

impl Seal {
    /// The seal of this user on this host: the file that `AKASHI_CARD_SEAL` names, else
    /// `akashi/card-seal.key` in `$XDG_STATE_HOME`, else in `$HOME/.local/state`.
    pub fn of_this_user() -> Result<Self, CardHostError> {
        place(|name| env::var_os(name)).map(Self::kept_in).ok_or(CardHostError::NoPlaceForSeal)
    }

    /// The seal whose key is in this file, or will be.
    pub fn kept_in(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), key: Arc::default() }
    }

    /// Where the key is, or will be.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The key to seal with.
    pub(crate) fn to_seal(&self) -> Result<&SealKey, CardHostError> {
        if let Some(key) = self.to_open()? {
            return Ok(key);
        }
        let key = self.make().and_then(|()| self.read());
        let key = key.map_err(|source| self.failed(source))?;
        Ok(self.key.get_or_init(|| key))
    }

    /// The key to open with, if there is one.
    pub(crate) fn to_open(&self) -> Result<Option<&SealKey>, CardHostError> {
        if let Some(key) = self.key.get() {
            return Ok(Some(key));
        }
        match self.read() {
            Ok(key) => Ok(Some(self.key.get_or_init(|| key))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: io::Error) -> CardHostError {
        CardHostError::SealKey { file: self.file.clone(), source }
    }

    fn read(&self) -> io::Result<SealKey> {
        let mut file = File::open(&self.file)?;
        let metadata = file.metadata()?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other("others than its owner may use it (`chmod 600` it)"));
        }
        if metadata.len() != KEY as u64 {
            let found = metadata.len();
            return Err(io::Error::other(format!("it has {found} octets and not {KEY}")));
        }
        let mut octets = Zeroizing::new([0; KEY]);
        file.read_exact(octets.as_mut())?;
        // Another program may have made it a moment ago. Nothing is sealed under a key that a cut of
        // power could still take away.
        flush_directory_of(&self.file)?;
        SealKey::new(&octets)
    }

    /// Makes a key, unless somebody else was quicker.
    fn make(&self) -> io::Result<()> {
        make_directory_of(&self.file)?;
        let mut octets = Zeroizing::new([0; KEY]);
        aws_lc_rs::rand::fill(octets.as_mut()).map_err(io::Error::other)?;
        let new = beside(&self.file, &format!(".{:016x}.new", rand::random::<u64>()));
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = out.write_all(octets.as_ref()).and_then(|()| out.sync_all());
        // A link, and not a renaming, which would replace the key of who was quicker.
        let linked = written.and_then(|()| fs::hard_link(&new, &self.file));
        let _ = fs::remove_file(&new);
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    }
}

impl SealKey {
    fn new(octets: &[u8; KEY]) -> io::Result<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, octets).map_err(io::Error::other)?;
        let digest = Sha256::new().chain_update(b"akashi card seal").chain_update(octets);
        Ok(Self { key, name: hex::encode(&digest.finalize()[..8]) })
    }

    /// Sixteen hexadecimal digits that tell this key from others, and nothing about it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Nonce, cipher text, tag. The nonce is random: a key is good for 2^32 of them (NIST SP 800-38D
    /// §8.3), and no card is written to so often.
    pub fn seal(&self, associated: &[u8], memory: &[u8]) -> Vec<u8> {
        // Room for the tag: what grows is moved, and leaves the memory behind in the clear.
        let mut octets = Zeroizing::new(Vec::with_capacity(memory.len() + AES_256_GCM.tag_len()));
        octets.extend_from_slice(memory);
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(associated), &mut *octets)
            .expect("a card's memory is no longer than AES-GCM takes");
        [nonce.as_ref().as_slice(), &octets].concat()
    }

    /// The memory, if it was sealed under this key with the same associated data.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, octets) = sealed.split_at_checked(NONCE_LEN)?;
        let mut octets = Zeroizing::new(octets.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let associated = Aad::from(associated);
        let length = self.key.open_in_place(nonce, associated, &mut octets).ok()?.len();
        octets.truncate(length);
        Some(octets)
    }
}

/// Where the key is, by these variables of the environment. XDG Base Directory Specification: an empty
/// or relative `XDG_STATE_HOME` counts for nothing.
pub(crate) fn place(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let variable = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable(VARIABLE).or_else(|| {
        let state = variable("XDG_STATE_HOME").filter(|state| state.is_absolute());
        let state = state.or_else(|| variable("HOME").map(|home| home.join(".local/state")));
        state.map(|state| state.join("akashi/card-seal.key"))
    })
}

/// Makes the directory of a file and those above it, each of them on the disk.
fn make_directory_of(file: &Path) -> io::Result<()> {
    let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty())
    else {
        return Ok(());
    };
    if directory.is_dir() {
        return Ok(());
    }
    make_directory_of(directory)?;
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => flush_directory_of(directory),
    }
}
