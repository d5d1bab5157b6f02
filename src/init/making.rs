//! The directory in which an authority is made.
//!
//! It is made in its own place, since that may be a volume, a link or a service's own directory, and nothing can be moved
//! there. A file says for as long that it is not an authority yet; whoever makes it holds the lock of that file. The book is
//! founded last, when everything else is on the disk: what broke off before leaves nothing that anybody misses. Nothing is
//! taken away while a book might have it.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use akashi_ca::founding::CERTIFICATE;
use akashi_keys::{lock, parent, sync_directory};
use akashi_ledger::{Issuing, Ledger, LedgerError, shown};

use super::{InitError, OFFICE_TERMINALS, SECURITY_OFFICERS, share_file};
use crate::config::{Config, FILE, LedgerRole};

/// Says that an authority is being made here, and in which book.
pub const MAKING: &str = "init-is-not-finished";
/// What a volume has from its beginning.
const OF_VOLUMES: &str = "lost+found";
/// The most shares that there are.
const SHARES: u8 = 32;

/// A directory that is being made, and is none of an authority yet.
#[derive(Debug)]
pub(super) struct Making {
    dir: PathBuf,
    /// Whether it was not there before.
    is_new: bool,
    /// The address of the book that is going to be founded.
    book: String,
    /// Its lock is held for as long.
    _mark: File,
}

impl Making {
    /// Begins in a directory that is not there, or is empty, or in which it did not come to its end; `config` says which
    /// book is going to be founded.
    pub async fn begin(dir: &Path, config: &Config) -> Result<Self, InitError> {
        let at = |source| InitError::File { file: dir.into(), source };
        let is_new = match dir.metadata() {
            Ok(metadata) if metadata.is_dir() => false,
            Ok(_) => return Err(InitError::Exists(dir.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                durably_made(dir).map_err(at)?;
                true
            }
            Err(error) => return Err(at(error)),
        };
        // Of a link, what it leads to.
        let dir = dir.canonicalize().map_err(at)?;
        let book = config.ledger_address(&dir, LedgerRole::Authority)?;
        let lies = names(&dir).map_err(at)?;
        let broke_off = lies.iter().any(|name| name == MAKING);
        match lies.into_iter().find(|name| !is_ours(name, &book) || !broke_off) {
            Some(stranger) if broke_off => {
                return Err(InitError::Stranger { file: dir.join(stranger) });
            }
            Some(_) => return Err(InitError::Exists(dir)),
            None => {}
        }
        let mut mark = marked(&dir)?;
        if broke_off {
            let mut before = String::new();
            mark.read_to_string(&mut before).map_err(at)?;
            is_nobodys(&dir, &before, &book).await?;
            wipe(&dir, &book)?;
        } else if names(&dir).map_err(at)?.iter().any(|name| name != MAKING) {
            // Another one came to its end between the look and the lock: what lies there is its own.
            finished(&dir)?;
            return Err(InitError::Exists(dir));
        }
        let closed = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&dir, closed).map_err(at)?;
        mark.set_len(0).map_err(at)?;
        mark.write_all(text(&book).as_bytes()).and_then(|()| mark.sync_all()).map_err(at)?;
        sync_directory(&dir).map_err(at)?;
        Ok(Self { dir, is_new, book, _mark: mark })
    }

    /// Where it is made.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The address of the book that is going to be founded.
    pub fn book(&self) -> &str {
        &self.book
    }

    /// From here on it is the directory of an authority.
    pub fn done(self) -> Result<(), InitError> {
        finished(&self.dir)
    }

    /// Takes away what was made: nothing was founded.
    pub fn undo(self) -> Result<(), InitError> {
        wipe(&self.dir, &self.book)?;
        let at = |source| InitError::File { file: self.dir.clone(), source };
        fs::remove_file(self.dir.join(MAKING)).map_err(at)?;
        if self.is_new {
            fs::remove_dir(&self.dir).map_err(at)?;
        }
        Ok(())
    }

    /// Whether the book has the authority with this certificate, which was made here.
    pub async fn is_in(&self, ledger: &Ledger<Issuing>, own: &[u8]) -> Result<bool, InitError> {
        is_in(&self.dir, ledger, own).await
    }
}

/// Makes a directory, and its parents where they are not there, each name on the disk.
fn durably_made(dir: &Path) -> std::io::Result<()> {
    let above = parent(dir);
    if !above.exists() {
        durably_made(above)?;
    }
    fs::create_dir(dir)?;
    sync_directory(above)
}

