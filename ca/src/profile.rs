//! Certificate profiles: what the authority's certificates look like (RFC 5280 §4).
//!
//! Built field by field with `der`, because every octet is decided: two attributes of type L in one
//! name, a distribution point copied from the book, six otherName in a fixed order.

pub mod authority;
pub mod citizen;
pub mod extension;
pub mod name;
pub mod responder;
pub mod tbs;

pub use authority::AuthorityFacts;
pub use citizen::CitizenFacts;
pub use tbs::TbsCertificate;
