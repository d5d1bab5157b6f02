//! What a certificate, a list and an OCSP answer of the authority must be, read from their octets.
//!
//! The lint knows neither the authority's code nor any encoder. What it holds octets against is
//! written out in each rule, from RFC 5280, RFC 6960 and the profile; what differs from authority
//! to authority comes from two things that are public and outlive every program: the authority's
//! certificate and its founding record ([`Founding`]). So a mistake in the profile's code cannot
//! hide in the same mistake here, and whoever has those two files can repeat every verdict.
//!
//! One rule a file in `rules/`, each with the place where it is written. A rule judges what is its
//! own and nothing else: what it would need and does not find is another rule's finding, so that
//! one mistake is one finding.
//!
//! Certificates are read by x509-parser, lists by a reader of this crate that keeps no more of one
//! than an entry, answers from their octets. Signatures are not judged here: whoever signs verifies
//! with another implementation what it let sign.

mod addresses;
mod answer;
mod authority;
mod certificate;
mod der;
mod files;
mod finding;
mod founding;
mod list;
mod octets;
mod oid;
mod place;
mod repertoire;
mod rsa;
mod rules;
mod three_years;
mod time;
mod walk;

#[cfg(test)]
#[path = "../tests/samples/mod.rs"]
mod samples;

pub use authority::Lint;
pub use files::{Judged, Kind, certificate_of};
pub use finding::{Finding, LintError, sentences};
pub use founding::{Access, Counting, Founding};
pub use list::{ListExpected, ListReport, ListScope, Listed};
