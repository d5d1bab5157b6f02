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

mod audit;
mod authority;
mod card;
mod case;
mod certificate;
mod change;
mod clock;
mod crl;
mod enrolment;
mod error;
mod fault;
mod gather;
mod group;
mod idou;
mod inquiry;
mod listed;
mod many;
mod modulus;
mod offline_use;
mod permit;
mod person;
mod recall;
mod request;
mod responder;
mod source;
mod stated;
pub mod status;
mod store;

use std::marker::PhantomData;

pub use audit::{AuditReport, Content, Entry, chain_hash};
pub use authority::{Access, Authority, AuthorityProfile};
pub use card::{KnownCard, Registered};
pub use case::{CaseFile, Step};
pub use certificate::{Intention, Living, NewCertificate, NewFile, Slot};
pub use change::{Change, NewEntry};
pub use crl::{CrlRecord, Scope};
pub use enrolment::{Enrolment, NewEnrolment};
pub use error::LedgerError;
pub use fault::{Fault, FaultInjection, FaultPoint};
pub use idou::{InboxState, NewEvent, PendingEvent};
pub use inquiry::Inquiry;
pub use listed::ListedChange;
pub use modulus::{IssuedModulus, MissingModulus};
pub use offline_use::{LastLine, OfflineUse};
pub use permit::Permit;
pub use person::{KnownPerson, Person, PersonId};
pub use recall::{NewRecall, Recall, RecallSet, RecallStep};
pub use request::RecordedRequest;
pub use responder::ResponderCertificate;
pub use source::Source;
pub use stated::{Sought, StatedDigest};
pub use status::{Recording, Standing, StatusChange, StatusRow};

/// A place in the audit chain, and in the order of commits. Counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub i64);

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The role of the authority itself: reads and writes everything.
#[derive(Debug, Clone, Copy)]
pub enum Issuing {}
/// The role of the CRL issuer: reads status, records CRL numbers.
#[derive(Debug, Clone, Copy)]
pub enum Listing {}
/// The role of the OCSP responder: follows status, records inquiries.
#[derive(Debug, Clone, Copy)]
pub enum Responding {}
/// The role of the auditor: reads, never writes.
#[derive(Debug, Clone, Copy)]
pub enum Auditing {}

/// Roles that may write.
pub trait Writes {}
impl Writes for Issuing {}
impl Writes for Listing {}
impl Writes for Responding {}

/// The book, as one role sees it: what a role may not do, its type does not have.
#[derive(Debug)]
pub struct Ledger<R = Issuing> {
    store: store::Store,
    role: PhantomData<fn() -> R>,
}

impl<R> Clone for Ledger<R> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), role: PhantomData }
    }
}

impl<R> Ledger<R> {
    /// Opens `sqlite:PATH` or `postgres://…` in this role, bringing the schema up to date.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] when the file is not there; nothing is made in its place.
    pub async fn open(address: &str) -> Result<Self, LedgerError> {
        Ok(Self { store: store::Store::open(address, false).await?, role: PhantomData })
    }

    /// The same book, where every statement meets a fault may be injected at: for simulation.
    pub fn with_faults(&self, faults: std::sync::Arc<dyn FaultInjection>) -> Self {
        Self { store: self.store.with_faults(faults), role: PhantomData }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

impl Ledger<Issuing> {
    /// Opens a book, or makes an empty one where there is none: for a new authority.
    pub async fn create(address: &str) -> Result<Self, LedgerError> {
        Ok(Self { store: store::Store::open(address, true).await?, role: PhantomData })
    }

    /// The same book in a lesser role, for rooms that run in one process with the authority.
    pub fn as_role<R>(&self) -> Ledger<R> {
        Ledger { store: self.store.clone(), role: PhantomData }
    }
}
