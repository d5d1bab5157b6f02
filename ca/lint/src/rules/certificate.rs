//! What every certificate of the authority must be.

mod algorithm;
mod authority_key;
mod canonical;
mod extensions_once;
mod issuer;
mod serial;
mod subject_key;
mod time_form;
mod unique_identifiers;
mod version;
mod within_authority;

pub(crate) use algorithm::RULE as ALGORITHM;
pub(crate) use algorithm::SHA256_WITH_RSA;
pub(crate) use authority_key::RULE as AUTHORITY_KEY;
pub(crate) use canonical::RULE as CANONICAL;
pub(crate) use extensions_once::RULE as EXTENSIONS_ONCE;
pub(crate) use issuer::RULE as ISSUER;
pub(crate) use serial::RULE as SERIAL;
pub(crate) use subject_key::RULE as SUBJECT_KEY;
pub(crate) use time_form::RULE as TIME_FORM;
pub(crate) use unique_identifiers::RULE as UNIQUE_IDENTIFIERS;
pub(crate) use version::RULE as VERSION;
pub(crate) use within_authority::RULE as WITHIN_AUTHORITY;
