//! One change of the book: everything in it, with its audit entries, or nothing.

use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Content, Entry, chain_hash};
use crate::group::{Head, Member};
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
pub struct Change {
    pub(crate) tx: Member,
    pub(crate) permit: Permit,
    at: Timestamp,
    position: Position,
    hash: Vec<u8>,
    began_with: Position,
}

/// An audit entry on its way into the chain.
pub struct NewEntry<'e> {
    /// By whose leave.
    pub permit: Permit,
    /// What was done.
    pub verb: &'e str,
    /// To what; no personal data.
    pub subject: &'e str,
    /// What else is to be said, sealed.
    pub content: Option<Content>,
}

impl<R: crate::Writes> Ledger<R> {
    /// Begins a change.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] when `now` lies more than five seconds before the last entry.
    pub async fn begin(&self, permit: &Permit, now: Timestamp) -> Result<Change, LedgerError> {
        let tx = self.store.join().await?;
        let Head { position, hash, at: last } = tx.head().clone();
        if now + BACKWARDS < last {
            return Err(LedgerError::ClockBehind { now, last });
        }
        // To the millisecond, as the book keeps it; never before the entry before.
        let at = timestamp(now.as_millisecond())?.max(last);
        Ok(Change { tx, permit: permit.clone(), at, position, hash, began_with: position })
    }
}

impl Change {
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
    pub async fn append(
        &mut self,
        verb: &str,
        subject: &str,
        content: Option<Content>,
    ) -> Result<Position, LedgerError> {
        let permit = self.permit.clone();
        let positions = self.append_all([NewEntry { permit, verb, subject, content }]).await?;
        Ok(positions[0])
    }

    /// Adds entries in this order, each by its own permit; gives their positions.
    pub async fn append_all<'e>(
        &mut self,
        entries: impl IntoIterator<Item = NewEntry<'e>>,
    ) -> Result<Vec<Position>, LedgerError> {
        let (mut positions, mut rows, mut contents) = (Vec::new(), Vec::new(), Vec::new());
        for new in entries {
            let position = Position(self.position.0 + 1);
            let entry = Entry {
                position,
                at: self.at,
                actor: new.permit.actor(),
                verb: new.verb.to_owned(),
                subject: new.subject.to_owned(),
                commitment: new.content.as_ref().map_or(Sha256([0; 32]), Content::commitment),
            };
            let hash = chain_hash(&self.hash, &entry);
            if let Some(content) = new.content {
                contents.push(args![position.0, &content.salt, content.sealed]);
            }
            rows.push(args![
                position.0,
                entry.at,
                entry.actor,
                entry.verb,
                entry.subject,
                &entry.commitment.0,
                &hash.0
            ]);
            (self.position, self.hash) = (position, hash.0.to_vec());
            positions.push(position);
        }
        self.tx
            .write(
                "INSERT INTO audit (position, at, actor, verb, subject, commitment, hash)
                 VALUES $rows",
                rows,
            )
            .await?;
        self.tx
            .write(
                "INSERT INTO audit_content (position, salt, sealed_content) VALUES $rows",
                contents,
            )
            .await?;
        Ok(positions)
    }

    /// Gives this change up, and waits until everything that it could read is durable. Whoever
    /// answers by what was read here and records nothing must wait so: others of the group may have
    /// written it a moment ago.
    pub async fn rollback(self) -> Result<(), LedgerError> {
        self.tx.rollback().await
    }

    /// Makes everything durable; gives the position of the last entry.
    ///
    /// # Panics
    /// When nothing was noted: a change without an audit entry is a mistake of the program.
    pub async fn commit(self) -> Result<Position, LedgerError> {
        assert!(self.position > self.began_with, "a change of the book without an audit entry");
        let head = Head { position: self.position, hash: self.hash, at: self.at };
        self.tx.commit(head).await?;
        Ok(self.position)
    }
}
