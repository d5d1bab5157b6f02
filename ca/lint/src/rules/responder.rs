//! What a delegated responder's certificate must be (RFC 6960 §4.2.2.2).

mod extensions;
mod key_usage;
mod life;
mod no_check;
mod ocsp_signing;
mod public_key;
mod subject;

pub(crate) use extensions::RULE as EXTENSIONS;
pub(crate) use key_usage::RULE as KEY_USAGE;
pub(crate) use life::RULE as LIFE;
pub(crate) use no_check::RULE as NO_CHECK;
pub(crate) use ocsp_signing::RULE as OCSP_SIGNING;
pub(crate) use public_key::RULE as PUBLIC_KEY;
pub(crate) use subject::RULE as SUBJECT;
