//! The OCSP responder: RFC 6960, with the nonce of RFC 9654 and the lightweight profile of
//! RFC 9919.
//!
//! Down: `http` takes octets, [`request`] reads them, `access` says who asks, `respond` looks up
//! in the [`table`]; up: the delegated `certificate`'s key signs, `inquiries` puts the question on
//! record, `http` sends. The table follows the book; it is never older than
//! [`Settings::lost_contact`], else nothing but `tryLater` leaves. What must never happen is that
//! an outage reads as *revoked*, or as *good*.
//!
//! There is no code here that can issue a certificate, and nothing below the doors
//! ([`serve`], [`serve_link`], [`router`]) reads a clock.

mod access;
mod cache;
mod cert_id;
mod certificate;
mod counts;
mod error;
mod follow;
mod http;
mod inquiries;
mod observe;
mod oid;
mod refusal;
pub mod request;
mod respond;
mod responder;
pub mod response;
mod serve;
mod settings;
pub mod table;
#[cfg(test)]
mod tests;
mod x509;

pub use access::Asker;
pub use cert_id::{CertId, HashAlgorithm, Issuer};
pub use counts::Counts;
pub use error::{OcspError, UnfitCertificate};
pub use follow::Followed;
pub use http::{PURPOSE, from_path, router};
pub use refusal::Refusal;
pub use request::{OcspRequest, RequestError};
pub use responder::{Answer, Responder};
pub use response::{ResponseStatus, SignedAnswer};
pub use serve::{serve, serve_link};
pub use settings::Settings;
pub use table::Table;
