//! The main job, from beginning to end, in plain words: a certificate is issued into a card, the
//! registry reports a move, and every agency sees it revoked.
//!
//! Its own time begins three years and two months ago and ends at the real now; nothing is ever
//! signed in the future. Each line is checked: the exit code tells whether all was as it must be.

mod cast;
mod evidence;
mod narrator;
mod seat;
mod story;

use std::path::{Path, PathBuf};

use akashi_ledger::Access;
use akashi_town::TownError;
use jiff::Timestamp;

pub use narrator::Narrator;
pub use seat::Reader;

/// What goes wrong in a demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A line of the story did not come out as it must.
    #[error("it was not as it must be: {0}")]
    Outcome(String),
    /// The directory for the authority is in use.
    #[error("{0} exists and is not empty: choose another directory")]
    Exists(PathBuf),
    /// A card reader's thread.
    #[error("the virtual reader ended before its card was taken out")]
    ReaderEnded,
    /// The town that it plays in.
    #[error(transparent)]
    Town(#[from] TownError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] akashi_ra_console::DeskError),
    /// The authority.
    #[error(transparent)]
    House(#[from] akashi_town::house::HouseError),
    /// The authority's directory.
    #[error(transparent)]
    Open(#[from] akashi_edge::OpenError),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] akashi_ledger::LedgerError),
    /// A card.
    #[error(transparent)]
    Card(#[from] akashi_card::CardError),
    /// A card reader.
    #[error(transparent)]
    Reader(#[from] akashi_reader::ReaderError),
    /// A card's file.
    #[error(transparent)]
    CardFile(#[from] akashi_cardhost::CardHostError),
    /// A file or socket.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// How a demonstration is played.
pub struct Options {
    /// Where the authority is left behind; nowhere when absent.
    pub keep: Option<PathBuf>,
    /// Who may ask for status.
    pub access: Access,
    /// Makes people and numbers.
    pub seed: u64,
    /// The counters' reader.
    pub reader: Reader,
    /// Why it is none, where one was sought.
    pub no_reader: Option<String>,
}

/// Plays the demonstration; `true` when every line was as it must be.
pub async fn play(options: &Options, now: Timestamp) -> Result<bool, DemoError> {
    let scratch = tempfile::tempdir()?;
    let dir = match &options.keep {
        Some(dir) if dir.read_dir().is_ok_and(|mut d| d.next().is_some()) => {
            return Err(DemoError::Exists(dir.clone()));
        }
        Some(dir) => dir.clone(),
        None => scratch.path().join("authority"),
    };
    let mut narrator = Narrator::new();
    let told = story::tell(&dir, options, now, &mut narrator).await;
    match told {
        Ok(()) => narrator.close(options.keep.as_deref()),
        Err(error) => {
            narrator.fail(&error);
            return Ok(false);
        }
    }
    Ok(narrator.all_well())
}

/// The directory's part for what agencies may look at.
pub fn evidence_dir(dir: &Path) -> PathBuf {
    dir.join("evidence")
}
