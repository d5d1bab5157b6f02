//! What can go wrong with the files of lists.

use std::path::{Path, PathBuf};

use akashi_wire::Scope;

/// Why a list cannot be read, or not be put in its place.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// Reading or writing a file failed.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// A file is not a list of ours.
    #[error("{file} is not a CRL of this authority: {what}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// There were lists of this scope, and none can be read.
    #[error(
        "{scope} was not published: none of its earlier files can be read to compare with. Restore {file}, or move it away if its loss is understood"
    )]
    NothingToCompare {
        /// Which list.
        scope: Scope,
        /// The newest of the files.
        file: PathBuf,
    },
    /// A thread of ours was stopped or panicked.
    #[error("the work on a list was broken off")]
    BrokenOff,
}

impl ShelfError {
    /// That something went wrong with this file.
    pub fn file(file: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::File { file: file.into(), source }
    }
}
