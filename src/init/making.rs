//! The directory in which an authority is made.
//!
//! It is made in its own place, since that may be a volume, a link or a service's own directory, and nothing can be moved
//! there. A file says for as long that it is not an authority yet. The book is founded last, when everything else is on the
//! disk: what broke off before leaves nothing that anybody misses.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use akashi_ca::founding::CERTIFICATE;
use akashi_keys::{sync_directory, write_durably};
use akashi_ledger::{Issuing, Ledger, LedgerError};

use super::InitError;
use crate::config::{Config, FILE, LedgerRole};

/// Says that an authority is being made here.
const MAKING: &str = "init-is-not-finished";
/// What whoever finds it reads.
const TEXT: &str = "akashi init did not come to its end here. Repeat it: it looks whether an authority was founded.\n";
/// What a volume has from its beginning.
const OF_VOLUMES: &str = "lost+found";

/// A directory that is being made, and is none of an authority yet.
#[derive(Debug)]
pub(super) struct Making {
    dir: PathBuf,
    /// Whether it was not there before.
    is_new: bool,
}

impl Making {
    /// Begins in a directory that is not there, or is empty, or in which it did not come to its end.
    pub async fn begin(dir: &Path) -> Result<Self, InitError> {
        let at = |source| InitError::File { file: dir.into(), source };
        let is_new = match dir.metadata() {
            Ok(metadata) if metadata.is_dir() => false,
            Ok(_) => return Err(InitError::Exists(dir.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::fs::create_dir_all(dir).map_err(at)?;
                true
            }
            Err(error) => return Err(at(error)),
        };
        // Of a link, what it leads to.
        let making = Self { dir: dir.canonicalize().map_err(at)?, is_new };
        if making.dir.join(MAKING).exists() {
            making.is_nobodys().await?;
            making.wipe();
        }
        if !making.names()?.is_empty() {
            return Err(InitError::Exists(dir.into()));
        }
        let closed = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&making.dir, closed).map_err(at)?;
        write_durably(&making.dir.join(MAKING), TEXT.as_bytes())?;
        Ok(making)
    }

    /// Where it is made.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// From here on it is the directory of an authority.
    pub fn done(self) -> Result<(), InitError> {
        let at = |source| InitError::File { file: self.dir.clone(), source };
        std::fs::remove_file(self.dir.join(MAKING)).map_err(at)?;
        sync_directory(&self.dir).map_err(at)
    }

    /// Takes away what was made: nothing was founded.
    pub fn undo(self) {
        self.wipe();
        if self.is_new {
            let _ = std::fs::remove_dir(&self.dir);
        }
    }

    /// What lies there but what a volume has.
    fn names(&self) -> Result<Vec<PathBuf>, InitError> {
        let at = |source| InitError::File { file: self.dir.clone(), source };
        let mut names = Vec::new();
        for entry in self.dir.read_dir().map_err(at)? {
            let entry = entry.map_err(at)?;
            if entry.file_name() != OF_VOLUMES {
                names.push(entry.path());
            }
        }
        Ok(names)
    }

    /// The mark goes last: what breaks off here is done again.
    fn wipe(&self) {
        let mark = self.dir.join(MAKING);
        for path in self.names().unwrap_or_default() {
            let is_dir = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            let _ = match is_dir {
                true => std::fs::remove_dir_all(&path),
                false if path == mark => Ok(()),
                false => std::fs::remove_file(&path),
            };
        }
        let _ = std::fs::remove_file(mark);
    }

    /// Sees that what did not come to its end here was founded in no book: its keys would be the only ones.
    async fn is_nobodys(&self) -> Result<(), InitError> {
        // The configuration is the last thing that is written before the book.
        if !self.dir.join(FILE).exists() {
            return Ok(());
        }
        let address = Config::read(&self.dir)?.ledger_address(&self.dir, LedgerRole::Authority)?;
        let founded = async {
            let ledger = Ledger::<Issuing>::open(&address).await?;
            let founded = self.is_in(&ledger).await;
            ledger.close().await;
            founded
        };
        match founded.await {
            Ok(false) => Ok(()),
            Ok(true) => {
                let dir = self.dir.clone();
                Self { dir: dir.clone(), is_new: false }.done()?;
                Err(InitError::Finished(dir))
            }
            Err(source) => Err(InitError::Unknown { dir: self.dir.clone(), source }),
        }
    }

    /// Whether the book has the authority that was made here.
    pub async fn is_in(&self, ledger: &Ledger<Issuing>) -> Result<bool, LedgerError> {
        match ledger.authority().await {
            Ok(authority) => {
                let own = std::fs::read(self.dir.join(CERTIFICATE)).ok();
                Ok(own.is_some_and(|own| own == authority.certificate))
            }
            Err(LedgerError::NoAuthority) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
