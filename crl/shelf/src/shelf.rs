//! Where the files lie, and how a new one takes its place: written beside, on the disk for sure,
//! then under its name in one step.
//!
//! `DIR/crl/GENERATION/SCOPE.crl` is the current list of a scope of one of the authority's keys;
//! `DIR/crl/GENERATION/SCOPE/NUMBER.crl` is for ever the list with that number. The two are one file
//! under two names as long as it is the current one.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use akashi_wire::Scope;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;

use crate::ShelfError;
use crate::read::Reading;
use crate::signature::is_signed;

/// A scope as it stands in file names and URLs.
pub fn scope_of(text: &str) -> Option<Scope> {
    match text {
        "complete" => Some(Scope::Complete),
        "authority" => Some(Scope::Authority),
        code => code.parse().ok().map(Scope::Partition),
    }
}

/// A number as it stands in file names and URLs: decimal, without a leading zero or sign.
pub fn number_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| *number > 0 && number.to_string() == text)
}

/// What is known of a list when it has been read through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// cRLNumber.
    pub number: i64,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Octets in the file.
    pub length: u64,
}

impl Facts {
    /// Reads an open file through; `name` is for what goes wrong.
    pub fn of(file: File, name: &Path) -> Result<Self, ShelfError> {
        let reading = Reading::of(file, name)?;
        let (this_update, next_update) = (reading.head().this_update, reading.head().next_update);
        let tail = reading.finish()?;
        let number = tail.number().ok_or_else(|| ShelfError::Damaged {
            file: name.into(),
            what: "it has no cRLNumber".into(),
        })?;
        Ok(Self { number, this_update, next_update, digest: tail.digest, length: tail.length })
    }
}

/// Tells one file from another that took its name, and from itself before it was changed: whoever sets the times of a
/// file sets that of its change to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// Of an open file, or of what lies under a name.
    pub fn of(metadata: &fs::Metadata) -> Self {
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Self { inode: metadata.ino(), length: metadata.len(), changed }
    }
}

