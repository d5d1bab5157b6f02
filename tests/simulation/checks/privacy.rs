//! Personal data: nowhere in what the public gets, in the chain or in any word of the machines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Breach, hold};
use crate::book::Book;

/// No resident code and no personal data stands in any public octet, entry or message.
pub fn nobody_is_named(
    secrets: &BTreeSet<String>,
    place: &str,
    octets: &[u8],
) -> Result<(), Breach> {
    let text = String::from_utf8_lossy(octets);
    let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
    hold("nobody_is_named", found.is_none(), || format!("{place} names {found:?}"))
}

/// Every file of the public repository.
pub fn nobody_is_named_in_the_repository(
    secrets: &BTreeSet<String>,
    public: &Path,
) -> Result<(), Breach> {
    for file in files(public) {
        let octets = std::fs::read(&file).unwrap_or_default();
        nobody_is_named(secrets, &file.display().to_string(), &octets)?;
    }
    Ok(())
}

/// The book keeps personal data sealed: it names nobody either.
pub fn nobody_is_named_in_the_book(
    secrets: &BTreeSet<String>,
    book: &Book,
    scratch: &Path,
) -> Result<(), Breach> {
    // Nine digits may stand in a number by chance; names, addresses and codes do not.
    let long = secrets.iter().filter(|s| s.len() > 9).map(String::as_str).collect();
    let found = book.words(&long, scratch);
    hold("nobody_is_named_in_the_book", found.is_empty(), || found)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}
