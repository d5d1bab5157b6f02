//! Where to ask for status, and where the issuer is found.

use super::{Candidate, Rule, must};
use crate::profile::extension;
use akashi_wire::pki::oid;

pub(super) const RULE: Rule =
    Rule { name: "information_access", source: "RFC 5280 §4.2.2.1", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let value = candidate.extension(oid::AUTHORITY_INFO_ACCESS, false)?;
    let profile = candidate.expected.profile;
    let again = extension::authority_info_access(&profile.ocsp_url, &profile.ca_issuers_url());
    let again = again.map_err(|e| e.to_string())?;
    must(
        value == again.extn_value.as_bytes(),
        "the addresses must be those fixed for the authority",
    )
}
