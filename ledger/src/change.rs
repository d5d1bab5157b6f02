//! One change of the book: everything in it, with its audit entries, or nothing.

use std::collections::HashSet;

use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{RequestId, SerialNumber, pki};
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Content, Entry, TimeQuality, chain_hash};
use crate::cause::Cause;
use crate::evidence::{self, Evidence, digest_of_rows};
use crate::group::{Head, Member};
use crate::lease::{FENCE, check_fence};
use crate::object::Object;
use crate::permit::Permit;
use crate::right::Right;
use crate::store::{Value, args, timestamp};
use crate::{Issuing, Ledger, LedgerError, Position, WrongTimes};

/// A clock this far behind the last entry is wrong; nothing more is recorded or signed.
pub(crate) const BACKWARDS: SignedDuration = SignedDuration::from_secs(5);

/// An open change. Dropping it undoes everything.
///
/// Only the authority has one: what other programs know of the book has no such thing to begin.
///
/// ```
/// fn revokes_one(book: &akashi_ledger::Ledger<akashi_ledger::Issuing>,
///                permit: &akashi_ledger::Permit) {
///     let _ = book.begin(permit, jiff::Timestamp::UNIX_EPOCH);
/// }
/// ```
///
/// The very same words do not compile over the book of any other role:
///
/// ```compile_fail,E0599
/// fn revokes_everybody(book: &akashi_ledger::Ledger<akashi_ledger::Responding>,
///                      permit: &akashi_ledger::Permit) {
///     let _ = book.begin(permit, jiff::Timestamp::UNIX_EPOCH);
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn numbers_a_list(book: &akashi_ledger::Ledger<akashi_ledger::Listing>,
///                   permit: &akashi_ledger::Permit) {
///     let _ = book.begin(permit, jiff::Timestamp::UNIX_EPOCH);
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn revokes_what_it_publishes(book: &akashi_ledger::Ledger<akashi_ledger::Publishing>,
///                              permit: &akashi_ledger::Permit) {
///     let _ = book.begin(permit, jiff::Timestamp::UNIX_EPOCH);
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn mends_what_it_verifies(book: &akashi_ledger::Ledger<akashi_ledger::Verifying>,
///                           permit: &akashi_ledger::Permit) {
///     let _ = book.begin(permit, jiff::Timestamp::UNIX_EPOCH);
/// }
/// ```
///
/// It holds the head of the audit chain from its first moment to its end, so that positions are
/// given out in the order of commits (docs/decisions/0004); with those who wait behind it, it
/// shares one commit (docs/decisions/0016).
pub struct Change {
    pub(crate) tx: Member,
    pub(crate) permit: Permit,
    cause: Cause,
    at: Timestamp,
    quality: TimeQuality,
    /// Whether this brings the time back.
    brings_back: bool,
    began_with: Head,
    entries: Vec<Pending>,
}

/// An entry whose rows may still come.
struct Pending {
    entry: Entry,
    content: Option<Content>,
    rows: Vec<Sha256>,
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

impl Ledger<Issuing> {
    /// Begins a change.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] when `now` lies more than five seconds before the last entry;
    /// [`LedgerError::NotEnrolled`] when the party behind the permit was dismissed meanwhile,
    /// [`LedgerError::Suspended`] when it was suspended, [`LedgerError::NotATerminal`] when either befell
    /// its terminal.
    pub async fn begin(&self, permit: &Permit, now: Timestamp) -> Result<Change, LedgerError> {
        let mut tx = self.store.join().await?;
        self.check_brought_back(tx.head().brought_back)?;
        if permit.needs_lease()
            && let Some(own) = self.own_fence()
        {
            check_fence(own, tx.row(FENCE, args![]).await?)?;
        }
        let last = tx.head().at;
        if now + BACKWARDS < last {
            return Err(LedgerError::ClockBehind { now, last });
        }
        // To the millisecond, as the book keeps it; never before the entry before.
        let at = timestamp(now.as_millisecond())?.max(last);
        let mut change = Change::over(tx, permit, at);
        if !change.permit.is_founding() {
            change.check_enrolled(change.permit.certificates().collect()).await?;
        }
        // Where there has never been more than one security officer, nobody could be the second.
        // Of a town's administrators there may be two all the same.
        let of_two = change.permit.of_two();
        let could_be_alone = !of_two.is_empty() && *change.permit.role() == Role::SecurityOfficer;
        if could_be_alone && change.security_officers_ever().await? < 2 {
            let object = change.permit.object().clone();
            change.permit.gain(of_two, object);
        }
        Ok(change)
    }
}

impl Ledger<Issuing> {
    /// Begins the one change whose time lies before the last entry's: the one that brings it back, over the very
    /// book that was looked at.
    pub(crate) async fn begin_back(
        &self,
        permit: &Permit,
        now: Timestamp,
        wrong: &WrongTimes,
    ) -> Result<Change, LedgerError> {
        permit.require(Right::BringBack)?;
        let tx = self.store.join().await?;
        let head = tx.head();
        if (head.position, &head.hash[..]) != (wrong.head, &wrong.hash.0[..]) {
            return Err(LedgerError::NotAsItStands);
        }
        let mut change = Change::over(tx, permit, timestamp(now.as_millisecond())?);
        change.quality = TimeQuality::Trusted;
        Ok(change)
    }
}

impl Change {
    fn over(tx: Member, permit: &Permit, at: Timestamp) -> Self {
        let began_with = tx.head().clone();
        Self {
            tx,
            permit: permit.clone(),
            cause: permit.cause().clone(),
            at,
            quality: began_with.quality,
            brings_back: false,
            began_with,
            entries: Vec::new(),
        }
    }

    /// From here on this is the change that brings the time back.
    pub(crate) fn brings_back(&mut self) {
        self.brings_back = true;
    }

    /// The time of everything that this change records.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What the time of this change is worth.
    pub fn quality(&self) -> TimeQuality {
        self.quality
    }

    /// From here on times are worth this.
    pub(crate) fn values_time(&mut self, quality: TimeQuality) {
        self.quality = quality;
    }

    /// When the newest entry before this change was written.
    pub(crate) fn last_written(&self) -> Timestamp {
        self.began_with.at
    }

    /// The position of the newest entry of this change, or of the one before it.
    pub(crate) fn position(&self) -> Position {
        Position(self.began_with.position.0 + self.entries.len() as i64)
    }

    /// By whose leave.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// What is written by this permit rests on: in a group each member has its own.
    pub(crate) fn cause_of<'c>(&'c self, permit: &'c Permit) -> &'c Cause {
        if permit.evidence() == self.permit.evidence() { &self.cause } else { permit.cause() }
    }

    /// The position of the entry of this change that an act is carried out by; of the newest where
    /// there is none.
    pub(crate) fn position_of(&self, request: RequestId) -> Position {
        let cause = Cause::Act(request).to_string();
        let own = self.entries.iter().rev().find(|pending| pending.entry.cause == cause);
        own.map_or(self.position(), |pending| pending.entry.position)
    }

    /// From here on entries and status rows rest on this, and no longer on the message that gave the
    /// permit alone: an order to settle is behind many events, and each row names its own.
    pub fn because_of(&mut self, cause: Cause) {
        self.cause = cause;
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
        let cause = self.cause.to_string();
        let permit = self.permit.clone();
        Ok(self.append_one(NewEntry { permit, verb, subject, content }, cause))
    }

    /// Adds entries in this order, each by its own permit; gives their positions.
    pub async fn append_all<'e>(
        &mut self,
        entries: impl IntoIterator<Item = NewEntry<'e>>,
    ) -> Result<Vec<Position>, LedgerError> {
        let one = |new: NewEntry<'e>| {
            let cause = self.cause_of(&new.permit).to_string();
            self.append_one(new, cause)
        };
        Ok(entries.into_iter().map(one).collect())
    }

    fn append_one(&mut self, new: NewEntry<'_>, cause: String) -> Position {
        let position = Position(self.position().0 + 1);
        let entry = Entry {
            position,
            at: self.at,
            quality: self.quality,
            actor: new.permit.actor(),
            verb: new.verb.to_owned(),
            subject: new.subject.to_owned(),
            cause,
            commitment: new.content.as_ref().map_or(Sha256([0; 32]), Content::commitment),
            rows: Sha256([0; 32]),
        };
        self.entries.push(Pending { entry, content: new.content, rows: Vec::new() });
        position
    }

    /// Writes rows of evidence. The first value of each is the position of its entry, which must be one
    /// of this change.
    pub(crate) async fn record(
        &mut self,
        table: &'static Evidence,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), LedgerError> {
        for row in &rows {
            let Some(Value::Int(Some(position))) = row.first() else {
                unreachable!("a row of evidence begins with its position")
            };
            let place = position - self.began_with.position.0 - 1;
            let entry = usize::try_from(place).ok().and_then(|place| self.entries.get_mut(place));
            let entry = entry.expect("a row of evidence belongs to an entry of its own change");
            entry.rows.push(table.digest(row));
        }
        self.tx.write(table.insert, rows).await
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
    /// When nothing was appended: a change without an audit entry is a mistake of the program.
    pub async fn commit(mut self) -> Result<Position, LedgerError> {
        assert!(!self.entries.is_empty(), "a change of the book without an audit entry");
        let (mut rows, mut contents) = (Vec::new(), Vec::new());
        let mut head = Head { at: self.at, quality: self.quality, ..self.began_with.clone() };
        for Pending { mut entry, content, rows: mut digests } in std::mem::take(&mut self.entries) {
            if let Some(content) = content {
                let row = args![entry.position.0, &content.salt, content.sealed];
                digests.push(evidence::AUDIT_CONTENT.digest(&row));
                contents.push(row);
            }
            entry.rows = digest_of_rows(digests);
            let hash = chain_hash(&head.hash, &entry);
            head.position = entry.position;
            head.hash = hash.0.to_vec();
            rows.push(args![
                entry.position.0,
                Entry::VERSION,
                entry.at,
                entry.quality as i64,
                entry.actor,
                entry.verb,
                entry.subject,
                entry.cause,
                &entry.commitment.0,
                &entry.rows.0,
                &hash.0,
            ]);
        }
        self.tx
            .write(
                "INSERT INTO audit (position, version, at, quality, actor, verb, subject, cause,
                 commitment, row_digest, hash) VALUES $rows",
                rows,
            )
            .await?;
        self.tx.write(evidence::AUDIT_CONTENT.insert, contents).await?;
        let position = head.position;
        if self.brings_back {
            head.brought_back = Position(self.began_with.position.0 + 1);
        }
        self.tx.commit(head).await?;
        Ok(position)
    }

    /// Stops a change that no signed message covers. What takes two persons is covered once the second one
    /// signed, or while the authority has had but one security officer.
    ///
    /// # Errors
    /// [`LedgerError::TakesTwo`] where one signed of two, [`LedgerError::TimeInDoubt`] where it needs a time
    /// that nobody knows, else [`LedgerError::NotPermitted`].
    pub fn require(&self, right: Right) -> Result<(), LedgerError> {
        self.require_time(right)?;
        self.permit.require(right)
    }

    /// The same, and stops what the message is not about.
    pub(crate) fn require_about(&self, right: Right, object: &Object) -> Result<(), LedgerError> {
        self.require_time(right)?;
        self.permit.require_about(right, object)
    }

    /// Stops what is signed with a time, while nobody knows the time.
    pub(crate) fn require_time(&self, right: Right) -> Result<(), LedgerError> {
        match self.quality {
            TimeQuality::NotWitnessed if right.needs_time() => Err(LedgerError::TimeInDoubt),
            _ => Ok(()),
        }
    }

    /// Stops what the authority's own key would sign, once its certificate has ended.
    pub(crate) async fn require_authority(&mut self) -> Result<(), LedgerError> {
        let sql = "SELECT certificate FROM authority ORDER BY generation DESC LIMIT 1";
        let row = self.tx.row(sql, args![]).await?.ok_or(LedgerError::NoAuthority)?;
        let end = pki::not_after(&row.get::<Vec<u8>>("certificate")?);
        if self.at > end { Err(LedgerError::AuthorityOver { end }) } else { Ok(()) }
    }

    /// Stops what would end or hold certificates that the message is not about: by an act in a case, those
    /// of the case and of its person; by a holder's application, those of the holder.
    pub(crate) async fn require_about_certificates(
        &mut self,
        right: Right,
        serials: &[SerialNumber],
    ) -> Result<(), LedgerError> {
        self.require(right)?;
        let rows = match self.permit.object() {
            Object::Whatever => return Ok(()),
            Object::Case(case) => {
                let sql = "SELECT serial FROM certificate WHERE case_id = $1
                           UNION SELECT certificate_person.serial FROM certificate_person
                           JOIN case_file ON case_file.person = certificate_person.person
                           WHERE case_file.case_id = $1";
                self.tx.rows(sql, args![case.as_bytes()]).await?
            }
            Object::Certificate(serial) => {
                let sql = "SELECT theirs.serial FROM certificate_person
                           JOIN certificate_person AS theirs
                           ON theirs.person = certificate_person.person
                           WHERE certificate_person.serial = $1";
                self.tx.rows(sql, args![serial.as_bytes()]).await?
            }
            _ => return Err(self.permit.not_permitted(right)),
        };
        let own: Result<HashSet<SerialNumber>, LedgerError> =
            rows.iter().map(|row| row.get("serial")).collect();
        let own = own?;
        match serials.iter().all(|serial| own.contains(serial)) {
            true => Ok(()),
            false => Err(self.permit.not_permitted(right)),
        }
    }
}
