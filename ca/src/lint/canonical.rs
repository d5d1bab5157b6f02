//! Read and written again, the octets are the same.

use super::{Candidate, Rule, must};
use der::Encode;

pub(super) const RULE: Rule =
    Rule { name: "canonical_der", source: "RFC 5280 §4.1, X.690 §10", check };

fn check(candidate: &Candidate<'_>) -> Result<(), String> {
    let again = candidate.tbs.to_der().map_err(|e| e.to_string())?;
    must(again == candidate.der, "the encoding must be DER")
}
