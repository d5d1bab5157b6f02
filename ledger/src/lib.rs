//! The authority's book: certificates, status rows, the 異動 inbox, CRL numbers, cases, the audit
//! chain. All SQL of the project is here.
//!
//! Three rules hold everything together:
//!
//! * **Status is a pure function of append-only rows** ([`status`]); CRL and OCSP are two
//!   renderings of it.
//! * **No change without a [`Permit`] and an audit entry**, in one transaction ([`Change`]).
//! * **Positions are given out in the order of commits**: a follower of `position > last` misses
//!   nothing, on PostgreSQL too.
//!
//! Personal data comes here sealed and leaves sealed; this room has no key.

mod alarm;
mod archive;
mod audit;
mod authority;
mod brought_back;
mod card;
mod case;
mod cause;
mod certificate;
mod change;
mod clock;
mod crl;
mod deletion;
mod derived;
mod enrolment;
mod error;
mod evidence;
mod fault;
mod gather;
mod group;
mod handover;
mod idou;
mod inquiry;
mod lease;
mod listed;
mod lists;
mod many;
mod modulus;
mod object;
mod offline_use;
mod order_door;
mod overview;
mod permit;
mod person;
mod pool;
mod proposal;
mod recall;
mod recovery;
mod rekey;
mod request;
mod responder;
mod right;
mod row;
mod schema;
mod server;
mod source;
mod stated;
pub mod status;
mod store;
mod suspension;
mod told;
mod wrong_times;

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use akashi_wire::Scope;
pub use alarm::{BEGUN, OVER, StandingAlarm};
pub use audit::{AuditReport, Content, Entry, TimeQuality, chain_hash};
pub use authority::{Access, Authority, AuthorityProfile};
pub use brought_back::BeginsLater;
pub use card::{KnownCard, Registered};
pub use case::{CaseFile, Step};
pub use cause::Cause;
pub use certificate::{Intention, Living, NewCertificate, NewFile, Slot};
pub use change::{Change, NewEntry};
pub use clock::{ClockDoubt, Times};
pub use crl::CrlRecord;
pub use deletion::ContentKeyId;
pub use derived::Difference;
pub use enrolment::{Enrolment, NewEnrolment, NotAdmitted};
pub use error::LedgerError;
pub use fault::{Fault, FaultInjection, FaultPoint};
pub use handover::HandOver;
pub use idou::{InboxState, NewEvent, PendingEvent};
pub use inquiry::Inquiry;
pub use lease::{Holder, Lease};
pub use listed::ListedChange;
pub use lists::{KnownCertificate, OpenCase, UNSETTLEABLE, Unsettled};
pub use modulus::IssuedModulus;
pub use offline_use::{LastLine, OfflineUse};
pub use order_door::BookDoor;
pub use overview::{NewestList, Overview};
pub use permit::{Permit, PermittedAct};
pub use person::{KnownPerson, Person, PersonId};
pub use proposal::{Proposal, Proposed, WAITS};
pub use recall::{NewRecall, Recall, RecallSet, RecallStep};
pub use recovery::{Recovery, role_of as recovered_role};
pub use request::RecordedRequest;
pub use responder::ResponderCertificate;
pub use right::Right;
pub use server::HeldUp;
pub use source::Source;
pub use stated::{Sought, StatedDigest};
pub use status::{Recording, Standing, StatusChange, StatusRow};
pub use suspension::{InForce, StoppedRegistries};
pub use wrong_times::{Here, WrongTimes};

/// A place in the audit chain, and in the order of commits. Counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub i64);

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The role of the authority itself: reads everything, and alone changes the book.
#[derive(Debug, Clone, Copy)]
pub enum Issuing {}
/// The role of the CRL issuer: reads status and lists. It asks the authority for numbers by message.
#[derive(Debug, Clone, Copy)]
pub enum Listing {}
/// The role of the OCSP responder: follows status, adds what agencies asked.
#[derive(Debug, Clone, Copy)]
pub enum Responding {}
/// The role of the public repository: knows the agencies, adds what they asked.
#[derive(Debug, Clone, Copy)]
pub enum Publishing {}
/// The role of the verifier: reads everything, writes nothing, on a standby too.
#[derive(Debug, Clone, Copy)]
pub enum Verifying {}

/// What a role does with the data base, and which of the data base's own roles it plays.
pub trait BookRole {
    /// Its name on PostgreSQL ([schema](https://www.postgresql.org/docs/current/user-manag.html)).
    const NAME: &'static str;
    /// Whether it writes anything at all: a book that is only read is opened for reading.
    const WRITES: bool;
}