/// What lies there, but for what a volume has.
fn names(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in dir.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != OF_VOLUMES {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether the making of an authority, with this book, writes what is called so.
fn is_ours(name: &str, book: &str) -> bool {
    let fixed = [FILE, MAKING, "keys", "certificates"];
    let is_share = |name: &str| (1..=SHARES).any(|number| name == share_file(number));
    let book = book.strip_prefix("sqlite:").and_then(|book| Path::new(book).file_name());
    let book = book.and_then(|book| book.to_str()).unwrap_or_default();
    let is_book = |name: &str| {
        let beside = name.strip_prefix(book).filter(|_| !book.is_empty());
        beside.is_some_and(|beside| ["", "-wal", "-shm", "-journal"].contains(&beside))
    };
    fixed.contains(&name)
        || SECURITY_OFFICERS.contains(&name)
        || OFFICE_TERMINALS.contains(&name)
        || is_book(name)
        || name.starts_with(".akashi-")
        || is_share(name)
}

/// The mark, locked: another init that is at work here keeps it.
fn marked(dir: &Path) -> Result<File, InitError> {
    let file = dir.join(MAKING);
    let at = |source| InitError::File { file: file.clone(), source };
    let mark = File::options().read(true).append(true).create(true).mode_of_ours().open(&file);
    let mark = mark.map_err(at)?;
    lock(&mark).map_err(|error| match error {
        TryLockError::WouldBlock => InitError::AtWork(dir.into()),
        TryLockError::Error(source) => at(source),
    })?;
    // One that ended in the meantime has taken its mark away.
    let (held, lies) = (mark.metadata().map_err(at)?, file.metadata().map_err(at)?);
    match (held.dev(), held.ino()) == (lies.dev(), lies.ino()) {
        true => Ok(mark),
        false => Err(InitError::AtWork(dir.into())),
    }
}

/// A mode for its owner alone.
trait Ours {
    fn mode_of_ours(&mut self) -> &mut Self;
}

impl Ours for fs::OpenOptions {
    fn mode_of_ours(&mut self) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::mode(self, 0o600)
    }
}

/// What whoever finds the mark reads; its last line is the book.
fn text(ledger: &str) -> String {
    format!(
        "akashi init did not come to its end here. Repeat it: it looks whether an authority was founded.\n{}\n",
        shown(ledger)
    )
}

/// Sees that what did not come to its end here was founded in no book: its keys would be the only ones.
async fn is_nobodys(dir: &Path, before: &str, address: &str) -> Result<(), InitError> {
    // The configuration is the last thing that is written before the book, and the first that is taken away.
    let config = dir.join(FILE);
    if !config.try_exists().map_err(|source| InitError::File { file: config, source })? {
        return Ok(());
    }
    if before != text(address) {
        let book = before.lines().last().unwrap_or_default().to_owned();
        return Err(InitError::OtherBook { dir: dir.into(), book });
    }
    let file = dir.join(CERTIFICATE);
    let own = fs::read(&file).map_err(|source| match source.kind() {
        // Which the making has written before.
        ErrorKind::NotFound => InitError::Stranger { file: dir.join(FILE) },
        _ => InitError::File { file, source },
    })?;
    let unknown = |source| InitError::Unknown { dir: dir.into(), source };
    let ledger = Ledger::<Issuing>::open(address).await;
    let ledger = match ledger {
        // Its schema was never made, or its first page was not.
        Err(LedgerError::NoAuthority) => return Ok(()),
        other => other.map_err(unknown)?,
    };
    let founded = is_in(dir, &ledger, &own).await;
    ledger.close().await;
    match founded? {
        false => Ok(()),
        true => {
            finished(dir)?;
            Err(InitError::Finished(dir.into()))
        }
    }
}

/// Whoever founds it at this moment is waited for.
async fn is_in(dir: &Path, ledger: &Ledger<Issuing>, own: &[u8]) -> Result<bool, InitError> {
    match ledger.authority_when_founded().await {
        Ok(authority) => Ok(own == authority.certificate),
        Err(LedgerError::NoAuthority) => Ok(false),
        Err(source) => Err(InitError::Unknown { dir: dir.into(), source }),
    }
}

fn finished(dir: &Path) -> Result<(), InitError> {
    let at = |source| InitError::File { file: dir.into(), source };
    fs::remove_file(dir.join(MAKING)).map_err(at)?;
    sync_directory(dir).map_err(at)
}

/// Takes everything away but the mark: the configuration first, so that what breaks off here is done again.
fn wipe(dir: &Path, book: &str) -> Result<(), InitError> {
    let removed = |file: PathBuf| {
        let gone = match file.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&file),
            Ok(_) => fs::remove_file(&file),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        gone.map_err(|source| InitError::File { file, source })
    };
    let at = |source| InitError::File { file: dir.into(), source };
    removed(dir.join(FILE))?;
    sync_directory(dir).map_err(at)?;
    let own = |name: &String| name != MAKING && is_ours(name, book);
    for name in names(dir).map_err(at)?.into_iter().filter(own) {
        removed(dir.join(name))?;
    }
    sync_directory(dir).map_err(at)
}