/// The directory of lists.
#[derive(Debug, Clone)]
pub struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// The shelf of one generation in a directory, to be read: nothing is made where it is missing.
    pub fn at(dir: &Path, generation: i64) -> Self {
        Self { dir: dir.join("crl").join(generation.to_string()) }
    }

    /// The shelf of one generation in a directory, which is made when it is missing.
    pub fn open(dir: &Path, generation: i64) -> Result<Self, ShelfError> {
        let shelf = Self::at(dir, generation);
        make_dir(&shelf.dir)?;
        Ok(shelf)
    }

    /// The current list of a scope.
    pub fn current(&self, scope: Scope) -> PathBuf {
        self.dir.join(format!("{scope}.crl"))
    }

    /// The list of a scope with this number.
    pub fn numbered(&self, scope: Scope, number: i64) -> PathBuf {
        self.numbers_dir(scope).join(format!("{number}.crl"))
    }

    /// Where a list is written before it has a place: a new file under a name that nobody foretells.
    pub fn beside(&self, scope: Scope, number: i64) -> Result<(File, PathBuf), ShelfError> {
        let dir = self.numbers_dir(scope);
        make_dir(&dir)?;
        let mut new = tempfile::Builder::new();
        // What is going to be public: as any program's new file.
        new.permissions(fs::Permissions::from_mode(0o666));
        let made = new.prefix(&format!("{number}.")).suffix(".new").tempfile_in(&dir);
        made.and_then(|file| Ok(file.keep()?)).map_err(ShelfError::file(&dir))
    }

    /// The numbers on the shelf, newest first.
    pub fn numbers(&self, scope: Scope) -> Result<Vec<i64>, ShelfError> {
        let mut numbers: Vec<i64> = self
            .names(scope)?
            .iter()
            .filter_map(|name| number_of(name.strip_suffix(".crl")?))
            .collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        Ok(numbers)
    }

    /// The current list as a file; `None` when there is none.
    pub fn stamp(&self, scope: Scope) -> Option<Stamp> {
        fs::metadata(self.current(scope)).ok().map(|metadata| Stamp::of(&metadata))
    }

    /// The same where it is the one with this number, under both of its names.
    pub fn stamp_of(&self, scope: Scope, number: i64) -> Option<Stamp> {
        let numbered = fs::metadata(self.numbered(scope, number)).ok()?;
        self.stamp(scope).filter(|current| *current == Stamp::of(&numbered))
    }

    /// What the current list says, when there is one that can be read.
    pub fn facts(&self, scope: Scope) -> Option<Facts> {
        let file = self.current(scope);
        Facts::of(File::open(&file).ok()?, &file).ok()
    }

    /// Whether the current list is signed by this key (DER of SubjectPublicKeyInfo), read to its end.
    pub fn is_signed(&self, scope: Scope, public_key: &[u8]) -> bool {
        let tail = Reading::open(&self.current(scope)).and_then(Reading::finish);
        tail.is_ok_and(|tail| is_signed(public_key, &tail.signed, &tail.signature))
    }

    /// What is read of the newest list that can be read to its end, by any of its names; `None`
    /// when there never was one. A damaged one is passed over.
    ///
    /// # Errors
    /// [`ShelfError::NothingToCompare`] when there are files and none can be read.
    pub fn read_newest<T>(
        &self,
        scope: Scope,
        read: impl Fn(&mut Reading<BufReader<File>>) -> Result<T, ShelfError>,
    ) -> Result<Option<T>, ShelfError> {
        let numbers = self.numbers(scope)?;
        let numbered = numbers.iter().map(|number| self.numbered(scope, *number));
        let files: Vec<PathBuf> =
            numbered.chain([self.current(scope)]).filter(|file| file.exists()).collect();
        let Some(newest) = files.first().cloned() else { return Ok(None) };
        let to_its_end = |file: &PathBuf| {
            let mut reading = Reading::open(file)?;
            let found = read(&mut reading)?;
            reading.finish()?;
            Ok::<_, ShelfError>(found)
        };
        match files.iter().find_map(|file| to_its_end(file).ok()) {
            Some(found) => Ok(Some(found)),
            None => Err(ShelfError::NothingToCompare { scope, file: newest }),
        }
    }

    /// Gives a list that was written beside its two names. Each step leaves the shelf whole.
    pub fn place(&self, beside: &Path, scope: Scope, number: i64) -> Result<(), ShelfError> {
        let numbered = self.numbered(scope, number);
        let current = self.current(scope);
        let link = self.dir.join(format!("{scope}.new"));
        let place = || {
            File::open(beside)?.sync_all()?;
            fs::rename(beside, &numbered)?;
            sync(&self.numbers_dir(scope))?;
            remove_if_there(&link)?;
            fs::hard_link(&numbered, &link)?;
            fs::rename(&link, &current)?;
            sync(&self.dir)
        };
        place().map_err(ShelfError::file(&current))
    }

    /// Takes all but the newest `keep` lists away, and what an interruption left.
    pub fn prune(&self, scope: Scope, keep: usize) -> Result<(), ShelfError> {
        let dir = self.numbers_dir(scope);
        let old = self.numbers(scope)?.into_iter().skip(keep.max(1));
        let left = self.names(scope)?.into_iter().filter(|name| name.ends_with(".new"));
        for file in old.map(|number| self.numbered(scope, number)).chain(left.map(|n| dir.join(n)))
        {
            remove_if_there(&file).map_err(ShelfError::file(&file))?;
        }
        Ok(())
    }

    fn numbers_dir(&self, scope: Scope) -> PathBuf {
        self.dir.join(scope.to_string())
    }

    fn names(&self, scope: Scope) -> Result<Vec<String>, ShelfError> {
        let dir = self.numbers_dir(scope);
        let names = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&dir)? {
                names.extend(entry?.file_name().into_string());
            }
            Ok::<_, io::Error>(names)
        };
        match names() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            names => names.map_err(ShelfError::file(&dir)),
        }
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn make_dir(dir: &Path) -> Result<(), ShelfError> {
    if dir.is_dir() {
        return Ok(());
    }
    let make = || {
        fs::create_dir_all(dir)?;
        sync(dir.parent().unwrap_or(Path::new(".")))
    };
    make().map_err(ShelfError::file(dir))
}

/// A name is on the disk only when its directory is.
fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
