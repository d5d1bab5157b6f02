//! Fault injection: a simulation decides what befalls each statement of the book.
//!
//! A power cut between two lines, a full disk, an answer that is lost after the commit: none of
//! them can be waited for. The injection is asked at every point at which the program waits for the
//! data base; the program itself does not know of it, and a book that serves has none.

use crate::LedgerError;

/// A point at which the program waits for the data base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultPoint {
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
pub enum Fault {
    /// Nothing special.
    Go,
    /// The data base fails: it is gone, or its disk is full.
    Fail,
    /// The program does not live on: the future never moves again, and is to be dropped together
    /// with everything that it holds.
    Crash,
}

/// Decides what befalls each statement.
pub trait FaultInjection: Send + Sync + std::fmt::Debug {
    /// What happens at this point.
    fn fault(&self, point: FaultPoint) -> Fault;
}

pub(crate) async fn inject(
    faults: Option<&dyn FaultInjection>,
    point: FaultPoint,
) -> Result<(), LedgerError> {
    match faults.map_or(Fault::Go, |faults| faults.fault(point)) {
        Fault::Go => Ok(()),
        Fault::Fail => {
            Err(sqlx::Error::Io(std::io::Error::other("injected: the data base fails")).into())
        }
        Fault::Crash => std::future::pending().await,
    }
}
