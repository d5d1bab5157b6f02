//! Files for the holder.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::HolderError;

/// Refuses a file that is there already, unless it may be replaced, and always one that is needed:
/// before anything is asked for.
pub fn is_free(file: &Path, replace: bool, needed: &[&Path]) -> Result<(), HolderError> {
    let is_there = file.symlink_metadata().is_ok();
    let same = |other: &&Path| match (file.canonicalize(), other.canonicalize()) {
        (Ok(file), Ok(other)) => file == other,
        _ => false,
    };
    match is_there {
        true if needed.iter().any(same) => Err(HolderError::Needed(file.into())),
        true if !replace => Err(HolderError::Exists(file.into())),
        _ => Ok(()),
    }
}

/// Writes a file so that it is there whole or not at all: beside its place, flushed, renamed, the
/// directory flushed. Nothing is replaced that may not be, not even what came a moment ago.
pub fn write(file: &Path, octets: &[u8], replace: bool) -> Result<(), HolderError> {
    let at = |source| HolderError::File { file: file.into(), source };
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let mut making = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program's new file: what the holder's umask leaves of it.
        making.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut beside = making.prefix(".akashi-").tempfile_in(parent).map_err(at)?;
    beside.write_all(octets).map_err(at)?;
    beside.as_file().sync_all().map_err(at)?;
    let placed = if replace { beside.persist(file) } else { beside.persist_noclobber(file) };
    placed.map_err(|failed| match failed.error.kind() {
        std::io::ErrorKind::AlreadyExists => HolderError::Exists(file.into()),
        _ => at(failed.error),
    })?;
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_on_demand_and_nothing_else_is_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("letter.p7s");
        is_free(&file, false, &[]).unwrap();
        write(&file, b"one", false).unwrap();
        assert!(matches!(is_free(&file, false, &[]), Err(HolderError::Exists(_))));
        assert!(matches!(write(&file, b"two", false), Err(HolderError::Exists(_))));
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
        is_free(&file, true, &[]).unwrap();
        assert!(matches!(is_free(&file, true, &[&file]), Err(HolderError::Needed(_))));
        write(&file, b"two", true).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_is_none_is_named() {
        let told = write(Path::new("/no/such/place/a.p7s"), b"", false).unwrap_err();
        assert!(told.to_string().contains("/no/such/place/a.p7s"), "{told}");
    }
}
