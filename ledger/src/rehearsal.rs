//! Rehearsing misfortune: a simulation decides what befalls each statement of the book.
//!
//! A power cut between two lines, a full disk, an answer that is lost after the commit: none of
//! them can be waited for. A rehearsal is asked at every moment at which the program is in the
//! hands of the data base; the program itself does not know of it, and a book that serves has none.

use crate::LedgerError;

/// A moment at which the program is in the hands of the data base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Before a transaction begins.
    Begin,
    /// Before rows are read.
    Read,
    /// Before a statement that changes something.
    Write,
    /// Before a commit: nothing of the transaction is durable.
    Commit,
    /// After a commit, before the program hears of it: everything is durable.
    Committed,
}

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special.
    Go,
    /// The data base fails: it is gone, or its disk is full.
    Fail,
    /// The program does not live on: the future never moves again, and is to be dropped together
    /// with everything that it holds.
    Crash,
}

/// Decides what befalls each statement.
pub trait Rehearsal: Send + Sync + std::fmt::Debug {
    /// What happens at this moment.
    fn fate(&self, moment: Moment) -> Fate;
}

pub(crate) async fn live_through(
    rehearsal: Option<&dyn Rehearsal>,
    moment: Moment,
) -> Result<(), LedgerError> {
    match rehearsal.map_or(Fate::Go, |rehearsal| rehearsal.fate(moment)) {
        Fate::Go => Ok(()),
        Fate::Fail => {
            Err(sqlx::Error::Io(std::io::Error::other("rehearsed: the data base fails")).into())
        }
        Fate::Crash => std::future::pending().await,
    }
}
