//! The identifiers of the two keys.

use super::{Candidate, Rule, must};
use crate::profile::extension;
use akashi_wire::pki::oid;

pub(super) const RULE: Rule =
    Rule { name: "key_identifiers", source: "RFC 5280 §4.2.1.1, §4.2.1.2", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let authority = candidate.extension(oid::AUTHORITY_KEY_IDENTIFIER, false)?;
    let again = extension::authority_key_identifier(&candidate.expected.authority.key_identifier);
    let again = again.map_err(|e| e.to_string())?;
    must(authority == again.extn_value.as_bytes(), "the issuer's key identifier must be its SKI")?;
    let subject = candidate.extension(oid::SUBJECT_KEY_IDENTIFIER, false)?;
    let again = extension::subject_key_identifier(&candidate.tbs.subject_public_key_info);
    let again = again.map_err(|e| e.to_string())?;
    must(subject == again.extn_value.as_bytes(), "the SKI must be SHA-1 over the key")
}
