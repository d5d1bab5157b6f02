//! One authority holds a directory: two schedulers over one book would do everything twice.
//!
//! The lock is the system's own on a file that stays: it goes with the process however that ends, and
//! nobody has to take a stale one away.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::OpenError;

/// At what distance it is looked whether a directory is free.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The hold of a directory, until it is dropped.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Takes hold of the directory of an authority.
    ///
    /// # Errors
    /// [`OpenError::Held`] while another process has it.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        Self::of(dir, "authority.lock")
    }

    /// The hold of whoever watches over the programs of an authority: the authority itself has that of
    /// [`Hold::take`].
    ///
    /// # Errors
    /// [`OpenError::Held`] while another process has it.
    pub fn watching(dir: &Path) -> Result<Self, OpenError> {
        Self::of(dir, "watching.lock")
    }

    /// Waits until no authority holds the directory: one that nobody watches any more stops by itself, within this
    /// time.
    ///
    /// # Errors
    /// [`OpenError::Held`] where one does still.
    pub async fn until_free(dir: &Path, within: Duration) -> Result<(), OpenError> {
        let until = tokio::time::sleep(within);
        let (mut until, mut is_told) = (std::pin::pin!(until), false);
        loop {
            match Self::take(dir) {
                Err(OpenError::Held { .. }) if !until.is_elapsed() => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::info!(
                            target: "akashi",
                            "an authority still holds {}: it is waited for, {} s at most",
                            dir.display(),
                            within.as_secs()
                        );
                    }
                    tokio::select! {
                        () = &mut until => {}
                        () = tokio::time::sleep(BETWEEN_LOOKS) => {}
                    }
                }
                taken => return taken.map(|_| ()),
            }
        }
    }

    fn of(dir: &Path, name: &str) -> Result<Self, OpenError> {
        let lock = dir.join(name);
        let failed = |source| OpenError::Lock { file: lock.clone(), source };
        let file =
            File::options().create(true).write(true).truncate(false).open(&lock).map_err(failed)?;
        match akashi_keys::lock(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Held { dir: dir.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_holder_and_is_free_when_that_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let hold = Hold::take(dir.path()).unwrap();
        let second = Hold::take(dir.path()).unwrap_err();
        assert!(matches!(&second, OpenError::Held { dir: held } if held == dir.path()), "{second}");
        drop(hold);
        Hold::take(dir.path()).unwrap();
    }
}