macro_rules! book_role {
    ($($role:ident = $name:literal, writes: $writes:literal;)*) => {$(
        impl BookRole for $role {
            const NAME: &'static str = $name;
            const WRITES: bool = $writes;
        }
    )*};
}

book_role! {
    Issuing = "akashi_authority", writes: true;
    Listing = "akashi_list_issuer", writes: false;
    Responding = "akashi_responder", writes: true;
    Publishing = "akashi_repository", writes: true;
    Verifying = "akashi_verifier", writes: false;
}

/// Roles that answer agencies, and add what those asked.
pub trait Answers: BookRole {}
impl Answers for Responding {}
impl Answers for Publishing {}

/// Roles that may read everything that is kept, sealed as it is.
pub trait ReadsAll: BookRole {}
impl ReadsAll for Issuing {}
impl ReadsAll for Verifying {}

/// The book, as one role sees it: what a role may not do, its type does not have.
#[derive(Debug)]
pub struct Ledger<R = Issuing> {
    store: store::Store,
    /// The entry that brought the time back last, as it was when this began; below zero before it was looked at.
    brought_back: Arc<AtomicI64>,
    /// The fencing number of the lease that this program has; see [`lease`].
    fence: Arc<AtomicI64>,
    role: PhantomData<fn() -> R>,
}

impl<R> Clone for Ledger<R> {
    fn clone(&self) -> Self {
        let (brought_back, fence) = (self.brought_back.clone(), self.fence.clone());
        Self { store: self.store.clone(), brought_back, fence, role: PhantomData }
    }
}

impl<R: BookRole> Ledger<R> {
    /// Opens `sqlite:PATH` or `postgres://…` in this role. Writes nothing. On PostgreSQL every
    /// connection plays the data base's own role from its first statement on.
    ///
    /// # Errors
    /// [`LedgerError::NotThisRole`] when the login is no member of that role.
    /// [`LedgerError::Missing`] when the file is not there; nothing is made in its place.
    /// [`LedgerError::OlderBook`], [`LedgerError::NewerBook`] and [`LedgerError::OtherSchema`] when its
    /// schema is not the one of this program.
    pub async fn open(address: &str) -> Result<Self, LedgerError> {
        let access = if R::WRITES { pool::Access::Write } else { pool::Access::Read };
        let store = store::Store::open(address, access, Some(R::NAME)).await?;
        schema::check(&store).await?;
        Ok(Self::over(store))
    }
}

impl<R> Ledger<R> {
    fn over(store: store::Store) -> Self {
        let brought_back = Arc::new(AtomicI64::new(-1));
        Self { store, brought_back, fence: Arc::default(), role: PhantomData }
    }

    /// From here on a time that was brought back later than by this entry is another's.
    pub(crate) fn know_brought_back(&self, position: Position) {
        self.brought_back.store(position.0, Ordering::Release);
    }

    /// Stops whoever goes on by a time that was brought back since.
    pub(crate) fn check_brought_back(&self, position: Position) -> Result<(), LedgerError> {
        let known =
            self.brought_back.compare_exchange(-1, position.0, Ordering::AcqRel, Ordering::Acquire);
        match known {
            Err(known) if known != position.0 => Err(LedgerError::BroughtBack),
            _ => Ok(()),
        }
    }

    /// The same book, where a fault may be injected at every statement: for simulation.
    pub fn with_faults(&self, faults: std::sync::Arc<dyn FaultInjection>) -> Self {
        let (brought_back, fence) = (self.brought_back.clone(), self.fence.clone());
        Self { store: self.store.with_faults(faults), brought_back, fence, role: PhantomData }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

impl Ledger<Issuing> {
    /// Makes an empty book with today's schema where there is none: for a new authority. Whoever owns the
    /// data base makes it and writes its first page; from then on the authority opens it in its role.
    pub async fn create(address: &str) -> Result<Self, LedgerError> {
        schema::migrate(address, true).await?;
        let store = store::Store::open(address, pool::Access::Write, None).await?;
        schema::check(&store).await?;
        Ok(Self::over(store))
    }

    /// The same book by the type of a lesser role, over the authority's own connections: what the type has
    /// not cannot be called; what the data base would refuse is not refused. For tests in one process.
    pub fn as_role<R: BookRole>(&self) -> Ledger<R> {
        Ledger::over(self.store.clone())
    }
}

/// Brings a book's schema up to date: the only thing that does. Gives its number before and after.
pub async fn migrate(address: &str) -> Result<(i64, i64), LedgerError> {
    schema::migrate(address, false).await
}

/// An address as it may be shown: without a password.
pub fn shown(address: &str) -> String {
    pool::without_password(address)
}
