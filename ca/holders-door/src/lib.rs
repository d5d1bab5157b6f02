//! The authority's door for holders: whoever signs with a card asks here that its certificate ends.
//!
//! It stands where everybody reaches it, and therefore knows nothing: it opens no book, its one key is its end of the link to
//! the authority, and what it may ask there is to hand on what a holder signed ([`akashi_wire::holder`]) and for the keys of
//! the challenges that it gives out. What comes of an application the authority decides, by the signature alone.

pub mod authority;
pub mod challenges;
pub mod http;
pub mod serve;

pub use authority::{Authority, NotHandedOn};
pub use challenges::Challenges;
pub use serve::{HoldersDoor, serve};
