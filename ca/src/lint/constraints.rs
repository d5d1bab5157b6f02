//! A resident is no authority.

use super::{Candidate, Rule, must};
use akashi_wire::pki::oid;

pub(super) const RULE: Rule = Rule { name: "no_authority", source: "RFC 5280 §4.2.1.9", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let constraints = candidate.tbs.extensions.iter().any(|e| e.extn_id == oid::BASIC_CONSTRAINTS);
    must(!constraints, "a citizen's certificate must have no basic constraints")
}
