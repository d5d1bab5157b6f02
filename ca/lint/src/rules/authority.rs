//! What the authority's own certificate must be.

mod alt_name;
mod constraints;
mod distribution_point;
mod extensions;
mod key_usage;
mod last_second;
mod public_key;
mod subject;

pub(crate) use alt_name::RULE as ALT_NAME;
pub(crate) use constraints::RULE as CONSTRAINTS;
pub(crate) use distribution_point::RULE as DISTRIBUTION_POINT;
pub(crate) use extensions::RULE as EXTENSIONS;
pub(crate) use key_usage::RULE as KEY_USAGE;
pub(crate) use last_second::RULE as LAST_SECOND;
pub(crate) use public_key::RULE as PUBLIC_KEY;
pub(crate) use subject::RULE as SUBJECT;
