//! The card's file: what a chip keeps without power.
//!
//! The memory is JSON, sealed under the user's key (see `form`). It is replaced as a whole (written
//! beside, flushed, renamed, directory flushed), so that a cut of power at any octet leaves the
//! former memory or the new one. A file of which an octet is missing or changed is refused: a card
//! that guesses its memory might give tries back.
//!
//! Beside it lies `FILE.lock`. Whoever has the card holds the lock of that file, not of the card's
//! own, which is another one after each replacement. The word `remove` in it asks the holder to let
//! go: no process needs to be found by its number, which might be another one's by then.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use akashi_softcard::CardNumber;
use zeroize::Zeroizing;

use crate::error::CardHostError;
use crate::form;
use crate::seal::Seal;

/// What asks the holder of a card to let go.
const REMOVE: &[u8] = b"remove";

/// How often, and at what distance, [`request_removal`] looks whether the holder has let go.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How often a card is looked at before it is said to be in use.
const GIVEN_UP: u32 = 4;

/// A card's file, held by this process alone.
pub(crate) struct CardFile {
    file: PathBuf,
    lock: File,
    seal: Seal,
    /// What is known to be on the disk.
    stored: Option<Zeroizing<Vec<u8>>>,
}

impl CardFile {
    /// Takes the place for a new card.
    pub fn create(file: &Path, seal: &Seal) -> Result<Self, CardHostError> {
        let held = Self::hold(file, seal)?;
        if file.exists() {
            return Err(CardHostError::Exists(file.into()));
        }
        Ok(held)
    }

    /// Takes a card's file and gives what the card remembers.
    pub fn open(file: &Path, seal: &Seal) -> Result<(Self, Zeroizing<Vec<u8>>), CardHostError> {
        // Before the lock, which would leave a file beside one that is not there.
        if let Err(source) = fs::metadata(file) {
            return Err(CardHostError::Read { file: file.into(), source });
        }
        let mut held = Self::hold(file, seal)?;
        let octets =
            fs::read(file).map_err(|source| CardHostError::Read { file: file.into(), source })?;
        let octets = Zeroizing::new(octets);
        let memory = form::memory(seal, file, &octets)?;
        held.stored = Some(memory.clone());
        Ok((held, memory))
    }

    /// Takes the lock, and forgets what an earlier holder was asked.
    fn hold(file: &Path, seal: &Seal) -> Result<Self, CardHostError> {
        let lock = open_lock(file)?;
        let mut looks = 0;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(write_failed(file, source)),
                // A program that this process starts holds what is open here until it has begun, after we
                // let go of it as well: for an instant a card is in use by nobody.
                Err(TryLockError::WouldBlock) if looks < GIVEN_UP => {
                    looks += 1;
                    sleep(BETWEEN_LOOKS);
                }
                Err(TryLockError::WouldBlock) => return Err(CardHostError::InUse(file.into())),
            }
        }
        lock.set_len(0).map_err(|source| write_failed(file, source))?;
        Ok(Self { file: file.into(), lock, seal: seal.clone(), stored: None })
    }

    /// Keeps what the card with this number remembers; it is on the disk when this returns.
    ///
    /// Most commands change nothing that a card remembers, and cost no write.
    pub fn store(
        &mut self,
        number: &CardNumber,
        memory: Zeroizing<Vec<u8>>,
    ) -> Result<(), CardHostError> {
        if self.stored.as_ref() != Some(&memory) {
            self.stored = None;
            let sealed = form::sealed(&self.seal, number, &memory)?;
            replace(&self.file, &sealed, |out, octets| out.write_all(octets))
                .map_err(|source| write_failed(&self.file, source))?;
            self.stored = Some(memory);
        }
        Ok(())
    }

    /// A way to hear that the card should be removed.
    pub fn request(&self) -> io::Result<File> {
        self.lock.try_clone()
    }
}

/// Whether the holder of a card was asked to let go. `lock` comes from [`CardFile::request`].
pub(crate) fn is_requested(lock: &mut File) -> bool {
    let mut word = Vec::new();
    lock.rewind().and_then(|()| lock.read_to_end(&mut word)).is_ok() && word == REMOVE
}

/// Asks whoever has a card in a reader to remove it, and waits until it is out: five seconds at
/// most.
pub fn request_removal(file: &Path) -> Result<(), CardHostError> {
    if let Err(source) = fs::metadata(file) {
        return Err(CardHostError::Read { file: file.into(), source });
    }
    let mut lock = open_lock(file)?;
    if lock.try_lock().is_ok() {
        return Err(CardHostError::NotInserted(file.into()));
    }
    lock.write_all(REMOVE).map_err(|source| write_failed(file, source))?;
    for _ in 0..LOOKS {
        if lock.try_lock().is_ok() {
            return Ok(());
        }
        sleep(BETWEEN_LOOKS);
    }
    // It was not heard; whoever takes the card next must not hear it.
    let _ = lock.set_len(0);
    Err(CardHostError::NotRemoved(file.into()))
}

fn open_lock(file: &Path) -> Result<File, CardHostError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(beside(file, ".lock"))
        .map_err(|source| write_failed(file, source))
}

/// The name of a file and something behind it.
pub(crate) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}

fn write_failed(file: &Path, source: io::Error) -> CardHostError {
    CardHostError::Write { file: file.into(), source }
}

/// Replaces a file as a whole: whatever happens in between, the former one or the new one is there.
///
/// `write` is an argument so that a test can cut it off.
pub(crate) fn replace(
    file: &Path,
    octets: &[u8],
    write: impl FnOnce(&mut File, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let new = beside(file, ".new");
    let mut out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    write(&mut out, octets)?;
    out.sync_all()?;
    fs::rename(&new, file)?;
    flush_directory_of(file)
}

/// The name of a file is on the disk only when its directory is.
pub(crate) fn flush_directory_of(file: &Path) -> io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
