//! What an OCSP answer must be (RFC 6960 §4.2).

mod algorithm;
mod canonical;
mod cert_id;
mod cert_status;
mod certificates;
mod extensions;
mod kind;
mod produced_at;
mod responder_certificate;
mod responder_id;
mod responder_in_force;
mod revoked;
mod status;
mod updates;
mod version;

pub(crate) use algorithm::RULE as ALGORITHM;
pub(crate) use canonical::RULE as CANONICAL;
pub(crate) use cert_id::RULE as CERT_ID;
pub(crate) use cert_status::RULE as CERT_STATUS;
pub(crate) use certificates::RULE as CERTIFICATES;
pub(crate) use extensions::RULE as EXTENSIONS;
pub(crate) use kind::RULE as TYPE;
pub(crate) use produced_at::RULE as PRODUCED_AT;
pub(crate) use responder_certificate::RULE as RESPONDER_CERTIFICATE;
pub(crate) use responder_id::RULE as RESPONDER_ID;
pub(crate) use responder_in_force::RULE as RESPONDER_IN_FORCE;
pub(crate) use revoked::RULE as REVOKED;
pub(crate) use status::RULE as STATUS;
pub(crate) use updates::RULE as UPDATES;
pub(crate) use version::RULE as VERSION;
