//! The CRL issuer (RFC 5280 §5, §6.3).
//!
//! The room reads the book in the role [`Listing`](akashi_ledger::Listing) and has no code that
//! issues certificates. Three kinds of list, one [`Scope`](akashi_ledger::Scope) each:
//!
//! * **partitions**, one a municipality, with a critical IssuingDistributionPoint whose name
//!   equals the certificates' distribution point octet for octet;
//! * **complete**, every certificate, without that extension, for clients that cannot read it;
//! * **authority** (ARL), certificates of authorities only. Its IssuingDistributionPoint says
//!   `onlyContainsCACerts` and names no point: a name would have to be repeated in the
//!   authority's own certificate, which points to a directoryName (RFC 5280 §6.3.3 (b)(2)(i)).
//!
//! From the book to the address, top to bottom: [`schedule`] (pure) says what is due; [`list`]
//! (pure) turns rows into entries; [`gate`] (pure) stops a list that lost something; [`tbs`] and
//! [`mod@write`] make the file, whose length is known before its first octet; [`judge`] holds it
//! against [`akashi_lint`] and the book, before it is signed and after; [`akashi_shelf`] reads the lists of
//! before, and puts it where the repository takes it from. [`issuer`] holds them together. A list's octets are
//! never whole in memory.

pub mod error;
pub mod gate;
pub mod issuer;
pub mod judge;
pub mod key;
pub mod list;
pub mod schedule;
pub mod serve;
pub mod signatory;
pub mod tbs;
pub mod write;

pub use error::CrlError;
pub use issuer::{Issuer, Outcome, Published};
pub use key::ListKey;
pub use list::List;
pub use schedule::Settings;
pub use serve::issue;
