//! Lists as files: where they lie, how a new one takes its place, and how one is read back.
//!
//! It signs nothing, builds nothing and listens nowhere: the CRL issuer puts what it has signed on a shelf of its
//! own, the repository on the public one.

pub mod entry;
pub mod error;
pub mod read;
pub mod shelf;
pub mod signature;

pub use entry::Entry;
pub use error::ShelfError;
pub use read::Reading;
pub use shelf::{Facts, Shelf, Stamp, number_of, scope_of};
pub use signature::is_signed;
