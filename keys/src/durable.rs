//! Files that are there whole or not at all, and surely on the disk; and who has one.

use std::fs::{File, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::KeyError;
use crate::custody::at;

/// Writes a file that only its owner can read, in the place of one that may be there.
///
/// It is written beside its place, under a name that nobody foretells, made anew and never through a link; flushed,
/// renamed, and the directory flushed: after a power cut there is the file of before or this one.
pub fn write_durably(file: &Path, octets: &[u8]) -> Result<(), KeyError> {
    placed(file, octets, (0o600, true)).map_err(at(file))
}

/// The same with the mode that the new file gets, less what the umask takes, and where no other may be there already
/// unless it `replaces` that.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is one.
pub fn placed(file: &Path, octets: &[u8], (mode, replaces): (u32, bool)) -> io::Result<()> {
    let parent = parent(file);
    let mut beside = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        beside.permissions(Permissions::from_mode(mode));
    }
    let prefix = beside_of(file);
    let mut beside = beside.prefix(&prefix).suffix(".new").tempfile_in(parent)?;
    beside.write_all(octets)?;
    beside.as_file().sync_all()?;
    match replaces {
        true => beside.persist(file),
        false => beside.persist_noclobber(file),
    }
    .map_err(|failed| failed.error)?;
    sync_directory(parent)
}

/// How the names begin under which a file is written beside its place.
fn beside_of(file: &Path) -> String {
    format!(".akashi-{}.", file.file_name().unwrap_or_default().to_string_lossy())
}

/// What broke off while it was written beside the place of this file.
pub(crate) fn broken_off(file: &Path) -> io::Result<Vec<PathBuf>> {
    let (parent, prefix) = (parent(file), beside_of(file));
    let mut found = Vec::new();
    for entry in parent.read_dir()? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Makes durable which names a directory has.
pub fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The directory in which a file lies.
pub fn parent(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How often a file is looked at before it is said to be another's, and at what distance.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Takes the lock of a file for as long as that is open.
///
/// A program that a process starts has what is open there until it has begun, after the process let go of it as well:
/// for an instant a file is held by nobody.
///
/// # Errors
/// [`TryLockError::WouldBlock`] while somebody else has it.
pub fn lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_LOOKS),
            looked => return looked,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_written_whole_for_its_owner_alone_and_never_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("elsewhere"), b"another's").unwrap();
        symlink(at("elsewhere"), at("key")).unwrap();
        // Whoever foretells a name lays a link there.
        symlink(at("elsewhere"), at("key.new")).unwrap();
        write_durably(&at("key"), b"secret").unwrap();
        assert_eq!(fs::read(at("elsewhere")).unwrap(), b"another's");
        assert_eq!(fs::read(at("key")).unwrap(), b"secret");
        let metadata = at("key").symlink_metadata().unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600);
        write_durably(&at("key"), b"another").unwrap();
        assert_eq!(fs::read(at("key")).unwrap(), b"another");
        assert_eq!(dir.path().read_dir().unwrap().count(), 3, "nothing else is left");
    }

    #[test]
    fn what_is_there_is_replaced_only_where_that_is_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("letter");
        placed(&file, b"one", (0o666, false)).unwrap();
        let again = placed(&file, b"two", (0o666, false)).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        placed(&file, b"two", (0o666, true)).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_let_go_within_an_instant_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let open = || File::options().create(true).append(true).open(dir.path().join("a")).unwrap();
        let (first, second) = (open(), open());
        lock(&first).unwrap();
        assert!(matches!(lock(&second), Err(TryLockError::WouldBlock)));
        let gone = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(60));
            drop(first);
        });
        lock(&second).unwrap();
        gone.join().unwrap();
    }
}
