//! The issuer is the authority's subject, octet for octet.

use super::{Candidate, Rule, must};
use der::Encode;

pub(super) const RULE: Rule =
    Rule { name: "issuer_name", source: "RFC 5280 §4.1.2.4, §6.1.3 (a)(4)", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let octets = |name: &x509_cert::name::Name| name.to_der().map_err(|e| e.to_string());
    let equal = octets(&candidate.tbs.issuer)? == octets(&candidate.expected.authority.subject)?;
    must(equal, "the issuer must be the subject of the authority, octet for octet")
}
