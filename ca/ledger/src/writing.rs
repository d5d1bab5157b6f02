//! One change of the book: everything in it, with its audit entries, or nothing.

use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Content, Entry, chain_hash};
use crate::group::{Head, Turn};
use crate::permit::Permit;
use crate::store::{args, timestamp};
use crate::{Ledger, LedgerError, Position};

/// A clock this far behind the last entry is wrong; nothing more is recorded or signed.
const BACKWARDS: SignedDuration = SignedDuration::from_secs(5);

/// An open change. Dropping it undoes everything.
///
/// It holds the head of the audit chain from its first moment to its end, so that positions are
/// given out in the order of commits (docs/decisions/0004); with those who wait behind it, it
/// shares one commit (docs/decisions/0016).
pub struct Writing {
    pub(crate) tx: Turn,
    pub(crate) permit: Permit,
    at: Timestamp,
    position: Position,
    hash: Vec<u8>,
    began_with: Position,
}

impl<R: crate::Writes> Ledger<R> {
    /// Begins a change.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] when `now` lies more than five seconds before the last entry.
    pub async fn begin(&self, permit: &Permit, now: Timestamp) -> Result<Writing, LedgerError> {
        let tx = self.store.turn().await?;
        let Head { position, hash, at: last } = tx.head().clone();
        if now + BACKWARDS < last {
            return Err(LedgerError::ClockBehind { now, last });
        }
        // To the millisecond, as the book keeps it; never before the entry before.
        let at = timestamp(now.as_millisecond())?.max(last);
        Ok(Writing { tx, permit: permit.clone(), at, position, hash, began_with: position })
    }
}

impl Writing {
    /// The time of everything that this change records.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The position of the newest entry of this change, or of the one before it.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// By whose leave.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Adds an audit entry; gives its position.
    ///
    /// `subject` names what it is about (a serial number, a case, a party) and is no personal data;
    /// whatever is goes into `content`, sealed.
    pub async fn note(
        &mut self,
        verb: &str,
        subject: &str,
        content: Option<Content>,
    ) -> Result<Position, LedgerError> {
        let position = Position(self.position.0 + 1);
        let commitment = content.as_ref().map_or(Sha256([0; 32]), Content::commitment);
        let entry = Entry {
            position,
            at: self.at,
            actor: self.permit.actor(),
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            commitment,
        };
        let hash = chain_hash(&self.hash, &entry);
        self.tx
            .execute(
                "INSERT INTO audit (position, at, actor, verb, subject, commitment, hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                args![
                    position.0,
                    entry.at,
                    entry.actor,
                    entry.verb,
                    entry.subject,
                    &commitment.0,
                    &hash.0
                ],
            )
            .await?;
        if let Some(content) = content {
            self.tx
                .execute(
                    "INSERT INTO audit_content (position, salt, sealed_content) VALUES ($1, $2, $3)",
                    args![position.0, &content.salt, content.sealed],
                )
                .await?;
        }
        self.position = position;
        self.hash = hash.0.to_vec();
        Ok(position)
    }

    /// Makes everything durable; gives the position of the last entry.
    ///
    /// # Panics
    /// When nothing was noted: a change without an audit entry is a mistake of the program.
    pub async fn commit(self) -> Result<Position, LedgerError> {
        assert!(self.position > self.began_with, "a change of the book without an audit entry");
        let head = Head { position: self.position, hash: self.hash, at: self.at };
        self.tx.keep(head).await?;
        Ok(self.position)
    }
}
